"""A company's people are subjects of their own: told, found, erased apart (2.1.1d, e, 2.1.3e)."""

from pathlib import Path
from typing import Any

import pytest

from tests.chapters import companies
from tests.chapters.companies import (
    HANDLER,
    HANDLER_EMAIL,
    HANDLER_PHONE,
    LEGAL_REP,
    NEXT,
    OTHER,
    OTHER_USCC,
)
from tests.chapters.people import EMAIL, ID_NUMBER, PASSWORD, PRIVACY, PROVED, House, ticks
from troth.app.traces import find_traces
from troth.chapters.accounts import Welcome
from troth.chapters.accounts.people import People
from troth.documents.agreement import Tick
from troth.model.acts import SYSTEM, Actor, Collect, Find, Notify, Use
from troth.model.errors import (
    BadInput,
    ConsentMissing,
    Erased,
    NotFound,
    NotOfAge,
    NotProved,
    Refused,
    TrothError,
)
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.vault.cells import Vault

NUMBER = "realname/handler.id_number"


@pytest.fixture
def welcome(house: House) -> Welcome:
    return companies.register(house)


@pytest.fixture
def company(welcome: Welcome) -> SubjectId:
    return welcome.subject


def people(house: House) -> People:
    return house.accounts.enterprise.people


def of(house: House, company: SubjectId) -> dict[Any, SubjectId]:
    return people(house).of(company)


def vault(house: House) -> Vault:
    return house.gate.regions[Region("cn")].vault


def proved(house: House) -> Secret:
    """Return a session of the company that was stepped up just now."""
    return house.accounts.step_up(house.accounts.sign_in(EMAIL, PASSWORD).token, PASSWORD)


def found(house: House, field: str, value: Secret) -> tuple[SubjectId, ...]:
    asked = Find(subject=None, field=field, value=value, purpose="rights")
    return house.gate.perform(asked, by=PRIVACY).found


def value_of(house: House, subject: SubjectId, field: str) -> str:
    asked = Use(subject=subject, fields=(field,), purpose="account")
    return house.gate.perform(asked, by=SYSTEM).values[field].reveal()


# --- subjects of their own ---------------------------------------------------------------------


def test_each_of_them_has_a_key_and_a_trail_of_their_own(house: House, company: SubjectId) -> None:
    named = of(house, company)
    assert set(named) == {"legal_rep", "handler"}
    handles = [vault(house).handle(subject) for subject in (company, *named.values())]
    assert len({handle.key for handle in handles}) == 3
    assert len({handle.who for handle in handles}) == 3
    assert house.held(named["legal_rep"]) == {"legal_rep.name"}
    assert house.held(named["handler"]) == {"handler.name", "handler.phone", "handler.email"}
    assert value_of(house, named["legal_rep"], "legal_rep.name") == LEGAL_REP.reveal()
    admitted = house.gate.trail(named["handler"])[0]
    assert (admitted.kind, admitted.what["subject_kind"]) == ("subject.admitted", "handler")


def test_the_companys_own_file_holds_no_word_about_them(house: House, company: SubjectId) -> None:
    held = house.held(company)
    assert {"enterprise.name", "enterprise.uscc", "enterprise.handler_ref"} <= held
    assert not any(field.startswith(("handler.", "legal_rep.")) for field in held)


def test_they_are_admitted_in_the_companys_own_passage(house: House, welcome: Welcome) -> None:
    named = of(house, welcome.subject)
    for subject in named.values():
        assert {entry.id for entry in house.gate.trail(subject)[:2]} <= set(welcome.entries)


def test_no_rule_lets_a_value_of_theirs_lie_with_the_company(
    house: House, company: SubjectId
) -> None:
    for purpose in ("account", "realname", "notify.service", "rights"):
        act = Collect(subject=company, values={"handler.name": HANDLER}, purpose=purpose)
        with pytest.raises(Refused):
            house.gate.perform(act)


