"""Real names: two consents, one question, an outcome field by field; people decide the rest."""

import pytest

from tests.chapters import companies
from tests.chapters.people import (
    AUTHORITY_KEYS,
    EMAIL,
    ID_NUMBER,
    IDENTITY,
    NAME,
    PASSWORD,
    PHONE,
    PROVED,
    House,
    ticks,
)
from troth.chapters.realname import Checked, Way
from troth.model.acts import SYSTEM, Collect, Correct
from troth.model.errors import (
    BadInput,
    BadValue,
    ConsentMissing,
    NotFound,
    NotOfAge,
    Refused,
    TooMany,
)
from troth.model.secret import Secret
from troth.model.terms import SubjectId

MISMATCH = Secret("110105199003070391")
NO_RECORD = Secret("110105199003070092")
SHARE = AUTHORITY_KEYS[1]
CARD = Secret("6222020200011122233")


@pytest.fixture
def subject(house: House) -> SubjectId:
    house.sign_with_authority()
    return house.register().subject


def check(house: House, subject: SubjectId, number: Secret = ID_NUMBER, **more: object) -> Checked:
    return house.realname.verify(
        subject,
        {"identity.name": NAME, "identity.id_number": number},
        ticks(*AUTHORITY_KEYS),
        shown=house.shown(),
        **more,  # type: ignore[arg-type]
    )


def states(house: House, subject: SubjectId) -> dict[str, str]:
    return {status.field: status.state for status in house.realname.fields(subject)}


def asked(house: House, subject: SubjectId) -> int:
    return house.kinds(subject).count("data.shared")


# --- asking the authority ----------------------------------------------------------------------


@pytest.mark.clause("2.1.1g", "4.1.1")
def test_a_match_confirms_and_the_sharing_stands_in_the_ledger(
    house: House, subject: SubjectId
) -> None:
    with pytest.raises(ConsentMissing):
        house.realname.verify(subject, {"identity.name": NAME, "identity.id_number": ID_NUMBER})
    assert asked(house, subject) == 0
    checked = check(house, subject)
    assert (checked.result, checked.task) == ("verified", "person_2")
    assert house.gate.standing(subject).facts["realname"].result == "verified"
    (given,) = house.sharing.register(subject)
    assert (given.recipient, given.purpose) == ("id-authority", "realname")
    assert set(given.fields) == {"identity.name", "identity.id_number"}
    assert given.reference == house.gate.standing(subject).consents[SHARE].entry
    assert ID_NUMBER.reveal() not in str(house.gate.trail(subject))


@pytest.mark.clause("2.1.1g", "2.3b")
@pytest.mark.parametrize("missing", AUTHORITY_KEYS)
def test_without_either_consent_nothing_is_kept_or_shared(
    house: House, subject: SubjectId, missing: str
) -> None:
    given = [key for key in AUTHORITY_KEYS if key != missing]
    with pytest.raises(ConsentMissing):
        house.realname.verify(
            subject,
            {"identity.name": NAME, "identity.id_number": ID_NUMBER},
            ticks(*given),
            shown=house.shown(),
        )
    assert "identity.id_number" not in house.held(subject)
    assert house.sharing.register(subject) == []


def test_the_authorisation_is_wanted_where_the_law_asks_for_none(house: House) -> None:
    house.sign_with_authority()
    subject = house.register(residence="EEA").subject
    assert house.realname.missing(subject, ("identity.name", "identity.id_number")) == (SHARE,)
    values = {"identity.name": NAME, "identity.id_number": ID_NUMBER}
    with pytest.raises(ConsentMissing, match="authorisation"):
        house.realname.verify(subject, values)
    house.consent.refuse(subject, SHARE)
    with pytest.raises(ConsentMissing, match="authorisation"):
        house.realname.verify(subject, values)
    assert (house.sharing.register(subject), house.held(subject) & values.keys()) == ([], set())


@pytest.mark.clause("4.1.4d")
def test_without_an_agreement_nothing_goes_to_the_authority(house: House) -> None:
    subject = house.register().subject
    with pytest.raises(Refused):
        check(house, subject)
    assert house.sharing.register(subject) == []
    assert "use.denied" in house.kinds(subject)


@pytest.mark.parametrize(
    ("number", "result", "code"),
    [
        ("110105199003070391", "failed", "mismatch"),
        ("110105199003070092", "pending", "no_record"),
        ("110105199003070594", "pending", "unavailable"),
        ("110105199003070295", "pending", "throttled"),
    ],
)
def test_what_the_authority_cannot_say_goes_to_people_never_to_false(
    house: House, subject: SubjectId, number: str, result: str, code: str
) -> None:
    checked = check(house, subject, Secret(number))
    assert (checked.result, checked.code) == (result, code)
    waiting = [owed.what for owed in house.gate.owed(subject).values()]
    assert waiting == (["human_review"] if result == "pending" else [])
    assert house.realname.progress(subject).reviews == ((checked.case,) if checked.case else ())


