"""The outbox as it lies in the store: rows, and the statements that move them (policy 7.2, 7.4).

What a row tells: whose it is, which notice, how often it was tried. What it does not tell, because
that lies sealed: where it goes, what it says, and the pseudonym the ledger has for its subject.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.terms import KeyId, SubjectId
from troth.store.sql import Row, Rows, Store, Tx

Run = Callable[[str, Sequence[object]], Rows]
WAITING: Final = "waiting"
DEAD: Final = "dead"
BY_HAND: Final = "by_hand"
"""Waits for people to deliver it (``sheet``)."""


class Payload(Struct, frozen=True, kw_only=True, array_like=True):
    """What is sealed: the message, its addresses in order, and the row it belongs to."""

    subject_id: str
    id: str
    who: str
    addresses: tuple[tuple[str, str], ...]
    title: str
    text: str
    language: str
    at: Moment
    unsubscribe: str

    def __repr__(self) -> str:
        return f"Payload(id={self.id!r})"


class Parcel(Struct, frozen=True, kw_only=True):
    """One row under lease. ``place`` is which address is tried, ``tries`` how often, this one too.

    From ``until`` on it is not to be delivered any more; ``late`` says that this has come.
    ``laid_out``: people had it to deliver, and their time is over (see ``sheet``).
    """

    subject_id: str
    id: str
    notice: str
    purpose: str
    key_id: KeyId
    sealed: bytes
    place: int
    places: int
    tries: int
    until: Moment | None
    late: bool
    lease: str
    laid_out: bool = False

    @property
    def subject(self) -> SubjectId | None:
        """The subject; None where the message is for somebody who has no file."""
        try:
            return SubjectId(self.subject_id)
        except ValueError:
            return None

    @property
    def last(self) -> bool:
        """Whether this is the last address there is."""
        return self.place + 1 >= self.places


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A message that no channel took: nothing in it says to whom it was going."""

    id: str
    notice: str
    code: str
    queued_at: Moment
    purged_at: Moment


class Backlog(Struct, frozen=True, kw_only=True):
    """How many messages wait, how many are dead, and when the oldest that waits was queued.

    ``by_hand`` counts those that people have to deliver.
    """

    waiting: int
    dead: int
    oldest: Moment | None
    by_hand: int = 0


# Put one message into the outbox.
WRITE: Final = (
    "INSERT INTO outbox (subject_id, id, notice, purpose, key_id, sealed, state, place, places,"
    " tries, queued_at, until, next_at, lease, code)"
    " VALUES (?, ?, ?, ?, ?, ?, 'waiting', 0, ?, 0, ?, ?, ?, '', '')"
)
# Whose turn it is; read without locks, since every row is then taken by LEASE on its own.
READY: Final = (
    "SELECT subject_id, id, until FROM outbox WHERE state = 'waiting' AND next_at <= ?"
    " ORDER BY next_at, id LIMIT ?"
)
# Take one row, unless another courier was faster. The try counts from here: one that kills the
# process is counted too.
LEASE: Final = (
    "UPDATE outbox SET lease = ?, next_at = ?, tries = tries + 1"
    " WHERE subject_id = ? AND id = ? AND state = 'waiting' AND next_at <= ?"
    " RETURNING notice, purpose, key_id, sealed, place, places, tries, code"
)
# A channel took it: whoever holds the lease by now, it is delivered.
DELIVERED: Final = "DELETE FROM outbox WHERE subject_id = ? AND id = ? RETURNING key_id"
# It is not to be delivered any more; only the lease's holder may say so.
DROP: Final = "DELETE FROM outbox WHERE subject_id = ? AND id = ? AND lease = ? RETURNING key_id"
# Try again: later, elsewhere, or (dead) when somebody asks for it.
POSTPONE: Final = (
    "UPDATE outbox SET state = ?, place = ?, tries = ?, next_at = ?, code = ?, lease = ''"
    " WHERE subject_id = ? AND id = ? AND lease = ?"
)
# What no channel took, oldest purge date first.
LIST_DEAD: Final = (
    "SELECT id, notice, code, queued_at, next_at FROM outbox WHERE state = 'dead'"
    " ORDER BY next_at, id LIMIT ?"
)
# Start over with the first address.
REVIVE: Final = (
    "UPDATE outbox SET state = 'waiting', place = 0, tries = 0, next_at = ?, code = ''"
    " WHERE state = 'dead' AND id = ?"
)
# Dead letters whose time is over.
OUTDATED: Final = (
    "SELECT subject_id, id FROM outbox WHERE state = 'dead' AND next_at <= ?"
    " ORDER BY next_at, id LIMIT ?"
)
# How many rows of each state, and since when.
COUNT: Final = "SELECT state, COUNT(*), MIN(queued_at) FROM outbox GROUP BY state"
# What waits for one subject, before it is decided what of it is taken back.
OF_SUBJECT: Final = "SELECT id, purpose FROM outbox WHERE subject_id = ?"
# For whom of some subjects anything waits.
HAVING: Final = "SELECT DISTINCT subject_id FROM outbox WHERE subject_id IN ({})"
# What waits for one, sealed: to see where each is going.
SEALED_OF: Final = "SELECT id, key_id, sealed FROM outbox WHERE subject_id = ?"


