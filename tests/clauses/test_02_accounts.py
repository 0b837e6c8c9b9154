"""Chapter 2.1: what an account takes, whose it is, and what it never keeps."""

from pathlib import Path

import pytest

from tests.chapters import companies
from tests.chapters.companies import HANDLER_EMAIL, HANDLER_PHONE
from tests.chapters.people import (
    EMAIL,
    ID_NUMBER,
    IDENTITY,
    PASSWORD,
    PHONE,
    PRIVACY,
    PROVED,
    House,
    ticks,
)
from troth.app.traces import find_traces
from troth.model.acts import SYSTEM, Collect, Find, Use
from troth.model.errors import BadInput, ConsentMissing, Erased, Refused
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.vault.cells import Vault

NUMBER = "realname/handler.id_number"
BASICS = {
    "account.login": Secret("li-na-1990"),
    "contact.address": Secret("北京市朝阳区建国路 88 号"),
}
LICENCE = b"%PDF-1.7 a licence that lies open nowhere"
TOLD = (
    "identity.name",
    "identity.birth_date",
    "identity.id_number",
    "contact.address",
    "contact.phone",
    "contact.email",
    "profile.occupation",
    "profile.education",
    "profile.work",
    "profile.other",
)


def vault(house: House) -> Vault:
    return house.gate.regions[Region("cn")].vault


def opened(house: House, subject: SubjectId, *fields: str) -> dict[str, str | bytes]:
    acts = Use(subject=subject, fields=fields, purpose="account")
    values = house.gate.perform(acts, by=SYSTEM).values
    return {field: value.reveal_raw() for field, value in values.items()}


def traces(house: House, *values: str) -> list[object]:
    house.troth.tick()
    folder = Path(house.troth.settings.folder)
    for ballast in folder.rglob("*.ballast"):
        ballast.unlink()
    return list(find_traces(folder, list(values)))


def demand_undeclared_refused(house: House, subject: SubjectId) -> None:
    for field in ("shoe.size", "contact.fax", "enterprise.turnover"):
        with pytest.raises(Refused, match="does not declare"):
            house.gate.perform(
                Collect(subject=subject, values={field: Secret("43")}, purpose="account")
            )
        with pytest.raises(BadInput):
            house.accounts.register(house.form(house.begin(), values={field: Secret("43")}))


@pytest.mark.clause("2.1.1a")
def test_an_invalid_number_code_phone_or_address_is_an_error_at_its_field_and_never_stored(
    house: House,
) -> None:
    wrong = {
        "enterprise.uscc": "91110105MA00014213",
        "handler.phone": "12345",
        "handler.email": "canary at nowhere",
    }
    begun = house.begin()
    for field, value in wrong.items():
        filled = companies.filled(house, values={field: Secret(value)})
        with pytest.raises(BadInput) as refused:
            house.accounts.register(house.form(begun, **filled))
        assert refused.value.field == field
    for name, value in (("email", "canary at nowhere"), ("phone", "12345")):
        with pytest.raises(BadInput) as refused:
            house.begin(**{"email": EMAIL, "phone": PHONE, name: Secret(value)})
        assert refused.value.field == f"contact.{name}"
    assert list(vault(house).subjects()) == []
    person, number = house.register(), Secret("110105199003071803")
    box = ticks("realname/identity.id_number")
    with pytest.raises(BadInput) as refused:
        house.accounts.complete(
            person.token, {"identity.id_number": number}, ticks=box, shown=house.shown()
        )
    assert refused.value.field == "identity.id_number"
    assert "identity.id_number" not in house.held(person.subject)
    assert traces(house, number.reveal(), *wrong.values()) == []


@pytest.mark.clause("2.1.1b")
def test_user_name_address_phone_and_mail_come_back_as_they_were_and_lie_sealed(
    house: House,
) -> None:
    subject = house.register(values=BASICS).subject
    given = {**BASICS, "contact.email": EMAIL, "contact.phone": PHONE}
    expected = {field: value.reveal() for field, value in given.items()}
    assert opened(house, subject, *given) == expected
    assert traces(house, *expected.values()) == []
    demand_undeclared_refused(house, subject)


@pytest.mark.clause("2.1.1c")
def test_a_companys_name_code_and_licence_come_back_as_they_were_and_lie_sealed(
    house: House,
) -> None:
    papers = {"enterprise.licence": Secret(LICENCE)}
    subject = companies.register(house, values=papers).subject
    given = {
        "enterprise.name": companies.NAME.reveal(),
        "enterprise.uscc": companies.USCC.reveal(),
        "enterprise.licence": LICENCE,
    }
    assert opened(house, subject, *given) == given
    assert traces(house, *[str(value) for value in given.values()], LICENCE.decode()) == []
    demand_undeclared_refused(house, subject)