def test_who_is_not_found_is_told_that_registers_lag_behind(
    house: House, subject: SubjectId
) -> None:
    check(house, subject, NO_RECORD)
    assert "15 个工作日" in house.last(house.email).text.reveal()
    assert "不表示您的信息有误" in house.last(house.email).text.reveal()


@pytest.mark.clause("2.1.2a")
def test_a_cloud_service_waits_for_a_confirmed_identity(house: House, subject: SubjectId) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            house.realname.require(subject, "cloud")
        assert refused.value.decision.code == "realname_required"  # type: ignore[attr-defined]
        check(house, subject, MISMATCH)
    check(house, subject)
    house.realname.require(subject, "cloud")


def test_a_confirmed_identity_is_not_asked_again_and_not_corrected_alone(
    house: House, subject: SubjectId
) -> None:
    check(house, subject)
    with pytest.raises(Refused, match="contact support"):
        check(house, subject)
    with pytest.raises(Refused, match="contact support"):
        house.rights.correct(subject, {"identity.name": Secret("李四")}, by=PROVED)


@pytest.mark.clause("8.1b", "8.2b")
def test_a_number_that_tells_a_minor_freezes_the_account(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotOfAge):
        check(house, subject, Secret("110105201103010003"))
    assert "*" in house.gate.standing(subject).restrictions
    assert "identity.id_number" not in house.held(subject)


def test_a_number_that_is_mistyped_says_nothing_about_an_age(
    house: House, subject: SubjectId
) -> None:
    with pytest.raises(BadValue):
        check(house, subject, Secret("110105201103010004"))
    assert house.gate.standing(subject).restrictions == {}
    assert "identity.name" not in house.held(subject)


def test_fields_no_check_takes_are_refused(house: House, subject: SubjectId) -> None:
    values = {"identity.name": NAME, "identity.hk_id": Secret("A123456(3)")}
    keys = ("realname/identity.hk_id", SHARE)
    with pytest.raises(BadInput, match=r"identity\.hk_id"):
        house.realname.verify(subject, values, ticks(*keys), shown=house.shown())
    assert asked(house, subject) == 0


# --- how often ---------------------------------------------------------------------------------


def test_the_same_values_are_not_sent_or_paid_for_twice(house: House, subject: SubjectId) -> None:
    first, again = check(house, subject, MISMATCH), check(house, subject, MISMATCH)
    assert (first.result, again.result, again.fields) == ("failed", "failed", first.fields)
    assert asked(house, subject) == 1


def test_the_authority_is_asked_only_so_often_a_day(house: House, subject: SubjectId) -> None:
    for end in ("10794", "20394", "40694", "50294", "60994"):
        check(house, subject, Secret(f"1101051990030{end}"))
    with pytest.raises(TooMany):
        check(house, subject)
    assert asked(house, subject) == 5
    house.clock.forward(days=1, seconds=1)
    assert check(house, subject).result == "verified"


def test_nobody_probes_one_number_through_many_accounts(house: House, subject: SubjectId) -> None:
    check(house, subject, NO_RECORD)
    for n in range(4):
        house.deliver()
        email, phone = Secret(f"p{n}@mail.example"), Secret(f"+861390000222{n}")
        other = house.register(email=email, phone=phone).subject
        check(house, other, NO_RECORD)
    house.deliver()
    last = house.register(email=Secret("p9@mail.example"), phone=Secret("+8613900002229")).subject
    with pytest.raises(TooMany):
        check(house, last, NO_RECORD)


# --- field by field ----------------------------------------------------------------------------


@pytest.mark.clause("2.1.3d")
def test_every_field_says_whether_it_was_checked_how_and_when(
    house: House, subject: SubjectId
) -> None:
    check(house, subject, MISMATCH)
    told = {status.field: status for status in house.realname.fields(subject)}
    assert {field: told[field].state for field in told} == {
        "identity.name": "verified",
        "identity.id_number": "failed",
        "contact.email": "verified",
        "contact.phone": "verified",
    }
    number = told["identity.id_number"]
    assert (number.method, number.at) == ("id-authority/person_2", house.clock.now())
    assert told["contact.phone"].method == "code"
    house.consent.give(subject, ticks("realname/bank.number"), shown=house.shown())
    house.gate.perform(
        Collect(subject=subject, values={"bank.number": CARD}, purpose="realname"), by=SYSTEM
    )
    assert states(house, subject)["bank.number"] == "unverified"


