"""Channels hand over what they were given, to whom it was meant, and say why if they cannot."""

import json
import ssl
import stat
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.egress.conftest import ADDRESS, PHONE, SIGNING, TEXT
from troth.egress.channels import (
    EmailChannel,
    MemoryChannel,
    Message,
    SmsGateway,
    SpoolChannel,
    one_line,
    spools,
)
from troth.egress.loopback import MailSink
from troth.model.errors import BadInput, Misconfigured, NotDelivered
from troth.model.secret import Secret


def message(**more) -> Message:
    told = {
        "channel": "email",
        "address": Secret(ADDRESS),
        "title": "验证码",
        "text": Secret(TEXT),
        "language": "zh",
        "id": "a1" * 16,
    }
    return Message(**told | more)


def relay(sink: MailSink, **more) -> EmailChannel:
    return EmailChannel(sink.host, sink.port, sender="no-reply@troth.example", **more)


def failure(channel, sent=None) -> NotDelivered:
    with pytest.raises(NotDelivered) as caught:
        channel.send(sent or message())
    assert ADDRESS not in str(caught.value)
    return caught.value


# --- messages ----------------------------------------------------------------------------------


def test_a_message_does_not_print_what_it_says():
    assert repr(message()) == f"Message(channel='email', id='{'a1' * 16}')"


@pytest.mark.parametrize("unsafe", ["", "../../etc/passwd", "a\r\nBcc: b", "a b", "x" * 65])
def test_a_message_id_is_safe_wherever_it_is_written(unsafe):
    with pytest.raises(BadInput):
        message(id=unsafe)


@given(st.text())
def test_a_header_is_always_one_line(text):
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(one_line(text)) == one_line(text)


def test_a_direction_mark_does_not_reach_a_header():
    assert one_line("safe\u202egnp.exe") == "safe gnp.exe"


# --- e-mail ------------------------------------------------------------------------------------


@pytest.mark.clause("2.1.2c")
def test_chinese_text_arrives_as_it_was_written(mail_sink):
    relay(mail_sink, sender_name="诚信").send(message())
    [mail] = mail_sink.mails
    assert mail.text() == TEXT + "\n"
    assert (mail.recipients, mail.read()["subject"]) == ((ADDRESS,), "验证码")
    assert mail.read()["from"] == "诚信 <no-reply@troth.example>"


def test_the_wire_carries_plain_ascii(mail_sink):
    relay(mail_sink).send(message())
    assert mail_sink.mails[0].content.isascii()


def test_the_same_message_has_the_same_id_every_time(mail_sink):
    for _ in range(2):
        relay(mail_sink).send(message())
    ids = {mail.read()["message-id"] for mail in mail_sink.mails}
    assert ids == {f"<{'a1' * 16}@troth.example>"}


def test_a_mail_says_when_it_was_queued_and_that_no_person_wrote_it(mail_sink, at):
    relay(mail_sink).send(message(at=at))
    read = mail_sink.mails[0].read()
    assert read["date"].datetime == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert (read["auto-submitted"], read["content-language"]) == ("auto-generated", "zh")


