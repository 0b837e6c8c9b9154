"""Birthdays: found without a date kept, told to both sides, the person asked themselves."""

import pytest

from tests.chapters.minors.family import LOGIN, PASSWORD, Family
from troth.documents.agreement import Tick
from troth.model.acts import SUBJECT, Collect, ConsentGiven, Use
from troth.model.clock import DAY, HOUR, Moment, moment
from troth.model.errors import BadInput, Erased
from troth.model.secret import Secret
from troth.model.standing import GUARDIAN_COLLECTS
from troth.model.terms import AgeBand

SOON_GROWN = Secret("2008-11-27")
SOON_FOURTEEN = Secret("2012-11-27")
"""Who turns eighteen, or fourteen, on 27 November 2026 in Beijing."""
BIRTHDAY = moment("2026-11-26T16:00:00")
EMAIL = {"contact.email": Secret("kid@mail.example")}


def until(family: Family, at: Moment) -> None:
    """Let the clock tick up to a moment, as if it had ticked all the time before."""
    family.house.clock.forward(seconds=(at - family.now() - HOUR) / 1000)
    family.speakers.look_on(family.now())
    family.wait((at - family.now()) / DAY)


def test_at_eighteen_the_guardian_is_no_guardian_any_more(family: Family) -> None:
    one, _ = family.opened(born=SOON_GROWN)
    child = family.child(one)
    until(family, Moment(BIRTHDAY - 1))
    assert family.age(child) is AgeBand.MINOR
    family.wait(0.002)
    assert family.age(child) is AgeBand.ADULT
    with pytest.raises(Erased):
        family.house.gate.standing(one.guardian)
    assert "identity.turns" not in family.held(child)
    assert "最后一封信" in family.letters()[-1]


def test_at_fourteen_a_child_becomes_a_minor_and_the_guardian_stays(family: Family) -> None:
    one, _ = family.opened(born=SOON_FOURTEEN)
    child = family.child(one)
    until(family, Moment(BIRTHDAY - 1))
    assert family.age(child) is AgeBand.CHILD
    family.wait(0.002)
    assert family.age(child) is AgeBand.MINOR
    assert LOGIN.reveal() in family.letters()[-1]
    assert family.house.gate.standing(child).consents_to(GUARDIAN_COLLECTS, family.now())
    assert family.house.accounts.sign_in(LOGIN, PASSWORD).subject == child


def test_from_fourteen_the_next_moment_is_the_eighteenth_birthday(family: Family) -> None:
    one, _ = family.opened(born=SOON_FOURTEEN)
    until(family, BIRTHDAY)
    until(family, moment("2030-11-26T15:58:00"))
    assert family.age(family.child(one)) is AgeBand.MINOR
    family.wait(0.002)
    assert family.age(family.child(one)) is AgeBand.ADULT


def test_what_the_guardian_consented_to_for_others_ends_and_the_person_is_asked(
    family: Family,
) -> None:
    one, _ = family.opened(born=SOON_FOURTEEN, disclose=True)
    child, gate = family.child(one), family.house.gate
    word = ConsentGiven(subject=child, to="share/partners/provide", method="guardian:signed_form")
    gate.perform(word, by=family.actor(one))
    assert not family.minors.growing.is_asked_anew(child)
    until(family, BIRTHDAY)
    assert "share/partners/provide" not in gate.standing(child).consents
    assert family.minors.growing.is_asked_anew(child)
    family.minors.growing.decide_anew(
        child,
        (Tick(keys=("share/partners/provide",), ticked=False),),
        shown=family.shown(),
        means="checkbox",
        confirmed=True,
    )
    assert gate.standing(child).consents["share/partners/provide"].state == "refused"
    assert not family.minors.growing.is_asked_anew(child)


def test_a_child_cannot_consent_and_a_minor_can(family: Family) -> None:
    one, _ = family.opened(born=SOON_FOURTEEN)
    child, gate = family.child(one), family.house.gate
    word = ConsentGiven(subject=child, to="share/partners/provide")
    with pytest.raises(BadInput):
        gate.perform(word, by=SUBJECT)
    until(family, BIRTHDAY)
    gate.perform(word, by=SUBJECT)
    assert gate.standing(child).consents["share/partners/provide"].state == "given"


def test_the_minor_is_told_too_where_we_may_write_to_them(family: Family) -> None:
    one, _ = family.opened(born=SOON_GROWN)
    child = family.child(one)
    family.house.gate.perform(Collect(subject=child, values=EMAIL, purpose="account"), by=SUBJECT)
    until(family, BIRTHDAY)
    assert "您已成年" in family.letters(EMAIL["contact.email"])[-1]


def test_a_grown_up_goes_on_without_a_guardian(family: Family) -> None:
    one, _ = family.opened(born=SOON_GROWN)
    child = family.child(one)
    until(family, BIRTHDAY)
    family.wait(40)
    assert family.house.accounts.sign_in(LOGIN, PASSWORD).subject == child
    use = Use(subject=child, fields=("account.login",), purpose="authenticate")
    assert family.house.gate.perform(use, by=SUBJECT).values


def test_days_on_which_nobody_ticked_are_made_good(family: Family) -> None:
    one, _ = family.opened(born=Secret("2009-01-15"))
    family.house.troth.tick()
    family.house.clock.forward(days=60)
    for _ in range(6):
        family.wait(0.002)
    assert family.age(family.child(one)) is AgeBand.ADULT


def test_no_moment_of_a_birthday_stands_in_the_ledger_beforehand(family: Family) -> None:
    one, _ = family.opened(born=SOON_GROWN)
    for subject in (family.child(one), one.guardian):
        for entry in family.house.gate.trail(subject):
            assert str(BIRTHDAY) not in str(entry.what)


def test_two_of_the_same_day_both_turn(family: Family) -> None:
    both = [
        family.opened(born=SOON_GROWN)[0],
        family.opened(born=SOON_GROWN, login=Secret("second_fox"))[0],
    ]
    until(family, BIRTHDAY)
    assert [family.age(family.child(one)) for one in both] == [AgeBand.ADULT] * 2


def test_elsewhere_the_birthday_begins_where_they_live(family: Family) -> None:
    one, _ = family.opened(born=SOON_GROWN, residence="US-CA")
    until(family, moment("2026-11-27T07:58:00"))
    assert family.age(family.child(one)) is AgeBand.MINOR
    family.wait(0.002)
    assert family.age(family.child(one)) is AgeBand.ADULT