def test_what_is_corrected_or_given_anew_is_unverified_again(
    house: House, subject: SubjectId
) -> None:
    check(house, subject, MISMATCH)
    values = {"identity.name": Secret("李丽")}
    house.gate.perform(Correct(subject=subject, values=values, purpose="realname"), by=SYSTEM)
    assert states(house, subject)["identity.name"] == "unverified"
    check(house, subject)
    assert states(house, subject)["identity.name"] == "verified"
    house.gate.perform(Collect(subject=subject, values=values, purpose="account"), by=SYSTEM)
    assert states(house, subject)["identity.name"] == "unverified"


def test_a_mismatch_that_blames_nobody_is_every_fields(house: House, subject: SubjectId) -> None:
    house.consent.give(
        subject, ticks("realname/bank.number", SHARE), shown=house.shown(), means="button"
    )
    house.realname.verify(
        subject, {"identity.name": NAME, "bank.number": Secret("622202020001291")}
    )
    assert states(house, subject)["bank.number"] == "failed"
    assert states(house, subject)["identity.name"] == "verified"


def test_a_card_confirms_its_fields_and_not_who_somebody_is(
    house: House, subject: SubjectId
) -> None:
    checked = house.realname.verify(
        subject,
        {"identity.name": NAME, "bank.number": CARD},
        ticks("realname/bank.number", SHARE),
        shown=house.shown(),
    )
    assert (checked.result, checked.task) == ("verified", "bank_2")
    assert states(house, subject)["bank.number"] == "verified"
    assert house.realname.status(subject) is None


def test_who_is_confirmed_has_a_card_checked_with_what_is_held(
    house: House, subject: SubjectId
) -> None:
    check(house, subject)
    checked = house.realname.verify(
        subject,
        {"bank.number": Secret("622202020001291")},
        ticks("realname/bank.number"),
        held=("identity.name", "identity.id_number"),
        shown=house.shown(),
    )
    assert (checked.task, checked.result) == ("bank_3", "failed")
    assert states(house, subject)["bank.number"] == "failed"
    assert states(house, subject)["identity.name"] == "verified"
    status = house.realname.status(subject)
    assert status is not None
    assert status.result == "verified"


def test_what_is_not_held_cannot_be_asked_about(house: House, subject: SubjectId) -> None:
    house.consent.give(subject, ticks(SHARE), shown=house.shown())
    with pytest.raises(BadInput, match="not held"):
        house.realname.verify(subject, {}, held=("identity.name", "contact.phone"))


# --- companies ---------------------------------------------------------------------------------


def company(house: House, uscc: str = "91110105MA00014212") -> SubjectId:
    house.sign_with_authority()
    values = {"enterprise.uscc": Secret(uscc)}
    return companies.register(house, values=values).subject


def test_a_company_is_confirmed_by_its_name_and_code(house: House) -> None:
    subject = company(house)
    checked = house.realname.verify_company(subject, ticks(SHARE), shown=house.shown())
    assert (checked.result, checked.task) == ("verified", "ent_2")
    house.realname.require(subject, "cloud")
    told = states(house, subject)
    assert (told["enterprise.name"], told["enterprise.uscc"]) == ("verified", "verified")


def test_a_company_that_is_not_in_operation_goes_to_people(house: House) -> None:
    subject = company(house, "91110105MA00010698")
    checked = house.realname.verify_company(subject, ticks(SHARE), shown=house.shown())
    assert (checked.result, checked.code) == ("pending", "not_in_operation")


def test_its_representative_goes_along_once_they_authorised_it_themselves(house: House) -> None:
    subject = company(house)
    people = house.accounts.enterprise.people.of(subject)
    house.consent.give(people["legal_rep"], ticks(SHARE), shown=house.shown())
    checked = house.realname.verify_company(subject, ticks(SHARE), shown=house.shown())
    assert (checked.task, checked.result) == ("ent_3", "verified")
    (given,) = house.sharing.register(people["legal_rep"])
    assert given.fields == ("legal_rep.name",)
    assert states(house, people["legal_rep"])["legal_rep.name"] == "verified"


