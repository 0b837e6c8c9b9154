"""Staff and programs end or hand out on a proved request, or on a ground of the law (9.7, A21)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.chapters.people import PROVED, House
from tests.chapters.requests.strangers import FIRST, ME, OTHER, SECOND, opened, seasoned
from tests.chapters.requests.test_outside import proved
from troth.documents.requests.warrants import UNASKED
from troth.model.acts import SUBJECT, SYSTEM, Actor
from troth.model.errors import BadInput, NotFound, NotProved, Refused, TrothError
from troth.model.terms import SubjectId

PROGRAM = Actor(kind="service", id="k-1")
OTHERS = pytest.mark.parametrize("by", [FIRST, PROGRAM], ids=("staff", "program"))


@pytest.fixture
def subject(house: House) -> SubjectId:
    return seasoned(house)


def ended(house: House, subject: SubjectId, **more: Any) -> bool:
    """Tell whether an end and a copy are both refused; nothing may have happened then."""
    before = house.kinds(subject)
    number = more.pop("number", "")
    ways: tuple[Callable[[], object], ...] = (
        lambda: house.rights.erase(subject, settles=number, **more),
        lambda: house.rights.copy(subject, request=number, by=more["by"]),
    )
    for way in ways:
        with pytest.raises(TrothError):
            way()
    return house.kinds(subject) != before


# --- without anything ----------------------------------------------------------------------------


@OTHERS
@pytest.mark.clause("6.3.3b", "9.7a")
@pytest.mark.parametrize("ground", ["request", "", "guardian", "decided"])
def test_nobody_is_erased_or_given_out_on_a_word(
    house: House, subject: SubjectId, by: Actor, ground: str
) -> None:
    assert not ended(house, subject, by=by, ground=ground)


@OTHERS
def test_the_refusal_says_which_clause_and_what_to_do(
    house: House, subject: SubjectId, by: Actor
) -> None:
    for way in (house.rights.erase, house.rights.copy):
        with pytest.raises(Refused) as refused:
            way(subject, by=by)
        assert refused.value.clause == "9.7"
        assert "number of the subject's proved request" in refused.value.remedy


@OTHERS
def test_an_unproved_request_and_one_of_somebody_else_are_none(
    house: House, subject: SubjectId, by: Actor
) -> None:
    told = house.rights.desk.request(subject, "cancel", by=FIRST)
    other = house.gate.new_subject("CN")
    theirs = opened(house, "cancel").number
    assert other != subject
    for number in (told, theirs, "r-000000000000"):
        assert not ended(house, subject, number=number, by=by)


@OTHERS
def test_a_request_of_another_kind_is_none(house: House, subject: SubjectId, by: Actor) -> None:
    copy = house.rights.desk.request(subject, "copy", by=ME)
    end = house.rights.desk.request(subject, "cancel", by=ME)
    house.rights.desk.propose(subject, end, by=SECOND)
    with pytest.raises(Refused):
        house.rights.erase(subject, settles=copy, by=by)
    with pytest.raises(Refused):
        house.rights.copy(subject, request=end, by=by)


def test_whoever_has_another_role_starts_nothing(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "copy", by=ME)
    with pytest.raises(Refused):
        house.rights.copy(subject, request=number, by=OTHER)
    with pytest.raises(Refused):
        house.rights.erase(subject, ground="unlawful", by=OTHER)


# --- on a request --------------------------------------------------------------------------------


@OTHERS
def test_a_proved_request_is_fulfilled_and_used_up(
    house: House, subject: SubjectId, by: Actor
) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "copy", by=ME)
    assert house.rights.copy(subject, request=number, by=by).fields
    assert desk.status(number).state == "fulfilled"
    with pytest.raises(NotFound):
        house.rights.copy(subject, request=number, by=by)


def test_an_end_takes_two_of_the_staff_here_too(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "cancel", by=ME)
    with pytest.raises(BadInput):
        house.rights.erase(subject, settles=number, by=FIRST)
    desk.propose(subject, number, by=FIRST)
    with pytest.raises(BadInput):
        house.rights.erase(subject, settles=number, by=FIRST)
    assert house.rights.erase(subject, settles=number, by=SECOND).complete
    assert desk.status(number).state == "fulfilled"


@OTHERS
def test_a_proof_by_code_waits_for_who_could_object(
    house: House, subject: SubjectId, by: Actor
) -> None:
    number = proved(house, subject, "delete").number
    if by.kind == "staff":
        house.rights.desk.propose(subject, number, by=SECOND)
    with pytest.raises(BadInput):
        house.rights.erase(subject, settles=number, by=by)
    house.clock.forward(days=3)
    # The words of a request are kept by a law for a while; the rest goes.
    assert "contact.email" in {
        each.field for each in house.rights.erase(subject, settles=number, by=by).gone
    }


def test_what_the_desk_left_out_is_left_out(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "copy", by=ME)
    desk.leave_out(subject, number, {"contact.phone": "others_at_risk"}, by=FIRST)
    copy = house.rights.copy(subject, request=number, by=FIRST)
    assert "contact.phone" not in copy.fields
    assert ("contact.phone", "others_at_risk") in {(one.what, one.reason) for one in copy.withheld}


# --- on a ground of the law ----------------------------------------------------------------------


@OTHERS
@pytest.mark.parametrize("ground", UNASKED)
def test_a_ground_of_the_law_stands_in_the_ledger(
    house: House, subject: SubjectId, by: Actor, ground: str
) -> None:
    house.rights.erase(subject, ("contact.phone",), ground=ground, by=by)
    told = [entry for entry in house.gate.trail(subject) if entry.kind == "data.erased"]
    assert told[-1].what["ground"] == ground


def test_a_copy_has_no_such_ground(house: House, subject: SubjectId) -> None:
    with pytest.raises(Refused):
        house.rights.desk.warrant(subject, "copy", ground="law", by=FIRST)


# --- who needs none ------------------------------------------------------------------------------


def test_whoever_proved_themselves_just_now_needs_no_number(
    house: House, subject: SubjectId
) -> None:
    for way in (house.rights.copy, house.rights.erase):
        with pytest.raises(NotProved):
            way(subject, by=SUBJECT)
    assert house.rights.copy(subject, by=PROVED).fields
    assert house.rights.erase(subject, by=PROVED).complete


def test_the_house_itself_ends_what_its_clock_ends(house: House, subject: SubjectId) -> None:
    assert house.rights.erase(subject, by=SYSTEM).complete
