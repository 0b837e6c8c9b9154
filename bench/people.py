"""Synthetic people: fifteen fields each, the same for the same number, nobody's."""

from typing import Final

from troth.model.acts import Act, Admit, Collect
from troth.model.clock import Moment, moment
from troth.model.secret import Secret
from troth.model.terms import AgeBand, Region, SubjectId

AT: Final[Moment] = moment("2026-11-22T12:00:00")
REGION: Final = Region("global")
PURPOSE: Final = "fraud"
"""A purpose that may hold all fifteen fields and records every use durably."""
BATCHED: Final = "security"
"""A purpose whose policy says ``record: batched``."""
READ: Final = "contact.email"
INDEXED: Final = ("account.login", "contact.email", "contact.phone")


def profile(number: int) -> dict[str, str]:
    """Return the fifteen values of one person."""
    return {
        "account.login": f"person-{number:08d}",
        "web.domain": f"console-{number % 50}.example.com",
        "contact.email": f"person{number}@itniotech.com",
        "contact.phone": f"+86139{number % 10**8:08d}",
        "contact.address": f"{number % 900 + 1} Chatham Road South, Tsim Sha Tsui, Kowloon",
        "device.model": f"model {number % 97}",
        "device.system": f"system {number % 13}.{number % 7}",
        "device.id": f"{number * 2654435761 % 2**64:016x}",
        "usage.query": f"how do I move server {number}",
        "usage.ip": f"198.51.{number // 250 % 250}.{number % 250}",
        "usage.browser": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101",
        "usage.carrier": f"carrier {number % 4}",
        "usage.language": "zh-CN",
        "usage.at": "2026-11-22T12:00:00Z",
        "usage.pages": f"/console/server/{number % 500}",
    }


def secrets(number: int) -> dict[str, Secret]:
    """Return the same values as a program hands them to the gate."""
    return {field: Secret(value) for field, value in profile(number).items()}


def arrival(subject: SubjectId, values: dict[str, Secret]) -> tuple[Act, ...]:
    """Return the acts that open somebody's file and keep their profile."""
    return (
        # Under a law that lets the network log go: what is erased is erased whole.
        Admit(subject=subject, residence="EEA", regimes=("eu",), age=AgeBand.ADULT),
        Collect(subject=subject, values=values, purpose=PURPOSE),
    )
