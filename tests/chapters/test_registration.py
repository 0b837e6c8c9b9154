"""Walk 1: a registration is one passage, and whoever is refused leaves nothing behind."""

from pathlib import Path

import pytest

from tests.chapters import companies
from tests.chapters.people import EMAIL, PHONE, House, ticks
from troth.documents.agreement import Tick
from troth.model.errors import (
    BadInput,
    ConsentMissing,
    NotOfAge,
    NotProved,
    UnknownTerm,
    WeakPassword,
)
from troth.model.secret import Secret
from troth.model.terms import Region


def empty(house: House) -> bool:
    """Tell whether no region holds anybody."""
    return all(
        rooms.store.query("SELECT COUNT(*) FROM subjects") == [(0,)]
        for rooms in house.gate.regions.values()
    )


@pytest.mark.clause("2.4a")
def test_an_adult_in_china_registers_and_is_kept_in_china(house: House) -> None:
    subject = house.register(values={"contact.address": Secret("北京市朝阳区 1 号")}).subject
    assert subject.region == "cn"
    assert house.held(subject) == {
        "contact.email",
        "contact.phone",
        "contact.address",
        "account.password",
    }


@pytest.mark.clause("P.2", "A.1", "11.5")
def test_the_agreement_binds_the_editions_hash_language_and_means(house: House) -> None:
    subject = house.register().subject
    (accepted,) = house.gate.standing(subject).accepted
    assert accepted.edition == house.gate.policy().edition.hash
    assert (accepted.language, accepted.means) == ("zh", "checkbox")


@pytest.mark.clause("2.1.2c")
def test_both_contacts_are_proved_by_codes_that_arrive(house: House) -> None:
    facts = house.gate.standing(house.register().subject).facts
    assert {fact: facts[fact].result for fact in facts} == {
        "contact.email": "verified",
        "contact.phone": "verified",
    }


def test_it_is_all_one_passage(house: House) -> None:
    kinds = house.kinds(house.register().subject)
    assert kinds[:6] == [
        "subject.admitted",
        "terms.accepted",
        "data.collected",
        "fact.verified",
        "fact.verified",
        "notice.queued",
    ]


@pytest.mark.clause("2.1.2d")
def test_a_welcome_arrives_and_names_the_consents(house: House) -> None:
    house.register(ticks=ticks("marketing"))
    welcome = house.last(house.email)
    assert welcome.title == "欢迎：您的账号已开通"
    assert "发送广告与营销信息" in welcome.text.reveal()


@pytest.mark.clause("8.1a", "8.1b")
@pytest.mark.parametrize("who", ["born", "id_number"])
def test_a_seventeen_year_old_is_refused_and_nothing_of_theirs_is_kept(
    house: House, who: str
) -> None:
    young = {"born": Secret("2008-11-23"), "id_number": Secret("110105200811231234")}
    with pytest.raises(NotOfAge):
        house.register(**{who: young[who]})
    assert empty(house)
    (denied,) = house.recent("use.denied")
    assert denied.who == ""
    assert "2008" not in str(denied.what)


@pytest.mark.clause("8.1b")
def test_the_id_number_overrides_the_claimed_birth_date(house: House) -> None:
    with pytest.raises(NotOfAge):
        house.register(born=Secret("1990-01-01"), id_number=Secret("110105200811231234"))


@pytest.mark.clause("8.1a")
def test_the_birthday_itself_admits(house: House) -> None:
    assert house.register(born=Secret("2008-11-22")).subject


def test_the_birth_date_is_asked_and_not_kept(house: House) -> None:
    with pytest.raises(BadInput) as refused:
        house.register(born=None)
    assert refused.value.field == "identity.birth_date"


@pytest.mark.clause("7.2a", "7.2c")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": Secret("password12345678")}, BadInput),
        ({"password": Secret("short"), "password_confirm": Secret("short")}, WeakPassword),
        ({"confirmed": False}, BadInput),
        ({"pre_ticked": True}, BadInput),
        ({"means": "silence"}, BadInput),
        ({"email_code": Secret("12345")}, NotProved),
        ({"phone_code": Secret("１２３４５６")}, NotProved),
        ({"ticks": (Tick(keys=("marketing", "improve"), ticked=True),)}, BadInput),
        ({"values": {"shoe.size": Secret("43")}}, BadInput),
        ({"values": {"identity.id_number": Secret("110105199003071802")}}, BadInput),
        ({"values": {"enterprise.uscc": Secret("91110105MA00014213")}}, BadInput),
        ({"values": {"legal_rep.name": Secret("王伟")}}, BadInput),
        ({"residence": "EEA"}, BadInput),
    ],
)
def test_a_form_that_is_wrong_keeps_nothing(
    house: House, changes: dict[str, object], error: type[Exception]
) -> None:
    form = house.form(house.begin(), **changes)
    with pytest.raises(error):
        house.accounts.register(form)
    assert empty(house)


