"""Deposits: what was made for a subject and lies sealed until they fetch it (policy 9.1, 6.4).

A copy of everything that is held is as secret as all of it together. It lies under a key of its
own, which dies with the row: at its date, at its subject's word, and with every erasure, because a
copy still holds what was erased.
"""

from collections.abc import Sequence
from typing import Final, Literal, cast

from msgspec import Struct

from troth.model.clock import MINUTE, Moment
from troth.model.errors import NotFound, Sealed
from troth.model.secret import Secret
from troth.model.terms import KeyId, SubjectId
from troth.store.sql import Row, Store, Tx
from troth.vault.cells import Doomed, Vault

State = Literal["ordered", "made", "ready", "failed"]
"""Ordered; made and sealed, but not told of yet; ready to be fetched; given up."""
LEASE: Final = 2 * MINUTE
MOST_TRIES: Final = 5
MADE: Final = 90
"""Of a hundred steps: what is done when the contents are sealed."""

COLUMNS: Final = "subject_id, id, language, state, done, tries, size, ordered_at, until, fetched"
# Something is to be made.
ORDER: Final = (
    "INSERT INTO deposits (subject_id, id, language, state, done, tries, size, key_id, sealed,"
    " ordered_at, until, next_at, fetched) VALUES (?, ?, ?, 'ordered', 0, 0, 0, '', NULL, ?, ?, ?,"
    " 0)"
)
# Whose turn it is; read without locks, since every row is then taken by TAKE_UP on its own.
DUE: Final = (
    "SELECT subject_id, id FROM deposits WHERE state IN ('ordered', 'made') AND next_at <= ?"
    " ORDER BY next_at, subject_id, id LIMIT ?"
)
# Work on one, unless another was faster; a try counts from here.
TAKE_UP: Final = (
    "UPDATE deposits SET next_at = ?, tries = tries + 1 WHERE subject_id = ? AND id = ?"
    f" AND state IN ('ordered', 'made') AND next_at <= ? RETURNING {COLUMNS}"
)
# Say how far the work is.
ADVANCE: Final = (
    "UPDATE deposits SET done = ? WHERE subject_id = ? AND id = ? AND state = 'ordered'"
)
# Put in what was made; not where the row has gone meanwhile, or holds something.
FILL: Final = (
    "UPDATE deposits SET state = 'made', done = ?, size = ?, key_id = ?, sealed = ?"
    " WHERE subject_id = ? AND id = ? AND state = 'ordered'"
)
# It may be fetched, until then.
RELEASE: Final = (
    "UPDATE deposits SET state = 'ready', done = 100, until = ?"
    " WHERE subject_id = ? AND id = ? AND state = 'made'"
)
# It could not be made, however often it was tried.
GIVE_UP: Final = "UPDATE deposits SET state = 'failed' WHERE subject_id = ? AND id = ?"
# A subject's own, newest first.
LIST: Final = (
    f"SELECT {COLUMNS} FROM deposits WHERE subject_id = ? AND until > ?"
    " ORDER BY ordered_at DESC, id"
)
# The contents of one.
READ: Final = (
    "SELECT key_id, sealed FROM deposits"
    " WHERE subject_id = ? AND id = ? AND state = 'ready' AND until > ?"
)
# It was fetched once more.
COUNT: Final = "UPDATE deposits SET fetched = fetched + 1 WHERE subject_id = ? AND id = ?"
# One goes, and its key is to die.
TAKE: Final = "DELETE FROM deposits WHERE subject_id = ? AND id = ? RETURNING key_id"
# All of a subject's go.
TAKE_ALL: Final = "DELETE FROM deposits WHERE subject_id = ? RETURNING key_id"
# Whose time is over.
OVER: Final = "SELECT subject_id, id FROM deposits WHERE until <= ? ORDER BY until LIMIT ?"
# How many lie here of a subject: what an erasure asks again.
HELD: Final = "SELECT COUNT(*) FROM deposits WHERE subject_id = ?"


class Deposit(Struct, frozen=True, kw_only=True):
    """One deposit, without its contents: how far it is (``done`` of 100), its size in bytes."""

    subject: SubjectId
    id: str
    language: str
    state: State
    done: int
    tries: int
    size: int
    ordered: Moment
    until: Moment
    fetched: int


