"""Every address with no key, a key without its scope, with it, and one that ended (A7).

The table stands here; the addresses come from the router. One without a row fails.
"""

import shutil
from collections.abc import Iterator

import pytest
from litestar import Litestar

from tests.gate.house import SqliteHouses, opened
from tests.interfaces.api.office import EVERY, Office, problem
from troth.app import Troth
from troth.interfaces.api.routes import endpoints
from troth.interfaces.api.web import web
from troth.interfaces.server import application
from troth.model.clock import SetClock, moment
from troth.model.terms import SubjectId

USE = {"act": "Use", "fields": ["contact.email"], "purpose": "support"}
ENTRY, EDITION, NUMBER = "0" * 32, "0" * 64, "r-000000000000"
# Method and address -> the scope it needs, the body it is sent, the status with that scope.
TABLE: dict[str, tuple[str, object, int]] = {
    "POST /v1/decide": ("decide", {"acts": [USE]}, 200),
    "POST /v1/acts": ("perform", {"acts": [USE], "dry_run": True}, 403),
    "POST /v1/identity/calls": ("", {}, 404),
    "POST /v1/subjects": ("subjects", {"residence": "EEA"}, 200),
    "POST /v1/subjects/find": (
        "subjects",
        {"field": "contact.email", "value": "a@mail.example", "purpose": "support"},
        200,
    ),
    "GET /v1/subjects/{subject}": ("subjects", None, 200),
    "POST /v1/subjects/{subject}/use": ("read", {k: v for k, v in USE.items() if k != "act"}, 200),
    "GET /v1/subjects/{subject}/consents": ("subjects", None, 200),
    "GET /v1/subjects/{subject}/inventory": ("subjects", None, 200),
    "GET /v1/subjects/{subject}/trail": ("subjects", None, 200),
    "POST /v1/subjects/{subject}/consents": ("perform", {"to": "improve"}, 200),
    "POST /v1/subjects/{subject}/consents/refuse": ("perform", {"to": "approved"}, 200),
    "POST /v1/subjects/{subject}/consents/withdraw": ("perform", {"to": "marketing"}, 404),
    "POST /v1/subjects/{subject}/consents/ask": ("perform", {"to": "analytics"}, 200),
    "POST /v1/subjects/{subject}/consents/later": ("perform", {"to": "personalise"}, 200),
    "GET /v1/subjects/{subject}/consents/offers": ("subjects", None, 200),
    "GET /v1/subjects/{subject}/consents/history": ("subjects", None, 200),
    "GET /v1/subjects/{subject}/consents/receipt?to=marketing": ("subjects", None, 404),
    "GET /v1/subjects/{subject}/objections": ("subjects", None, 200),
    "POST /v1/subjects/{subject}/objections": ("perform", {"purpose": "nothing"}, 422),
    "POST /v1/subjects/{subject}/objections/lift": ("perform", {"purpose": "analytics"}, 200),
    "POST /v1/subjects/{subject}/opt-out": ("perform", {}, 422),
    "POST /v1/subjects/{subject}/opt-in": ("perform", {}, 422),
    "POST /v1/subjects/{subject}/limit-sensitive": ("perform", {}, 200),
    "POST /v1/subjects/{subject}/release-sensitive": ("perform", {}, 200),
    "POST /v1/subjects/{subject}/export": ("read", {}, 403),
    "POST /v1/subjects/{subject}/erase": ("erase", {"dry_run": True}, 200),
    "POST /v1/subjects/{subject}/requests": ("perform", {"kind": "question"}, 200),
    "GET /v1/subjects/{subject}/requests": ("subjects", None, 200),
    "GET /v1/subjects/{subject}/requests/{number}": ("subjects", None, 404),
    "POST /v1/subjects/{subject}/requests/{number}/messages": ("perform", {"text": "x"}, 404),
    "POST /v1/subjects/{subject}/requests/{number}/revoke": ("perform", {}, 404),
    "POST /v1/subjects/{subject}/requests/{number}/code": ("perform", {}, 404),
    "POST /v1/subjects/{subject}/requests/{number}/verify": (
        "perform",
        {"challenge": "x", "code": "000000"},
        404,
    ),
    "POST /v1/requests": ("perform", {"kind": "access", "claim": {}}, 200),
    "GET /v1/requests/{number}": ("subjects", None, 404),
    "GET /v1/cookies": ("", None, 200),
    "GET /v1/cookies/choice": ("", None, 200),
    "POST /v1/cookies/choice": ("", {"given": []}, 403),
    "GET /v1/cookies/receipts/{receipt}": ("", None, 404),
    "GET /v1/policy": ("", None, 200),
    "GET /v1/policy/editions": ("", None, 200),
    "GET /v1/policy/editions/{edition}/source": ("", None, 404),
    "GET /v1/clauses": ("", None, 200),
    "GET /v1/ledger/{region}/entries": ("ledger", None, 200),
    "GET /v1/ledger/{region}/entries/{entry}/proof": ("", None, 404),
    "GET /v1/ledger/{region}/consistency?old=1&new=2": ("", None, 200),
    "GET /ledger/{region}/checkpoint": ("", None, 200),
    "GET /ledger/{region}/key": ("", None, 200),
    "GET /ledger/{region}/tile/entries/000.p/2": ("ledger", None, 200),
    "GET /ledger/{region}/tile/0/000.p/2": ("", None, 200),
    "GET /healthz": ("", None, 200),
    "GET /readyz": ("", None, 200),
    "GET /metrics": ("metrics", None, 200),
    "GET /.well-known/security.txt": ("", None, 200),
    "GET /.well-known/gpc.json": ("", None, 200),
    "GET /openapi.json": ("", None, 200),
}
ROWS = pytest.mark.parametrize("row", TABLE)
GUARDED = pytest.mark.parametrize("row", [row for row, told in TABLE.items() if told[0]])


