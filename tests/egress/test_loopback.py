"""The sinks are real enough that a real client cannot tell."""

import http.client
import smtplib
import socket

from troth.egress.loopback import HttpSink, MailSink


def test_a_mail_arrives_with_its_envelope(mail_sink):
    with smtplib.SMTP(mail_sink.host, mail_sink.port) as client:
        client.sendmail("a@x.example", ["b@x.example", "c@x.example"], b"Subject: hi\r\n\r\n..\r\n")
    [mail] = mail_sink.mails
    assert (mail.sender, mail.recipients) == ("a@x.example", ("b@x.example", "c@x.example"))
    assert (mail.read()["subject"], mail.text()) == ("hi", "..\n")


def test_an_old_client_is_understood_too(mail_sink):
    with smtplib.SMTP(mail_sink.host, mail_sink.port) as client:
        assert client.helo()[0] == 250
        assert client.noop()[0] == 250
        assert client.rset()[0] == 250
        assert client.docmd("WHAT")[0] == 500
        assert client.docmd("STARTTLS")[0] == 502
        assert client.docmd("DATA")[0] == 503


def test_a_client_that_just_leaves_does_no_harm(mail_sink):
    socket.create_connection((mail_sink.host, mail_sink.port)).close()
    with smtplib.SMTP(mail_sink.host, mail_sink.port) as client:
        assert client.noop()[0] == 250


def test_a_sink_is_gone_when_it_ends():
    with MailSink() as sink:
        pass
    with socket.socket() as client:
        assert client.connect_ex((sink.host, sink.port)) != 0


def test_two_sinks_do_not_meet():
    with HttpSink(b"one") as one, HttpSink(b"two") as two:
        assert (post(one, b"1"), post(two, b"2")) == (b"one", b"two")
        assert [p.body for p in (*one.posts, *two.posts)] == [b"1", b"2"]


def test_an_answer_can_be_made_from_what_was_posted():
    with HttpSink(lambda posted: posted.body[::-1]) as sink:
        assert post(sink, b"abc") == b"cba"


def post(sink, body):
    client = http.client.HTTPConnection(sink.host, sink.port)
    client.request("POST", "/x", body)
    try:
        return client.getresponse().read()
    finally:
        client.close()
