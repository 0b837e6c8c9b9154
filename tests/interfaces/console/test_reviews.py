"""Identity reviews: opened on a click, proposed by one, confirmed by another (2.1.3d, 2.2.5c)."""

import base64
import re

import pytest
from httpx import Response

from tests.interfaces.console.office import NAME, PHOTO, officer, review, someone
from tests.interfaces.visitor import Visitor, hidden
from troth.app import Troth
from troth.chapters.realname.words import REASONS
from troth.interfaces.console import reviews

IMAGE = re.compile(r'<img src="data:image/jpeg;base64,([^"]+)"')


@pytest.fixture
def member(troth: Troth) -> Visitor:
    return someone(troth)


@pytest.fixture
def place(troth: Troth, member: Visitor) -> str:
    """Return the address of a review that waits."""
    return f"/desk/reviews/{member.subject}/{review(troth, member.subject)}"


@pytest.fixture(scope="module")
def first(troth: Troth) -> Visitor:
    return officer(troth, "identity")


@pytest.fixture(scope="module")
def second(troth: Troth) -> Visitor:
    return officer(troth, "identity")


def do(visitor: Visitor, place: str, what: str, **fields: str) -> Response:
    """Press a button of a review's page."""
    token = hidden(visitor.get("/desk").text, "/sign-out")
    return visitor.post(place, {**token, "do": what, **fields})


def looks(member: Visitor) -> list[tuple[str, ...]]:
    return [look.fields for look in member.troth.staff.who_looked(member.subject)]


def test_the_reasons_are_those_of_the_chapter_and_stand_for_the_same_results() -> None:
    assert {why: row[0] for why, row in REASONS.items()} == reviews.REASONS


def test_what_the_authority_said_is_told_and_nothing_that_was_given(
    first: Visitor, place: str, member: Visitor
) -> None:
    page = first.get(place)
    assert "the register has no record" in page.text
    assert "a check of name and card number" in page.text
    assert NAME.reveal() not in page.text
    assert "data:image" not in page.text
    assert looks(member) == []


def test_the_page_tells_of_every_field_whether_how_and_when_it_was_checked(
    first: Visitor, place: str
) -> None:
    rows = re.findall(
        r"<tr><th scope=\"row\">([^<]+)</th><td[^>]*>(.*?)</td>", first.get(place).text
    )
    told = {name: re.sub(r"<[^>]+>", "", cell) for name, cell in rows}
    assert told["Name"] == "not checked"
    assert re.fullmatch(r"confirmed a code · \d{4}-\d\d-\d\d", told["E-mail address"])


def test_values_are_opened_on_a_click_masked_and_that_is_recorded_without_the_picture(
    first: Visitor, place: str, member: Visitor
) -> None:
    page = do(first, place, "open")
    assert "李***" in page.text
    assert not re.search(r"1101051990\d{7}2", page.text)
    [fields] = looks(member)
    assert {"identity.name", "identity.id_number"} <= set(fields)
    assert PHOTO not in fields


def test_a_picture_is_opened_on_a_click_of_its_own_kept_nowhere_and_recorded(
    first: Visitor, place: str, member: Visitor
) -> None:
    page = do(first, f"{place}/picture", "", field=PHOTO)
    found = IMAGE.search(page.text)
    assert found
    assert base64.b64decode(found[1])[:3] == b"\xff\xd8\xff"
    assert page.headers["cache-control"] == "no-store"
    assert looks(member) == [(PHOTO,)]


def test_a_picture_has_no_address_that_a_link_could_open(first: Visitor, place: str) -> None:
    assert first.get(f"{place}/picture").status_code in (404, 405)


@pytest.mark.parametrize("field", ["identity.name", "account.password", "x", ""])
def test_nothing_but_the_pictures_of_the_case_is_opened_there(
    first: Visitor, place: str, field: str, member: Visitor
) -> None:
    assert do(first, f"{place}/picture", "", field=field).status_code == 404
    assert looks(member) == []


def test_a_picture_is_not_shown_under_another_persons_case(
    troth: Troth, first: Visitor, place: str
) -> None:
    other = someone(troth)
    review(troth, other.subject)
    mixed = f"/desk/reviews/{other.subject}/{place.rpartition('/')[2]}/picture"
    assert do(first, mixed, "", field=PHOTO).status_code == 404
    assert looks(other) == []


def test_one_proposes_and_only_another_confirms(
    troth: Troth, first: Visitor, second: Visitor, place: str, member: Visitor
) -> None:
    page = do(first, place, "propose", reason="papers_agree")
    assert "somebody else has to confirm it" in page.text
    assert 'value="confirm"' not in page.text
    assert do(first, place, "confirm").status_code == 422
    status = troth.realname.status(member.subject)
    assert status is not None
    assert status.result == "pending"
    assert "waits for a second person" in second.get("/desk").text
    assert 'value="confirm"' in second.get(place).text
    done = do(second, place, "confirm")
    assert done.url.path == "/desk/reviews"
    decided = troth.realname.status(member.subject)
    assert decided is not None
    assert (decided.result, decided.method) == ("verified", "review")
    assert second.get(place).status_code == 404


def test_the_second_can_send_it_back_and_it_begins_anew(
    first: Visitor, second: Visitor, place: str
) -> None:
    do(first, place, "propose", reason="name_differs")
    page = do(second, place, "send_back")
    assert 'value="propose"' in page.text
    assert page.url.path == place


@pytest.mark.parametrize("reason", ["", "because", "verified"])
def test_a_proposal_without_a_listed_reason_is_refused_at_its_field(
    first: Visitor, place: str, reason: str
) -> None:
    page = do(first, place, "propose", reason=reason)
    assert page.status_code == 422
    assert 'id="e-reason"' in page.text


def test_whoever_decided_before_is_told_that_the_appeal_is_for_others(
    troth: Troth, first: Visitor, second: Visitor, place: str, member: Visitor
) -> None:
    do(first, place, "propose", reason="not_readable")
    do(second, place, "confirm")
    again = troth.realname.ask_people(member.subject)
    appeal = f"/desk/reviews/{member.subject}/{again}"
    assert "an appeal is for others" in first.get(appeal).text
    assert do(first, appeal, "propose", reason="papers_agree").status_code == 422
    assert 'value="propose"' in officer(troth, "identity").get(appeal).text


def test_no_title_and_no_address_holds_a_value(first: Visitor, place: str, member: Visitor) -> None:
    page = do(first, place, "open")
    title = page.text.partition("<title>")[2].partition("</title>")[0]
    for value in (NAME.reveal(), member.email, member.phone, str(member.subject)):
        assert value not in title
    links = re.findall(r'(?:href|action)="([^"]*)"', page.text)
    assert not any(member.email in link or member.phone in link for link in links)
