"""What is posted is signed, goes nowhere else, and comes back bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.egress.conftest import SIGNING
from troth.egress.loopback import HttpSink
from troth.egress.post import LARGEST_ANSWER, Line, SigningKey, is_loopback
from troth.model.clock import MINUTE, Moment, SetClock
from troth.model.errors import Misconfigured, NotDelivered, Unverifiable
from troth.model.secret import Secret

OTHER = Secret("another secret of enough length")
KEY = SigningKey(SIGNING)


def failure(line) -> NotDelivered:
    with pytest.raises(NotDelivered) as caught:
        line.post("m1", b"{}")
    return caught.value


# --- signing -----------------------------------------------------------------------------------


def test_the_signature_is_the_one_of_standard_webhooks():
    key = SigningKey(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    body = b'{"test": 2432232314}'
    assert key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", Moment(1614265330_000), body) == (
        "1614265330",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    )


@given(st.binary(), st.integers(0, 2**40))
def test_what_we_sign_we_verify(body, at):
    stamp, signature = KEY.sign("m1", Moment(at), body)
    KEY.check("m1", stamp, signature, body, at=Moment(at))


@pytest.mark.parametrize(
    ("request_id", "stamp", "body"),
    [("m2", "1000", b"{}"), ("m1", "1001", b"{}"), ("m1", "1000", b"{} "), ("m1", "", b"{}")],
)
def test_what_was_altered_does_not_verify(request_id, stamp, body):
    _, signature = KEY.sign("m1", Moment(1_000_000), b"{}")
    with pytest.raises(Unverifiable):
        KEY.check(request_id, stamp, signature, body, at=Moment(1_000_000))


@pytest.mark.parametrize("signature", ["", "v1,", "v1,AAAA", "v1a,签名", " "])
def test_what_is_no_signature_does_not_verify(signature):
    with pytest.raises(Unverifiable):
        KEY.check("m1", "1000", signature, b"{}", at=Moment(1_000_000))


@pytest.mark.parametrize("off", [-5 * MINUTE - 1, 5 * MINUTE + 1])
def test_an_old_or_early_request_does_not_verify(off):
    at = Moment(1_000_000_000)
    stamp, signature = KEY.sign("m1", at, b"{}")
    with pytest.raises(Unverifiable):
        KEY.check("m1", stamp, signature, b"{}", at=Moment(at + off))


def test_two_secrets_overlap_while_one_replaces_the_other():
    both = SigningKey(OTHER, SIGNING)
    stamp, signature = both.sign("m1", Moment(0), b"{}")
    KEY.check("m1", stamp, signature, b"{}", at=Moment(0))
    SigningKey(OTHER).check("m1", stamp, signature, b"{}", at=Moment(0))


def test_another_secret_does_not_verify():
    stamp, signature = SigningKey(OTHER).sign("m1", Moment(0), b"{}")
    with pytest.raises(Unverifiable):
        KEY.check("m1", stamp, signature, b"{}", at=Moment(0))


@pytest.mark.parametrize("weak", ["", "short", "whsec_AAAA", "whsec_not base64 at all!"])
def test_a_weak_secret_is_refused(weak):
    with pytest.raises(Misconfigured):
        SigningKey(Secret(weak))


def test_a_signing_key_needs_a_secret():
    with pytest.raises(Misconfigured):
        SigningKey()


# --- posting -----------------------------------------------------------------------------------


def test_what_is_posted_verifies_at_the_other_end(http_sink, at):
    http_sink.answer = b'{"yes": 1}'
    line = Line(http_sink.url, KEY, clock=SetClock(at))
    assert line.post("m1", b'{"a": 1}') == b'{"yes": 1}'
    [posted] = http_sink.posts
    told = posted.headers
    assert (told["webhook-id"], told["content-type"]) == ("m1", "application/json")
    KEY.check("m1", told["webhook-timestamp"], told["webhook-signature"], posted.body, at=at)


@pytest.mark.clause("2.1.3g", "7.2b")
@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example.com/",
        "http://127.0.0.1.example.com/",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "//127.0.0.1/",
        "",
        "https://",
        "https://user:pass@example.com/",
        "https://example.com/?to=somebody",
        "https://example.com/#somebody",
    ],
)
def test_an_address_that_would_leak_is_refused(url):
    with pytest.raises(Misconfigured):
        Line(url, KEY)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [(400, True), (401, False), (404, False), (410, True), (429, False), (500, False)],
)
def test_a_status_says_whether_trying_again_helps(http_sink, status, permanent):
    http_sink.status = status
    error = failure(Line(http_sink.url, KEY))
    assert (error.permanent, error.reason) == (permanent, f"http_{status}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(http_sink, status):
    with HttpSink() as elsewhere:
        http_sink.status, http_sink.headers = status, {"Location": elsewhere.url}
        assert failure(Line(http_sink.url, KEY)).reason == "http_redirected"
        assert elsewhere.posts == []


def test_a_proxy_in_the_environment_is_not_used(http_sink, monkeypatch):
    with HttpSink() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        Line(http_sink.url, KEY).post("m1", b"{}")
        assert (len(http_sink.posts), proxy.posts) == (1, [])


def test_a_receiver_that_hangs_is_given_up(http_sink):
    http_sink.mood = "hang"
    assert failure(Line(http_sink.url, KEY, timeout=0.1)).reason == "http_late"


def test_a_receiver_that_answers_drop_by_drop_is_given_up_too(http_sink):
    http_sink.mood = "drip"
    assert failure(Line(http_sink.url, KEY, timeout=0.1)).reason == "http_late"


def test_a_line_goes_on_to_a_path_and_says_what_it_sends(http_sink):
    line = Line(http_sink.url, KEY)
    line.post("m1", b"a=1", path="/check", media="application/x-www-form-urlencoded")
    (posted,) = http_sink.posts
    assert posted.path == "/messages/check"
    assert posted.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_receiver_that_is_not_there_may_come_back():
    with HttpSink() as sink:
        pass
    error = failure(Line(sink.url, KEY))
    assert (error.permanent, error.reason) == (False, "http_unreachable")


def test_an_endless_answer_is_cut_off(http_sink):
    http_sink.answer = b"x" * (LARGEST_ANSWER * 3)
    assert len(Line(http_sink.url, KEY).post("m1", b"{}")) == LARGEST_ANSWER


def test_what_a_receiver_says_is_not_repeated(http_sink):
    http_sink.status, http_sink.answer = 500, b"internal detail"
    assert "internal" not in str(failure(Line(http_sink.url, KEY)))


def test_a_receiver_whose_certificate_nobody_signed_gets_nothing(http_sink):
    line = Line(http_sink.url.replace("http:", "https:"), KEY)
    assert failure(line).reason == "http_unreachable"
    assert http_sink.posts == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_by_its_own_word(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.example.com", "0.0.0.0", "2130706433", "0x7f.1"])
def test_everything_else_is_not_loopback(host):
    assert not is_loopback(host)