def test_they_cannot_sign_in(house: House, company: SubjectId) -> None:
    for identifier in (HANDLER_EMAIL, HANDLER_PHONE):
        with pytest.raises(NotProved):
            house.accounts.sign_in(identifier, PASSWORD)


def test_nothing_about_them_lies_open_in_any_file(house: House, company: SubjectId) -> None:
    values = [str(value.reveal()) for value in companies.VALUES.values()]
    folder = Path(house.troth.settings.folder)
    for ballast in folder.rglob("*.ballast"):
        ballast.unlink()
    assert find_traces(folder, values) == []


# --- declared, and told ------------------------------------------------------------------------


def test_the_declaration_stands_on_the_persons_own_trail(house: House, company: SubjectId) -> None:
    for role, subject in of(house, company).items():
        entry = house.gate.trail(subject)[1]
        assert (entry.kind, entry.what["fact"]) == ("fact.verified", "declared")
        (said,) = [
            one for one in house.gate.trail(company) if one.what.get("fact") == f"named/{role}"
        ]
        assert said.what["reference"] == entry.what["reference"] != ""


def test_without_the_declaration_nobody_is_kept(house: House) -> None:
    with pytest.raises(BadInput) as refused:
        companies.register(house, about_others=False)
    assert refused.value.field == "legal_rep.name"
    assert list(vault(house).subjects()) == []


def test_the_handler_is_told_who_named_them_and_what_they_can_do(
    house: House, company: SubjectId
) -> None:
    (told,) = [one for one in house.email.sent if one.address == HANDLER_EMAIL]
    text = told.text.reveal()
    assert companies.NAME.reveal() in text
    controller = house.gate.policy().edition.controller
    assert controller.contact in text
    assert controller.legal_name in text


def test_what_nobody_can_be_told_directly_the_company_is_asked_to_pass_on(
    house: House, company: SubjectId
) -> None:
    assert "请转告贵公司的法定代表人" in [one.title for one in house.email.sent]


# --- what the form demands ---------------------------------------------------------------------


@pytest.mark.parametrize("field", sorted(companies.VALUES))
def test_what_a_company_cannot_do_without_is_demanded_by_name(house: House, field: str) -> None:
    for blank in (None, Secret("")):
        with pytest.raises(BadInput) as refused:
            companies.register(house, values={field: blank})
        assert refused.value.field == field
    assert list(vault(house).subjects()) == []


