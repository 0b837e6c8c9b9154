"""Signed receipts: a consent's record as a file, and what it proves to anybody, offline (9.3).

A receipt is plain JSON, or JSON-LD with the terms of DPV. Either way it is signed as it stands, and
carries the proof that its last word stands in the ledger.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct

from troth.documents.consents import signed
from troth.documents.consents.linked import SUBJECT, context, linked
from troth.documents.consents.record import SCHEMA, ConsentReceipt
from troth.ledger.checkpoint import InclusionProof, public_of
from troth.ledger.entry import Entry
from troth.model.acts import Record
from troth.model.clock import Moment
from troth.model.errors import Unverifiable

RECEIPT: Final = "receipt"
INCLUSION: Final = "inclusion"
LINKED: Final = "troth:inclusion"


class Checked(Struct, frozen=True, kw_only=True):
    """What a receipt proves: who (by pseudonym) said what to what, last of all, and when.

    ``state`` is DPV's name of it; ``in_ledger`` says that the entry was shown to stand there.
    """

    receipt: str
    entry: str
    who: str
    consent: str
    state: str
    at: str
    linked: bool
    in_ledger: bool


def receipt_file(
    receipt: ConsentReceipt,
    seed: bytes,
    at: Moment,
    *,
    proof: InclusionProof | None = None,
    as_linked: bool = False,
) -> bytes:
    """Write a receipt as a signed file: JSON, or JSON-LD where it is asked for."""
    paper: Record = linked(receipt) if as_linked else {RECEIPT: receipt.record()}
    if proof is not None:
        paper[LINKED if as_linked else INCLUSION] = signed.attached(proof)
    return msgspec.json.format(msgspec.json.encode(signed.sign(paper, seed, at)), indent=1)


def verify(raw: bytes, vkey: str) -> Checked:
    """Return what a receipt proves, with the ledger's public key alone.

    Raises ``Unverifiable`` when anything in it was altered, another key signed it, or the ledger's
    proof in it is about something else.
    """
    paper = signed.verify_signature(signed.read(raw), public_of(vkey))
    try:
        found = _of_linked(paper) if "@context" in paper else _of_plain(paper)
    except (KeyError, IndexError, TypeError):
        raise Unverifiable("this paper is signed, and is no receipt of a consent") from None
    inclusion = paper.get(LINKED if found.linked else INCLUSION)
    if inclusion is None:
        return found
    _demand_same(found, signed.verify_entry(inclusion, vkey))
    return msgspec.structs.replace(found, in_ledger=True)


def _of_plain(paper: Mapping[str, Any]) -> Checked:
    told = paper[RECEIPT]
    if told["schema_version"] != SCHEMA:
        raise Unverifiable("this receipt is of a schema we do not know")
    last = told["events"][-1]
    return Checked(
        receipt=told["receipt_id"],
        entry=told["record_id"],
        who=told["pii_principal_id"],
        consent=told["consent_key"],
        state=last["event_state"],
        at=last["event_time"],
        linked=False,
        in_ledger=False,
    )


def _of_linked(paper: Mapping[str, Any]) -> Checked:
    told = paper["dpv:hasRecordOfActivity"]
    if paper["@context"] != context() or told["dct:hasVersion"] != SCHEMA:
        raise Unverifiable("this receipt is written in terms we do not know")
    last = told["dpv:hasConsentStatus"][-1]
    return Checked(
        receipt=paper["dct:identifier"],
        entry=told["dct:identifier"],
        who=told["dpv:hasDataSubject"]["@id"].removeprefix(SUBJECT),
        consent=told["troth:consentKey"],
        state=last["@type"].removeprefix("dpv:"),
        at=last["dpv:isIndicatedAtTime"]["@value"],
        linked=True,
        in_ledger=False,
    )


def _demand_same(found: Checked, entry: Entry) -> None:
    """Demand that the entry shown to stand in the ledger is the one the receipt is about."""
    told = (entry.id, entry.who, entry.what.get("to"), entry.kind.partition(".")[0])
    if told != (found.entry, found.who, found.consent, "consent"):
        raise Unverifiable("the ledger's proof in this receipt is about another entry")
