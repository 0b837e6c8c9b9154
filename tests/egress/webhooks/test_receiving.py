"""Whoever receives a webhook can tell us from a forger, and now from then."""

import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from tests.egress.conftest import SIGNING
from troth.egress.post import SigningKey
from troth.egress.webhooks.receiving import verify
from troth.model.clock import MINUTE, Moment, SetClock
from troth.model.errors import BadInput, Unverifiable
from troth.model.secret import Secret

BODY = json.dumps({"id": "msg_1", "type": "consent.withdrawn"}).encode()
OTHER = Secret("whsec_" + "REVG" * 8)


def signed(at, key=SIGNING, body=BODY):
    """Return the headers that the library of Standard Webhooks itself makes."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    signature = Webhook(key.reveal()).sign("msg_1", moment, body.decode())
    stamp = str(int(moment.timestamp()))
    return {"Webhook-Id": "msg_1", "Webhook-Timestamp": stamp, "Webhook-Signature": signature}


def test_what_the_library_signs_we_verify(at):
    assert verify(signed(at), BODY, SIGNING, clock=SetClock(at))["type"] == "consent.withdrawn"


def test_what_we_sign_the_library_verifies():
    now = Moment(int(datetime.now(UTC).timestamp()) * 1000)
    stamp, signature = SigningKey(SIGNING).sign("msg_1", now, BODY)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}
    assert Webhook(SIGNING.reveal()).verify(BODY, headers)["type"] == "consent.withdrawn"


def test_while_a_key_is_replaced_both_verify(at):
    stamp, signature = SigningKey(OTHER, SIGNING).sign("msg_1", at, BODY)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}
    assert len(signature.split(" ")) == 2
    for key in (OTHER, SIGNING):
        assert verify(headers, BODY, key, clock=SetClock(at))


@pytest.mark.parametrize("off", [-5 * MINUTE - 1000, 5 * MINUTE + 1000])
def test_a_word_that_is_replayed_later_is_refused(at, off):
    with pytest.raises(Unverifiable):
        verify(signed(at), BODY, SIGNING, clock=SetClock(Moment(at + off)))


@pytest.mark.parametrize("lost", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_a_request_without_a_header_is_not_signed(at, lost):
    headers = {name: told for name, told in signed(at).items() if name != lost}
    with pytest.raises(Unverifiable):
        verify(headers, BODY, SIGNING, clock=SetClock(at))


def test_another_key_or_body_is_refused(at):
    with pytest.raises(Unverifiable):
        verify(signed(at), BODY, OTHER, clock=SetClock(at))
    with pytest.raises(Unverifiable):
        verify(signed(at), BODY + b" ", SIGNING, clock=SetClock(at))


def test_what_is_signed_and_no_event_is_refused(at):
    with pytest.raises(BadInput):
        verify(signed(at, body=b"[]"), b"[]", SIGNING, clock=SetClock(at))
