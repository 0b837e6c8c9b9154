"""Receipts: what a subject can keep and hold against us (policy 6.4, 9.3; ISO/IEC TS 27560).

A consent receipt carries the field names of ISO/IEC TS 27560:2023 and the states of W3C DPV. An
erasure certificate says what went, per field and store, what a law holds and until when, since when
it is effective and by when irreversible, and which ledger entries prove it.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.documents.agreement import Asked, asked
from troth.model.acts import Json, Record
from troth.model.clock import Moment, iso
from troth.model.standing import Consent
from troth.model.terms import Region, matches
from troth.policy.edition import Edition

SCHEMA: Final = "ISO/IEC TS 27560:2023"
STATES: Final[Mapping[str, str]] = {
    "given": "ConsentGiven",
    "refused": "ConsentRefused",
    "withdrawn": "ConsentWithdrawn",
    "expired": "ConsentExpired",
}
"""The states of DPV's ConsentStatus that a consent of ours can be in."""


MOMENTS: Final = ("by", "until", "expires", "irreversible_by")
"""What an entry says in moments."""


class Processing(Struct, frozen=True, kw_only=True):
    """What is consented to, under the names of ISO/IEC TS 27560."""

    privacy_notice: str
    language: str
    purposes: tuple[str, ...]
    lawful_basis: str
    pii_information: tuple[Mapping[str, Json], ...]
    pii_controllers: tuple[Mapping[str, Json], ...]
    collection_method: str
    processing_method: str
    storage_locations: tuple[str, ...]
    retention_period: tuple[str, ...]
    geographic_restrictions: tuple[str, ...]
    jurisdiction: tuple[str, ...]
    recipient_third_parties: tuple[str, ...]
    withdrawal_method: str
    privacy_rights: tuple[str, ...]


class Happened(Struct, frozen=True, kw_only=True):
    """One event of a consent's life, under the names of ISO/IEC TS 27560."""

    event_time: str
    validity_duration: str
    entity_id: str
    event_type: str
    event_state: str


class ConsentReceipt(Struct, frozen=True, kw_only=True):
    """A consent record as its subject receives it; ``record_id`` is the ledger entry's id."""

    schema_version: str
    record_id: str
    pii_principal_id: str
    processing: tuple[Processing, ...]
    events: tuple[Happened, ...]

    def record(self) -> Record:
        """Return it as plain JSON."""
        return plain(self)


def consent_receipt(
    key: str,
    consent: Consent,
    *,
    who: str,
    regimes: tuple[str, ...],
    region: Region,
    language: str,
    edition: Edition,
    at: Moment,
) -> ConsentReceipt:
    """Return the receipt of one consent as it stands at a moment.

    ``who`` is the subject's pseudonym in the ledger, ``regimes`` the laws that bind, ``region``
    where the data lies. Everything else is read from the edition.
    """
    state = state_of(consent, at)
    happened = Happened(
        event_time=iso(consent.at),
        validity_duration=f"until {iso(consent.expires)}" if consent.expires else "until withdrawn",
        entity_id=who,
        event_type="explicit",
        event_state=STATES[state],
    )
    return ConsentReceipt(
        schema_version=SCHEMA,
        record_id=consent.entry,
        pii_principal_id=who,
        processing=(_processing(asked(key), regimes, region, language, edition),),
        events=(happened,),
    )


def state_of(consent: Consent, at: Moment) -> str:
    """Return the DPV word for a consent's state, ``expired`` where its date has passed."""
    over = consent.expires is not None and consent.expires <= at
    return "expired" if consent.state == "given" and over else consent.state


def _processing(
    about: Asked, regimes: tuple[str, ...], region: Region, language: str, edition: Edition
) -> Processing:
    fields = fields_of(about, edition)
    purpose = edition.purposes.get(about.purpose)
    return Processing(
        privacy_notice=f"{edition.policy.id}/{edition.policy.edition} sha256:{edition.hash}",
        language=language,
        purposes=(purpose.same_as if purpose and purpose.same_as else about.purpose,),
        lawful_basis="dpv:ExplicitlyExpressedConsent",
        pii_information=tuple(_information(field, edition) for field in fields),
        pii_controllers=(_controller(edition),),
        collection_method="provided by the subject",
        processing_method=about.operation,
        storage_locations=(region,),
        retention_period=_kept(fields, edition),
        geographic_restrictions=(about.region or region,),
        jurisdiction=regimes,
        recipient_third_parties=(about.recipient,) if about.recipient else (),
        withdrawal_method="privacy centre, consents, one step",
        privacy_rights=tuple(
            right for right, rule in edition.rights.items() if {*rule.regimes} & {*regimes}
        ),
    )


def _controller(edition: Edition) -> dict[str, Json]:
    who = edition.controller
    return {"name": who.legal_name, "contact": who.contact, "country": who.country}


