"""Real names: two consents, one question, an outcome; people decide what the register cannot."""

import pytest

from tests.chapters.people import (
    AUTHORITY_KEYS,
    ID_NUMBER,
    IDENTITY,
    NAME,
    PROVED,
    SECOND,
    House,
    ticks,
)
from troth.chapters.realname import PER_DAY, Checked
from troth.model.acts import Collect
from troth.model.errors import BadInput, ConsentMissing, NotOfAge, Refused, TooMany
from troth.model.secret import Secret
from troth.model.terms import SubjectId


@pytest.fixture
def subject(house: House) -> SubjectId:
    house.sign_with_authority()
    return house.register().subject


def check(house: House, subject: SubjectId, number: Secret = ID_NUMBER) -> Checked:
    return house.realname.verify(
        subject,
        {"identity.name": NAME, "identity.id_number": number},
        ticks(*AUTHORITY_KEYS),
        shown=house.shown(),
    )


@pytest.mark.clause("2.1.1g", "4.1.1", "2.1.3d")
def test_a_match_confirms_and_the_sharing_stands_in_the_ledger(
    house: House, subject: SubjectId
) -> None:
    checked = check(house, subject)
    assert checked.result == "verified"
    assert house.gate.standing(subject).facts["realname"].result == "verified"
    (given,) = house.sharing.register(subject)
    assert (given.recipient, given.purpose) == ("id-authority", "realname")
    assert set(given.fields) == {"identity.name", "identity.id_number"}
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


@pytest.mark.clause("4.1.4d")
def test_without_an_agreement_nothing_goes_to_the_authority(house: House) -> None:
    subject = house.register().subject
    with pytest.raises(Refused):
        check(house, subject)
    assert house.sharing.register(subject) == []


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


@pytest.mark.clause("2.1.2a")
def test_a_cloud_service_waits_for_a_confirmed_identity(house: House, subject: SubjectId) -> None:
    with pytest.raises(Refused) as refused:
        house.realname.require(subject, "cloud")
    assert refused.value.decision.code == "realname_required"  # type: ignore[attr-defined]
    check(house, subject)
    house.realname.require(subject, "cloud")


@pytest.mark.clause("6.2")
def test_a_confirmed_identity_is_not_asked_again_and_not_corrected_alone(
    house: House, subject: SubjectId
) -> None:
    check(house, subject)
    with pytest.raises(Refused, match="contact support"):
        check(house, subject)
    with pytest.raises(Refused, match="contact support"):
        house.rights.correct(subject, {"identity.name": Secret("李四")}, by=PROVED)


@pytest.mark.clause("6.2")
def test_support_changes_it_with_two_persons_and_a_ticket(house: House, subject: SubjectId) -> None:
    check(house, subject)
    values = {"identity.name": Secret("李四")}
    for second, ticket in ((IDENTITY, "T-1"), (SECOND, ""), (PROVED, "T-1")):
        with pytest.raises(BadInput):
            house.realname.change(subject, values, ticket=ticket, first=IDENTITY, second=second)
    house.deliver()
    house.realname.change(subject, values, ticket="T-1", first=IDENTITY, second=SECOND)
    assert house.last(house.email).title == "您的信息已更正"
    status = house.realname.status(subject)
    assert status is not None
    assert (status.result, status.method) == ("verified", "support")


@pytest.mark.clause("2.1.3d")
def test_a_review_by_two_decides_what_is_open(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadInput):
        house.realname.review(subject, "verified", ticket="T-2", first=IDENTITY, second=SECOND)
    check(house, subject, Secret("110105199003070092"))
    house.realname.review(subject, "verified", ticket="T-2", first=IDENTITY, second=SECOND)
    status = house.realname.status(subject)
    assert status is not None
    assert (status.result, status.method) == ("verified", "review")
    assert all(owed.state == "fulfilled" for owed in house.gate.owed(subject).values())


@pytest.mark.clause("8.1b", "8.2b")
def test_a_number_that_tells_a_minor_freezes_the_account(house: House, subject: SubjectId) -> None:
    with pytest.raises(NotOfAge):
        check(house, subject, Secret("110105201103070092"))
    assert "*" in house.gate.standing(subject).restrictions
    assert "identity.id_number" not in house.held(subject)


def test_the_authority_is_asked_only_so_often_a_day(house: House, subject: SubjectId) -> None:
    for _ in range(PER_DAY):
        check(house, subject, Secret("110105199003070391"))
    with pytest.raises(TooMany):
        check(house, subject)
    house.clock.forward(days=1, seconds=1)
    assert check(house, subject).result == "verified"


@pytest.mark.clause("2.1.1e", "2.1.1f")
def test_bank_and_handler_data_take_a_consent_for_each_number(
    house: House, subject: SubjectId
) -> None:
    values = {
        "bank.bank": Secret("示例银行"),
        "bank.number": Secret("6222020200011122233"),
        "bank.holder": Secret("示例科技有限公司"),
        "bank.reg_address": Secret("北京市朝阳区 1 号"),
        "bank.reg_phone": Secret("+861012345678"),
        "handler.name": Secret("王芳"),
        "handler.id_number": ID_NUMBER,
    }
    act = Collect(subject=subject, values=values, purpose="realname")
    with pytest.raises(ConsentMissing):
        house.gate.perform(act)
    keys = ("realname/bank.number", "realname/handler.id_number")
    house.consent.give(subject, ticks(*keys), shown=house.shown())
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