def routed(app: Litestar) -> Iterator[str]:
    """Go through what a router answers, spelled as the table spells it."""
    for route in app.routes:
        path = route.path.replace(":str}", "}")
        path = path.replace("entries/{place:path}", "entries/000.p/2")
        path = path.replace("{place:path}", "0/000.p/2").replace(
            "consistency", "consistency?old=1&new=2"
        )
        path = path.replace("consents/receipt", "consents/receipt?to=marketing")
        for method in getattr(route, "methods", ()):
            if method != "OPTIONS":
                yield f"{method} {path}"


def ask(office: Office, row: str, key: str, subject: SubjectId) -> int:
    """Ask as the row says and return the status; a refusal must be a whole problem."""
    method, _, path = row.partition(" ")
    _, body, _ = TABLE[row]
    if isinstance(body, dict) and "acts" in body:
        body = {**body, "acts": [{**USE, "subject": subject}]}
    named = {"entry": ENTRY, "edition": EDITION, "number": NUMBER, "receipt": ENTRY}
    where = path.format(subject=subject, region="cn", **named)
    response = office.call(method, where, key, **({} if body is None else {"json": body}))
    if response.status_code >= 400:
        problem(response, response.status_code, response.json()["code"])
    return response.status_code


@pytest.fixture(scope="module")
def office(
    sqlite_houses: SqliteHouses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Return one office for the whole table: nothing here changes anything."""
    folder = tmp_path_factory.mktemp("matrix") / "house"
    shutil.copytree(sqlite_houses.template, folder)
    with opened(folder, SetClock(moment("2026-11-22"))) as house:
        yield Office(house)


@pytest.fixture(scope="module")
def lived_in(office: Office) -> SubjectId:
    """Return a subject in a house whose ledger has a checkpoint."""
    subject = office.house.admit()
    office.troth.tick()
    return subject


AGENTS = ("/v1/agent/", "/v1/data-rights-request")
"""Addresses that the Data Rights Protocol lays down, which lie beside the API."""


def test_every_address_stands_in_the_table(office: Office) -> None:
    assert set(routed(web(office.troth).app)) == set(TABLE)


def test_the_table_says_the_scope_that_the_address_asks_for() -> None:
    asked = {f"{e.method} {e.path}": e.scope for e in endpoints()}
    assert {scope for scope, _, _ in TABLE.values()} - {""} <= set(EVERY)
    assert all(told[0] == asked.get(row, told[0]) for row, told in TABLE.items())


def test_the_whole_server_has_the_same_api_and_pages_beside_it(office: Office) -> None:
    whole = set(routed(served(office.troth)))
    assert set(TABLE) <= whole
    ours = [row for row in whole - set(TABLE) if not row.split(" ")[1].startswith(AGENTS)]
    assert not [row for row in ours if row.split(" ")[1].startswith(("/v1", "/ledger"))]


def served(troth: Troth) -> Litestar:
    """Return the router of the whole server."""
    return application(troth).app


@GUARDED
@pytest.mark.clause("7.1d")
def test_without_a_key_nobody_comes_in(office: Office, lived_in: SubjectId, row: str) -> None:
    assert ask(office, row, "", lived_in) == 401


@GUARDED
@pytest.mark.clause("7.1d")
def test_a_key_without_the_scope_does_not_open(
    office: Office, lived_in: SubjectId, row: str
) -> None:
    others = [scope for scope in EVERY if scope != TABLE[row][0]]
    assert ask(office, row, office.key(*others), lived_in) == 403


@ROWS
def test_a_key_with_that_scope_alone_opens(office: Office, lived_in: SubjectId, row: str) -> None:
    scope, _, status = TABLE[row]
    assert ask(office, row, office.key(scope) if scope else "", lived_in) == status


@ROWS
@pytest.mark.clause("7.1d")
def test_a_key_that_ended_opens_nothing(office: Office, lived_in: SubjectId, row: str) -> None:
    key = office.key()
    office.troth.access.end_key(office.troth.access.key(key).id, office.house.clock.now())
    assert ask(office, row, key, lived_in) == 401
