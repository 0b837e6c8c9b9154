"""Two requests from outside that ask the same of one subject are one, under both numbers (9.7)."""

import json

import pytest

from tests.chapters.people import House
from tests.chapters.requests.strangers import FIRST, SECOND, seasoned
from tests.chapters.requests.test_outside import proved
from troth.chapters.rights.fulfilling import Particulars
from troth.model.clock import DAY
from troth.model.secret import Secret
from troth.model.terms import SubjectId

WHAT = Particulars(fields=("contact.phone",))


@pytest.fixture
def subject(house: House) -> SubjectId:
    return seasoned(house)


def states(house: House, subject: SubjectId, *numbers: str) -> set[tuple[str, str, int]]:
    """Return what each number tells: by itself, to its subject, and by when it is due."""
    desk = house.rights.desk
    return {
        (desk.status(number).state, desk.one(subject, number).state, desk.status(number).due)
        for number in numbers
    }


def test_the_later_is_linked_and_the_clock_of_the_first_runs_on(
    house: House, subject: SubjectId
) -> None:
    first = proved(house, subject, "delete")
    house.clock.forward(days=5)
    later = proved(house, subject, "delete", text=Secret("还是请删除"))
    assert later.due == first.due + 5 * DAY
    assert states(house, subject, first.number, later.number) == {("open", "open", first.due)}
    assert house.gate.owed(subject)[first.number].by == first.due
    assert [one.number for one in house.rights.desk.queue(by=FIRST)] == [first.number]
    told = json.loads(house.rights.desk.thread(subject, first.number, by=FIRST).reveal())
    assert [each["text"] for each in told] == ["请提供我的信息", "还是请删除"]


def test_both_end_together(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    numbers = [proved(house, subject, "delete").number for _ in range(3)]
    house.clock.forward(days=3)
    desk.propose(subject, numbers[0], by=FIRST)
    desk.answer(subject, numbers[0], WHAT, by=SECOND)
    (told,) = states(house, subject, *numbers)
    assert told[:2] == ("fulfilled", "fulfilled")


def test_what_is_written_or_taken_back_under_one_number_holds_for_both(
    house: House, subject: SubjectId
) -> None:
    desk = house.rights.desk
    first, later = (proved(house, subject, "delete").number for _ in range(2))
    desk.write(subject, later, Secret("有补充"))
    assert "有补充" in desk.thread(subject, first).reveal()
    desk.revoke(subject, later)
    (told,) = states(house, subject, first, later)
    assert told[:2] == ("revoked", "revoked")


def test_they_tell_the_same_when_their_subject_is_gone(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    numbers = [proved(house, subject, "cancel").number for _ in range(2)]
    house.clock.forward(days=3)
    desk.propose(subject, numbers[0], by=FIRST)
    desk.answer(subject, numbers[0], by=SECOND)
    assert {desk.status(number).state for number in numbers} == {"fulfilled"}


def test_what_came_first_stays_first_though_it_was_proved_later(
    house: House, subject: SubjectId
) -> None:
    came = house.clock.now() - 9 * DAY
    quick = proved(house, subject, "delete")
    slow = proved(house, subject, "delete", received=came)
    assert states(house, subject, quick.number, slow.number) == {("open", "open", slow.due)}
    assert [one.number for one in house.rights.desk.queue(by=FIRST)] == [slow.number]


@pytest.mark.parametrize("kinds", [("delete", "access"), ("question", "question")])
def test_what_asks_for_something_else_goes_on_by_itself(
    house: House, subject: SubjectId, kinds: tuple[str, str]
) -> None:
    numbers = {proved(house, subject, kind).number for kind in kinds}
    assert {one.number for one in house.rights.desk.queue(by=FIRST)} == numbers


def test_what_somebody_proposed_already_goes_on_by_itself(house: House, subject: SubjectId) -> None:
    first = proved(house, subject, "delete").number
    house.rights.desk.propose(subject, first, by=FIRST)
    later = proved(house, subject, "delete").number
    assert {one.number for one in house.rights.desk.queue(by=FIRST)} == {first, later}
