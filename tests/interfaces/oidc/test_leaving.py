"""Signing out from an application: at once with a token of ours, else at the person's own word."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.interfaces.oidc.stand import COOKIE, ELSEWHERE, Stand
from tests.interfaces.visitor import BASE, hidden
from troth.model.terms import SubjectId

BYE = "https://shop.example/bye"


@pytest.fixture
def signed(stand: Stand) -> dict[str, Any]:
    """Return what an application holds of somebody who is signed in there."""
    stand.made, stand.secret = stand.enter(afterwards=(BYE,))
    who = stand.person()
    told: dict[str, Any] = stand.exchange(stand.code("email")).json()
    return told | {"who": who}


def leave(stand: Stand, **words: str) -> Any:
    return stand.get(f"/end-session?{urlencode(words)}", ELSEWHERE)


def sessions(stand: Stand, who: SubjectId) -> int:
    return len(stand.troth.proof.sessions.of(who, at=stand.clock.now()))


def test_with_a_token_of_ours_it_is_done_and_they_are_led_on(
    stand: Stand, signed: dict[str, Any]
) -> None:
    page = leave(stand, id_token_hint=signed["id_token"], post_logout_redirect_uri=BYE, state="s")
    assert page.headers["location"] == f"{BYE}?state=s"
    assert f'{COOKIE}=""' in page.headers["set-cookie"] or "Max-Age=0" in page.headers["set-cookie"]
    assert sessions(stand, signed["who"]) == 0
    assert stand.learns(signed["access_token"]).status_code == 401


def test_an_old_token_does_too(stand: Stand, signed: dict[str, Any]) -> None:
    stand.clock.forward(seconds=20 * 60)
    page = leave(stand, id_token_hint=signed["id_token"], post_logout_redirect_uri=BYE)
    assert page.headers["location"] == BYE


@pytest.mark.parametrize("address", ["https://evil.example/", f"{BYE}/", "//evil.example", ""])
def test_nobody_is_led_to_an_address_that_was_not_entered(
    stand: Stand, signed: dict[str, Any], address: str
) -> None:
    page = leave(
        stand, id_token_hint=signed["id_token"], post_logout_redirect_uri=address, state="s"
    )
    assert page.status_code == 200
    assert "location" not in page.headers
    assert 'href="https://evil' not in page.text
    assert 'href="//evil' not in page.text
    assert "You are signed out" in page.text


@pytest.mark.parametrize("hint", ["", "e30.e30.", "forged"])
def test_without_one_the_person_is_asked(stand: Stand, signed: dict[str, Any], hint: str) -> None:
    words = {"client_id": stand.made.id, "post_logout_redirect_uri": BYE}
    page = leave(stand, id_token_hint=hint, **words)
    assert "asks to sign you out" in page.text
    assert sessions(stand, signed["who"]) == 1
    fields = hidden(page.text, "/end-session/confirm")
    done = stand.client.post(
        "/end-session/confirm", data=fields, headers={"origin": BASE}, follow_redirects=False
    )
    assert "You are signed out" in done.text
    assert sessions(stand, signed["who"]) == 0


def test_a_token_for_another_application_is_no_token_of_this_one(
    stand: Stand, signed: dict[str, Any]
) -> None:
    other, _ = stand.enter(afterwards=(BYE,))
    page = leave(
        stand,
        id_token_hint=signed["id_token"],
        client_id=other.id,
        post_logout_redirect_uri=BYE,
    )
    assert "location" not in page.headers
    assert sessions(stand, signed["who"]) == 1


def test_somebody_elses_token_signs_nobody_out(stand: Stand, signed: dict[str, Any]) -> None:
    first = signed["who"]
    other = stand.person()
    page = leave(stand, id_token_hint=signed["id_token"], post_logout_redirect_uri=BYE)
    assert "Sign out" in page.text
    assert sessions(stand, other) == sessions(stand, first) == 1


def test_whoever_is_not_signed_in_is_led_on_all_the_same(
    stand: Stand, signed: dict[str, Any]
) -> None:
    stand.client.cookies.clear()
    page = leave(stand, id_token_hint=signed["id_token"], post_logout_redirect_uri=BYE)
    assert page.headers["location"] == BYE
    assert "You are signed out" in leave(stand).text


def test_a_confirmation_comes_from_a_page_of_ours(stand: Stand, signed: dict[str, Any]) -> None:
    fields = hidden(leave(stand).text, "/end-session/confirm")
    for headers in ({"origin": "https://shop.example"}, {}):
        refused = stand.client.post("/end-session/confirm", data=fields, headers=headers)
        assert refused.status_code == 403
    assert sessions(stand, signed["who"]) == 1


def test_a_form_of_another_site_comes_by_its_address(stand: Stand) -> None:
    page = stand.client.post(
        "/end-session",
        data={"state": "s"},
        headers={"origin": "https://shop.example"},
        follow_redirects=False,
    )
    assert (page.status_code, page.headers["location"]) == (303, "/end-session?state=s")


def test_every_application_of_the_session_hears(stand: Stand, signed: dict[str, Any]) -> None:
    leave(stand, id_token_hint=signed["id_token"])
    heard = [application.id for _, application in stand.troth.applications.ending.due()]
    assert heard.count(stand.made.id) == 1
