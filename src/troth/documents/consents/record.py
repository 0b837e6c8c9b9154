"""The record of a consent, and its receipt: the fields of ISO/IEC TS 27560:2023 (policy 9.3).

Everything a record says of the processing is read from the edition under which the word was said;
everything it says of the consent's life, from the ledger. It names the subject by the ledger's
pseudonym alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from troth.documents.agreement import Asked, asked
from troth.documents.consents.states import DPV, VALID, Said
from troth.documents.receipt import controller_of, plain
from troth.model.acts import Json, Record
from troth.model.clock import Moment, iso
from troth.model.terms import Region, matches
from troth.policy.edition import Edition

SCHEMA: Final = "ISO/IEC TS 27560:2023"
UNTIL_WITHDRAWN: Final = "until withdrawn"
EXPLICIT: Final = frozenset({"given", "renewed", "refused", "withdrawn"})
"""What somebody says by an act of their own."""
COLLECTED: Final[Mapping[str, str]] = {
    "self": "provided by the subject",
    "": "provided by the subject",
}


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
    """One event of a consent's life, under the names of ISO/IEC TS 27560.

    ``evidence`` says where it was said before it came to this house, where it was.
    """

    event_time: str
    validity_duration: str
    entity_id: str
    event_type: str
    event_state: str
    evidence: Mapping[str, Json] | None = None


class ConsentReceipt(Struct, frozen=True, kw_only=True):
    """A consent record as its subject receives it.

    ``record_id`` is the id of the ledger's entry of the last word, ``receipt_id`` the number that
    was sent with it, ``consent_key`` the policy's own name for what was consented to.
    """

    schema_version: str
    record_id: str
    receipt_id: str
    pii_principal_id: str
    consent_key: str
    processing: tuple[Processing, ...]
    events: tuple[Happened, ...]

    def record(self) -> Record:
        """Return it as plain JSON."""
        return plain(self)


def consent_receipt(
    words: Sequence[Said],
    *,
    who: str,
    regimes: tuple[str, ...],
    region: Region,
    edition: Edition,
    at: Moment,
) -> ConsentReceipt:
    """Return the receipt of the last of some words, all about one key, oldest first.

    ``who`` is the subject's pseudonym in the ledger, ``regimes`` the laws that bind, ``region``
    where the data lies, ``edition`` the one under which the last word was said.
    """
    last = words[-1]
    return ConsentReceipt(
        schema_version=SCHEMA,
        record_id=last.entry,
        receipt_id=last.receipt or last.entry,
        pii_principal_id=who,
        consent_key=last.key,
        processing=(_processing(asked(last.key), regimes, region, last, edition),),
        events=tuple(_events(words, who, at)),
    )


def _events(words: Sequence[Said], who: str, at: Moment) -> Iterator[Happened]:
    """Tell each word, and after one that ended by its date, that it did."""
    for number, word in enumerate(words):
        elsewhere = word.elsewhere
        own = word.by.partition(":")[0] in ("subject", "guardian") or elsewhere is not None
        yield Happened(
            event_time=iso(elsewhere.at if elsewhere else word.at),
            validity_duration=f"until {iso(word.expires)}" if word.expires else UNTIL_WITHDRAWN,
            entity_id=who if own else "controller",
            event_type="explicit" if word.state in EXPLICIT else word.state,
            event_state=DPV[word.state],
            evidence=_readable(elsewhere.record()) if elsewhere else None,
        )
        following = words[number + 1].at if number + 1 < len(words) else at
        if word.state in VALID and word.expires is not None and word.expires <= following:
            yield Happened(
                event_time=iso(word.expires),
                validity_duration="ended",
                entity_id="controller",
                event_type="expired",
                event_state=DPV["expired"],
            )


def _readable(told: Record) -> Record:
    at = told["at"]
    return {**told, "at": iso(Moment(at))} if isinstance(at, int) else told


def _processing(
    about: Asked, regimes: tuple[str, ...], region: Region, said: Said, edition: Edition
) -> Processing:
    fields = fields_of(about, edition)
    purpose = edition.purposes.get(about.purpose)
    shown = f" notice:{said.notice}" if said.notice else ""
    return Processing(
        privacy_notice=f"{edition.policy.id}/{edition.policy.edition} sha256:{edition.hash}{shown}",
        language=said.language or edition.policy.authoritative,
        purposes=(purpose.same_as if purpose and purpose.same_as else about.purpose,),
        lawful_basis="dpv:ExplicitlyExpressedConsent",
        pii_information=tuple(_information(field, edition) for field in fields),
        pii_controllers=(controller_of(edition),),
        collection_method=COLLECTED.get(said.method, said.method),
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
