"""Lists of stolen passwords get nowhere, whatever the requests say of where they come from (A3)."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from tests.interfaces.visitor import BASE, Visitor, hidden
from troth import app
from troth.app import Troth
from troth.documents.proof.passwords import Passwords
from troth.documents.proof.throttle import NETWORK
from troth.interfaces.server import application
from troth.model.clock import SetClock, moment
from troth.model.secret import Secret

TRIES = 400


@pytest.fixture
def troth() -> Iterator[Troth]:
    with app.memory(clock=SetClock(moment("2026-11-22T12:00:00"))) as made:
        server = replace(made.settings.server, requests_per_minute=10**6)
        made.settings = replace(made.settings, server=server)
        yield made


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return what notes every password that is looked at; none is hashed."""
    looked: list[bool] = []

    def verify(_self: Passwords, kept: Secret | None, _password: Secret) -> bool:
        looked.append(kept is not None)
        return False

    monkeypatch.setattr(Passwords, "verify", verify)
    return looked


def attacking(troth: Troth) -> Visitor:
    """Return somebody who tries from one address, whatever they say."""
    served, attacker = application(troth), Visitor(troth)

    async def from_one_address(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await served(scope | {"client": ("192.0.2.7", 1)}, receive, send)

    attacker.client = TestClient(from_one_address, base_url=BASE)
    attacker.client.headers["accept"] = "text/html"
    return attacker


def test_hundreds_of_forged_addresses_are_one_network(troth: Troth, judged: list[bool]) -> None:
    attacker = attacking(troth)
    form = hidden(attacker.get("/sign-in").text, "/sign-in")
    for nth in range(TRIES):
        forged = f"{nth % 250}.{nth // 250}.{nth % 7}.9"
        attacker.client.headers["x-forwarded-for"] = forged
        attacker.client.headers["forwarded"] = f"for={forged}"
        fields = {"identifier": f"somebody{nth}@mail.example", "password": "from a stolen list"}
        attacker.post("/sign-in", form | fields, follow=False)
    assert len(judged) == NETWORK.at_once


def test_one_account_takes_few_tries_whatever_the_network(troth: Troth, judged: list[bool]) -> None:
    server = replace(troth.settings.server, trusted_proxies=("192.0.2.0/24",))
    troth.settings = replace(troth.settings, server=server)
    attacker = attacking(troth)
    form = hidden(attacker.get("/sign-in").text, "/sign-in")
    for nth in range(100):
        attacker.client.headers["x-forwarded-for"] = f"203.0.{nth}.9"
        fields = {"identifier": "somebody@mail.example", "password": f"guess {nth}"}
        attacker.post("/sign-in", form | fields, follow=False)
    assert len(judged) == 6
