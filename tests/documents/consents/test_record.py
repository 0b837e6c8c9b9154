"""A consent's record has every field of ISO/IEC TS 27560 and tells the whole of its life."""

import json

import pytest

from tests.documents.editions import SMALL
from troth.documents.consents.record import SCHEMA, ConsentReceipt, consent_receipt
from troth.documents.consents.states import DPV, Said
from troth.model.acts import Elsewhere
from troth.model.clock import DAY, Moment, moment
from troth.model.terms import Region

AT = moment("2026-11-22")
WHO = "f" * 32


def said(state: str = "given", key: str = "marketing", at: Moment = AT, **more) -> Said:
    """Return one word."""
    filled = {"entry": "e1", "edition": "", "by": "subject", "receipt": "r1", "language": "zh"}
    return Said(at=at, state=state, key=key, **(filled | more))


def receipt(*words: Said, at: Moment = AT) -> ConsentReceipt:
    return consent_receipt(
        words, who=WHO, regimes=("cn",), region=Region("cn"), edition=SMALL, at=at
    )


@pytest.mark.clause("9.3b")
def test_a_receipt_carries_the_names_of_27560() -> None:
    told = receipt(said()).record()
    assert set(told) >= {"schema_version", "record_id", "pii_principal_id", "processing", "events"}
    assert (told["schema_version"], told["record_id"]) == (SCHEMA, "e1")
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
    assert set(told["events"][0]) >= {
        "event_time",
        "validity_duration",
        "entity_id",
        "event_type",
        "event_state",
    }
    json.dumps(told)


def test_a_receipt_says_what_was_agreed_in_the_policys_terms() -> None:
    told = receipt(said(notice="ads")).processing[0]
    assert told.purposes == ("dpv:DirectMarketing",)
    assert told.pii_information[0]["category"] == "contact.email"
    assert told.retention_period == ("P0D from account_closed",)
    assert told.privacy_rights == ("withdraw",)
    assert SMALL.hash in told.privacy_notice
    assert told.privacy_notice.endswith("notice:ads")


def test_a_receipt_for_sharing_names_the_recipient_and_the_sensitive_field() -> None:
    told = receipt(said(key="share/id-authority/realname")).processing[0]
    assert told.recipient_third_parties == ("id-authority",)
    assert told.pii_information[0]["sensitive"] is True


@pytest.mark.parametrize("state", sorted(set(DPV) - {"unknown", "expired"}))
def test_every_state_has_its_name_in_dpv(state: str) -> None:
    assert receipt(said(state)).events[0].event_state == DPV[state]


def test_a_consent_that_ended_by_its_date_says_so() -> None:
    ends = Moment(AT + DAY)
    before, after = (receipt(said(expires=ends), at=at) for at in (Moment(ends - 1), ends))
    assert [event.event_state for event in before.events] == ["ConsentGiven"]
    assert [event.event_state for event in after.events] == ["ConsentGiven", "ConsentExpired"]
    assert after.events[1].event_time == "2026-11-23T00:00:00Z"


def test_one_that_was_renewed_before_its_date_did_not_end() -> None:
    first = said(expires=Moment(AT + 2 * DAY))
    again = said("renewed", at=Moment(AT + DAY), expires=Moment(AT + 9 * DAY), entry="e2")
    told = receipt(first, again, at=Moment(AT + 3 * DAY))
    assert [event.event_state for event in told.events] == ["ConsentGiven", "RenewedConsentGiven"]
    assert told.record_id == "e2"


def test_one_that_was_said_elsewhere_tells_when_and_how() -> None:
    shop = Elsewhere(collector="shop", at=AT, means="form", text="0" * 64, reference="C-1")
    later = Moment(AT + 30 * DAY)
    (event,) = receipt(said(at=later, by="system", elsewhere=shop), at=later).events
    assert event.event_time == "2026-11-22T00:00:00Z"
    assert event.entity_id == WHO
    assert event.evidence == {
        "collector": "shop",
        "at": "2026-11-22T00:00:00Z",
        "means": "form",
        "text": "0" * 64,
        "reference": "C-1",
    }


def test_what_another_ended_names_the_controller() -> None:
    assert receipt(said("revoked", by="staff:s1")).events[0].entity_id == "controller"
