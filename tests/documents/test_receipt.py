"""Receipts: a consent's under ISO/IEC TS 27560's names, an erasure's store by store."""

import json

import pytest

from tests.documents.editions import SMALL
from troth.documents.receipt import (
    SCHEMA,
    ConsentReceipt,
    ErasureCertificate,
    Gone,
    StillHeld,
    consent_receipt,
)
from troth.model.clock import DAY, Moment, moment
from troth.model.standing import Consent
from troth.model.terms import Region

AT = moment("2026-11-22")
WHO = "f" * 32


def receipt(key: str, consent: Consent, at: Moment = AT) -> ConsentReceipt:
    return consent_receipt(
        key,
        consent,
        who=WHO,
        regimes=("cn",),
        region=Region("cn"),
        language="zh",
        edition=SMALL,
        at=at,
    )


@pytest.mark.clause("9.3b")
def test_a_receipt_carries_the_names_of_27560() -> None:
    told = receipt("marketing", Consent(state="given", at=AT, entry="e1")).record()
    assert set(told) == {"schema_version", "record_id", "pii_principal_id", "processing", "events"}
    assert told["schema_version"] == SCHEMA
    assert told["record_id"] == "e1"
    assert set(told["processing"][0]) == {
        "privacy_notice",
        "language",
        "purposes",
        "lawful_basis",
        "pii_information",
        "pii_controllers",
        "collection_method",
        "processing_method",
        "storage_locations",
        "retention_period",
        "geographic_restrictions",
        "jurisdiction",
        "recipient_third_parties",
        "withdrawal_method",
        "privacy_rights",
    }
    json.dumps(told)


def test_a_receipt_says_what_was_agreed_in_the_policys_terms() -> None:
    told = receipt("marketing", Consent(state="given", at=AT, entry="e1")).processing[0]
    assert told.purposes == ("dpv:DirectMarketing",)
    assert told.pii_information[0]["category"] == "contact.email"
    assert told.retention_period == ("P0D from account_closed",)
    assert told.privacy_rights == ("withdraw",)
    assert SMALL.hash in told.privacy_notice


def test_a_receipt_for_sharing_names_the_recipient_and_the_sensitive_field() -> None:
    key = "share/id-authority/realname"
    told = receipt(key, Consent(state="given", at=AT)).processing[0]
    assert told.recipient_third_parties == ("id-authority",)
    assert told.pii_information[0]["sensitive"] is True


@pytest.mark.parametrize(
    ("consent", "state"),
    [
        (Consent(state="given", at=AT), "ConsentGiven"),
        (Consent(state="withdrawn", at=AT), "ConsentWithdrawn"),
        (Consent(state="refused", at=AT), "ConsentRefused"),
        (Consent(state="given", at=AT, expires=Moment(AT + DAY)), "ConsentExpired"),
    ],
)
def test_a_receipt_tells_the_state_at_its_moment(consent: Consent, state: str) -> None:
    assert receipt("marketing", consent, Moment(AT + DAY)).events[0].event_state == state


def certificate() -> ErasureCertificate:
    return ErasureCertificate(
        who=WHO,
        edition=SMALL.hash,
        gone=(Gone(field="contact.email", store="vault"),),
        held=(
            StillHeld(field="usage.ip", hold="network-log", law="CSL 21", until=Moment(AT + DAY)),
        ),
        effective=AT,
        irreversible_by=Moment(AT + 7 * DAY),
        stores={"vault.cells": 0},
        complete=True,
        proofs={"e1": None, "e2": None},
    )


@pytest.mark.clause("6.4c")
def test_a_certificate_tells_what_went_what_is_held_and_both_times() -> None:
    told = certificate().record()
    assert told["gone"] == [{"field": "contact.email", "store": "vault", "method": "shred_key"}]
    assert told["held"][0]["until"] == "2026-11-23T00:00:00Z"
    assert (told["effective"], told["irreversible_by"]) == (
        "2026-11-22T00:00:00Z",
        "2026-11-29T00:00:00Z",
    )


def test_proofs_fill_their_places_and_nothing_else() -> None:
    filled = certificate().proved({"e1": {"index": 7}, "other": {}})
    assert filled.proofs == {"e1": {"index": 7}, "e2": None}
