"""What a page is made of: every field with its name, reason, need and form, from the policy."""

import pytest

from tests.chapters.people import House
from troth.chapters.accounts.fields import FormField
from troth.model.errors import UnknownTerm
from troth.vault.forms import KINDS

PERSON = {
    "identity.name",
    "identity.birth_date",
    "identity.id_number",
    "contact.email",
    "contact.phone",
    "contact.address",
    "account.login",
    "account.password",
    "profile.occupation",
    "profile.education",
    "profile.work",
    "profile.other",
}
COMPANY = {
    "enterprise.name",
    "enterprise.uscc",
    "enterprise.licence",
    "legal_rep.name",
    "handler.name",
    "handler.phone",
    "handler.email",
    "handler.id_number",
    "bank.bank",
    "bank.number",
    "bank.holder",
    "bank.reg_address",
    "bank.reg_phone",
}
NUMBERS = {"identity.hk_id", "identity.travel_permit", "identity.passport"}


def described(house: House, kind: str, residence: str = "CN") -> dict[str, FormField]:
    return {one.field: one for one in house.accounts.fields(kind, residence=residence)}  # type: ignore[arg-type]


def test_a_person_is_asked_every_field_of_the_policy_and_no_other(house: House) -> None:
    bank = {field for field in COMPANY if field.startswith("bank.")}
    assert set(described(house, "person")) == PERSON | NUMBERS | bank


def test_a_company_is_asked_every_field_of_the_policy_and_no_other(house: House) -> None:
    account = {field for field in PERSON if field.startswith(("contact.", "account."))}
    assert set(described(house, "enterprise")) == COMPANY | account


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_every_field_has_its_names_its_reason_and_a_form_we_know(house: House, kind: str) -> None:
    for one in described(house, kind).values():
        assert one.zh
        assert one.en
        assert one.reason_zh
        assert one.reason_en
        assert one.clauses
        assert one.form in KINDS


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_what_is_required_is_what_the_service_needs(house: House, kind: str) -> None:
    needed = {name for name, one in described(house, kind).items() if one.required}
    service = {"person": "account", "enterprise": "enterprise"}[kind]
    assert needed == set(house.gate.policy().edition.services[service].needs)


@pytest.mark.parametrize("kind", ["person", "enterprise"])
def test_what_is_sensitive_names_the_consent_it_takes_and_its_own_reason(
    house: House, kind: str
) -> None:
    sensitive = [one for one in described(house, kind).values() if one.sensitive]
    assert {one.consent for one in sensitive} == {f"realname/{one.field}" for one in sensitive}
    assert {one.reason_zh for one in sensitive} == {"实名认证"}
    assert not any(one.required for one in sensitive)


def test_whose_data_it_is_stands_with_each_field(house: House) -> None:
    about = {name: one.about for name, one in described(house, "enterprise").items()}
    assert about["handler.phone"] == "handler"
    assert about["legal_rep.name"] == "legal_rep"
    assert about["enterprise.uscc"] == "enterprise"
    assert about["contact.email"] == about["bank.number"] == "person"


def test_a_birth_date_is_asked_for_the_age_and_not_kept(house: House) -> None:
    born = described(house, "person")["identity.birth_date"]
    assert (born.purpose, born.kept, born.required) == ("age", False, True)
    assert born.reason_zh == "核验年龄"


@pytest.mark.parametrize(
    ("residence", "consent"), [("CN", "improve"), ("EEA", "improve"), ("US", "")]
)
def test_the_law_of_the_place_says_which_consent_is_asked(
    house: House, residence: str, consent: str
) -> None:
    assert described(house, "person", residence)["profile.work"].consent == consent


def test_an_unknown_field_is_named_to_nobody(house: House) -> None:
    names = {name for kind in ("person", "enterprise") for name in described(house, kind)}
    assert names.isdisjoint({"account.id", "enterprise.handler_ref", "identity.biometric"})


def test_a_policy_without_companies_registers_none(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = house.gate.policy().edition.services
    monkeypatch.delitem(services, "enterprise")
    with pytest.raises(UnknownTerm):
        house.accounts.fields("enterprise")
