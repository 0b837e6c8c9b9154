"""A code is read out by telephone: by staff who may, one at a time, and the ledger knows."""

import pytest

from tests.chapters.people import EMAIL, PASSWORD, PHONE, SUPPORT, House
from troth.app.rehearsal import code_in
from troth.chapters.calls import Call
from troth.documents.proof.codes import PER_HOUR
from troth.model.acts import SUBJECT, SYSTEM, Actor
from troth.model.clock import MINUTE
from troth.model.errors import BadInput, NotFound, NotProved, Refused, TooMany
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

CALLER = Actor(kind="staff", id="t1", role="telephone")
COLLEAGUE = Actor(kind="staff", id="t2", role="telephone")
NEW = Secret("quiet lanterns over the estuary")
BY_CALL = "phone_call"


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def waiting(house: House, by: Actor = CALLER) -> list[Call]:
    house.deliver()
    return house.troth.calls.waiting(by)


def read_out(house: House, by: Actor = CALLER) -> Secret:
    """Take the call that waits, say it was made, and return the code that was read out."""
    [call] = waiting(house)
    text = house.troth.calls.open(call.id, by).text.reveal()
    house.troth.calls.report(call.id, "reached", by)
    assert code_in(text)
    return Secret(code_in(text))


# --- every flow ----------------------------------------------------------------------------------


def test_a_code_that_was_read_out_signs_in(house: House, subject: SubjectId) -> None:
    house.deliver()
    sent = len(house.sms.sent)
    challenge = house.accounts.begin_sign_in(PHONE, via=BY_CALL)
    code = read_out(house)
    assert house.accounts.sign_in_with_code(PHONE, challenge, code).subject == subject
    assert len(house.sms.sent) == sent
    assert waiting(house) == []


def test_a_code_that_was_read_out_recovers_a_password(house: House, subject: SubjectId) -> None:
    challenge = house.accounts.begin_recovery(PHONE, via=BY_CALL)
    signed = house.accounts.recover(PHONE, challenge, read_out(house), NEW, NEW)
    assert signed.subject == subject


def test_a_code_that_was_read_out_binds_a_phone(house: House, subject: SubjectId) -> None:
    token, phone = house.accounts.sign_in(EMAIL, PASSWORD).token, Secret("+8613922223333")
    challenge = house.accounts.begin_bind(token, phone, via=BY_CALL)
    house.accounts.bind(token, phone, challenge, read_out(house))
    assert house.accounts.sign_in(phone, PASSWORD).subject == subject


def test_an_unknown_number_waits_alike_and_its_call_holds_no_code(house: House) -> None:
    house.accounts.begin_sign_in(PHONE, via=BY_CALL)
    [call] = waiting(house)
    assert not code_in(house.troth.calls.open(call.id, CALLER).text.reveal())


def test_nobody_is_called_at_an_e_mail_address(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadInput) as refused:
        house.accounts.begin_sign_in(EMAIL, via=BY_CALL)
    assert refused.value.field == "via"
    with pytest.raises(BadInput):
        house.accounts.begin_sign_in(PHONE, via="pigeon")


def test_calls_are_counted_with_messages(house: House, subject: SubjectId) -> None:
    house.deliver()
    for nth in range(PER_HOUR - 1):
        house.accounts.begin_sign_in(PHONE, via=BY_CALL if nth % 2 else "")
    with pytest.raises(TooMany):
        house.accounts.begin_sign_in(PHONE, via=BY_CALL)


# --- who calls -----------------------------------------------------------------------------------


def test_a_call_shows_the_end_of_its_number_until_it_is_taken(
    house: House, subject: SubjectId
) -> None:
    house.accounts.begin_sign_in(PHONE, via=BY_CALL)
    [call] = waiting(house)
    assert (call.number.reveal(), call.notice, call.taken) == ("***1111", "code", False)
    assert call.until == call.since + 10 * MINUTE
    sheet = house.troth.calls.open(call.id, CALLER)
    assert (sheet.number, sheet.language) == (PHONE, "zh")
    assert waiting(house)[0].taken


