"""Minors: refused at the door, frozen when found, erased in time; guardians have a way to us."""

import pytest

from tests.chapters.people import PRIVACY, House
from troth.model.acts import Use
from troth.model.clock import DAY
from troth.model.errors import Erased, NotFound, NotOfAge, Refused
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


@pytest.mark.clause("8.1a", "8.2a")
@pytest.mark.parametrize(
    ("residence", "born", "told"),
    [
        ("CN", "2008-11-23", AgeBand.MINOR),
        ("CN", "2008-11-22", AgeBand.ADULT),
        ("CN", "2012-11-23", AgeBand.CHILD),
        ("DE", "2010-12-01", AgeBand.CHILD),
        ("US-NY", "2013-12-01", AgeBand.CHILD),
    ],
)
def test_the_age_gate_judges_by_the_law_of_the_residence(
    house: House, residence: str, born: str, told: AgeBand
) -> None:
    assert house.minors.band(residence, born=Secret(born)) is told


@pytest.mark.clause("8.1a")
def test_the_refusal_is_remembered_and_names_nobody(house: House) -> None:
    with pytest.raises(NotOfAge):
        house.minors.refuse("CN", AgeBand.MINOR)
    house.minors.refuse("CN", AgeBand.ADULT)
    (entry,) = house.recent("use.denied")
    assert entry.who == ""


@pytest.mark.clause("8.2b", "9.4-4")
def test_a_child_that_is_found_is_frozen_at_once_and_erased_in_time(
    house: House, subject: SubjectId
) -> None:
    house.minors.found(subject, by=PRIVACY)
    with pytest.raises(Refused):
        house.gate.perform(
            Use(subject=subject, fields=("contact.email",), purpose="notify.service")
        )
    (owed,) = house.gate.owed(subject).values()
    assert owed.by - house.clock.now() == 15 * DAY
    outcome = house.minors.erase(subject)
    assert outcome.certificate is not None
    assert outcome.certificate.complete
    with pytest.raises(Erased):
        house.gate.standing(subject)


def test_nobody_is_erased_as_a_child_without_a_finding(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotFound):
        house.minors.erase(subject)


@pytest.mark.clause("8.4")
def test_a_guardian_can_ask_and_is_owed_an_answer(house: House, subject: SubjectId) -> None:
    number = house.minors.guardian_asks(
        subject,
        name=Secret("李明"),
        email=Secret("li.ming@mail.example"),
        relation=Secret("父亲"),
    )
    assert house.gate.owed(subject)[number].by == house.clock.now() + 30 * DAY
    assert "guardian.email" in house.held(subject)
