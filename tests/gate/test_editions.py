"""An act is judged by the edition in force at its time, never by one still to come (11.5)."""

import pytest

from tests.gate.house import EMAIL, GLOBAL, House
from troth.model.acts import SYSTEM, ConsentGiven, Publish, Use
from troth.model.clock import moment
from troth.model.errors import BadInput, ConsentMissing, PolicyBroken, Refused
from troth.policy import packs, reader

SOURCE, _ = packs.source("itnio")
LATER = SOURCE.replace('edition: "2023-05-31"', 'edition: "2027-01-01"').replace(
    "effective: 2023-05-31", "effective: 2027-01-01"
)


def publish(house: House, source: str) -> str:
    return house.troth.publish(source)


@pytest.mark.clause("11.5")
def test_a_future_edition_waits_for_its_day(house: House) -> None:
    before = house.gate.policy().hash
    later = publish(house, LATER)
    assert house.gate.policy().hash == before != later
    house.clock.forward(days=40)
    assert house.gate.policy().hash == later
    assert house.gate.policy(moment("2026-12-31")).hash == before


@pytest.mark.clause("11.5", "10.2b")
def test_the_same_act_is_judged_by_the_edition_of_its_day(house: House) -> None:
    subject = house.admit("CN", "marketing", contact_email=EMAIL)
    use = Use(subject=subject, fields=("contact.email",), purpose="marketing")
    publish(house, strict())
    assert house.perform(use).values
    house.clock.forward(days=40)
    with pytest.raises(Refused):
        house.perform(use)
    allowed, denied = house.gate.trail(subject)[-2:]
    assert allowed.edition != denied.edition


def strict() -> str:
    """Return a later edition in which nobody may be advertised to at all."""
    rule = "  r-register:\n"
    assert rule in LATER
    forbidden = (
        "  r-no-advertising:\n    forbid: [collect, use]\n    categories: [contact]\n"
        '    purpose: marketing\n    clause: "2.2.4"\n'
    )
    return LATER.replace(rule, forbidden + rule, 1)


@pytest.mark.clause("9.3d")
def test_what_was_done_stays_marked_with_the_consent_and_edition_of_then(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    given = house.perform(ConsentGiven(subject=subject, to="marketing")).entries[0]
    use = house.perform(Use(subject=subject, fields=("contact.email",), purpose="marketing"))
    publish(house, strict())
    house.clock.forward(days=40)
    trail = {entry.id: entry for entry in house.gate.trail(subject)}
    assert trail[given].edition == trail[use.entries[0]].edition == use.decisions[0].edition[:16]


@pytest.mark.clause("11.5", "10.1")
def test_publishing_is_remembered_with_the_edition_s_hash(house: House) -> None:
    digest = publish(house, LATER)
    published = house.last("policy.published", GLOBAL)
    assert published.what == {"edition": digest, "effective": moment("2027-01-01")}


def test_an_edition_never_takes_effect_before_the_last(house: House) -> None:
    publish(house, LATER)
    with pytest.raises(PolicyBroken):
        publish(house, SOURCE.replace('edition: "2023-05-31"', 'edition: "other"'))


def test_a_document_is_the_edition_it_says_it_is(house: House) -> None:
    effective = reader.load(LATER, "later").policy.effective
    act = Publish(subject=None, edition="0" * 64, effective=effective, source=LATER)
    with pytest.raises(BadInput):
        house.perform(act, by=SYSTEM)
    assert len(house.gate.editions()) == 1


def test_a_document_that_does_not_compile_is_not_published(house: House) -> None:
    broken = LATER.replace("purpose: marketing", "purpose: merriment")
    with pytest.raises(PolicyBroken, match="merriment"):
        publish(house, broken)


@pytest.mark.clause("10.2b", "2.2.6")
def test_a_purpose_that_is_new_starts_unasked(house: House) -> None:
    subject = house.admit("CN", contact_email=EMAIL)
    with pytest.raises(ConsentMissing):
        house.perform(Use(subject=subject, fields=("contact.email",), purpose="approved"))
