"""Signing in and out, recovering, sessions: one answer for known and unknown (2.1.2, A1, A17)."""

import re

import pytest

from tests.interfaces.visitor import PASSWORD, Visitor
from tests.support.letters import last_code
from troth.app import Troth

NEW = "seven herons over the harbour"


def sign_in(visitor: Visitor, identifier: str, password: str = PASSWORD) -> int:
    """Sign in; return the status without following."""
    page = visitor.get("/sign-in")
    fields = {"identifier": identifier, "password": password}
    return visitor.send(page, "/sign-in", follow=False, **fields).status_code


@pytest.mark.clause("9.1a", "3.1.1")
def test_a_member_signs_in_by_either_contact(troth: Troth, member: Visitor) -> None:
    for identifier in (member.email, member.phone):
        visitor = Visitor(troth)
        assert sign_in(visitor, identifier) == 303
        assert visitor.get("/me").status_code == 200


def test_known_and_unknown_get_the_same_page(troth: Troth, member: Visitor) -> None:
    pages = []
    for identifier in (member.email, "nobody.at.all@example.com"):
        visitor = Visitor(troth)
        form = visitor.get("/sign-in")
        answer = visitor.send(form, "/sign-in", identifier=identifier, password="wrong " * 4)
        pages.append((answer.status_code, plain(answer.text, identifier)))
    assert pages[0] == pages[1]
    assert pages[0][0] == 401


@pytest.mark.parametrize(
    ("path", "action"), [("/sign-in/code", "/sign-in/code"), ("/recover", "/recover")]
)
def test_asking_for_a_code_tells_nothing_either(
    path: str, action: str, troth: Troth, member: Visitor
) -> None:
    pages = []
    for identifier in (member.email, "nobody.at.all@example.com"):
        visitor = Visitor(troth)
        answer = visitor.send(visitor.get(path), action, identifier=identifier)
        pages.append((answer.status_code, plain(answer.text, identifier)))
    assert pages[0] == pages[1]


def plain(page: str, identifier: str) -> str:
    """Return a page without what differs from browser to browser."""
    return re.sub(r'(?:value|data-options)="[^"]*"', "", page).replace(identifier, "")


@pytest.mark.clause("2.1.2c")
def test_a_code_signs_in_once(troth: Troth, member: Visitor) -> None:
    visitor = Visitor(troth)
    enter = visitor.send(visitor.get("/sign-in/code"), "/sign-in/code", identifier=member.email)
    code = last_code(troth, "email")
    assert visitor.send(enter, "/sign-in/enter", code=code).url.path == "/me"
    other = Visitor(troth)
    again = other.send(other.get("/sign-in/code"), "/sign-in/code", identifier=member.email)
    assert other.send(again, "/sign-in/enter", code=code).status_code == 401


@pytest.mark.clause("2.1.2c")
def test_recovery_sets_a_password_and_ends_every_other_session(
    troth: Troth, member: Visitor
) -> None:
    visitor = Visitor(troth)
    enter = visitor.send(visitor.get("/recover"), "/recover", identifier=member.email)
    fields = {"code": last_code(troth, "email"), "password": NEW, "password_confirm": NEW}
    assert visitor.send(enter, "/recover/code", **fields).url.path == "/me"
    assert member.get("/me").url.path == "/sign-in"
    assert sign_in(Visitor(troth), member.email, NEW) == 303


def test_changing_the_password_ends_every_other_session(troth: Troth, member: Visitor) -> None:
    elsewhere = Visitor(troth)
    sign_in(elsewhere, member.email)
    fields = {"old_password": PASSWORD, "password": NEW, "password_confirm": NEW}
    page = member.send(member.get("/me/password"), "/me/password", **fields)
    assert page.url.path == "/me"
    assert elsewhere.get("/me").url.path == "/sign-in"


def test_a_session_gets_a_new_token_when_it_is_stepped_up(member: Visitor) -> None:
    before = member.client.cookies["__Host-troth"]
    asked = member.send(member.get("/me/copy"), "/me/copy")
    member.step_up(asked, "/me/copy")
    after = member.client.cookies["__Host-troth"]
    assert before != after
    member.client.cookies["__Host-troth"] = before


def test_signing_out_ends_the_session_at_once(member: Visitor) -> None:
    token = member.client.cookies["__Host-troth"]
    page = member.send(member.get("/me"), "/sign-out")
    assert page.url.path == "/"
    member.client.cookies.set("__Host-troth", token, domain="centre.test")
    assert member.get("/me").url.path == "/sign-in"


def test_sessions_are_listed_and_ended_one_by_one_or_all(troth: Troth, member: Visitor) -> None:
    elsewhere = Visitor(troth)
    sign_in(elsewhere, member.email)
    page = member.get("/me/sessions")
    assert "当前设备" in page.text
    member.send(page, "/me/sessions")
    assert elsewhere.get("/me").url.path == "/sign-in"
    member.post("/me/sessions", {**hidden_of(member), "session": "all"})
    assert member.get("/me").url.path == "/sign-in"


def hidden_of(member: Visitor) -> dict[str, str]:
    """Return the token of a signed-in page."""
    found = re.search(r'name="form_token" value="([^"]+)"', member.get("/me/sessions").text)
    assert found is not None
    return {"form_token": found[1]}


@pytest.mark.parametrize("path", ["/me/trail", "/me/consents", "/me/cancel"])
def test_a_page_of_ones_own_asks_to_sign_in_and_leads_back(
    path: str, troth: Troth, member: Visitor
) -> None:
    visitor = Visitor(troth)
    asked = visitor.get(path)
    assert (asked.url.path, asked.url.params.get("to")) == ("/sign-in", path)
    fields = {"identifier": member.email, "password": PASSWORD}
    assert visitor.send(asked, "/sign-in", **fields).url.path == path


def test_a_sign_in_leads_nowhere_but_to_our_own_pages(troth: Troth, member: Visitor) -> None:
    visitor = Visitor(troth)
    page = visitor.get("/sign-in?to=https://evil.example/")
    fields = {"identifier": member.email, "password": PASSWORD, "to": "//evil.example"}
    answer = visitor.send(page, "/sign-in", follow=False, **fields)
    assert answer.headers["location"] == "/me"
