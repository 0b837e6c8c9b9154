"""The clock's hand: everything that has come due is done, whatever happened in between."""

import pytest

from tests.chapters.minors.family import LOGIN, MAIL, Family, traces
from tests.chapters.people import House
from troth.model.acts import SYSTEM, Close, Erase
from troth.model.clock import Moment
from troth.model.errors import Erased, NotFound
from troth.model.secret import Secret


def test_a_house_without_minors_is_not_asked_about_birthdays(house: House) -> None:
    house.troth.tick()
    house.clock.forward(days=3)
    house.troth.tick()
    assert house.recent("data.found") == house.recent("data.found", "global") == []


def test_it_looks_once_a_minute_and_again_when_the_clock_was_put_back(family: Family) -> None:
    family.apply()
    family.minors.sweep()
    family.house.clock.forward(days=15)
    assert family.minors.sweep() == 1
    family.house.clock.forward(seconds=-30)
    assert family.minors.sweep() == 0


def test_a_guardian_whose_minor_was_erased_another_way_is_erased_and_told(
    family: Family,
) -> None:
    one, _ = family.opened()
    child = family.child(one)
    family.house.gate.perform(Close(subject=child), Erase(subject=child), by=SYSTEM)
    assert family.speakers.one(one.guardian).ward is None
    family.wait(0.01)
    with pytest.raises(Erased):
        family.house.gate.standing(one.guardian)
    assert "最后一封信" in family.letters()[-1]
    assert family.speakers.find(one.guardian) is None


def test_a_row_whose_guardian_never_came_to_have_a_file_goes_in_time(family: Family) -> None:
    ward, guardian = (family.house.gate.new_subject("CN") for _ in range(2))
    at = family.now()
    family.speakers.enter(guardian, ward, number="r-1", kind="consent", language="zh", at=at)
    family.wait(14)
    assert family.speakers.one(guardian)
    family.wait(1.1)
    with pytest.raises(NotFound):
        family.speakers.one(guardian)


def test_a_second_letter_is_written_once(family: Family) -> None:
    one = family.apply()
    family.reply(one, "email_plus")
    for _ in range(3):
        family.wait(1)
    told = [letter for letter in family.letters() if "您此前同意" in letter]
    assert len(told) == 1


def test_nothing_of_a_family_lies_open_in_any_file(family: Family) -> None:
    one, _ = family.opened()
    family.minors.guardian.begin(one.guardian)
    family.house.troth.tick()
    seen = (LOGIN, MAIL, Secret("陈洁"), Secret("2014-05-01"), Secret("2028-04-30T16:00:00Z"))
    assert traces(family.house, *(value.reveal() for value in seen)) == []


def test_after_the_end_of_a_family_nothing_is_left_of_it(family: Family) -> None:
    one, _ = family.opened()
    ids = (one.guardian, family.child(one))
    family.minors.guardian.delete(one.guardian, by=family.proved(one))
    family.house.troth.tick()
    for rooms in family.house.gate.regions.values():
        for table in ("guardians", "subjects", "cells", "blind", "sessions", "outbox"):
            rows = rooms.store.query(f"SELECT * FROM {table}")
            assert [row for row in rows if set(ids) & set(map(str, row))] == []


def test_birthdays_looked_for_never_go_back(family: Family) -> None:
    family.speakers.look_on(Moment(100))
    family.speakers.look_on(Moment(50))
    assert family.speakers.looked() == 100