@pytest.mark.clause("2.1.1d")
def test_a_legal_representative_has_a_key_of_their_own_and_is_erased_apart(house: House) -> None:
    company = companies.register(house).subject
    person = house.accounts.enterprise.people.of(company)["legal_rep"]
    assert vault(house).handle(person).key != vault(house).handle(company).key
    assert opened(house, person, "legal_rep.name") == {"legal_rep.name": "王伟"}
    assert "legal_rep.name" not in house.held(company)
    assert house.rights.erase(person, by=PROVED).complete
    with pytest.raises(Erased):
        house.gate.standing(person)
    assert opened(house, company, "enterprise.name") == {"enterprise.name": "示例科技有限公司"}
    assert house.accounts.sign_in(EMAIL, PASSWORD).subject == company


@pytest.mark.clause("2.1.1e")
def test_a_handler_has_a_key_of_their_own_allows_their_number_and_is_erased_apart(
    house: House,
) -> None:
    welcome = companies.register(house)
    desk = house.accounts.enterprise
    person = desk.people.of(welcome.subject)["handler"]
    assert vault(house).handle(person).key != vault(house).handle(welcome.subject).key
    assert house.held(person) == {"handler.name", "handler.phone", "handler.email"}
    challenge = desk.begin_number(welcome.token)
    code = Secret(house.code(house.email))
    for said in ((), ticks("realname/identity.id_number")):
        with pytest.raises(ConsentMissing):
            desk.keep_number(welcome.token, challenge, code, ID_NUMBER, said, shown=house.shown())
    desk.keep_number(welcome.token, challenge, code, ID_NUMBER, ticks(NUMBER), shown=house.shown())
    assert "handler.id_number" in house.held(person)
    assert house.rights.erase(person, by=PROVED).complete
    with pytest.raises(Erased):
        house.gate.standing(person)
    assert house.accounts.sign_in(EMAIL, PASSWORD).subject == welcome.subject


@pytest.mark.clause("2.1.1f")
def test_a_bank_account_has_five_fields_and_shows_the_last_four_digits(house: House) -> None:
    welcome = house.register()
    plain = {
        "bank.bank": Secret("示例银行"),
        "bank.holder": Secret("李娜"),
        "bank.reg_address": Secret("北京市朝阳区 1 号"),
        "bank.reg_phone": Secret("+861012345678"),
    }
    number = {"bank.number": Secret("6222020200011122233")}
    house.accounts.complete(welcome.token, plain)
    with pytest.raises(ConsentMissing):
        house.accounts.complete(welcome.token, number)
    box = ticks("realname/bank.number")
    house.accounts.complete(welcome.token, number, ticks=box, shown=house.shown())
    described = {one.field: one for one in house.accounts.fields() if one.about == "person"}
    bank = {field for field in described if field.startswith("bank.")}
    assert bank == {*plain, *number} <= house.held(welcome.subject)
    assert [field for field in bank if described[field].sensitive] == ["bank.number"]
    looked = house.staff.look(
        IDENTITY, welcome.subject, ("bank.number",), purpose="realname", ticket="T-1"
    )
    assert looked["bank.number"].reveal() == "***2233"


@pytest.mark.clause("2.1.3a")
def test_what_is_provided_is_declared_required_or_optional_and_may_be_left_blank(
    house: House,
) -> None:
    described = {one.field: one for one in house.accounts.fields()}
    assert set(TOLD) <= set(described)
    required = {field for field in TOLD if described[field].required}
    assert required == {"identity.birth_date", "contact.phone", "contact.email"}
    blank = {
        field: Secret("")
        for field in TOLD
        if field not in required and not described[field].sensitive
    }
    subject = house.register(values=blank).subject
    assert house.held(subject) == {"contact.email", "contact.phone", "account.password"}


@pytest.mark.clause("2.1.3e")
def test_others_are_named_only_with_a_declaration_and_are_found_and_erased_as_subjects(
    house: House,
) -> None:
    with pytest.raises(BadInput) as refused:
        companies.register(house, about_others=False)
    assert refused.value.field in companies.VALUES
    assert list(vault(house).subjects()) == []
    companies.register(house)
    for field, value in (("handler.email", HANDLER_EMAIL), ("handler.phone", HANDLER_PHONE)):
        asked = Find(subject=None, field=field, value=value, purpose="rights")
        (person,) = house.gate.perform(asked, by=PRIVACY).found
        declared = house.gate.trail(person)[1]
        assert (declared.what["fact"], declared.what["method"]) == ("declared", "declaration")
    assert house.rights.erase(person, by=PROVED).complete
    assert house.gate.perform(asked, by=PRIVACY).found == ()
