"""Erasures in other databases, ordered with the act and pursued until each is clean (policy 9.4).

A database that is down, slow, or that says "done" and did nothing must not let data survive an
erasure. So the order is written in the transaction that erases, and stays until the database was
asked again and held nothing: tried at once, then ever more slowly, never given up. What is not
clean after thirty days is ``overdue`` and somebody's task.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.egress.courier import Sealer
from troth.egress.databases import PATIENCE, UNANSWERED, Database, Swept, sweep_each
from troth.model.clock import DAY, MINUTE, Moment
from troth.model.errors import NotFound, Sealed, StoreBusy
from troth.model.terms import KeyId, SubjectId
from troth.store.sql import Store, Tx

FIRST_WAIT: Final = MINUTE
LONGEST_WAIT: Final = DAY
LEASE_FOR: Final = 5 * MINUTE
TERM: Final = 30 * DAY

# Order one; a second erasure of the same subject is the same errand.
ORDER: Final = (
    "INSERT INTO errands (subject_id, place, key_id, sealed, residue, tries, ordered_at, next_at,"
    " lease) VALUES (?, ?, ?, ?, -1, 0, ?, ?, '') ON CONFLICT (subject_id, place) DO NOTHING"
)
# Whose turn it is.
READY: Final = (
    "SELECT subject_id, place FROM errands WHERE next_at <= ?"
    " ORDER BY next_at, subject_id, place LIMIT ?"
)
# Whose turn it is, of one subject.
READY_OF: Final = (
    "SELECT subject_id, place FROM errands WHERE next_at <= ? AND subject_id = ?"
    " ORDER BY place LIMIT ?"
)
# Take one, unless another was faster.
LEASE: Final = (
    "UPDATE errands SET lease = ?, next_at = ?, tries = tries + 1"
    " WHERE subject_id = ? AND place = ? AND next_at <= ?"
    " RETURNING key_id, sealed, tries, ordered_at"
)
# It answered clean: whoever asked.
DONE: Final = "DELETE FROM errands WHERE subject_id = ? AND place = ? RETURNING key_id"
# Ask again later.
LATER: Final = (
    "UPDATE errands SET residue = ?, next_at = ?, lease = ''"
    " WHERE subject_id = ? AND place = ? AND lease = ?"
)
# What a subject's erasure still waits for.
OPEN_OF: Final = "SELECT place, residue FROM errands WHERE subject_id = ? ORDER BY place"
# What is not clean after its term.
OVERDUE: Final = (
    "SELECT subject_id, place, residue, tries, ordered_at FROM errands WHERE ordered_at <= ?"
    " ORDER BY ordered_at, subject_id, place LIMIT ?"
)


class Errand(Struct, frozen=True, kw_only=True):
    """One database to be asked, under lease."""

    subject_id: str
    place: str
    key_id: KeyId
    sealed: bytes
    tries: int
    ordered_at: Moment
    lease: str


class Visit(Struct, frozen=True, kw_only=True):
    """What a database answered. ``who`` is the pseudonym the ledger has for the subject."""

    errand: Errand
    swept: Swept
    who: str


class Ended(Struct, frozen=True, kw_only=True):
    """What was written: ``clean`` with the key to destroy after the commit, or ``retry``."""

    state: Literal["clean", "retry", "gone"]
    key_id: KeyId | None = None


class Overdue(Struct, frozen=True, kw_only=True):
    """A database that is not clean after its term. ``residue`` is -1 where it never answered."""

    subject_id: str
    place: str
    residue: int
    tries: int
    ordered_at: Moment


class _Told(Struct, frozen=True, array_like=True):
    """What is sealed."""

    subject_id: str
    ref: str
    who: str


# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.msgpack.Decoder(_Told)


class Errands:
    """The erasures of one region that other databases still owe. Safe from many threads."""

    def __init__(self, store: Store, databases: Sequence[Database], sealer: Sealer) -> None:
        self._store = store
        self._databases: Mapping[str, Database] = {each.name: each for each in databases}
        self._sealer = sealer

    def order(self, tx: Tx, subject: SubjectId, *, who: str, at: Moment, ref: str = "") -> None:
        """Order every database to erase a subject, in the transaction of the erasure.

        ``ref`` is what they know the subject by; the subject's id, if nothing is said.
        """
        told = msgspec.msgpack.encode(_Told(str(subject), ref or str(subject), who))
        owed = {place for place, _ in tx.run(OPEN_OF, (subject,))}
        for place in sorted(self._databases.keys() - owed):
            key_id, sealed = self._sealer.seal_parcel(told)
            tx.run(ORDER, (subject, place, key_id, sealed, at, at))

    def due(self, at: Moment, limit: int = 16, *, subject: SubjectId | None = None) -> list[Errand]:
        """Lease errands that are due: any, or those of one subject."""
        lease = secrets.token_hex(8)

        def work(tx: Tx) -> list[Errand]:
            ready = (
                tx.run(READY, (at, limit))
                if subject is None
                else tx.run(READY_OF, (at, subject, limit))
            )
            return [errand for row in ready for errand in _leased(tx, row[0], row[1], lease, at)]

        return self._store.transact(work, urgent=True)

    def attempt(self, errands: Sequence[Errand], *, patience: float = PATIENCE) -> list[Visit]:
        """Erase and ask again, all at the same time; never call it inside a transaction.

        ``patience`` (seconds) is for all of them together; who is late counts as unreachable.
        """
        opened = [self._open(errand) for errand in errands]
        asked = [
            (place, self._databases[errand.place], told)
            for place, (errand, told) in enumerate(zip(errands, opened, strict=True))
            if told is not None and errand.place in self._databases
        ]
        answers = sweep_each([(database, told.ref) for _, database, told in asked], patience)
        found = {place: swept for (place, _, _), swept in zip(asked, answers, strict=True)}
        return [
            Visit(
                errand=errand,
                swept=found.get(place) or _unasked(errand.place),
                who=told.who if told else "",
            )
            for place, (errand, told) in enumerate(zip(errands, opened, strict=True))
        ]

    def _open(self, errand: Errand) -> _Told | None:
        try:
            opened = self._sealer.open_parcel(errand.key_id, errand.sealed)
            told = _READER.decode(opened)
        except (Sealed, NotFound, StoreBusy, msgspec.DecodeError):
            return None
        return told if told.subject_id == errand.subject_id else None

    def settle(self, tx: Tx, visit: Visit, at: Moment) -> Ended:
        """Write what a database answered, in the caller's transaction. Only "clean" ends it."""
        errand = visit.errand
        whose = (errand.subject_id, errand.place)
        if visit.swept.state == "clean":
            rows = tx.run(DONE, whose)
            return Ended(state="clean", key_id=rows[0][0]) if rows else Ended(state="gone")
        again = at + min(FIRST_WAIT << min(errand.tries - 1, 32), LONGEST_WAIT)
        kept = tx.change(LATER, (visit.swept.residue, again, *whose, errand.lease))
        return Ended(state="retry" if kept else "gone")

    def open_of(self, subject: SubjectId) -> dict[str, int]:
        """Say what an erasure still waits for: residue by database, -1 for no answer yet."""
        return {place: int(residue) for place, residue in self._store.query(OPEN_OF, (subject,))}

    def overdue(self, at: Moment, limit: int = 100) -> list[Overdue]:
        """List what is not clean thirty days after it was ordered, oldest first."""
        return [
            Overdue(
                subject_id=subject_id,
                place=place,
                residue=int(residue),
                tries=int(tries),
                ordered_at=Moment(ordered_at),
            )
            for subject_id, place, residue, tries, ordered_at in self._store.query(
                OVERDUE, (at - TERM, limit)
            )
        ]


def _leased(tx: Tx, subject_id: str, place: str, lease: str, at: Moment) -> list[Errand]:
    return [
        Errand(
            subject_id=subject_id,
            place=place,
            key_id=KeyId(key_id),
            sealed=bytes(sealed),
            tries=tries,
            ordered_at=Moment(ordered_at),
            lease=lease,
        )
        for key_id, sealed, tries, ordered_at in tx.run(
            LEASE, (lease, at + LEASE_FOR, subject_id, place, at)
        )
    ]


def _unasked(place: str) -> Swept:
    return Swept(name=place, state="unreachable", residue=UNANSWERED)
