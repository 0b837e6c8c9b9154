"""What is queued is sent while it may be, by the next way where one fails, and remembered (7.4)."""

import pytest

from tests.gate.house import EMAIL, PHONE, House
from troth.model.acts import SYSTEM, ConsentWithdrawn, Erase, Notify
from troth.model.errors import ConsentMissing, NotDelivered, Refused, UnknownTerm
from troth.model.secret import Secret
from troth.model.terms import SubjectId


def told(subject: SubjectId, purpose: str = "notify.service", *channels: str) -> Notify:
    return Notify(
        subject=subject,
        notice="outage",
        purpose=purpose,
        text=Secret("maintenance tonight"),
        channels=channels or ("email",),
    )


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.admit("CN", "marketing", contact_email=EMAIL, contact_phone=PHONE)


@pytest.mark.clause("2.1.2d", "2.2.2")
def test_a_notice_is_queued_then_delivered_and_both_are_remembered(
    house: House, subject: SubjectId
) -> None:
    house.perform(told(subject), by=SYSTEM)
    assert house.sent() == []
    house.gate.tick()
    assert house.sent() == ["maintenance tonight"]
    assert house.channels["email"].sent[0].address == EMAIL
    assert house.kinds(subject)[-2:] == ["notice.queued", "notice.delivered"]


@pytest.mark.clause("7.1b")
def test_neither_address_nor_text_stands_in_outbox_or_ledger(
    house: House, subject: SubjectId
) -> None:
    house.perform(told(subject), by=SYSTEM)
    rows = house.rooms().store.query("SELECT * FROM outbox")
    for secret in (b"maintenance tonight", EMAIL.reveal().encode()):
        assert not any(secret in (p if isinstance(p, bytes) else str(p).encode()) for p in rows[0])
        assert secret.decode() not in str(house.gate.trail(subject))


def test_a_failed_channel_is_followed_by_the_next_one(house: House, subject: SubjectId) -> None:
    house.channels["email"]._failures.append(NotDelivered(permanent=True, reason="no_such_box"))
    house.perform(told(subject, "notify.service", "email", "sms"), by=SYSTEM)
    house.gate.tick()
    house.gate.tick()
    assert house.sent("sms") == ["maintenance tonight"]
    failed, delivered = house.gate.trail(subject)[-2:]
    assert (failed.kind, failed.what["code"], failed.what["state"]) == (
        "notice.failed",
        "no_such_box",
        "next_channel",
    )
    assert (delivered.kind, delivered.what["channel"]) == ("notice.delivered", "sms")


def test_a_busy_channel_is_tried_again(house: House, subject: SubjectId) -> None:
    house.channels["email"]._failures.append(NotDelivered(reason="busy"))
    house.perform(told(subject), by=SYSTEM)
    house.gate.tick()
    assert house.gate.trail(subject)[-1].what["state"] == "retry"
    house.clock.forward(seconds=31)
    house.gate.tick()
    assert house.sent() == ["maintenance tonight"]


@pytest.mark.clause("2.1.2e", "9.3c")
def test_a_withdrawal_recalls_what_waits_on_it_and_nothing_else(
    house: House, subject: SubjectId
) -> None:
    house.perform(told(subject, "marketing"), told(subject), by=SYSTEM)
    house.perform(ConsentWithdrawn(subject=subject, to="marketing"))
    house.gate.tick()
    assert len(house.sent()) == 1
    with pytest.raises(Refused):
        house.perform(told(subject, "marketing"), by=SYSTEM)


def test_an_erasure_recalls_everything_that_waits(house: House, subject: SubjectId) -> None:
    house.perform(told(subject, "marketing"), told(subject), by=SYSTEM)
    assert house.perform(Erase(subject=subject)).certificate.complete
    house.gate.tick()
    assert house.sent() == []


@pytest.mark.clause("2.1.2e")
def test_an_advertisement_needs_consent_and_a_notice_none(house: House) -> None:
    subject = house.admit()
    with pytest.raises(ConsentMissing):
        house.perform(told(subject, "marketing"), by=SYSTEM)
    assert house.perform(told(subject), by=SYSTEM).entries


@pytest.mark.clause("2.1.2c")
def test_a_code_reaches_an_address_that_is_not_kept(house: House) -> None:
    stranger = house.gate.new_subject("CN")
    code = Notify(
        subject=stranger,
        notice="code",
        purpose="authenticate",
        text=Secret("135790"),
        channels=("sms",),
        to={"sms": PHONE},
    )
    house.perform(code, by=SYSTEM)
    house.gate.tick()
    assert house.sent("sms") == ["135790"]
    assert house.last("notice.delivered").who == ""
    assert house.rooms().store.query("SELECT * FROM outbox") == []


def test_nobody_is_told_by_an_address_that_is_not_held(house: House) -> None:
    subject = house.admit(contact_email=EMAIL)
    with pytest.raises(Refused, match="no address"):
        house.perform(told(subject, "notify.service", "sms"), by=SYSTEM)
    for channels in (("pigeon",), ("email", "fax")):
        with pytest.raises(UnknownTerm):
            house.perform(told(subject, "notify.service", *channels), by=SYSTEM)
