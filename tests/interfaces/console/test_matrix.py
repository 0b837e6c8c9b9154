"""Every address of the console for every role of the policy: open, or barred and told why (7.1d).

The table says what is expected; a new address or a new role is not forgotten, for the test reads
both off the application and the policy and finds them missing here.
"""

import re

import pytest

from tests.interfaces.console.office import officer
from tests.interfaces.visitor import Visitor, hidden
from troth.app import Troth
from troth.interfaces.server import application

PRIVACY, IDENTITY, PHONE, MINORS = {"privacy"}, {"identity"}, {"telephone"}, {"minors"}
ROLES = {
    *("support", "telephone", "identity", "billing", "privacy", "minors", "security", "legal"),
    *("audit", "technician"),
}
TABLE: dict[tuple[str, str], set[str]] = {
    ("GET", "/desk"): ROLES,
    ("POST", "/desk"): ROLES,  # each look is judged by the policy: see test_desk
    ("GET", "/desk/sign-in"): ROLES,
    ("POST", "/desk/sign-in"): ROLES,
    ("GET", "/desk/requests"): PRIVACY,
    ("GET", "/desk/requests/table.csv"): PRIVACY,
    ("GET", "/desk/requests/figures"): PRIVACY,
    ("GET", "/desk/requests/{subject}/{number}"): PRIVACY,
    ("GET", "/desk/requests/{subject}/{number}/code/{whose}/{challenge}"): PRIVACY,
    ("POST", "/desk/requests/{subject}/{number}"): PRIVACY,
    ("GET", "/desk/databases"): PRIVACY,
    ("GET", "/desk/databases/{subject}"): PRIVACY,
    ("POST", "/desk/databases/{subject}/{number}"): PRIVACY,
    ("GET", "/desk/recipients"): PRIVACY,
    ("POST", "/desk/recipients/{region}/{number}"): PRIVACY,
    ("GET", "/desk/letters"): PRIVACY,
    ("POST", "/desk/letters"): PRIVACY,
    ("GET", "/desk/powers"): PRIVACY,
    ("POST", "/desk/powers"): PRIVACY,
    ("GET", "/desk/terms"): PRIVACY,
    ("POST", "/desk/terms"): PRIVACY,
    ("GET", "/desk/paper"): PRIVACY,
    ("POST", "/desk/paper"): PRIVACY,
    ("GET", "/desk/paper/{number}"): PRIVACY,
    ("POST", "/desk/paper/{number}"): PRIVACY,
    ("GET", "/desk/reviews"): IDENTITY,
    ("GET", "/desk/reviews/{subject}/{case}"): IDENTITY,
    ("POST", "/desk/reviews/{subject}/{case}"): IDENTITY,
    ("POST", "/desk/reviews/{subject}/{case}/picture"): IDENTITY,
    ("GET", "/desk/changes"): IDENTITY,
    ("GET", "/desk/changes/{subject}"): IDENTITY,
    ("POST", "/desk/changes/{subject}"): IDENTITY,
    ("GET", "/desk/changes/{subject}/{case}"): IDENTITY,
    ("POST", "/desk/changes/{subject}/{case}"): IDENTITY,
    ("GET", "/desk/calls"): PHONE,
    ("POST", "/desk/calls/{call}"): PHONE,
    ("POST", "/desk/calls/{call}/outcome"): PHONE,
    ("GET", "/desk/minors"): MINORS,
    ("GET", "/desk/minors/{guardian}"): MINORS,
    ("POST", "/desk/minors/{guardian}"): MINORS,
    ("GET", "/desk/finding"): MINORS,
    ("POST", "/desk/finding"): MINORS,
}
OUTSIDE = {"/desk", "/desk/sign-in"}
"""What is nobody's desk in particular."""
INSIDE = {
    *("/desk/requests/table.csv", "/desk/requests/figures", "/desk/letters", "/desk/powers"),
}
"""What is reached from a desk, and not from the menu."""


def tried(visitor: Visitor, method: str, path: str) -> tuple[int, str]:
    """Open an address or send it an empty form of ours."""
    where = re.sub(r"\{[^}]+\}", "x", path)
    if method == "GET":
        answer = visitor.get(where)
    else:
        answer = visitor.post(where, hidden(visitor.get("/desk").text, "/sign-out"))
    return answer.status_code, answer.text


def test_the_table_has_every_address_and_every_role(troth: Troth) -> None:
    found = {
        (method, re.sub(r":str\}", "}", route.path))
        for route in application(troth).app.routes
        for method in route.methods - {"HEAD", "OPTIONS"}  # type: ignore[union-attr]
        if route.path.startswith("/desk")
    }
    assert found == set(TABLE)
    assert set(troth.gate.policy().edition.staff) == ROLES


@pytest.mark.clause("7.1d")
@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_reaches_its_own_desks_and_no_other(troth: Troth, role: str) -> None:
    visitor = officer(troth, role)
    named = troth.gate.policy().role(role).words["en"]
    for (method, path), roles in TABLE.items():
        if path in OUTSIDE:
            continue
        status, text = tried(visitor, method, path)
        if role in roles:
            assert (path, status) != (path, 403)
        else:
            assert (path, status) == (path, 403)
            assert f"“{named}” does not work on" in text
            assert 'href="/policy#c-7.1d"' in text


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_menu_lists_the_desks_that_open_and_no_other(troth: Troth, role: str) -> None:
    text = officer(troth, role).get("/desk").text
    for (method, path), roles in TABLE.items():
        if method == "GET" and "{" not in path and path not in OUTSIDE | INSIDE:
            assert (path, f'href="{path}"' in text) == (path, role in roles)


def test_nobody_reaches_any_of_it_without_signing_in_at_the_desk(
    troth: Troth, member: Visitor
) -> None:
    for visitor in (Visitor(troth), member):
        for method, path in TABLE:
            if method == "GET":
                answer = visitor.get(re.sub(r"\{[^}]+\}", "x", path))
                assert answer.url.path == "/desk/sign-in"


@pytest.mark.clause("7.1d")
def test_a_desk_that_was_tried_by_another_role_is_remembered(troth: Troth) -> None:
    officer(troth, "billing").get("/desk/reviews")
    last = troth.gate.regions[troth.home].log.recent("house.event", 1)[0]
    assert last.what == {"event": "desk.refused", "desk": "reviews", "role": "billing"}
    assert last.by.startswith("staff:")


def test_who_left_reaches_nothing(troth: Troth) -> None:
    visitor = Visitor(troth)
    password = troth.add_staff("leaver", "privacy", region="cn")
    page = visitor.get("/desk/sign-in")
    visitor.send(page, "/desk/sign-in", login="leaver", password=password.reveal())
    assert visitor.get("/desk/requests").status_code == 200
    troth.access.end_staff("leaver", troth.clock.now())
    assert visitor.get("/desk/requests").url.path == "/desk/sign-in"