def test_its_handler_is_checked_by_what_they_gave_themselves(house: House) -> None:
    subject = company(house)
    handler = house.accounts.enterprise.people.of(subject)["handler"]
    with pytest.raises(ConsentMissing):
        house.realname.verify_handler(subject)
    keys = ("realname/handler.id_number", SHARE)
    house.consent.give(handler, ticks(*keys), shown=house.shown())
    values = {"handler.id_number": ID_NUMBER}
    house.gate.perform(Collect(subject=handler, values=values, purpose="realname"))
    assert house.realname.verify_handler(subject).result == "verified"
    assert states(house, handler)["handler.id_number"] == "verified"
    assert house.realname.status(subject) is None
    house.deliver()
    person = house.register(email=Secret("p1@mail.example"), phone=Secret("+8613900002221")).subject
    with pytest.raises(NotFound):
        house.realname.verify_handler(person)


def test_one_who_did_not_authorise_it_is_not_named_to_anybody(house: House) -> None:
    subject = company(house)
    people = house.accounts.enterprise.people.of(subject)
    house.consent.give(subject, ticks(SHARE), shown=house.shown())
    with pytest.raises(ConsentMissing):
        house.realname.verify(
            subject,
            {},
            held=("enterprise.name", "enterprise.uscc"),
            others={people["legal_rep"]: ("legal_rep.name",)},
        )
    assert house.sharing.register(people["legal_rep"]) == []
    assert house.sharing.register(subject) == []


# --- what is not needed, and what is gone ------------------------------------------------------


@pytest.mark.clause("2.2.1")
def test_refusing_a_real_name_stops_what_needs_one_and_refusing_all_else_stops_nothing(
    house: House, subject: SubjectId
) -> None:
    policy = house.gate.policy()
    for offer in policy.offers(house.gate.standing(subject).regimes):
        house.consent.refuse(subject, offer.key)
    house.accounts.sign_in(EMAIL, PASSWORD)
    with pytest.raises(Refused, match="confirmed identity|real identity|identity"):
        house.realname.require(subject, "cloud")
    house.consent.give(subject, ticks(*AUTHORITY_KEYS), shown=house.shown(), means="button")
    assert check(house, subject).result == "verified"
    house.realname.require(subject, "cloud")
    for service in policy.edition.services:
        house.realname.require(subject, service)


@pytest.mark.clause("2.1.1f")
def test_bank_data_has_five_fields_and_its_number_a_consent_of_its_own(
    house: House, subject: SubjectId
) -> None:
    values = {
        "bank.bank": Secret("示例银行"),
        "bank.number": CARD,
        "bank.holder": Secret("示例科技有限公司"),
        "bank.reg_address": Secret("北京市朝阳区 1 号"),
        "bank.reg_phone": Secret("+861012345678"),
    }
    act = Collect(subject=subject, values=values, purpose="realname")
    with pytest.raises(ConsentMissing):
        house.gate.perform(act)
    house.consent.give(subject, ticks("realname/bank.number"), shown=house.shown())
    house.gate.perform(act)
    assert set(values) <= house.held(subject)
    shown = house.staff.look(IDENTITY, subject, ("bank.number",), purpose="realname", ticket="T-1")
    assert shown["bank.number"].reveal().endswith("2233")
    assert "622202" not in shown["bank.number"].reveal()


@pytest.mark.clause("9.4-3")
def test_withdrawing_the_consent_erases_the_number(house: House, subject: SubjectId) -> None:
    check(house, subject)
    done = house.consent.withdraw(subject, "realname/identity.id_number")
    assert done.gone == ("identity.id_number",)


def test_an_erasure_takes_every_row_about_a_check_along(house: House, subject: SubjectId) -> None:
    check(house, subject, MISMATCH)
    check(house, subject, NO_RECORD)
    house.rights.erase(subject, by=PROVED)
    store = house.gate.regions[subject.region].store
    for table in ("identity_flows", "identity_outcomes", "cases", "sessions"):
        rows = store.query(f"SELECT COUNT(*) FROM {table} WHERE subject_id = ?", (subject,))
        assert rows[0][0] == 0


# --- ways --------------------------------------------------------------------------------------


def test_beside_a_face_there_is_always_another_way(house: House, subject: SubjectId) -> None:
    ways = house.realname.ways(subject)
    assert Way(task="face", later=True) in ways
    assert Way(task="person_2") in ways
    assert ways[-1] == Way(task="people")


@pytest.mark.parametrize("residence", ["CN", "EEA"])
def test_the_consents_a_check_takes_are_named(house: House, residence: str) -> None:
    subject = house.register(residence=residence, email=EMAIL, phone=PHONE).subject
    wanted = house.realname.missing(subject, ("identity.name", "identity.id_number"))
    assert wanted == (AUTHORITY_KEYS if residence == "CN" else (SHARE,))
