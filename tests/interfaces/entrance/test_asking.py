"""Rights asked for without an account, a sign-in or a cookie: taken as mail is (3.2, 9.1, 9.7)."""

import re
from collections.abc import Iterator

import pytest
from httpx import Response

from tests.interfaces.visitor import BASE, Visitor, hidden
from tests.support.letters import letters
from troth import app
from troth.app import Troth
from troth.chapters.intake.forms import LETTERS, NETWORK

PLACE = "/rights"


@pytest.fixture
def troth() -> Iterator[Troth]:
    """Return a house of the test's own: what comes by this form is counted."""
    with app.memory() as made:
        yield made


def ask(visitor: Visitor, **changed: str) -> Response:
    """Send the form as a browser without cookies would."""
    fields = {"kind": "delete", "contact.email": visitor.email, "text": "Please delete it."}
    visitor.client.cookies.clear()
    return visitor.client.post(PLACE, data=fields | changed, headers={"origin": BASE})


def number(page: Response) -> str:
    found = re.search(r'<strong class="value">([^<]+)</strong>', page.text)
    assert found, page.text
    return found[1]


def to(troth: Troth, email: str) -> list[str]:
    return [one["text"] for one in letters(troth, "email") if one["to"] == email]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_form_becomes_a_request_without_a_cookie(language: str, troth: Troth) -> None:
    visitor = Visitor(troth, language)
    assert "set-cookie" not in visitor.get(PLACE).headers
    page = ask(visitor)
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    found = troth.rights.desk.status(number(page))
    assert found.state == "in_progress"
    assert found.reason == "need_user_verification"
    assert found.due > troth.clock.now()
    (told,) = to(troth, visitor.email)
    assert number(page) in told


def test_the_answer_is_the_same_whether_or_not_anybody_is_known(troth: Troth) -> None:
    member, stranger = Visitor(troth, "en"), Visitor(troth, "en")
    member.register()
    pages = [re.sub(r"r-[0-9a-f]+", "N", ask(one).text) for one in (member, stranger)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    "changed",
    [
        {"contact.email": ""},
        {"contact.email": "nonsense"},
        {"text": " "},
        {"kind": ""},
        {"kind": "everything"},
    ],
)
def test_what_is_not_whole_is_shown_again_with_what_was_typed(
    changed: dict[str, str], troth: Troth
) -> None:
    visitor = Visitor(troth, "en")
    page = ask(visitor, **changed)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    if "text" not in changed:
        assert "Please delete it." in page.text


def test_a_network_cannot_fill_the_desk_nor_have_us_write_to_a_stranger(troth: Troth) -> None:
    visitor = Visitor(troth)
    answers = [ask(visitor).status_code for _ in range(NETWORK.at_once + 1)]
    assert answers == [200] * NETWORK.at_once + [429]
    assert len(to(troth, visitor.email)) == LETTERS.at_once


def test_another_site_cannot_send_it_and_who_is_signed_in_needs_the_token(troth: Troth) -> None:
    visitor = Visitor(troth)
    fields = {"kind": "delete", "contact.email": visitor.email, "text": "x"}
    for headers in ({"origin": "https://evil.example"}, {}):
        assert visitor.client.post(PLACE, data=fields, headers=headers).status_code == 403
    visitor.register()
    assert visitor.post(PLACE, fields).status_code == 403
    token = hidden(visitor.get(PLACE).text, PLACE)
    assert visitor.post(PLACE, fields | token).status_code == 200
