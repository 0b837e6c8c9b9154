"""Receipts: what a subject can keep and hold against us (policy 6.4, 9.3).

A statement says what one entry of the ledger remembers; a consent's receipt is in ``consents``, an
erasure's in ``certificate``.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from troth.model.acts import Json, Record
from troth.model.clock import Moment, iso
from troth.model.terms import Region
from troth.policy.edition import Edition

MOMENTS: Final = ("by", "until", "expires", "irreversible_by")
"""What an entry says in moments."""


def controller_of(edition: Edition) -> dict[str, Json]:
    """Return who answers for the data, as papers name it."""
    who = edition.controller
    return {"name": who.legal_name, "contact": who.contact, "country": who.country}


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
        issuer=controller_of(edition),
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


def plain(struct: Struct) -> Record:
    """Return a struct as the plain JSON it is sent as: lists, texts, numbers."""
    read: Record = msgspec.json.decode(msgspec.json.encode(struct))
    return read
