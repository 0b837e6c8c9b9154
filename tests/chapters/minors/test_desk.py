"""The minors desk: what waits, who may look, and that nothing is left of what was looked at."""

import pytest

from tests.chapters.minors.family import BANK, FIRST, SECOND, Family
from tests.chapters.people import PRIVACY, SUPPORT
from troth.model.acts import SUBJECT
from troth.model.errors import BadInput, Refused
from troth.model.secret import Secret


def test_what_waits_longest_stands_first(family: Family) -> None:
    early, late = family.apply(), family.apply(login=Secret("second_fox"))
    for one in (early, late):
        family.reply(one)
        family.wait(0.1)
    family.reply(family.apply(login=Secret("third_fox")), "payment")
    waiting = family.minors.desk.waiting(by=FIRST)
    assert [one.guardian for one in waiting] == [early.guardian, late.guardian]


@pytest.mark.parametrize("by", [SUPPORT, PRIVACY, SUBJECT, BANK], ids=str)
def test_other_staff_and_anybody_else_see_and_decide_nothing(family: Family, by: object) -> None:
    one = family.apply()
    family.reply(one)
    with pytest.raises(Refused):
        family.minors.desk.waiting(by=by)
    with pytest.raises(Refused):
        family.minors.desk.look(one.guardian, by=by, ticket="T-1")
    with pytest.raises(Refused):
        family.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=by)


def test_a_look_is_recorded_before_it_is_shown_and_tells_what_was_sent(family: Family) -> None:
    one = family.apply()
    family.reply(one)
    shown = family.minors.desk.look(one.guardian, by=FIRST, ticket="T-7")
    assert shown["guardian.name"] == Secret("陈洁")
    assert isinstance(shown["guardian.proof"].reveal_raw(), bytes)
    last = family.house.gate.trail(one.guardian)[-1]
    assert (last.kind, last.by, last.what["ticket"]) == ("data.shown", "staff:m1", "T-7")


def test_the_decision_stands_in_both_trails_with_ticket_and_method(family: Family) -> None:
    one = family.apply()
    family.reply(one, "government_id")
    family.minors.desk.decide(one.guardian, is_so=True, ticket="T-7", by=FIRST)
    for subject in (one.guardian, family.child(one)):
        trail = family.house.gate.trail(subject)
        (found,) = [entry for entry in trail if entry.kind == "fact.verified"]
        assert found.what == {
            "fact": "guardianship",
            "result": "verified",
            "method": "government_id",
            "reference": "T-7",
        }


def test_an_appeal_is_not_decided_by_one_alone(family: Family) -> None:
    subject = family.house.register().subject
    family.minors.found(subject, by=PRIVACY)
    family.appeal(subject)
    with pytest.raises(BadInput):
        family.minors.desk.decide(subject, is_so=True, ticket="T", by=FIRST)
    family.minors.desk.propose(subject, is_adult=True, ticket="T", by=FIRST)
    with pytest.raises(BadInput):
        family.minors.desk.confirm(subject, agrees=True, ticket="T", by=FIRST)
    with pytest.raises(BadInput):
        family.minors.desk.propose(subject, is_adult=True, ticket="T", by=SECOND)
