"""Staff look by role, purpose and ticket; the subject sees every look and every refused one."""

import pytest
from msgspec.structs import replace

from tests.chapters.people import EMAIL, PRIVACY, SUPPORT, House, ticks
from troth.model.acts import Actor, Export
from troth.model.errors import BadInput, ConsentMissing, Refused
from troth.model.terms import Region, SubjectId


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def look(
    house: House, by: Actor, subject: SubjectId, purpose: str = "support", ticket: str = "T-1"
) -> str:
    shown = house.staff.look(by, subject, ("contact.email",), purpose=purpose, ticket=ticket)
    return shown["contact.email"].reveal()


@pytest.mark.clause("7.1d")
def test_a_look_without_a_purpose_is_refused_and_recorded(house: House, subject: SubjectId) -> None:
    with pytest.raises(Refused):
        look(house, SUPPORT, subject, purpose="", ticket="")
    (denied,) = house.staff.who_looked(subject)
    assert (denied.by, denied.allowed) == ("staff:s1", False)


@pytest.mark.clause("7.1d")
def test_a_role_looks_only_for_its_own_purposes_and_at_its_own_fields(
    house: House, subject: SubjectId
) -> None:
    with pytest.raises(Refused):
        look(house, SUPPORT, subject, purpose="rights")
    with pytest.raises(Refused):
        house.staff.look(SUPPORT, subject, ("account.password",), purpose="support", ticket="T")


@pytest.mark.clause("7.1d", "2.3a")
def test_support_sees_a_masked_value_and_the_privacy_desk_the_whole(
    house: House, subject: SubjectId
) -> None:
    masked = look(house, SUPPORT, subject)
    assert masked != EMAIL.reveal()
    assert masked.endswith("@mail.example")
    assert look(house, PRIVACY, subject, purpose="rights") == EMAIL.reveal()


def test_a_look_needs_its_ticket_and_somebody_who_is_staff(
    house: House, subject: SubjectId
) -> None:
    with pytest.raises(BadInput):
        look(house, SUPPORT, subject, ticket="")
    with pytest.raises(BadInput):
        look(house, Actor(kind="subject", assurance=1), subject)


def test_a_look_from_another_region_is_an_export_and_is_refused(
    house: House, subject: SubjectId
) -> None:
    abroad = Actor(kind="staff", id="s1", role="support", region=Region("global"))
    with pytest.raises(Refused) as refused:
        look(house, abroad, subject)
    assert "2.4b" in refused.value.clause


def test_an_export_takes_a_consent_of_its_own_and_a_lawful_mechanism(
    house: House, subject: SubjectId
) -> None:
    facts = frozenset({"business_need", "impact_assessed", "standard_contract"})
    export = Export(
        subject=subject,
        fields=("contact.email",),
        purpose="support",
        to_region=Region("global"),
        facts=facts,
    )
    with pytest.raises(ConsentMissing):
        house.gate.perform(export)
    house.consent.give(subject, ticks("export/global/support"), shown=house.shown())
    with pytest.raises(Refused):
        house.gate.perform(replace(export, facts=frozenset()))
    assert house.gate.perform(export).values


@pytest.mark.clause("7.1d", "9.1a")
def test_the_subject_sees_who_looked_when_at_what_and_why(house: House, subject: SubjectId) -> None:
    look(house, SUPPORT, subject)
    (seen,) = house.staff.who_looked(subject)
    assert seen.allowed
    assert (seen.by, seen.fields, seen.purpose, seen.ticket) == (
        "staff:s1",
        ("contact.email",),
        "support",
        "T-1",
    )
    assert seen.at == house.clock.now()
    assert "7.1d" in seen.clauses