def fields_of(about: Asked, edition: Edition) -> tuple[str, ...]:
    """Return the fields a consent opens: the one it names, or all its purpose's rules cover."""
    if about.field:
        return (about.field,)
    patterns = {
        pattern
        for rule in edition.rules.values()
        if rule.verb == "permit"
        and about.purpose in rule.purposes
        and (about.operation in rule.operations)
        and (not about.recipient or about.recipient in rule.to)
        for pattern in rule.categories
    }
    return tuple(
        field
        for field in edition.categories
        if any(matches(pattern, field) for pattern in patterns)
    )


def opened_by(about: Asked, edition: Edition) -> tuple[str, ...]:
    """Return the fields that a consent opens by itself: sensitive ones are asked for apart."""
    if about.field:
        return (about.field,)
    return tuple(
        field
        for field in fields_of(about, edition)
        if not edition.categories[field].closed
        and (about.operation != "use" or edition.categories[field].sensitive is None)
    )


def _information(field: str, edition: Edition) -> dict[str, Json]:
    category = edition.categories.get(field)
    if category is None:
        return {"category": field}
    return {
        "category": field,
        "same_as": category.same_as,
        "sensitive": category.sensitive is not None,
    }


def _kept(fields: Iterable[str], edition: Edition) -> tuple[str, ...]:
    told = (
        f"{rule.keep} from {rule.start}"
        for field in fields
        for rule in edition.retention
        if any(matches(pattern, field) for pattern in rule.categories)
    )
    return tuple(dict.fromkeys(told))


# --- anything else -----------------------------------------------------------------------------


class Statement(Struct, frozen=True, kw_only=True):
    """One entry of the ledger as its subject keeps it: what was done, when, under which policy.

    ``proof`` (C2SP tlog-proof) shows with ``key`` that entry ``entry`` stands in the ledger.
    """

    issuer: Mapping[str, Json]
    who: str
    what: str
    at: str
    details: Mapping[str, Json]
    clauses: tuple[str, ...]
    policy: str
    region: str
    entry: str
    proof: str
    key: str

    def record(self) -> Record:
        """Return it as plain JSON."""
        return plain(self)


def statement(
    what: str,
    at: Moment,
    details: Mapping[str, Json],
    clauses: tuple[str, ...],
    *,
    entry: str,
    who: str,
    region: Region,
    edition: Edition,
    proof: str,
    key: str,
) -> Statement:
    """Return what an entry says, with the moments in it as ISO 8601."""
    return Statement(
        issuer=_controller(edition),
        who=who,
        what=what,
        at=iso(at),
        details={
            name: iso(Moment(value)) if name in MOMENTS and isinstance(value, int) else value
            for name, value in details.items()
        },
        clauses=clauses,
        policy=f"{edition.policy.id}/{edition.policy.edition} sha256:{edition.hash}",
        region=region,
        entry=entry,
        proof=proof,
        key=key,
    )


# --- erasure -----------------------------------------------------------------------------------


class Gone(Struct, frozen=True, kw_only=True):
    """One field that was erased, in which store, by which method (policy 9.4)."""

    field: str
    store: str
    method: Literal["shred_key", "delete_row", "anonymise"] = "shred_key"


class StillHeld(Struct, frozen=True, kw_only=True):
    """One field that a law holds: stored and secured until then, and used for nothing."""

    field: str
    hold: str
    law: str
    until: Moment | None


class ErasureCertificate(Struct, frozen=True, kw_only=True):
    """What an erasure did, as its subject keeps it; it names them only by the ledger's pseudonym.

    ``stores`` counts what each store answered when it was asked again (-1: it did not answer).
    ``complete`` is said only when every one of them answered zero. ``proofs`` has a place for the
    inclusion proof of each entry, filled when the ledger has integrated it.
    """

    who: str
    edition: str
    gone: tuple[Gone, ...]
    held: tuple[StillHeld, ...]
    effective: Moment
    irreversible_by: Moment
    stores: Mapping[str, int]
    complete: bool
    proofs: Mapping[str, Record | None]

    def proved(self, proofs: Mapping[str, Record]) -> "ErasureCertificate":
        """Return the certificate with the inclusion proofs that are there by now."""
        filled = {entry: proofs.get(entry, old) for entry, old in self.proofs.items()}
        return msgspec.structs.replace(self, proofs=filled)

    def record(self) -> Record:
        """Return it as plain JSON, moments as ISO 8601."""
        told = plain(self)
        told["effective"] = iso(self.effective)
        told["irreversible_by"] = iso(self.irreversible_by)
        told["held"] = [
            {**plain(held), "until": iso(held.until) if held.until else None} for held in self.held
        ]
        return told


def plain(struct: Struct) -> Record:
    """Return a struct as the plain JSON it is sent as: lists, texts, numbers."""
    read: Record = msgspec.json.decode(msgspec.json.encode(struct))
    return read
