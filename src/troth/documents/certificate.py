"""The certificate of an erasure: what its subject can hold against us (policy 6.4, 9.4).

What went, per field; what every store answered when it was asked again: clean, held by which law
until when, or incomplete and with what; since when it is effective and by when irreversible; and
which ledger entries prove it. When a store heals later it is made out anew, under the same number.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

from troth.documents.receipt import plain
from troth.model.acts import Json, Record
from troth.model.acts.answers import Answer, Remaining
from troth.model.clock import Moment, iso

State = Literal["complete", "held", "incomplete"]
"""Everything is gone; all but what a law holds; something is left, or somebody did not answer."""


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

    ``stores`` counts what each store still holds that should have gone (-1: it did not answer);
    ``answers`` says of each what remains where, and why. ``complete`` is said only when nothing is
    left but what a law holds. ``proofs`` has a place for the inclusion proof of each entry, filled
    when the ledger has integrated it. ``recipients`` were given some of it and have to hear that it
    is gone: their names by the numbers of the duties to tell them.
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
    answers: tuple[Answer, ...] = ()
    recipients: Mapping[str, str] = {}

    @property
    def state(self) -> State:
        """How it is, in one word."""
        if not self.complete:
            return "incomplete"
        kept = any(each.state == "held" for each in self.answers)
        return "held" if self.held or kept else "complete"

    def proved(self, proofs: Mapping[str, Record]) -> "ErasureCertificate":
        """Return the certificate with the inclusion proofs that are there by now."""
        filled = {entry: proofs.get(entry, old) for entry, old in self.proofs.items()}
        return msgspec.structs.replace(self, proofs=filled)

    def record(self) -> Record:
        """Return it as plain JSON, moments as ISO 8601."""
        told = plain(self)
        told["state"] = self.state
        told["effective"] = iso(self.effective)
        told["irreversible_by"] = iso(self.irreversible_by)
        told["held"] = [
            {**plain(held), "until": iso(held.until) if held.until else None} for held in self.held
        ]
        told["answers"] = [_dated(each.record()) for each in self.answers]
        return told


def read_answers(told: Json) -> tuple[Answer, ...]:
    """Read what stores answered from an entry of the ledger (``erasure.certified``).

    >>> read_answers([{"store": "shop", "sort": "database", "state": "clean"}])[0].store
    'shop'
    """
    return msgspec.convert(told or (), tuple[Answer, ...])


def _dated(told: Record) -> Record:
    until, remains = told.get("until"), told.get("remains")
    dated = {**told, "until": iso(Moment(until))} if isinstance(until, int) else told
    if isinstance(remains, list):
        dated = {**dated, "remains": [_dated(each) for each in remains]}
    return dated


__all__ = ["Answer", "ErasureCertificate", "Gone", "Remaining", "State", "StillHeld"]
