"""One predicate stands in every way that anything is erased: no path gets round a hold (9.4-5)."""

from collections.abc import Callable

import pytest

from tests.chapters.minors.family import FIRST, Family, minors_policy
from tests.chapters.people import EMAIL, PASSWORD, PRIVACY, PROVED, House, ticks
from tests.chapters.retention.terms import approve, visitor
from troth.model.acts import SUBJECT, SYSTEM, Collect, Erase
from troth.model.clock import DAY, Moment
from troth.model.errors import Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

FIELD = "profile.occupation"
Path = Callable[[House, SubjectId], object]


@pytest.fixture
def held(house: House) -> SubjectId:
    """Return somebody of whom a case holds one field, which rests on a consent."""
    subject = house.register().subject
    house.consent.give(subject, ticks("improve"), shown=house.shown())
    act = Collect(subject=subject, values={FIELD: Secret("工程师")}, purpose="improve")
    house.gate.perform(act, by=SUBJECT)
    until = Moment(house.clock.now() + 1000 * DAY)
    house.retention.hold(
        subject, "case-7", law="named case", fields=(FIELD,), until=until, by=PRIVACY
    )
    return subject


def cancelled(house: House, _: SubjectId) -> None:
    signed_in = house.accounts.sign_in(EMAIL, PASSWORD).token
    house.accounts.close(house.accounts.step_up(signed_in, PASSWORD))


def swept(house: House, subject: SubjectId) -> None:
    house.rights.erase(subject, by=PROVED)
    house.clock.forward(days=30)
    house.troth.tick()


PATHS: dict[str, Path] = {
    "a consent withdrawn": lambda house, subject: house.consent.withdraw(subject, "improve"),
    "a request for some": lambda house, who: house.rights.erase(who, ("profile",), by=PROVED),
    "a request for all": lambda house, who: house.rights.erase(who, by=PROVED),
    "the sweep": swept,
    "a purpose closed": lambda house, _: house.retention.closing.purpose("improve", by=PRIVACY),
    "a law's demand": lambda house, _: house.retention.closing.law(
        "x", law="a law", categories=("profile",), by=PRIVACY
    ),
    "the account cancelled": cancelled,
}


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.clause("9.4-5")
def test_no_way_of_erasing_gets_round_a_hold(house: House, held: SubjectId, name: str) -> None:
    PATHS[name](house, held)
    assert FIELD in house.held(held)


def test_a_hold_holds_the_fields_it_names_and_not_the_account(
    house: House, held: SubjectId
) -> None:
    house.rights.erase(held, by=PROVED)
    assert house.held(held) == {FIELD}


def test_the_gate_refuses_whoever_asks_it_directly(house: House, held: SubjectId) -> None:
    for fields in ((FIELD,), ("profile",), ("*",)):
        with pytest.raises(Refused):
            house.gate.perform(Erase(subject=held, fields=fields), by=SYSTEM)
    assert FIELD in house.held(held)


def test_a_chunk_of_the_sweep_hands_back_whom_a_hold_concerns(house: House) -> None:
    subjects = [visitor(house) for _ in range(3)]
    until = Moment(house.clock.now() + 1000 * DAY)
    house.retention.hold(
        subjects[0], "case-7", law="named case", fields=("web.browser",), until=until, by=PRIVACY
    )
    approve(house)
    house.clock.forward(days=366)
    house.retention.run()
    assert [house.held(one) for one in subjects] == [
        {"contact.email", "web.browser"},
        {"contact.email"},
        {"contact.email"},
    ]


def test_a_child_that_was_found_keeps_what_a_case_holds(house: House) -> None:
    subject = visitor(house)
    until = Moment(house.clock.now() + 1000 * DAY)
    house.retention.hold(
        subject, "case-7", law="named case", fields=("web.browser",), until=until, by=PRIVACY
    )
    house.minors.found(subject, by=FIRST)
    house.clock.forward(days=16)
    house.troth.tick()
    assert house.held(subject) == {"web.browser", "usage.query"}


def test_a_guardian_who_has_a_child_erased_does_not_get_round_a_hold(house: House) -> None:
    house.troth.publish(minors_policy())
    family = Family(house)
    one, _ = family.opened()
    child = family.child(one)
    field = min(family.held(child))
    until = Moment(house.clock.now() + 1000 * DAY)
    house.retention.hold(
        child, "case-7", law="named case", fields=(field,), until=until, by=PRIVACY
    )
    house.minors.guardian.delete(one.guardian, by=family.proved(one))
    assert family.held(child) == {field}


def test_a_guardian_whose_own_letter_a_case_holds_stops_no_sweep(house: House) -> None:
    house.troth.publish(minors_policy())
    family = Family(house)
    one, _ = family.opened()
    field = min(family.held(one.guardian))
    until = Moment(house.clock.now() + 1000 * DAY)
    house.retention.hold(
        one.guardian, "case-7", law="named case", fields=(field,), until=until, by=PRIVACY
    )
    house.minors.guardian.delete(one.guardian, by=family.proved(one))
    house.clock.forward(days=1)
    house.troth.tick()
    assert field in family.held(one.guardian)
