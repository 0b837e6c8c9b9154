"""Requests at the desk: in time, in words, on lawful grounds; reviews lie elsewhere (9.7)."""

import pytest
from httpx import Response

from tests.interfaces.console.office import guardian, officer, request, review, someone
from tests.interfaces.visitor import Visitor, hidden
from troth.app import Troth
from troth.model.errors import NotFound


@pytest.fixture
def member(troth: Troth) -> Visitor:
    return someone(troth)


@pytest.fixture(scope="module")
def desk(troth: Troth) -> Visitor:
    return officer(troth, "privacy")


@pytest.fixture
def place(troth: Troth, member: Visitor) -> str:
    return f"/desk/requests/{member.subject}/{request(troth, member.subject)}"


def do(visitor: Visitor, place: str, what: str, **fields: str) -> Response:
    """Press a button of a request's page."""
    token = hidden(visitor.get("/desk").text, "/sign-out")
    return visitor.post(place, {**token, "do": what, **fields})


def state(member: Visitor, place: str) -> str:
    found: str = member.troth.rights.desk.one(member.subject, place.rpartition("/")[2]).state
    return found


def test_a_request_is_listed_with_the_days_that_are_left(desk: Visitor, place: str) -> None:
    text = desk.get("/desk/requests").text
    assert f'href="{place}"' in text
    assert "days left" in text


def test_words_are_shown_on_a_click_and_the_person_sees_that(
    desk: Visitor, place: str, member: Visitor
) -> None:
    assert "为什么？" not in desk.get(place).text
    assert "为什么？" in do(desk, place, "read").text
    [look] = member.troth.staff.who_looked(member.subject)
    assert look.fields == ("rights.request",)


def test_a_request_is_taken_written_about_and_answered(
    desk: Visitor, place: str, member: Visitor
) -> None:
    assert "Taken up" in do(desk, place, "take").text
    assert 'value="take"' not in desk.get(place).text
    do(desk, place, "reply", text="我们在看")
    done = do(desk, place, "answer", answer="因为第 2.1 条")
    assert "The request is fulfilled" in done.text
    assert state(member, place) == "fulfilled"
    messages = do(desk, place, "read").text
    assert "我们在看" in messages
    assert "因为第 2.1 条" in messages
    assert place not in desk.get("/desk/requests").text


def test_a_request_is_refused_on_a_ground_and_on_no_other(
    desk: Visitor, place: str, member: Visitor
) -> None:
    for ground in ("", "we would rather not"):
        page = do(desk, place, "refuse", ground=ground)
        assert page.status_code == 422
        assert 'id="e-ground"' in page.text
    assert state(member, place) == "open"
    assert "Refused" in do(desk, place, "refuse", ground="held_by_law").text
    assert state(member, place) == "denied"


def test_a_law_that_allows_no_longer_term_gives_none(
    desk: Visitor, place: str, member: Visitor
) -> None:
    page = do(desk, place, "extend", reason="complex")
    assert page.status_code == 422
    assert state(member, place) == "open"


def test_longer_is_given_once_where_the_law_allows_it(troth: Troth) -> None:
    member, near = someone(troth, residence="EEA"), officer(troth, "privacy", region="global")
    place = f"/desk/requests/{member.subject}/{request(troth, member.subject)}"
    page = do(near, place, "extend", reason="complex")
    assert "It takes longer: the person is told" in page.text
    assert "Given longer" in page.text
    assert 'value="extend"' not in page.text
    assert do(near, place, "extend", reason="many").status_code == 404


def test_who_works_in_another_region_is_not_given_its_work(troth: Troth, desk: Visitor) -> None:
    member = someone(troth, residence="EEA")
    request(troth, member.subject)
    assert str(member.subject) not in desk.get("/desk").text
    assert str(member.subject) in officer(troth, "privacy", region="global").get("/desk").text


@pytest.mark.parametrize("what", ["", "burn", "reply"])
def test_a_step_that_is_none_or_says_nothing_is_refused(
    desk: Visitor, place: str, what: str
) -> None:
    assert do(desk, place, what).status_code == 422


def test_reviews_and_guardians_matters_are_not_answered_here(troth: Troth, desk: Visitor) -> None:
    member, who = someone(troth), guardian(troth)
    case = review(troth, member.subject)
    text = desk.get("/desk/requests").text
    assert case not in text
    assert str(who) not in text
    assert desk.get(f"/desk/requests/{member.subject}/{case}").status_code == 404


def test_a_number_of_somebody_else_leads_nowhere(troth: Troth, desk: Visitor, place: str) -> None:
    other = someone(troth)
    mixed = f"/desk/requests/{other.subject}/{place.rpartition('/')[2]}"
    assert desk.get(mixed).status_code == 404
    with pytest.raises(NotFound):
        troth.rights.desk.one(other.subject, place.rpartition("/")[2])
