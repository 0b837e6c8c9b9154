"""Protection against attack as the clause says it: pace, forgery, headers, lockout (7.1c)."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tests.interfaces.visitor import BASE, PASSWORD, Visitor, hidden
from troth import app
from troth.app import Troth
from troth.documents.proof.throttle import FREE, LONGEST_WAIT, MOST
from troth.model.clock import SetClock, moment

START = moment("2026-11-22T12:00:00")
WRONG = "nobody would choose this one"


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def troth(clock: SetClock) -> Iterator[Troth]:
    with app.memory(clock=clock) as made:
        # Cheap hashes: what is counted here is tries.
        passwords = made.proof.passwords
        passwords._ops, passwords._memory = 1, 8192
        passwords._nobody = passwords.hash(passwords._nobody)
        yield made


def registered(troth: Troth) -> Visitor:
    visitor = Visitor(troth)
    second = visitor.ask_codes()
    visitor.send(second, "/register/codes", follow=False, **visitor.answers())
    return visitor


def sign_in(visitor: Visitor, identifier: str, password: str) -> int:
    page = visitor.get("/sign-in")
    given = {"identifier": identifier, "password": password}
    return visitor.send(page, "/sign-in", follow=False, **given).status_code


def demand_a_pace(troth: Troth) -> None:
    server = replace(troth.settings.server, requests_per_minute=5)
    slow = Visitor(_with(troth, server))
    assert [slow.get("/policy").status_code for _ in range(6)] == [200] * 5 + [429]
    assert int(slow.get("/policy").headers["retry-after"]) > 0


def _with(troth: Troth, server: object) -> Troth:
    troth.settings = replace(troth.settings, server=server)
    return troth


def demand_own_forms(troth: Troth) -> None:
    visitor = Visitor(troth)
    fields = hidden(visitor.get("/sign-in").text, "/sign-in")
    given = fields | {"identifier": "a@mail.example", "password": WRONG}
    without = {name: value for name, value in given.items() if name != "form_token"}
    assert visitor.post("/sign-in", without).status_code == 403
    assert visitor.post("/sign-in", given | {"form_token": "x" * 43}).status_code == 403
    foreign = {"origin": "https://evil.example"}
    assert visitor.client.post("/sign-in", data=given, headers=foreign).status_code == 403
    other = Visitor(troth)
    assert other.post("/sign-in", given).status_code == 403
    assert visitor.client.post("/sign-in", data=given, headers={"origin": BASE}).status_code == 401


def demand_headers(troth: Troth) -> None:
    headers = Visitor(troth).get("/sign-in").headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def demand_a_lockout(troth: Troth, clock: SetClock) -> None:
    owner, guesser = registered(troth), Visitor(troth)
    tried = [sign_in(guesser, owner.email, WRONG) for _ in range(FREE + 2)]
    assert tried == [401] * (FREE + 1) + [429]
    for _ in range(MOST - FREE - 1):
        clock.forward(seconds=LONGEST_WAIT / 1000)
        assert sign_in(guesser, owner.email, WRONG) == 401
    clock.forward(days=2)
    assert sign_in(guesser, owner.email, PASSWORD) == 429
    # Another name of the same account is locked with it, and says no more than "wrong".
    assert sign_in(Visitor(troth), owner.phone, PASSWORD) == 401


@pytest.mark.clause("7.1c")
def test_pace_forgery_headers_and_lockout(troth: Troth, clock: SetClock) -> None:
    demand_own_forms(troth)
    demand_headers(troth)
    demand_a_lockout(troth, clock)
    demand_a_pace(troth)