@pytest.mark.parametrize("field", ["handler.id_number", "bank.number"])
def test_what_is_sensitive_is_no_part_of_the_form(house: House, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        companies.register(house, values={field: ID_NUMBER})
    assert refused.value.field == field


@pytest.mark.parametrize("field", ["identity.name", "profile.work"])
def test_a_company_is_not_asked_what_a_person_is(house: House, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        companies.register(house, values={field: Secret("示例")})
    assert refused.value.field == field


def test_a_person_is_not_asked_what_a_company_is(house: House) -> None:
    with pytest.raises(BadInput):
        companies.register(house, kind="person", born=Secret("1990-03-07"))


def test_the_licence_and_the_bank_account_may_come_with_the_form(house: House) -> None:
    bank = {
        "bank.bank": Secret("示例银行"),
        "bank.holder": companies.NAME,
        "bank.reg_address": Secret("北京市朝阳区 1 号"),
        "bank.reg_phone": Secret("+861012345678"),
    }
    papers = {"enterprise.licence": Secret(b"%PDF-1.7 licence"), **bank}
    company = companies.register(house, values=papers).subject
    assert set(papers) <= house.held(company)


@pytest.mark.parametrize("role", ["handler", "legal_rep"])
def test_nobody_under_age_is_named(house: House, role: str) -> None:
    with pytest.raises(NotOfAge):
        companies.register(house, others_born={role: Secret("2010-01-01")})
    assert list(vault(house).subjects()) == []
    (denied, *_) = house.recent("use.denied")
    assert denied.who == ""


def test_who_fills_in_the_form_may_tell_their_age_and_is_refused_under_it(house: House) -> None:
    with pytest.raises(NotOfAge):
        companies.register(house, born=Secret("2010-01-01"))


# --- erased apart ------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["handler", "legal_rep"])
def test_one_of_them_is_erased_alone_and_the_company_works_on(
    house: House, company: SubjectId, role: Any
) -> None:
    person = of(house, company)[role]
    certificate = house.rights.erase(person, by=PROVED)
    assert certificate.complete
    with pytest.raises(Erased):
        house.gate.standing(person)
    assert house.accounts.sign_in(EMAIL, PASSWORD).subject == company
    assert role not in of(house, company)
    assert people(house).needed(company) == (role,)
    assert house.gate.standing(company).facts[f"named/{role}"].result == "no_record"
    house.deliver()
    told = [one.title for one in house.email.sent if one.address == EMAIL]
    assert told[-1] == "请重新登记贵公司的人员"


def test_what_is_empty_and_needed_is_flagged_to_whoever_signs_in(
    house: House, company: SubjectId
) -> None:
    house.rights.erase(of(house, company)["handler"], by=PROVED)
    token = house.accounts.sign_in(EMAIL, PASSWORD).token
    empty = [one.role for one in house.accounts.enterprise.places(token) if not one.filled]
    assert empty == ["handler"]
    assert all(one.needed for one in house.accounts.enterprise.places(token))


def test_a_company_that_goes_takes_its_people_along(house: House, company: SubjectId) -> None:
    named = of(house, company)
    certificate = house.rights.erase(company, by=PROVED)
    assert certificate.complete
    for subject in (company, *named.values()):
        with pytest.raises(Erased):
            house.gate.standing(subject)
        assert not any(vault(house).residue(subject).values())
    house.deliver()
    assert "我们已删除您作为经办人的信息" in [
        one.title for one in house.email.sent if one.address == HANDLER_EMAIL
    ]


def test_somebody_who_serves_another_company_stays(house: House, company: SubjectId) -> None:
    handler = of(house, company)["handler"]
    other = companies.register(house, **OTHER, values={"enterprise.uscc": OTHER_USCC}).subject
    assert of(house, other)["handler"] == handler
    assert of(house, other)["legal_rep"] != of(house, company)["legal_rep"]
    house.rights.erase(company, by=PROVED)
    assert house.gate.standing(handler).life == "active"
    assert people(house).companies(handler, "handler") == [other]
    house.rights.erase(other, by=PROVED)
    with pytest.raises(Erased):
        house.gate.standing(handler)


@pytest.mark.parametrize("field", sorted(NEXT))
def test_only_the_same_name_address_and_number_are_one_person(
    house: House, company: SubjectId, field: str
) -> None:
    values = {"enterprise.uscc": OTHER_USCC, field: NEXT[field]}
    other = companies.register(house, **OTHER, values=values).subject
    assert of(house, other)["handler"] != of(house, company)["handler"]


# --- their own rights --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"), [("handler.email", HANDLER_EMAIL), ("handler.phone", HANDLER_PHONE)]
)
def test_a_handler_is_found_by_address_and_proves_a_request_without_an_account(
    house: House, company: SubjectId, field: str, value: Secret
) -> None:
    (handler,) = found(house, field, value)
    challenge = house.rights.begin_proof(handler, "erase")
    assert house.last(house.email).address == HANDLER_EMAIL
    by = house.rights.prove(handler, "erase", challenge, Secret(house.code(house.email)))
    assert house.rights.erase(handler, by=by).complete
    assert found(house, field, value) == ()


def test_a_handler_asks_the_desk_and_has_a_copy(house: House, company: SubjectId) -> None:
    handler = of(house, company)["handler"]
    number = house.rights.desk.request(handler, "access", text=Secret("我的信息"))
    assert house.gate.owed(handler)[number].state == "open"
    assert house.last(house.email).address == HANDLER_EMAIL
    copy = house.rights.copy(handler, by=PROVED)
    assert {"handler.name", "handler.phone", "handler.email"} <= set(copy.fields)


def test_a_companys_copy_leaves_out_whose_records_stand_for_it(
    house: House, company: SubjectId
) -> None:
    copy = house.rights.copy(company, by=PROVED)
    left_out = {each.what: each.reason for each in copy.withheld}
    assert left_out["enterprise.handler_ref"] == "not_obtainable"
    assert "enterprise.name" in copy.fields


def test_a_handler_corrects_their_name(house: House, company: SubjectId) -> None:
    handler = of(house, company)["handler"]
    house.rights.correct(handler, {"handler.name": Secret("赵敏敏")}, by=PROVED)
    assert value_of(house, handler, "handler.name") == "赵敏敏"


# --- named anew --------------------------------------------------------------------------------


def test_another_handler_takes_the_place_of_the_one_before(
    house: House, company: SubjectId
) -> None:
    before = of(house, company)["handler"]
    house.accounts.enterprise.name(proved(house), "handler", NEXT, declared=True)
    now = of(house, company)["handler"]
    assert now != before
    with pytest.raises(Erased):
        house.gate.standing(before)
    house.deliver()
    titles = {one.address.reveal(): one.title for one in house.email.sent}
    assert titles[HANDLER_EMAIL.reveal()] == "我们已删除您作为经办人的信息"
    assert titles[NEXT["handler.email"].reveal()] == "一家企业将您登记为经办人"


def test_who_serves_another_company_too_is_not_erased_when_replaced(
    house: House, company: SubjectId
) -> None:
    handler = of(house, company)["handler"]
    companies.register(house, **OTHER, values={"enterprise.uscc": OTHER_USCC})
    house.accounts.enterprise.name(proved(house), "handler", NEXT, declared=True)
    assert house.gate.standing(handler).life == "active"


def test_the_same_handler_named_again_stays(house: House, company: SubjectId) -> None:
    handler = of(house, company)["handler"]
    same = {field: companies.VALUES[field] for field in NEXT}
    house.accounts.enterprise.name(proved(house), "handler", same, declared=True)
    assert of(house, company)["handler"] == handler


def test_an_empty_place_is_filled_again(house: House, company: SubjectId) -> None:
    house.rights.erase(of(house, company)["handler"], by=PROVED)
    house.accounts.enterprise.name(proved(house), "handler", NEXT, declared=True)
    assert people(house).needed(company) == ()
    assert house.gate.standing(company).facts["named/handler"].result == "verified"


@pytest.mark.parametrize(
    ("values", "changes", "error"),
    [
        (NEXT, {"declared": False}, BadInput),
        ({**NEXT, "handler.name": Secret("")}, {}, BadInput),
        ({**NEXT, "handler.email": Secret("nowhere")}, {}, BadInput),
        ({**NEXT, "handler.id_number": ID_NUMBER}, {}, BadInput),
        ({**NEXT, "legal_rep.name": HANDLER}, {}, BadInput),
        (NEXT, {"born": Secret("2010-01-01")}, NotOfAge),
    ],
)
def test_a_naming_that_is_wrong_changes_nothing(
    house: House,
    company: SubjectId,
    values: dict[str, Secret],
    changes: dict[str, Any],
    error: type[TrothError],
) -> None:
    before, token = of(house, company), proved(house)
    with pytest.raises(error):
        house.accounts.enterprise.name(token, "handler", values, **{"declared": True, **changes})
    assert of(house, company) == before


def test_naming_asks_for_a_fresh_proof(house: House, company: SubjectId) -> None:
    token = house.accounts.sign_in(EMAIL, PASSWORD).token
    with pytest.raises(NotProved):
        house.accounts.enterprise.name(token, "handler", NEXT, declared=True)


def test_a_person_names_nobody(house: House) -> None:
    token = house.register().token
    with pytest.raises(BadInput):
        house.accounts.enterprise.places(token)


# --- the handler's number ----------------------------------------------------------------------


def test_a_number_is_kept_only_with_the_handlers_own_separate_consent(
    house: House, welcome: Welcome
) -> None:
    handler, desk = of(house, welcome.subject)["handler"], house.accounts.enterprise
    challenge = desk.begin_number(welcome.token)
    assert house.last(house.email).address == HANDLER_EMAIL
    code = Secret(house.code(house.email))
    shown = house.shown()
    with pytest.raises(ConsentMissing):
        desk.keep_number(welcome.token, challenge, code, ID_NUMBER, (), shown=shown)
    bundled = (Tick(keys=(NUMBER, "marketing"), ticked=True),)
    with pytest.raises(BadInput):
        desk.keep_number(welcome.token, challenge, code, ID_NUMBER, bundled, shown=shown)
    assert "handler.id_number" not in house.held(handler)
    desk.keep_number(welcome.token, challenge, code, ID_NUMBER, ticks(NUMBER), shown=shown)
    assert "handler.id_number" in house.held(handler)
    assert house.gate.standing(handler).consents[NUMBER].state == "given"
    assert NUMBER not in house.gate.standing(welcome.subject).consents


def test_whoever_has_not_the_handlers_code_says_nothing_for_them(
    house: House, welcome: Welcome
) -> None:
    desk = house.accounts.enterprise
    challenge = desk.begin_number(welcome.token)
    with pytest.raises(NotProved):
        desk.keep_number(
            welcome.token,
            challenge,
            Secret("000000"),
            ID_NUMBER,
            ticks(NUMBER),
            shown=house.shown(),
        )


def test_a_mistyped_number_spends_no_code(house: House, welcome: Welcome) -> None:
    desk, shown = house.accounts.enterprise, house.shown()
    challenge = desk.begin_number(welcome.token)
    code = Secret(house.code(house.email))
    with pytest.raises(BadInput) as refused:
        desk.keep_number(
            welcome.token,
            challenge,
            code,
            Secret("110105199003071803"),
            ticks(NUMBER),
            shown=shown,
        )
    assert refused.value.field == "handler.id_number"
    desk.keep_number(welcome.token, challenge, code, ID_NUMBER, ticks(NUMBER), shown=shown)


def test_a_number_that_tells_a_minor_freezes_the_handlers_record(
    house: House, welcome: Welcome
) -> None:
    handler, desk = of(house, welcome.subject)["handler"], house.accounts.enterprise
    challenge = desk.begin_number(welcome.token)
    code = Secret(house.code(house.email))
    with pytest.raises(NotOfAge):
        desk.keep_number(
            welcome.token,
            challenge,
            code,
            Secret("11010520110307009X"),
            ticks(NUMBER),
            shown=house.shown(),
        )
    assert "*" in house.gate.standing(handler).restrictions
    assert house.accounts.sign_in(EMAIL, PASSWORD).subject == welcome.subject


def test_no_number_is_asked_of_nobody(house: House, welcome: Welcome) -> None:
    house.rights.erase(of(house, welcome.subject)["handler"], by=PROVED)
    with pytest.raises(NotFound):
        house.accounts.enterprise.begin_number(welcome.token)


def test_a_notice_to_a_handler_finds_the_handlers_own_address(
    house: House, company: SubjectId
) -> None:
    handler = of(house, company)["handler"]
    act = Notify(
        subject=handler,
        notice="service_message",
        purpose="notify.service",
        text=Secret("示例"),
        channels=("sms",),
    )
    house.gate.perform(act, by=Actor(kind="system"))
    assert house.last(house.sms).address == HANDLER_PHONE
