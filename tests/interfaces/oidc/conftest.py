"""A provider in memory; one over real HTTP with a second application beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from tests.chapters.shop import SAID
from tests.interfaces.oidc.second_app import SecondApp, running
from tests.interfaces.oidc.stand import Stand, browser_of, served
from troth import app
from troth.app import Troth
from troth.model.clock import Moment, SetClock, moment


@pytest.fixture(scope="module")
def ground() -> Iterator[tuple[Troth, SetClock, TestClient[Any]]]:
    """Return a house for the tests of one file: its clock, and a browser at it."""
    clock = SetClock(moment("2026-11-22T12:00:00"))
    with app.memory(clock=clock) as troth:
        yield troth, clock, browser_of(troth)


@pytest.fixture
def stand(ground: tuple[Troth, SetClock, TestClient[Any]]) -> Stand:
    """Return that house with an application of the test's own, and nobody signed in."""
    return Stand(*ground)


@pytest.fixture
def alone(at: Moment) -> Iterator[Stand]:
    """Return a house of the test's own."""
    clock = SetClock(at)
    with app.memory(clock=clock) as troth:
        yield Stand(troth, clock, browser_of(troth))


@dataclass
class Neighbours:
    """An instance that is served, its address, and an application of somebody else's."""

    troth: Troth
    issuer: str
    second: SecondApp

    def __post_init__(self) -> None:
        self.gate = self.troth.gate


@pytest.fixture(scope="module")
def neighbours() -> Iterator[Neighbours]:
    """Serve an instance and a second application, each on a port of its own, by the real time."""
    with app.memory() as troth:
        troth.agree(
            "affiliates-cn", reference="C-1", purposes=("sign_in",), fields=("account", "contact")
        )
        with (
            served(troth) as issuer,
            running(issuer, lambda base: entered(troth, base)) as second,
        ):
            yield Neighbours(troth, issuer, second)


def entered(troth: Troth, base: str) -> tuple[str, str]:
    """Enter the second application by its own address."""
    said = replace(
        SAID,
        name="Second",
        redirects=(f"{base}/back",),
        afterwards=(f"{base}/bye",),
        backchannel=f"{base}/out",
        sector="second.example",
    )
    made, secret = troth.applications.add(said)
    assert secret
    return made.id, secret.reveal()
