"""The page of connected applications: what each may learn, and one button that ends it."""

from tests.interfaces.oidc.stand import Stand
from tests.interfaces.visitor import BASE, hidden

PLACE = "/me/applications"


def test_somebody_without_any_is_told_what_would_be_there(stand: Stand) -> None:
    stand.person()
    assert "No application is connected" in stand.get(PLACE).text


def test_it_says_what_each_may_learn_and_what_was_declined(stand: Stand) -> None:
    stand.person()
    stand.agrees("email")
    page = stand.get(PLACE).text
    for told in (
        *("Shop", "Shop Ltd", "privacy@shop.example", "Our affiliates in the mainland"),
        *("Your e-mail address", "You said no to", "Stay signed in there", "2026-11-22"),
    ):
        assert told in page, told
    assert "Nothing is told to it at present" not in page


def test_it_says_when_nothing_is_told_at_present(stand: Stand) -> None:
    stand.person()
    stand.agrees("email")
    stand.troth.applications.end(stand.made.id)
    assert "Nothing is told to it at present" in stand.get(PLACE).text


def test_one_button_takes_back_what_one_button_gave(stand: Stand) -> None:
    who = stand.person()
    access = stand.exchange(stand.code("email")).json()["access_token"]
    page = stand.get(PLACE)
    done = stand.client.post(
        PLACE, data=hidden(page.text, PLACE), headers={"origin": BASE}, follow_redirects=True
    )
    assert "Disconnected" in done.text
    assert "No application is connected" in done.text
    assert stand.learns(access).status_code == 401
    assert stand.troth.applications.mine(who) == []


def test_nobody_disconnects_what_is_not_theirs(stand: Stand) -> None:
    first = stand.person()
    stand.agrees("email")
    page = stand.get(PLACE)
    stand.person()
    stand.agrees()
    mine = stand.get(PLACE)
    fields = hidden(mine.text, PLACE) | {"application": "app-unknown"}
    assert stand.client.post(PLACE, data=fields, headers={"origin": BASE}).status_code == 404
    assert hidden(page.text, PLACE)["application"] == stand.made.id
    assert len(stand.troth.applications.mine(first)) == 1


def test_whoever_is_not_signed_in_signs_in_first(stand: Stand) -> None:
    assert stand.get(PLACE).headers["location"] == f"/sign-in?to={PLACE}"