def test_the_subject_sees_who_looked_at_the_number_and_who_was_reached(
    house: House, subject: SubjectId
) -> None:
    house.accounts.begin_recovery(PHONE, via=BY_CALL)
    [call] = waiting(house)
    before = len(house.staff.who_looked(subject))
    house.troth.calls.open(call.id, CALLER)
    house.troth.calls.report(call.id, "reached", CALLER)
    delivered = house.recent("notice.delivered")[0]
    assert (delivered.by, delivered.what["channel"]) == ("staff:t1", "phone")
    assert len(house.staff.who_looked(subject)) == before
    shown = house.recent("data.shown")[0]
    assert (shown.by, shown.what["purpose"], shown.what["ticket"]) == ("staff:t1", "call", call.id)


def test_a_message_to_a_subject_with_a_file_is_in_their_own_trail(
    house: House, subject: SubjectId
) -> None:
    values = {"change_zh": "测试", "change_en": "test", "when": "now"}
    told = house.troth.notices.notify(subject, "security_change", values, channels=("phone",))
    house.gate.perform(told, by=SYSTEM)
    [call] = waiting(house)
    house.troth.calls.open(call.id, CALLER)
    [look] = house.staff.who_looked(subject)
    assert (look.by, look.fields, look.purpose, look.allowed) == (
        "staff:t1",
        ("contact.phone",),
        "call",
        True,
    )


@pytest.mark.parametrize(
    "stranger",
    [SUPPORT, SUBJECT, SYSTEM, Actor(kind="staff", id="x"), Actor(kind="service", id="s")],
    ids=["another role", "a subject", "the house", "no role", "a program"],
)
def test_whoever_is_not_at_the_telephone_desk_sees_no_call(
    house: House, subject: SubjectId, stranger: Actor
) -> None:
    house.accounts.begin_sign_in(PHONE, via=BY_CALL)
    [call] = waiting(house)
    with pytest.raises(Refused):
        house.troth.calls.waiting(stranger)
    with pytest.raises(Refused):
        house.troth.calls.open(call.id, stranger)
    assert not waiting(house)[0].taken
    assert house.recent("use.denied")[0].what["purpose"] == "call"


def test_calls_into_china_are_made_from_china(house: House, subject: SubjectId) -> None:
    house.accounts.begin_sign_in(PHONE, via=BY_CALL)
    [call] = waiting(house)
    abroad = Actor(kind="staff", id="t3", role="telephone", region=Region("global"))
    assert waiting(house, abroad) == []
    with pytest.raises(NotFound):
        house.troth.calls.open(call.id, abroad)
    at_home = Actor(kind="staff", id="t4", role="telephone", region=Region("cn"))
    assert house.troth.calls.open(call.id, at_home).number == PHONE


def test_a_call_is_in_one_hand_and_only_that_one_reports(house: House, subject: SubjectId) -> None:
    house.accounts.begin_sign_in(PHONE, via=BY_CALL)
    [call] = waiting(house)
    house.troth.calls.open(call.id, CALLER)
    with pytest.raises(NotFound):
        house.troth.calls.open(call.id, COLLEAGUE)
    with pytest.raises(NotFound):
        house.troth.calls.report(call.id, "reached", COLLEAGUE)
    with pytest.raises(BadInput):
        house.troth.calls.report(call.id, "busy", CALLER)  # type: ignore[arg-type]  # no outcome
    house.troth.calls.report(call.id, "not_reached", CALLER)
    assert waiting(house) == []
    failed = house.recent("notice.failed")[0]
    assert (failed.by, failed.what["code"]) == ("staff:t1", "not_reached")


def test_a_late_code_is_not_read_out(house: House, subject: SubjectId) -> None:
    challenge = house.accounts.begin_sign_in(PHONE, via=BY_CALL)
    [call] = waiting(house)
    house.clock.forward(seconds=600)
    assert waiting(house) == []
    with pytest.raises(NotFound):
        house.troth.calls.open(call.id, CALLER)
    with pytest.raises(NotProved):
        house.accounts.sign_in_with_code(PHONE, challenge, Secret("123456"))