def write(
    tx: Tx,
    payload: Payload,
    key_id: KeyId,
    sealed: bytes,
    *,
    notice: str,
    purpose: str,
    until: Moment | None,
) -> None:
    """Put one sealed message into the outbox, due at once."""
    tx.run(
        WRITE,
        (
            payload.subject_id,
            payload.id,
            notice,
            purpose,
            key_id,
            sealed,
            len(payload.addresses),
            payload.at,
            until,
            payload.at,
        ),
    )


def lease(tx: Tx, token: str, at: Moment, end: Moment, limit: int) -> list[Parcel]:
    """Take up to ``limit`` rows that are due, under a lease that ends at a moment."""
    parcels: list[Parcel] = []
    for subject_id, parcel_id, expires in tx.run(READY, (at, limit)):
        rows = tx.run(LEASE, (token, end, subject_id, parcel_id, at))
        until = None if expires is None else Moment(expires)
        parcels.extend(_parcel(subject_id, parcel_id, row, token, until, at) for row in rows)
    return parcels


def drop(tx: Tx, parcel: Parcel, *, delivered: bool) -> KeyId | None:
    """Take a row out and return its key's id; None where it is gone, or no longer ours to drop."""
    whose = (parcel.subject_id, parcel.id)
    rows = tx.run(DELIVERED, whose) if delivered else tx.run(DROP, (*whose, parcel.lease))
    return KeyId(rows[0][0]) if rows else None


def postpone(
    tx: Tx, parcel: Parcel, *, state: str, place: int, tries: int, next_at: Moment, code: str
) -> bool:
    """Write when and where to try again; False where the row is gone or leased by another."""
    changed = tx.change(
        POSTPONE,
        (state, place, tries, next_at, code, parcel.subject_id, parcel.id, parcel.lease),
    )
    return changed == 1


def revive(tx: Tx, parcel_id: str, at: Moment) -> bool:
    """Let a dead letter start over; False where there is none of that id."""
    return tx.change(REVIVE, (at, parcel_id)) == 1


def outdated(tx: Tx, at: Moment, limit: int) -> list[KeyId]:
    """Take out dead letters whose time is over; return their keys' ids."""
    rows = tx.run(OUTDATED, (at, limit))
    return [key for row in rows for (key,) in tx.run(DELIVERED, row)]


def recall(tx: Tx, subject: str, purpose: str | None, keep: Sequence[str]) -> list[KeyId]:
    """Take out what waits for a subject, or what waits for one purpose; return the keys' ids."""
    return [
        key
        for parcel_id, its_purpose in tx.run(OF_SUBJECT, (subject,))
        if parcel_id not in keep and purpose in (None, its_purpose)
        for (key,) in tx.run(DELIVERED, (subject, parcel_id))
    ]


def sealed_of(run: Run, subject: str) -> list[tuple[str, KeyId, bytes]]:
    """Return the messages that wait for a subject, sealed."""
    return [(name, KeyId(key), bytes(sealed)) for name, key, sealed in run(SEALED_OF, (subject,))]


def take(tx: Tx, subject: str, parcel_id: str) -> list[KeyId]:
    """Take one message out; return its key's id."""
    return [key for (key,) in tx.run(DELIVERED, (subject, parcel_id))]


def held(store: Store, subject: str) -> int:
    """Count the messages that still wait for a subject, dead ones too."""
    return len(store.query(OF_SUBJECT, (subject,)))


def having(run: Run, subjects: Sequence[str]) -> set[str]:
    """Return those of some subjects for whom a message still waits, dead ones too."""
    sql = HAVING.format(", ".join("?" * len(subjects)))
    return {subject for (subject,) in run(sql, subjects)} if subjects else set()


def dead_letters(store: Store, limit: int) -> list[DeadLetter]:
    """Return what no channel took, the next to be purged first."""
    return [
        DeadLetter(
            id=parcel_id,
            notice=notice,
            code=code,
            queued_at=Moment(queued_at),
            purged_at=Moment(purged_at),
        )
        for parcel_id, notice, code, queued_at, purged_at in store.query(LIST_DEAD, (limit,))
    ]


def backlog(store: Store) -> Backlog:
    """Count what lies in the outbox."""
    found = {state: (int(count), oldest) for state, count, oldest in store.query(COUNT)}
    waiting, oldest = found.get(WAITING, (0, None))
    dead, by_hand = (found.get(state, (0, None))[0] for state in (DEAD, BY_HAND))
    return Backlog(waiting=waiting, dead=dead, oldest=oldest, by_hand=by_hand)


def _parcel(
    subject_id: str, parcel_id: str, row: Row, token: str, until: Moment | None, at: Moment
) -> Parcel:
    notice, purpose, key_id, sealed, place, places, tries, code = row
    return Parcel(
        subject_id=subject_id,
        id=parcel_id,
        notice=notice,
        purpose=purpose,
        key_id=key_id,
        sealed=bytes(sealed),
        place=place,
        places=places,
        tries=tries,
        until=until,
        late=until is not None and until <= at,
        lease=token,
        laid_out=code == BY_HAND,
    )