def test_a_form_refused_for_another_reason_leaves_its_codes_good(house: House) -> None:
    form = house.form(house.begin(), values={"contact.address": Secret("\x00")})
    with pytest.raises(BadInput):
        house.accounts.register(form)
    good = house.form(form.begun, email_code=form.email_code, phone_code=form.phone_code)
    assert house.accounts.register(good).subject == form.begun.subject


@pytest.mark.clause("11.5")
def test_an_edition_that_is_not_in_force_cannot_be_accepted(house: House) -> None:
    begun = house.begin()
    shown = house.shown()
    wrong = type(shown)(edition="0" * 64, language="zh")
    with pytest.raises(UnknownTerm):
        house.accounts.register(house.form(begun, shown=wrong))


def test_a_company_registers_and_its_licence_lies_sealed(house: House) -> None:
    licence = b"%PDF-1.7 a licence that stands in no file as it is"
    values = {"enterprise.licence": Secret(licence)}
    subject = companies.register(house, values=values).subject
    assert {"enterprise.name", "enterprise.uscc", "enterprise.licence"} <= house.held(subject)
    folder = Path(house.troth.settings.folder)
    assert not any(licence in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def answer(house: House) -> tuple[str, ...]:
    begun = house.begin()
    return tuple(sorted(begun.__struct_fields__)), len(begun.email), len(begun.subject)  # type: ignore[return-value]


@pytest.mark.clause("7.1c")
def test_a_known_address_gets_the_same_answer_and_another_letter(house: House) -> None:
    before = answer(house)
    house.register()
    assert answer(house) == before
    assert house.last(house.email).title == "有人用您的地址尝试注册"


@pytest.mark.clause("7.1c")
def test_the_challenge_of_a_known_address_cannot_be_redeemed(house: House) -> None:
    house.register()
    begun = house.begin()
    with pytest.raises(NotProved):
        house.accounts.register(house.form(begun))


def test_nothing_of_a_visitor_who_goes_away_is_kept(house: House) -> None:
    house.begin()
    assert empty(house)
    store = house.gate.regions[Region("global")].store
    (row,) = store.query("SELECT * FROM codes WHERE flow = 'register' LIMIT 1")
    assert EMAIL.reveal() not in str(row)
    assert PHONE.reveal() not in str(row)


def test_a_malformed_address_names_its_field(house: House) -> None:
    with pytest.raises(BadInput) as refused:
        house.begin(email=Secret("not an address"))
    assert refused.value.field == "contact.email"


@pytest.mark.clause("8.5")
def test_an_american_child_is_refused_before_anything_is_collected(house: House) -> None:
    begun = house.begin(phone=Secret("+12133734253"), residence="US")
    form = house.form(
        begun, phone=Secret("+12133734253"), residence="US", born=Secret("2014-01-01")
    )
    with pytest.raises(NotOfAge):
        house.accounts.register(form)
    assert empty(house)


PROFILE = {
    "profile.occupation": Secret("建筑师"),
    "profile.education": Secret("本科"),
    "profile.work": Secret("示例科技有限公司"),
    "profile.other": Secret("喜欢骑车"),
    "identity.name": Secret("李娜"),
    "contact.address": Secret("北京市朝阳区 1 号"),
}


def test_what_a_person_tells_is_declared_optional_and_kept_when_given(house: House) -> None:
    declared = house.gate.policy().edition.categories
    assert all(declared[field].optional for field in PROFILE if field != "identity.name")
    subject = house.register(values=PROFILE, ticks=ticks("improve")).subject
    assert set(PROFILE) <= house.held(subject)


@pytest.mark.clause("2.1.3c")
def test_a_profile_without_consent_to_its_purpose_is_not_kept(house: House) -> None:
    form = house.form(house.begin(), values={"profile.work": Secret("示例")})
    with pytest.raises(ConsentMissing):
        house.accounts.register(form)
    assert empty(house)