class Deposits:
    """The deposits of one region. Safe from many threads and processes."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    # --- making --------------------------------------------------------------------------------

    def order(
        self, subject: SubjectId, deposit: str, *, language: str, at: Moment, until: Moment
    ) -> None:
        """Note that something is to be made; it is given up with its row at ``until``."""
        row = (subject, deposit, language, at, until, at)
        self._store.transact(lambda tx: tx.run(ORDER, row))

    def due(self, at: Moment, limit: int = 8) -> list[Deposit]:
        """Take up what is to be made, under a lease; whoever asks meanwhile gets others."""
        until = Moment(at + LEASE)

        def work(tx: Tx) -> list[Row]:
            waiting = tx.run(DUE, (at, limit))
            return [row for place in waiting for row in tx.run(TAKE_UP, (until, *place, at))]

        # Most of the time nothing waits, and then nobody is kept from writing.
        waiting = self._store.query(DUE, (at, 1))
        return [_deposit(row) for row in self._store.transact(work)] if waiting else []

    def advance(self, deposit: Deposit, done: int) -> None:
        """Say how much of a hundred is done."""
        self._store.transact(lambda tx: tx.run(ADVANCE, (done, deposit.subject, deposit.id)))

    def fill(self, deposit: Deposit, contents: Secret) -> bool:
        """Seal what was made under a key of its own; tell whether its row was still there."""
        opened = contents.reveal_raw()
        octets = opened if isinstance(opened, bytes) else opened.encode()
        key, sealed = self._vault.seal_parcel(_label(deposit.subject, deposit.id) + octets)
        row = (MADE, len(octets), key, sealed, deposit.subject, deposit.id)

        def work(tx: Tx) -> Doomed:
            filled = tx.change(FILL, row) == 1
            return Doomed() if filled else self._vault.doom(tx, [key])

        doomed = self._store.transact(work)
        self._vault.finish(doomed)
        return not doomed

    def release(self, deposit: Deposit, *, until: Moment) -> None:
        """Let it be fetched until then."""
        place = (deposit.subject, deposit.id)
        self._store.transact(lambda tx: tx.run(RELEASE, (until, *place)))

    def give_up(self, deposit: Deposit) -> None:
        """Try no more; its row stays to be seen until its date."""
        self._store.transact(lambda tx: tx.run(GIVE_UP, (deposit.subject, deposit.id)))

    # --- fetching ------------------------------------------------------------------------------

    def of(self, subject: SubjectId, *, at: Moment) -> list[Deposit]:
        """Return what lies here of a subject, newest first, without contents."""
        return [_deposit(row) for row in self._store.query(LIST, (subject, at))]

    def open(self, subject: SubjectId, deposit: str, *, at: Moment) -> Secret:
        """Return the contents of one that is ready, and count it.

        Raises ``NotFound`` for one that is not there, not ready or over, ``Sealed``.
        """
        rows = self._store.query(READ, (subject, deposit, at))
        if not rows:
            raise NotFound("nothing is ready under this number", remedy="order a new one")
        key, sealed = rows[0]
        opened, label = self._vault.open_parcel(KeyId(key), sealed), _label(subject, deposit)
        if not opened.startswith(label):
            raise Sealed("a deposit was moved to another row")
        self._store.transact(lambda tx: tx.run(COUNT, (subject, deposit)))
        return Secret(opened.removeprefix(label))

    # --- the end -------------------------------------------------------------------------------

    def drop(self, subject: SubjectId, deposit: str) -> bool:
        """End one before its date; tell whether there was one."""

        def work(tx: Tx) -> tuple[bool, Doomed]:
            rows = tx.run(TAKE, (subject, deposit))
            return bool(rows), self._vault.doom(tx, _keys(rows))

        was_there, doomed = self._store.transact(work, urgent=True)
        self._vault.finish(doomed)
        return was_there

    def recall(self, tx: Tx, subject: SubjectId) -> list[KeyId]:
        """Take out everything of a subject; return the ids of the keys to destroy."""
        return _keys(tx.run(TAKE_ALL, (subject,)))

    def outdated(self, tx: Tx, at: Moment, limit: int = 100) -> list[KeyId]:
        """Take out what is over; return the ids of the keys to destroy."""
        return [
            key for place in tx.run(OVER, (at, limit)) for key in _keys(tx.run(TAKE, tuple(place)))
        ]

    def held(self, subject: SubjectId) -> int:
        """Count what lies here of a subject: what an erasure has to ask this room."""
        return int(self._store.query(HELD, (subject,))[0][0])


def _label(subject: SubjectId, deposit: str) -> bytes:
    """Name the row that contents belong to: sealed with them, so that they open nowhere else."""
    return f"{subject}/{deposit}\n".encode()


def _keys(rows: Sequence[Row]) -> list[KeyId]:
    return [KeyId(key) for (key,) in rows if key]


def _deposit(row: Row) -> Deposit:
    subject, deposit, language, state, done, tries, size, ordered, until, fetched = row
    return Deposit(
        subject=SubjectId(subject),
        id=deposit,
        language=language,
        state=cast(State, state),
        done=done,
        tries=tries,
        size=size,
        ordered=Moment(ordered),
        until=Moment(until),
        fetched=fetched,
    )
