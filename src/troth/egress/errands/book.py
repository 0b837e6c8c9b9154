"""The book of orders as it lies in the store: rows, and the statements that move them (9.2, 9.4).

A row tells whose it is, what is to be done, and what each database answered when it was asked last:
places, categories, counts. Everything else lies sealed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import msgspec
from msgspec import Struct

from troth.egress.databases.port import Task
from troth.egress.errands.orders import Errand, read_held
from troth.model.acts import Kept
from troth.model.acts.answers import Remaining
from troth.model.clock import Moment
from troth.model.terms import Fields, KeyId
from troth.store.sql import Row, Rows, Store, Tx

OPEN: Final = "open"
CLEAN: Final = "clean"
HELD: Final = "held"
"""Of one database: something is left or nobody answered; nothing; only what a law keeps."""

COLUMNS: Final = (
    "subject_id, id, task, categories, held, until, key_id, sealed, tries, ordered_at, due_at,"
    " alarmed_at, not_before, next_at, lease"
)
# Put one order into the book, due at once.
WRITE: Final = (
    f"INSERT INTO orders ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0, ?, ?, '')"
)
# One database of it, or what it answered now.
NOTE: Final = (
    "INSERT INTO errands (subject_id, id, place, state, remains, asked_at)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (subject_id, id, place) DO UPDATE SET"
    " state = excluded.state, remains = excluded.remains, asked_at = excluded.asked_at"
)
# Whose turn it is; read without locks, since every row is then taken by LEASE on its own.
READY: Final = (
    "SELECT subject_id, id FROM orders WHERE next_at <= ? ORDER BY next_at, subject_id, id LIMIT ?"
)
# Whose turn it is, of one subject.
READY_OF: Final = (
    "SELECT subject_id, id FROM orders WHERE next_at <= ? AND subject_id = ?"
    " ORDER BY ordered_at, id LIMIT ?"
)
# Take one, unless another was faster.
LEASE: Final = (
    "UPDATE orders SET lease = ?, next_at = ?, tries = tries + 1"
    f" WHERE subject_id = ? AND id = ? AND next_at <= ? RETURNING {COLUMNS}"
)
# What a subject is owed, oldest first; locked until the transaction ends.
OF_SUBJECT: Final = (
    f"SELECT {COLUMNS} FROM orders WHERE subject_id = ? ORDER BY ordered_at, id FOR UPDATE"
)
# The same, only to look at.
READ: Final = f"SELECT {COLUMNS} FROM orders WHERE subject_id = ? ORDER BY ordered_at, id"
# All that is open, the soonest due first.
LIST: Final = f"SELECT {COLUMNS} FROM orders ORDER BY due_at, subject_id, id LIMIT ?"
# What is not done after its term.
OVERDUE: Final = (
    f"SELECT {COLUMNS} FROM orders WHERE due_at <= ? ORDER BY due_at, subject_id, id LIMIT ?"
)
PLACES: Final = (
    "SELECT place, state, remains, asked_at FROM errands WHERE subject_id = ? AND id = ?"
    " ORDER BY place"
)
# Others write to the same row only with a lease; a trace that grew is sealed anew.
RESEAL: Final = (
    "UPDATE orders SET key_id = ?, sealed = ? WHERE subject_id = ? AND id = ? AND lease = ?"
)
# Part of it was taken over by a later one; whoever is at work on it has lost it.
TRIM: Final = "UPDATE orders SET categories = ?, lease = '' WHERE subject_id = ? AND id = ?"
# Ask again later.
LATER: Final = (
    "UPDATE orders SET next_at = ?, alarmed_at = ?, tries = ?, lease = ''"
    " WHERE subject_id = ? AND id = ? AND lease = ?"
)
# Somebody wants it tried now.
HURRY: Final = "UPDATE orders SET next_at = ? WHERE subject_id = ? AND id = ? AND lease = ''"
# It is done, or taken over.
DROP: Final = "DELETE FROM orders WHERE subject_id = ? AND id = ? RETURNING key_id"
DROP_LEASED: Final = (
    "DELETE FROM orders WHERE subject_id = ? AND id = ? AND lease = ? RETURNING key_id"
)
DROP_PLACES: Final = "DELETE FROM errands WHERE subject_id = ? AND id = ?"
# How much is open: of each task, and how much of it is overdue.
COUNT: Final = (
    "SELECT task, COUNT(*), SUM(CASE WHEN due_at <= ? THEN 1 ELSE 0 END) FROM orders GROUP BY task"
)
# At how many orders each database keeps us waiting.
COUNT_PLACES: Final = (
    "SELECT place, state, COUNT(*) FROM errands WHERE state <> 'clean' GROUP BY place, state"
    " ORDER BY place, state"
)

_REMAINS: Final = msgspec.json.Decoder(tuple[Remaining, ...])
Run = Callable[[str, Sequence[object]], Rows]


class Place(Struct, frozen=True, kw_only=True):
    """What one database answered: ``open``, ``clean`` or ``held``; ``asked``: ``None`` if never."""

    name: str
    state: str
    remains: tuple[Remaining, ...]
    asked: Moment | None


class Open(Struct, frozen=True, kw_only=True):
    """An order that is not done, for whoever looks after it: nothing of it is unsealed.

    ``next_at`` is when it is tried again; ``late``: its term is over.
    """

    subject_id: str
    id: str
    task: Task
    categories: Fields
    held: Mapping[str, Kept]
    tries: int
    ordered_at: Moment
    due_at: Moment
    next_at: Moment
    late: bool
    places: tuple[Place, ...]


class Counts(Struct, frozen=True, kw_only=True):
    """How many orders are open, by task; how many are overdue; how many wait for which database.

    ``waiting`` is by database and ``open`` or ``held``.
    """

    open: Mapping[str, int]
    overdue: int
    waiting: Mapping[tuple[str, str], int]


def write(tx: Tx, errand: Errand, places: Sequence[str]) -> None:
    """Put an order into the book, with a row for each database."""
    tx.run(
        WRITE,
        (
            *errand.whose,
            errand.task,
            _json(errand.categories),
            _json(errand.held),
            errand.until,
            errand.key_id,
            errand.sealed,
            errand.ordered_at,
            errand.due_at,
            errand.not_before,
            errand.next_at,
        ),
    )
    for place in places:
        note(tx, errand, Place(name=place, state=OPEN, remains=(), asked=None))


def note(tx: Tx, errand: Errand, place: Place) -> None:
    """Write what one database answered."""
    told = (place.name, place.state, _json(place.remains), place.asked or 0)
    tx.run(NOTE, (*errand.whose, *told))


def lease(
    tx: Tx, token: str, at: Moment, end: Moment, limit: int, subject: str | None
) -> list[Errand]:
    """Take up to ``limit`` orders that are due, under a lease that ends at a moment."""
    ready = (
        tx.run(READY, (at, limit)) if subject is None else tx.run(READY_OF, (at, subject, limit))
    )
    return [
        _errand(taken, tx.run) for row in ready for taken in tx.run(LEASE, (token, end, *row, at))
    ]


def of_subject(tx: Tx, subject: str) -> list[Errand]:
    """Return what a subject is owed, and keep others from changing it until ``tx`` ends."""
    return [_errand(row, tx.run) for row in tx.run(OF_SUBJECT, (subject,))]


def drop(tx: Tx, errand: Errand, *, leased: bool) -> KeyId | None:
    """Take an order out and return its key's id; ``None`` where it is gone, or another's by now."""
    whose = errand.whose
    rows = tx.run(DROP_LEASED, (*whose, errand.lease)) if leased else tx.run(DROP, whose)
    if not rows:
        return None
    tx.run(DROP_PLACES, whose)
    return KeyId(rows[0][0])


def trim(tx: Tx, errand: Errand, categories: Fields) -> None:
    """Leave an order only some of its categories."""
    tx.run(TRIM, (_json(categories), *errand.whose))


def read(store: Store, subject: str, at: Moment) -> list[Open]:
    """Return what a subject is owed, oldest first."""
    return _opened(store, store.query(READ, (subject,)), at)


def listed(store: Store, at: Moment, limit: int, *, overdue: bool) -> list[Open]:
    """Return what is open, the soonest due first; only what is ``overdue``."""
    rows = store.query(OVERDUE, (at, limit)) if overdue else store.query(LIST, (limit,))
    return _opened(store, rows, at)


def counts(store: Store, at: Moment) -> Counts:
    """Count what is open."""
    tasks = store.query(COUNT, (at,))
    return Counts(
        open={task: int(count) for task, count, _ in tasks},
        overdue=sum(int(late or 0) for _, _, late in tasks),
        waiting={
            (place, state): int(count) for place, state, count in store.query(COUNT_PLACES, ())
        },
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _errand(row: Row, run: Run) -> Errand:
    (subject_id, order, task, categories, held, until, key_id, sealed, tries, *rest) = row
    ordered_at, due_at, alarmed_at, not_before, next_at, leased = rest
    return Errand(
        subject_id=subject_id,
        id=order,
        task=cast(Task, task),
        categories=tuple(msgspec.json.decode(categories)),
        held=read_held(held),
        until=None if until is None else Moment(until),
        key_id=KeyId(key_id),
        sealed=bytes(sealed),
        tries=tries,
        ordered_at=Moment(ordered_at),
        due_at=Moment(due_at),
        alarmed=alarmed_at > 0,
        not_before=Moment(not_before),
        next_at=Moment(next_at),
        lease=leased,
        places={place: state for place, state, *_ in run(PLACES, (subject_id, order))},
    )


def _opened(store: Store, rows: Rows, at: Moment) -> list[Open]:
    errands = [_errand(row, store.query) for row in rows]
    return [
        Open(
            subject_id=one.subject_id,
            id=one.id,
            task=one.task,
            categories=one.categories,
            held=one.held,
            tries=one.tries,
            ordered_at=one.ordered_at,
            due_at=one.due_at,
            next_at=one.next_at,
            late=one.due_at <= at,
            places=tuple(
                Place(
                    name=name,
                    state=state,
                    remains=_REMAINS.decode(remains),
                    asked=Moment(asked) if asked else None,
                )
                for name, state, remains, asked in store.query(PLACES, one.whose)
            ),
        )
        for one in errands
    ]
