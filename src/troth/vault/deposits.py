"""Deposits: what was made for a subject and lies sealed until they fetch it (policy 9.1, 6.4).

A copy of everything that is held is as secret as all of it together. It lies in pieces, so that
none is ever whole in memory, under a key of its own, which dies with the row: at its date, at its
subject's word, and with every erasure, because a copy still holds what was erased.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
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

MANIFEST: Final = -1
"""The part that lists the others; it is none of the contents."""

COLUMNS: Final = (
    "subject_id, id, language, state, done, tries, size, ordered_at, until, fetched, reviewed,"
    " left_out"
)
OURS: Final = "(state = 'ordered' OR (state = 'made' AND reviewed = 0))"
"""What the clock works on; a copy that people review waits for them."""
# Something is to be made.
ORDER: Final = (
    "INSERT INTO deposits (subject_id, id, language, state, done, tries, size, key_id,"
    " ordered_at, until, next_at, fetched, reviewed, left_out)"
    " VALUES (?, ?, ?, 'ordered', 0, 0, 0, '', ?, ?, ?, 0, ?, ?)"
)
# Whose turn it is; read without locks, since every row is then taken by TAKE_UP on its own.
DUE: Final = (
    f"SELECT subject_id, id FROM deposits WHERE {OURS} AND next_at <= ?"
    " ORDER BY next_at, subject_id, id LIMIT ?"
)
# Work on one, unless another was faster; a try counts from here.
TAKE_UP: Final = (
    "UPDATE deposits SET next_at = ?, tries = tries + 1 WHERE subject_id = ? AND id = ?"
    f" AND {OURS} AND next_at <= ? RETURNING {COLUMNS}"
)
# Say how far the work is.
ADVANCE: Final = (
    "UPDATE deposits SET done = ? WHERE subject_id = ? AND id = ? AND state = 'ordered'"
)
# Whose key an earlier try left behind.
KEY: Final = "SELECT key_id FROM deposits WHERE subject_id = ? AND id = ? AND state = 'ordered'"
# Begin to put something in, under a new key; not where the row has gone meanwhile.
BEGIN: Final = (
    "UPDATE deposits SET key_id = ?, size = 0"
    " WHERE subject_id = ? AND id = ? AND state = 'ordered' AND key_id = ?"
)
# One piece more; the row is locked by it, so that no piece is left behind by an erasure.
GROW: Final = (
    "UPDATE deposits SET size = size + ?"
    " WHERE subject_id = ? AND id = ? AND state = 'ordered' AND key_id = ?"
)
PUT: Final = "INSERT INTO deposit_parts (subject_id, id, part, sealed) VALUES (?, ?, ?, ?)"
# All of it is in.
FILLED: Final = (
    "UPDATE deposits SET state = 'made', done = ?"
    " WHERE subject_id = ? AND id = ? AND state = 'ordered' AND key_id = ?"
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
# The key of one that may be fetched, or looked at before.
READY: Final = (
    "SELECT key_id, size FROM deposits"
    " WHERE subject_id = ? AND id = ? AND state = 'ready' AND until > ?"
)
IS_MADE: Final = (
    "SELECT key_id, size FROM deposits"
    " WHERE subject_id = ? AND id = ? AND state IN ('made', 'ready') AND until > ?"
)
# One piece of it.
PIECE: Final = "SELECT sealed FROM deposit_parts WHERE subject_id = ? AND id = ? AND part = ?"
# Its pieces go with it.
DROP_PARTS: Final = "DELETE FROM deposit_parts WHERE subject_id = ? AND id = ?"
DROP_ALL_PARTS: Final = "DELETE FROM deposit_parts WHERE subject_id = ?"
# It was fetched once more.
COUNT: Final = "UPDATE deposits SET fetched = fetched + 1 WHERE subject_id = ? AND id = ?"
# One goes, and its key is to die.
TAKE: Final = "DELETE FROM deposits WHERE subject_id = ? AND id = ? RETURNING key_id"
# All of a subject's go.
TAKE_ALL: Final = "DELETE FROM deposits WHERE subject_id = ? RETURNING key_id"
# Whose time is over.
OVER: Final = "SELECT subject_id, id FROM deposits WHERE until <= ? ORDER BY until LIMIT ?"
# For whom of some subjects anything lies here.
HAVING: Final = "SELECT DISTINCT subject_id FROM deposits WHERE subject_id IN ({})"
# How many lie here of a subject: what an erasure asks again.
HELD: Final = (
    "SELECT (SELECT COUNT(*) FROM deposits WHERE subject_id = ?)"
    " + (SELECT COUNT(*) FROM deposit_parts WHERE subject_id = ?)"
)


class Deposit(Struct, frozen=True, kw_only=True):
    """One deposit, without its contents: how far it is (``done`` of 100), its size in bytes.

    ``reviewed``: people look at it before it may be fetched; ``left_out`` is what they took out,
    each with its reason.
    """

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
    reviewed: bool = False
    left_out: Mapping[str, str] = {}


class Deposits:
    """The deposits of one region. Safe from many threads and processes."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    # --- making --------------------------------------------------------------------------------

    def order(
        self,
        subject: SubjectId,
        deposit: str,
        *,
        language: str,
        at: Moment,
        until: Moment,
        reviewed: bool = False,
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        """Note that something is to be made; it is given up with its row at ``until``."""
        out = json.dumps(dict(left_out)) if left_out else ""
        row = (subject, deposit, language, at, until, at, int(reviewed), out)
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

    def fill(
        self, deposit: Deposit, pieces: Iterable[Secret], manifest: Callable[[], bytes] = bytes
    ) -> bool:
        """Seal what is made, piece by piece as it comes, under a key of its own.

        Tells whether its row was there to the end; if not, nothing is left. The manifest, which may
        be looked at before the rest is fetched, is asked for when all pieces have come.
        """
        key = self._begin(deposit)
        if key is None:
            return False
        parts = chain(enumerate(pieces), ((MANIFEST, Secret(told())) for told in (manifest,)))
        if all(self._put(deposit, key, part, piece) for part, piece in parts):
            row = (MADE, deposit.subject, deposit.id, key)
            if self._store.transact(lambda tx: tx.change(FILLED, row)):
                return True
        self._vault.finish(self._store.transact(lambda tx: self._vault.doom(tx, [key])))
        return False

    def _begin(self, deposit: Deposit) -> KeyId | None:
        """Take a new key in; what an earlier try left goes."""
        key, place = self._vault.parcel_key(), (deposit.subject, deposit.id)

        def work(tx: Tx) -> tuple[bool, Doomed]:
            rows = tx.run(KEY, place)
            if not rows or not tx.change(BEGIN, (key, *place, rows[0][0])):
                return False, self._vault.doom(tx, [key])
            tx.run(DROP_PARTS, place)
            return True, self._vault.doom(tx, _keys(rows))

        begun, doomed = self._store.transact(work)
        self._vault.finish(doomed)
        return key if begun else None

    def _put(self, deposit: Deposit, key: KeyId, part: int, piece: Secret) -> bool:
        place, octets = (deposit.subject, deposit.id), _octets(piece)
        try:
            sealed = self._vault.seal_piece(key, _label(*place, part) + octets)
        except Sealed:
            return False
        grown = len(octets) if part != MANIFEST else 0

        def work(tx: Tx) -> bool:
            wanted = tx.change(GROW, (grown, *place, key)) == 1
            if wanted:
                tx.run(PUT, (*place, part, sealed))
            return wanted

        return self._store.transact(work)

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

    def open(self, subject: SubjectId, deposit: str, *, at: Moment) -> Iterator[Secret]:
        """Give the contents of one that is ready, in pieces, and count it.

        Raises ``NotFound`` for one that is not there, not ready or over; and ``Sealed``, also while
        its pieces are read.
        """
        place = (subject, deposit)
        key, size = self._found(READY, place, at)
        self._store.transact(lambda tx: tx.run(COUNT, place))
        return self._pieces(key, place, size)

    def _pieces(self, key: KeyId, place: tuple[SubjectId, str], size: int) -> Iterator[Secret]:
        given = 0
        for part in count():
            piece = self._piece(key, place, part)
            if piece is None:
                break
            given += len(_octets(piece))
            yield piece
        if given != size:
            raise Sealed("a deposit ends before its end", remedy="order a new one")

    def manifest(self, subject: SubjectId, deposit: str, *, at: Moment) -> bytes:
        """Return the manifest of one that is made. Raises ``NotFound``, ``Sealed``."""
        place = (subject, deposit)
        piece = self._piece(self._found(IS_MADE, place, at)[0], place, MANIFEST)
        return _octets(piece or Secret(""))

    def _found(self, statement: str, place: tuple[SubjectId, str], at: Moment) -> tuple[KeyId, int]:
        rows = self._store.query(statement, (*place, at))
        if not rows:
            raise NotFound("nothing is ready under this number", remedy="order a new one")
        return KeyId(rows[0][0]), int(rows[0][1])

    def _piece(self, key: KeyId, place: tuple[SubjectId, str], part: int) -> Secret | None:
        rows = self._store.query(PIECE, (*place, part))
        if not rows:
            return None
        opened, label = self._vault.open_parcel(key, rows[0][0]), _label(*place, part)
        if not opened.startswith(label):
            raise Sealed("a piece of a deposit was moved to another place")
        return Secret(opened.removeprefix(label))

    # --- the end -------------------------------------------------------------------------------

    def drop(self, subject: SubjectId, deposit: str) -> bool:
        """End one before its date; tell whether there was one."""

        def work(tx: Tx) -> tuple[bool, Doomed]:
            there, keys = _taken(tx, subject, deposit)
            return there, self._vault.doom(tx, keys)

        was_there, doomed = self._store.transact(work, urgent=True)
        self._vault.finish(doomed)
        return was_there

    def having(self, tx: Tx, subjects: Sequence[SubjectId]) -> list[SubjectId]:
        """Return those of some subjects for whom something lies here."""
        rows = tx.run(HAVING.format(", ".join("?" * len(subjects))), subjects) if subjects else []
        return [SubjectId(subject) for (subject,) in rows]

    def recall(self, tx: Tx, subject: SubjectId) -> list[KeyId]:
        """Take out everything of a subject; return the ids of the keys to destroy."""
        rows = tx.run(TAKE_ALL, (subject,))
        tx.run(DROP_ALL_PARTS, (subject,))
        return _keys(rows)

    def outdated(self, tx: Tx, at: Moment, limit: int = 100) -> list[KeyId]:
        """Take out what is over; return the ids of the keys to destroy."""
        over = tx.run(OVER, (at, limit))
        return [key for subject, deposit in over for key in _taken(tx, subject, deposit)[1]]

    def held(self, subject: SubjectId) -> int:
        """Count what lies here of a subject: what an erasure has to ask this room."""
        return int(self._store.query(HELD, (subject, subject))[0][0])


def _taken(tx: Tx, subject: str, deposit: str) -> tuple[bool, list[KeyId]]:
    """Take one out, with its pieces; tell whether it was there, and the key to destroy."""
    rows = tx.run(TAKE, (subject, deposit))
    tx.run(DROP_PARTS, (subject, deposit))
    return bool(rows), _keys(rows)


def _label(subject: SubjectId, deposit: str, part: int) -> bytes:
    """Name the place that a piece belongs to: sealed with it, so that it opens nowhere else."""
    return f"{subject}/{deposit}/{part}\n".encode()


def _octets(value: Secret) -> bytes:
    opened = value.reveal_raw()
    return opened if isinstance(opened, bytes) else opened.encode()


def _keys(rows: Sequence[Row]) -> list[KeyId]:
    return [KeyId(key) for (key,) in rows if key]


def _deposit(row: Row) -> Deposit:
    subject, deposit, language, state, done, tries, size, ordered, until, fetched, *more = row
    reviewed, left_out = more
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
        reviewed=bool(reviewed),
        left_out=json.loads(left_out) if left_out else {},
    )
