"""Who may read: the subject, staff within their task, and nobody across a border unjudged."""

import pytest

from tests.gate.house import ADDRESS, CN, EMAIL, GLOBAL, PHONE, PRIVACY, SUPPORT, House
from troth.model.acts import SUBJECT, Actor, ConsentGiven, Export, Show, Use
from troth.model.errors import Refused
from troth.model.terms import SubjectId

CONTACTS = ("contact.email", "contact.phone", "contact.address")
ABROAD = frozenset({"business_need", "impact_assessed", "standard_contract"})


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.admit(contact_email=EMAIL, contact_phone=PHONE, contact_address=ADDRESS)


def show(subject: SubjectId, purpose: str = "support", fields=CONTACTS) -> Show:
    return Show(subject=subject, fields=fields, purpose=purpose, ticket="T-7")


@pytest.mark.clause("6.1a", "9.1a")
def test_a_subject_sees_everything_that_is_held(house: House, subject: SubjectId) -> None:
    seen = house.perform(show(subject, "rights", ("*",)))
    assert seen.values == {
        "contact.email": EMAIL,
        "contact.phone": PHONE,
        "contact.address": ADDRESS,
    }


@pytest.mark.clause("7.1d", "2.1.1f")
def test_staff_see_masked_what_their_role_shows(house: House, subject: SubjectId) -> None:
    seen = house.perform(show(subject), by=SUPPORT).values
    assert set(seen) == set(CONTACTS)
    for field, value in ((CONTACTS[0], EMAIL), (CONTACTS[1], PHONE), (CONTACTS[2], ADDRESS)):
        assert seen[field] != value
        assert value.reveal() not in seen[field].reveal()


@pytest.mark.clause("7.1d")
def test_staff_see_nothing_beyond_their_task(house: House, subject: SubjectId) -> None:
    tries = [
        (show(subject, ""), SUPPORT),
        (show(subject, "marketing"), SUPPORT),
        (show(subject, "rights"), SUPPORT),
        (show(subject, "support", ("profile.work",)), SUPPORT),
        (show(subject), Actor(kind="staff", id="s9", role="audit")),
        (show(subject), Actor(kind="staff", id="s9", role="nobody")),
        (show(subject), Actor(kind="staff", id="s9")),
    ]
    for act, by in tries:
        with pytest.raises(Refused):
            house.perform(act, by=by)
    denied = [entry for entry in house.gate.trail(subject) if entry.kind == "use.denied"]
    assert [entry.by for entry in denied] == [str(by) for _, by in tries]


@pytest.mark.clause("7.1d", "9.1a")
def test_the_subject_sees_who_looked_at_what_and_why(house: House, subject: SubjectId) -> None:
    house.perform(show(subject), by=SUPPORT)
    looked = house.gate.trail(subject)[-1]
    assert (looked.kind, looked.by) == ("data.shown", "staff:s1")
    assert looked.what == {"fields": sorted(CONTACTS), "purpose": "support", "ticket": "T-7"}
    assert "7.1d" in looked.clauses


# --- across a border ------------------------------------------------------------------------------


def test_reading_from_another_region_is_an_export(house: House, subject: SubjectId) -> None:
    away = Actor(kind="staff", id="s2", role="privacy", region=GLOBAL)
    for act in (show(subject, "rights"), Export(subject=subject, fields=CONTACTS)):
        with pytest.raises(Refused) as refused:
            house.perform(act, by=away)
        assert "2.4b" in refused.value.decision.clauses
    assert house.perform(show(subject, "rights"), by=PRIVACY).values


def test_an_export_needs_mechanism_and_consent_together(house: House, subject: SubjectId) -> None:
    def copied(facts: frozenset[str]) -> Export:
        return Export(
            subject=subject, fields=CONTACTS, purpose="provide", to_region=GLOBAL, facts=facts
        )

    for facts in (frozenset(), ABROAD - {"standard_contract"}, ABROAD):
        with pytest.raises(Refused):
            house.perform(copied(facts), by=Actor(kind="system"))
    house.perform(ConsentGiven(subject=subject, to="export/global/provide"))
    for facts in (frozenset(), ABROAD - {"standard_contract"}):
        with pytest.raises(Refused):
            house.perform(copied(facts), by=Actor(kind="system"))
    assert house.perform(copied(ABROAD), by=Actor(kind="system")).values
    assert house.gate.trail(subject)[-1].what["to_region"] == "global"


@pytest.mark.clause("9.1a", "9.1c")
def test_a_subject_s_own_copy_crosses_nothing(house: House, subject: SubjectId) -> None:
    traveller = Actor(kind="subject", assurance=2, region=GLOBAL)
    assert house.perform(Export(subject=subject, fields=CONTACTS), by=traveller).values


def test_reading_at_home_is_no_export(house: House, subject: SubjectId) -> None:
    home = Actor(kind="service", region=CN)
    use = Use(subject=subject, fields=("contact.phone",), purpose="authenticate")
    assert house.perform(use, by=home).values
    with pytest.raises(Refused):
        house.perform(use, by=Actor(kind="service", region=GLOBAL))


def test_asking_records_nothing_and_says_what_would_be(house: House, subject: SubjectId) -> None:
    before = house.count()
    (decision,) = house.gate.ask(
        Use(subject=subject, fields=("contact.email",), purpose="marketing"), by=SUBJECT
    )
    assert (decision.code, decision.missing) == ("consent_missing", ("marketing",))
    assert house.count() == before


# --- what is told without opening anything --------------------------------------------------------


@pytest.mark.clause("9.1a", "2.2.1")
def test_the_inventory_says_what_why_and_until_when_and_no_value(
    house: House, subject: SubjectId
) -> None:
    inventory = {each.field: each for each in house.gate.inventory(subject)}
    assert set(inventory) == set(CONTACTS)
    email = inventory["contact.email"]
    assert email.name == {"en": "E-mail address", "zh": "电子邮箱"}
    assert (email.purposes, email.source) == (("account",), "provided")
    assert "mail-carrier" in email.recipients
    assert not any(value.reveal() in str(inventory) for value in (EMAIL, PHONE, ADDRESS))
