"""The usage log: a line for each visit, only ever added, gone on its day (policy 2.1.4, 7.2e).

A line lies under two locks: its subject's log key and the key of the day on which it ends. Erasing
a subject destroys the first; when the day has come the second is destroyed, and with one key every
line of that day is noise, whosever it was, in every copy. A line's number is that of its entry on
the subject's trail, and what is sealed is bound to it: a line that is changed or moved opens
nowhere, one that is taken out or put in is missed in the ledger.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from troth.model.clock import DAY, Moment
from troth.model.errors import Sealed
from troth.model.secret import Secret
from troth.model.terms import KeyId, SubjectId
from troth.store.sql import Row, Store, Tx
from troth.vault.keys import KeyStore
from troth.vault.records import group_of
from troth.vault.seal import Cipher, place, seal, unseal

# The key of a subject's log, and of what ends on a day.
READ_FILE: Final = "SELECT key_id FROM log_files WHERE subject_id = ?"
ADD_FILE: Final = (
    "INSERT INTO log_files (subject_id, key_id) VALUES (?, ?) ON CONFLICT (subject_id) DO NOTHING"
)
CHANGE_FILE: Final = "UPDATE log_files SET key_id = ? WHERE subject_id = ?"
DROP_FILE: Final = "DELETE FROM log_files WHERE subject_id = ? RETURNING key_id"
HAVING: Final = "SELECT subject_id FROM log_files WHERE subject_id IN ({})"
READ_DAY: Final = "SELECT key_id FROM log_days WHERE ends = ?"
ADD_DAY: Final = "INSERT INTO log_days (ends, key_id) VALUES (?, ?) ON CONFLICT (ends) DO NOTHING"
# Adds a line. One with this number cannot be there.
ADD: Final = "INSERT INTO log_lines (subject_id, nth, ends, sealed) VALUES (?, ?, ?, ?)"
# A subject's lines after one, in order.
READ: Final = (
    "SELECT nth, ends, sealed FROM log_lines WHERE subject_id = ? AND nth > ? ORDER BY nth LIMIT ?"
)
NUMBERS: Final = "SELECT nth FROM log_lines WHERE subject_id = ? ORDER BY nth"
PUT: Final = "UPDATE log_lines SET ends = ?, sealed = ? WHERE subject_id = ? AND nth = ?"
DROP: Final = "DELETE FROM log_lines WHERE subject_id = ?"
# Lines whose day is over: whose they are, and some of them to go.
OVER: Final = (
    "SELECT DISTINCT subject_id FROM log_lines WHERE ends < ? AND subject_id > ?"
    " ORDER BY subject_id LIMIT ?"
)
FIND_OVER: Final = "SELECT 1 FROM log_lines WHERE ends < ? LIMIT 1"
DROP_OVER: Final = (
    "DELETE FROM log_lines WHERE (subject_id, nth) IN"
    " (SELECT subject_id, nth FROM log_lines WHERE ends < ? ORDER BY ends, subject_id LIMIT ?)"
)
DROP_DAYS: Final = "DELETE FROM log_days WHERE ends < ? RETURNING key_id"
COUNT: Final = "SELECT COUNT(*) FROM log_lines WHERE subject_id = ?"
LOGGED: Final = "usage"
"""The group of fields whose every visit is kept."""
PAGE: Final = 500
ALL_LINES: Final = 1 << 40

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(tuple[int, dict[str, str]])


def day_of(at: Moment) -> int:
    """Return the day of a moment, counted from 1970.

    >>> day_of(Moment(86_400_000))
    1
    """
    return at // DAY


class Line(Struct, frozen=True, kw_only=True):
    """One visit: the number of its entry, when it was, what was seen, the day on which it ends."""

    nth: int
    at: Moment
    values: dict[str, Secret]
    ends: int


class Logs:
    """The usage log of one region, of one tenant. Safe from many threads and processes."""

    def __init__(self, store: Store, keys: KeyStore, tenant: str) -> None:
        self._store = store
        self._keys = keys
        self._tenant = tenant

    # --- writing -------------------------------------------------------------------------------

    def add(
        self,
        tx: Tx,
        subject: SubjectId,
        nth: int,
        values: Mapping[str, Secret],
        *,
        at: Moment,
        ends: Moment,
    ) -> None:
        """Add a line, under the number that its entry has in the same transaction."""
        payload = _ENCODER.encode((at, {field: _text(value) for field, value in values.items()}))
        day = day_of(ends)
        sealed = self._sealed(subject, nth, payload, self._file(tx, subject), self._day(tx, day))
        tx.run(ADD, (subject, nth, day, sealed))

    def _file(self, tx: Tx, subject: SubjectId) -> KeyId:
        return self._claimed(tx, READ_FILE, ADD_FILE, subject)

    def _day(self, tx: Tx, day: int) -> KeyId:
        return self._claimed(tx, READ_DAY, ADD_DAY, day)

    def _claimed(self, tx: Tx, read: str, add: str, name: object) -> KeyId:
        """Return the key of a name; of two who make it at once, one does."""
        rows = tx.run(read, (name,))
        if not rows:
            tx.run(add, (name, self._keys.claim()[0]))
            rows = tx.run(read, (name,))
        return KeyId(rows[0][0])

    def _sealed(
        self, subject: SubjectId, nth: int, payload: bytes, file: KeyId, day: KeyId
    ) -> bytes:
        inner = seal(self._keys.open(file), payload, self._place(subject, nth, file))
        return seal(self._keys.open(day), inner, self._place(subject, nth, day))

    # --- reading -------------------------------------------------------------------------------

    def read(self, subject: SubjectId, after: int = 0, limit: int = PAGE) -> list[Line]:
        """Return a subject's lines in order, some at a time. Raises ``Sealed``."""
        rows = self._store.query(READ, (subject, after, limit))
        if not rows:
            return []
        days = self._days({ends for _, ends, _ in rows})
        files = self._store.query(READ_FILE, (subject,))
        file = KeyId(files[0][0]) if files else None
        if file is None:
            raise Sealed("a line of the log could not be opened", clause="2.1.4")
        cipher = self._keys.open(file)
        return [self._line(subject, row, file, cipher, days) for row in rows]

    def _line(
        self,
        subject: SubjectId,
        row: Row,
        file: KeyId,
        cipher: Cipher,
        days: Mapping[int, tuple[KeyId, Cipher]],
    ) -> Line:
        nth, ends, sealed = row
        if ends not in days:
            raise Sealed("a line of the log could not be opened", clause="2.1.4")
        day, lock = days[ends]
        inner = unseal(lock, sealed, self._place(subject, nth, day))
        at, values = _DECODER.decode(unseal(cipher, inner, self._place(subject, nth, file)))
        kept = {field: Secret(value) for field, value in values.items()}
        return Line(nth=nth, at=Moment(at), values=kept, ends=ends)

    def _days(self, days: Iterable[int]) -> dict[int, tuple[KeyId, Cipher]]:
        found: dict[int, tuple[KeyId, Cipher]] = {}
        for day in days:
            for (key,) in self._store.query(READ_DAY, (day,)):
                cipher = self._keys.get(KeyId(key))
                if cipher is not None:
                    found[day] = (KeyId(key), cipher)
        return found

    def numbers(self, subject: SubjectId) -> list[int]:
        """Return the numbers of a subject's lines, in order."""
        return [nth for (nth,) in self._store.query(NUMBERS, (subject,))]

    def held(self, subject: SubjectId) -> int:
        """Count a subject's lines: what an erasure has to ask this room."""
        return int(self._store.query(COUNT, (subject,))[0][0])

    # --- the end -------------------------------------------------------------------------------

    def having(self, tx: Tx, subjects: Sequence[SubjectId]) -> list[SubjectId]:
        """Return those of some subjects who have a log."""
        rows = tx.run(HAVING.format(", ".join("?" * len(subjects))), subjects) if subjects else []
        return [SubjectId(subject) for (subject,) in rows]

    def shred(self, tx: Tx, subject: SubjectId) -> list[KeyId]:
        """Take out a subject's log; return the key that has to die."""
        keys = [KeyId(key) for (key,) in tx.run(DROP_FILE, (subject,))]
        if keys:
            tx.run(DROP, (subject,))
        return keys

    def end(
        self, tx: Tx, subject: SubjectId, gone: Iterable[str], left: Iterable[str]
    ) -> list[KeyId]:
        """Do to a subject's log what an erasure of some fields asks, others being left.

        Return the keys that have to die.
        """
        fields = {field for field in gone if group_of(field) == LOGGED}
        stays = {field for field in left if group_of(field) == LOGGED}
        if not stays:
            return self.shred(tx, subject)
        return self._strike(tx, subject, fields) if fields else []

    def _strike(self, tx: Tx, subject: SubjectId, fields: set[str]) -> list[KeyId]:
        """Take some fields out of every line of a subject, under a new key."""
        rows = tx.run(READ_FILE, (subject,))
        if not rows:
            return []
        old, (new, _) = KeyId(rows[0][0]), self._keys.claim()
        cipher = self._keys.open(old)
        tx.run(CHANGE_FILE, (new, subject))
        for nth, ends, sealed in tx.run(READ, (subject, 0, ALL_LINES)):
            days = self._days([ends])
            line = self._line(subject, (nth, ends, sealed), old, cipher, days)
            kept = {field: _text(one) for field, one in line.values.items() if field not in fields}
            payload = _ENCODER.encode((line.at, kept))
            again = self._sealed(subject, nth, payload, new, days[ends][0])
            tx.run(PUT, (ends, again, subject, nth))
        return [old]

    def over(self, at: Moment, after: str = "", limit: int = PAGE) -> list[SubjectId]:
        """Return whose lines are over, in the order of their ids."""
        rows = self._store.query(OVER, (day_of(at), after, limit))
        return [SubjectId(subject) for (subject,) in rows]

    def extend(self, tx: Tx, subject: SubjectId, at: Moment, until: Moment) -> int:
        """Let a subject's lines that are over end later, because a law holds them."""
        day, moved = self._day(tx, day_of(until)), 0
        for nth, ends, sealed in tx.run(READ, (subject, 0, ALL_LINES)):
            if ends >= day_of(at):
                continue
            old, lock = self._days([ends])[ends]
            inner = unseal(lock, sealed, self._place(subject, nth, old))
            again = seal(self._keys.open(day), inner, self._place(subject, nth, day))
            tx.run(PUT, (day_of(until), again, subject, nth))
            moved += 1
        return moved

    def purge(self, tx: Tx, at: Moment, limit: int) -> tuple[int, list[KeyId]]:
        """Take out some lines whose day is over; with the last of them, the days' keys."""
        gone = tx.change(DROP_OVER, (day_of(at), limit))
        if gone == limit and tx.run(FIND_OVER, (day_of(at),)):
            return gone, []
        return gone, [KeyId(key) for (key,) in tx.run(DROP_DAYS, (day_of(at),))]

    def _place(self, subject: SubjectId, nth: int, key: KeyId) -> bytes:
        return place(self._tenant, str(subject), "line", str(nth), key)


def _text(value: Secret) -> str:
    opened = value.reveal_raw()
    return opened if isinstance(opened, str) else opened.decode()
