"""A consent's receipt as linked data, with the terms of W3C DPV (policy 9.3; DPV guide to 27560).

The context stands in the paper itself and ships with the house, so nobody has to fetch one to know
what is meant.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

from troth.documents.consents.record import ConsentReceipt, Happened, Processing
from troth.model.acts import Json, Record

CONTEXT: Final = "context.json"
PROFILE: Final = "https://w3id.org/dpv/schema/dpv-27560"
OPERATIONS: Final[Mapping[str, str]] = {
    "use": "dpv:Use",
    "share": "dpv:Share",
    "transfer": "dpv:Transfer",
    "disclose": "dpv:Disclose",
    "entrust": "dpv:MakeAvailable",
    "export": "dpv:Transfer",
}
"""What a consent's operation is called in DPV."""
SUBJECT: Final = "urn:troth:subject:"


@cache
def context() -> Record:
    """Return the context that ships: what every name in a paper means."""
    packed = resources.files("troth.documents.consents").joinpath(CONTEXT)
    told: Record = json.loads(packed.read_text("utf-8"))
    return told


def linked(receipt: ConsentReceipt) -> Record:
    """Return a receipt as JSON-LD: a receipt of a record, both as DPV's guide to 27560 has them."""
    principal = _node(SUBJECT + receipt.pii_principal_id, "dpv:DataSubject")
    return {
        "@context": context(),
        "@id": f"urn:troth:receipt:{receipt.receipt_id}",
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": receipt.receipt_id,
        "dct:conformsTo": f"{PROFILE}#receipt",
        "dpv:hasRecordOfActivity": {
            "@id": f"urn:troth:entry:{receipt.record_id}",
            "@type": "dpv:ConsentRecord",
            "dct:identifier": receipt.record_id,
            "dct:conformsTo": f"{PROFILE}#record",
            "dct:hasVersion": receipt.schema_version,
            "troth:consentKey": receipt.consent_key,
            "dpv:hasDataSubject": principal,
            "dpv:hasProcess": [_process(each) for each in receipt.processing],
            "dpv:hasConsentStatus": [_status(each) for each in receipt.events],
        },
    }


def _node(name: str, kind: str) -> Record:
    return {"@id": name, "@type": kind}


def _process(told: Processing) -> Record:
    return {
        "@type": "dpv:Process",
        "dpv:hasNotice": {
            "@type": "dpv:ConsentNotice",
            "dct:identifier": told.privacy_notice,
            "dct:language": told.language,
        },
        "dpv:hasPurpose": [_meant(each) for each in told.purposes],
        "dpv:hasLegalBasis": _meant(told.lawful_basis),
        "dpv:hasPersonalData": [_data(each) for each in told.pii_information],
        "dpv:hasDataController": [_controller(each) for each in told.pii_controllers],
        "dpv:hasDataSource": told.collection_method,
        "dpv:hasProcessing": _meant(OPERATIONS.get(told.processing_method, told.processing_method)),
        "dpv:hasStorageCondition": [
            *(
                {"@type": "dpv:StorageLocation", "dpv:hasLocation": at}
                for at in told.storage_locations
            ),
            *(
                {"@type": "dpv:StorageDuration", "dpv:hasDuration": on}
                for on in told.retention_period
            ),
        ],
        "troth:geographicRestriction": list(told.geographic_restrictions),
        "dpv:hasJurisdiction": list(told.jurisdiction),
        "dpv:hasRecipientThirdParty": list(told.recipient_third_parties),
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dct:description": told.withdrawal_method,
        },
        "dpv:hasRight": list(told.privacy_rights),
    }


def _meant(word: str) -> Json:
    """Return a word as a reference where it is a term of a vocabulary, else as it is."""
    return {"@id": word} if ":" in word else word


def _data(told: Mapping[str, Any]) -> Record:
    same_as, sensitive = str(told.get("same_as", "")), bool(told.get("sensitive"))
    kinds = [same_as or "dpv:PersonalData", *(["dpv:SensitivePersonalData"] if sensitive else [])]
    return {"@type": kinds, "dct:identifier": told["category"]}


def _controller(told: Mapping[str, Any]) -> Record:
    return {
        "@type": "dpv:DataController",
        "dpv:hasName": told["name"],
        "dpv:hasContact": told["contact"],
        "dpv:hasCountry": told["country"],
    }


def _status(told: Happened) -> Record:
    status: Record = {
        "@type": f"dpv:{told.event_state}",
        "dpv:isIndicatedAtTime": {"@type": "xsd:dateTime", "@value": told.event_time},
        "dpv:isIndicatedBy": told.entity_id,
        "dpv:hasDuration": told.validity_duration,
        "troth:eventType": told.event_type,
    }
    return status | ({"troth:evidence": dict(told.evidence)} if told.evidence else {})
