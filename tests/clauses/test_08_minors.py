"""Chapter 8: a service that is for minors needs their guardians, and never advertises to them."""

import pytest

from tests.chapters.people import House
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    AcceptTerms,
    Actor,
    Admit,
    Collect,
    ConsentGiven,
    Use,
    Verified,
)
from troth.model.errors import BadInput, Refused
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId
from troth.policy import packs

GUARDIAN = Actor(kind="guardian", id="g1")
BY_CARD = "guardian:identity_card"
KEPT = {"contact.email": Secret("kid@mail.example")}


@pytest.fixture
def open_to_minors(house: House) -> House:
    """Return a house whose policy offers a service for minors."""
    source, _ = packs.source("itnio")
    for old, new in (
        ("minors_service: false", "minors_service: true"),
        ('edition: "2023-05-31"', 'edition: "2026-11-01"'),
        ("effective: 2023-05-31", "effective: 2026-11-01"),
    ):
        assert old in source
        source = source.replace(old, new)
    house.troth.publish(source)
    return house


def admitted(house: House, age: AgeBand, residence: str = "CN") -> SubjectId:
    subject = house.gate.new_subject(residence)
    regimes = house.gate.policy().residence(residence).regimes
    edition = house.gate.policy().hash
    house.gate.perform(
        Admit(subject=subject, residence=residence, regimes=regimes, age=age),
        AcceptTerms(subject=subject, edition=edition, language="zh", means="checkbox"),
    )
    return subject


def verified(house: House, subject: SubjectId) -> None:
    word = Verified(subject=subject, fact="guardianship", result="verified", method="register")
    house.gate.perform(word, by=SYSTEM)


def consented(house: House, subject: SubjectId) -> None:
    verified(house, subject)
    consent = ConsentGiven(subject=subject, to="marketing", method=BY_CARD)
    house.gate.perform(consent, by=GUARDIAN)


@pytest.mark.clause("8.1c", "8.5", "8.3-2")
@pytest.mark.parametrize(
    ("age", "residence"),
    [(AgeBand.MINOR, "CN"), (AgeBand.CHILD, "CN"), (AgeBand.CHILD, "US")],
)
def test_nothing_is_collected_before_a_guardian_consented(
    open_to_minors: House, age: AgeBand, residence: str
) -> None:
    house = open_to_minors
    subject = admitted(house, age, residence)
    collect = Collect(subject=subject, values=KEPT, purpose="register")
    with pytest.raises(Refused):
        house.gate.perform(collect)
    assert house.held(subject) == set()
    consented(house, subject)
    house.gate.perform(collect)
    assert house.held(subject) == {"contact.email"}


@pytest.mark.clause("8.1c", "8.3-2")
def test_a_guardians_consent_counts_only_from_a_guardian_who_was_verified(
    open_to_minors: House,
) -> None:
    house = open_to_minors
    subject = admitted(house, AgeBand.CHILD)
    consent = ConsentGiven(subject=subject, to="marketing", method=BY_CARD)
    with pytest.raises(BadInput):
        house.gate.perform(consent, by=GUARDIAN)
    verified(house, subject)
    with pytest.raises(BadInput):
        house.gate.perform(consent, by=SUBJECT)
    assert not house.gate.standing(subject).guardian


@pytest.mark.clause("8.3-1", "2.2.4")
@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
def test_no_consent_lets_anybody_advertise_to_or_profile_a_minor(
    open_to_minors: House, age: AgeBand
) -> None:
    house = open_to_minors
    subject = admitted(house, age)
    consented(house, subject)
    house.gate.perform(Collect(subject=subject, values=KEPT, purpose="register"))
    for purpose in ("marketing", "personalise", "analytics"):
        with pytest.raises(Refused):
            house.gate.perform(Use(subject=subject, fields=("contact.email",), purpose=purpose))
    served = Use(subject=subject, fields=("contact.email",), purpose="authenticate")
    assert house.gate.perform(served).values


@pytest.mark.clause("8.1a")
def test_the_shipped_policy_offers_minors_no_service(house: House) -> None:
    for age in (AgeBand.MINOR, AgeBand.CHILD):
        with pytest.raises(Refused):
            admitted(house, age)