@pytest.mark.clause("2.1.2e")
def test_a_mail_can_carry_a_one_click_stop(mail_sink):
    relay(mail_sink).send(message(unsubscribe="https://a.example/stop/1"))
    read = mail_sink.mails[0].read()
    assert read["list-unsubscribe"] == "<https://a.example/stop/1>"
    assert read["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"


def test_a_mail_without_a_stop_says_nothing_of_one(mail_sink):
    relay(mail_sink).send(message())
    assert "list-unsubscribe" not in mail_sink.mails[0].read()


@pytest.mark.parametrize("header", ["title", "language", "unsubscribe"])
def test_no_header_can_be_smuggled_in(mail_sink, header):
    relay(mail_sink).send(message(**{header: "x\r\nBcc: eve@example.com\r\n\r\nbody"}))
    [mail] = mail_sink.mails
    assert (mail.recipients, mail.read()["bcc"]) == ((ADDRESS,), None)
    assert mail.text() == TEXT + "\n"


@pytest.mark.parametrize(
    "address",
    [
        "a@example.cn\r\nRCPT TO:<eve@example.com>",
        "a@example.cn, eve@example.com",
        "eve <a@example.cn>",
        "a@example.cn\x00",
        "nobody",
        "",
    ],
)
def test_what_is_no_address_is_refused_before_the_relay_hears_of_it(mail_sink, address):
    error = failure(relay(mail_sink), message(address=Secret(address)))
    assert (error.permanent, error.reason) == (True, "bad_address")
    assert mail_sink.mails == []


def test_a_tombstone_address_is_never_delivered_to(mail_sink):
    error = failure(relay(mail_sink), message(address=Secret("x@gone.invalid")))
    assert (error.permanent, mail_sink.mails) == (True, [])


def test_an_international_domain_is_written_for_the_wire(mail_sink):
    relay(mail_sink).send(message(address=Secret("mei@例子.cn")))
    assert mail_sink.mails[0].recipients == ("mei@xn--fsqu00a.cn",)


def test_an_international_mailbox_is_delivered_where_the_relay_can(mail_sink):
    relay(mail_sink).send(message(address=Secret("梅@example.cn")))
    assert mail_sink.mails[0].recipients == ("梅@example.cn",)


def test_text_cannot_end_the_mail_early(mail_sink):
    text = "one\n.\nQUIT\n..two"
    relay(mail_sink).send(message(text=Secret(text)))
    assert mail_sink.mails[0].text() == text + "\n"


@pytest.mark.parametrize(("mood", "permanent"), [("temporary", False), ("permanent", True)])
def test_a_refusal_says_whether_trying_again_helps(mail_sink, mood, permanent):
    mail_sink.mood = mood
    error = failure(relay(mail_sink))
    assert error.permanent is permanent
    assert error.reason == ("smtp_550" if permanent else "smtp_451")


def test_a_relay_that_hangs_is_given_up(mail_sink):
    mail_sink.mood = "hang"
    error = failure(relay(mail_sink, timeout=0.1))
    assert (error.permanent, error.reason) == (False, "smtp_late")


def test_a_relay_that_is_not_there_may_come_back():
    with MailSink() as sink:
        gone = relay(sink)
    error = failure(gone)
    assert (error.permanent, error.reason) == (False, "smtp_unreachable")


# --- e-mail over TLS ---------------------------------------------------------------------------


def test_a_mail_goes_over_tls_to_a_relay_that_proves_its_name(certificate):
    with MailSink(certificate.server) as sink:
        relay(sink, security="starttls", context=certificate.client).send(message())
        assert len(sink.mails) == 1


def test_a_relay_whose_certificate_nobody_signed_gets_nothing(certificate):
    with MailSink(certificate.server) as sink:
        error = failure(relay(sink, security="starttls"))
        assert (error.permanent, error.reason, sink.mails) == (False, "smtp_tls", [])


def test_a_relay_that_offers_no_tls_gets_nothing(mail_sink):
    error = failure(relay(mail_sink, security="starttls"))
    assert (error.permanent, error.reason, mail_sink.mails) == (False, "smtp_no_tls", [])


@pytest.mark.clause("2.1.3g", "7.2b")
def test_mail_may_not_leave_this_machine_without_tls():
    with pytest.raises(Misconfigured):
        EmailChannel("mail.example.com", 25, sender="a@example.com", security="none")


@pytest.mark.parametrize("sender", ["", "nobody", "a@b\r\nBcc: c@d"])
def test_a_sender_has_to_be_an_address(sender):
    with pytest.raises(Misconfigured):
        EmailChannel("127.0.0.1", 25, sender=sender)


def test_a_password_is_not_sent_to_a_relay_that_did_not_prove_itself(certificate):
    with MailSink(certificate.server) as sink:
        channel = relay(sink, security="starttls", username="u", password=Secret("secret"))
        assert isinstance(channel._context, ssl.SSLContext)
        failure(channel)


# --- SMS ---------------------------------------------------------------------------------------


@pytest.mark.clause("2.1.2c")
def test_a_short_message_is_posted_signed_with_the_number_in_the_body(http_sink, at):
    SmsGateway(http_sink.url, SIGNING).send(message(channel="sms", address=Secret(PHONE)))
    [posted] = http_sink.posts
    assert posted.path == "/messages"
    assert json.loads(posted.body) == {
        "id": "a1" * 16,
        "to": PHONE,
        "text": TEXT,
        "language": "zh",
    }
    assert PHONE not in str(posted.headers)


def test_a_gateway_that_refuses_a_number_for_good_is_believed(http_sink):
    http_sink.mood = "permanent"
    error = failure(SmsGateway(http_sink.url, SIGNING))
    assert (error.permanent, error.reason) == (True, "http_422")


# --- spools ------------------------------------------------------------------------------------


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_spooled_message_is_for_its_owner_only(tmp_path, at):
    SpoolChannel("letter", tmp_path / "letters").send(message(channel="letter", at=at))
    [sheet] = (tmp_path / "letters").iterdir()
    assert (mode(sheet), mode(sheet.parent)) == (0o600, 0o700)
    assert json.loads(sheet.read_text("utf-8")) == {
        "id": "a1" * 16,
        "channel": "letter",
        "to": ADDRESS,
        "title": "验证码",
        "text": TEXT,
        "language": "zh",
        "at": at,
    }


def test_a_message_spooled_again_replaces_itself(tmp_path):
    channel = SpoolChannel("phone", tmp_path)
    channel.send(message())
    channel.send(message(text=Secret("again")))
    assert [json.loads(sheet.read_text())["text"] for sheet in tmp_path.iterdir()] == ["again"]


def test_a_spool_that_cannot_be_written_is_tried_later(tmp_path):
    channel = SpoolChannel("push", tmp_path / "push")
    (tmp_path / "push").rmdir()
    error = failure(channel)
    assert (error.permanent, error.reason) == (False, "spool")


def test_a_message_that_cannot_be_named_leaves_no_draft(tmp_path):
    (tmp_path / f"{'a1' * 16}.json").mkdir()
    failure(SpoolChannel("push", tmp_path))
    assert [item.name for item in tmp_path.iterdir()] == [f"{'a1' * 16}.json"]


def test_a_spool_needs_a_folder_it_can_make(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured):
        SpoolChannel("sms", tmp_path / "file" / "sms")


def test_there_is_a_spool_for_every_means_but_mail(tmp_path):
    channels = spools(tmp_path)
    assert {name: channel.name for name, channel in channels.items()} == {
        name: name for name in ("sms", "letter", "phone", "push")
    }
    for channel in channels.values():
        channel.send(message(channel=channel.name))
    assert len(list(tmp_path.glob("*/*.json"))) == 4


# --- memory ------------------------------------------------------------------------------------


def test_a_memory_channel_fails_as_told_and_then_keeps():
    channel = MemoryChannel("sms", [NotDelivered(reason="busy")])
    assert failure(channel).reason == "busy"
    channel.send(message())
    assert channel.sent == [message()]
