"""A subject's rows: their key, their pseudonym and their cells, sealed and opened (policy 7.1).

The fields of a group (``contact.email``, ``contact.phone``) lie packed in one cell, sealed under
the subject's key and bound to their place; a large value lies in a cell of its own. Nothing is
opened but by the key that the subject's row names in the very statement that read the cell.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Final, NamedTuple

from troth.model.errors import Erased, NotFound, Taken
from troth.model.terms import SubjectId
from troth.store.sql import Rows, Tx
from troth.vault.keys import KeyId, KeyStore
from troth.vault.seal import Cipher, Contents, pack, place, seal, seal_many, unpack, unseal

LARGE: Final = 4096
"""A value longer than this (in characters or bytes) lies in a cell of its own."""

ADD_SUBJECT: Final = (
    "INSERT INTO subjects (subject_id, key_id, link) VALUES (?, ?, ?)"
    " ON CONFLICT (subject_id) DO NOTHING"
)
"""Open a subject's file."""
READ_SUBJECT: Final = "SELECT key_id, link FROM subjects WHERE subject_id = ?"
"""A subject's key and sealed pseudonym."""
LOCK_SUBJECT: Final = READ_SUBJECT + " FOR UPDATE"
"""The same, and nobody else changes this subject until the transaction ends."""
REKEY_SUBJECT: Final = "UPDATE subjects SET key_id = ?, link = ? WHERE subject_id = ?"
"""Put a subject under a new key."""
DELETE_SUBJECT: Final = "DELETE FROM subjects WHERE subject_id = ?"
"""Close a subject's file."""
READ_CELLS: Final = (
    "SELECT s.key_id, c.grp, c.sealed FROM subjects s LEFT JOIN cells c"
    " ON c.subject_id = s.subject_id WHERE s.subject_id = ?"
)
"""A subject's key and every cell, as they stand together."""
READ_SOME_CELLS: Final = (
    "SELECT s.key_id, c.grp, c.sealed FROM subjects s LEFT JOIN cells c"
    " ON c.subject_id = s.subject_id AND c.grp IN ({}) WHERE s.subject_id = ?"
)
"""A subject's key and some cells."""
PUT_CELL: Final = (
    "INSERT INTO cells (subject_id, grp, sealed) VALUES (?, ?, ?)"
    " ON CONFLICT (subject_id, grp) DO UPDATE SET sealed = excluded.sealed"
)
"""Keep a cell, in place of what it was."""
DELETE_CELL: Final = "DELETE FROM cells WHERE subject_id = ? AND grp = ?"
"""Remove one cell."""
DELETE_CELLS: Final = "DELETE FROM cells WHERE subject_id = ?"
"""Remove every cell of a subject."""

READ_LOCKED_CELLS: Final = "SELECT grp, sealed FROM cells WHERE subject_id = ? AND grp IN ({})"
"""Some cells of a subject whose row is locked."""

_LOCKED: Final = {n: READ_LOCKED_CELLS.format(", ".join("?" * n)) for n in range(1, 32)}
_SOME: Final = {n: READ_SOME_CELLS.format(", ".join("?" * n)) for n in range(1, 32)}

Run = Callable[[str, Sequence[object]], Rows]
"""How to read: ``store.query``, or ``tx.run`` inside a transaction."""
Cells = dict[str, Contents]
"""A subject's cells, opened, by name: a group, or a field with ``/`` after it."""
CellRow = tuple[str, str, bytes]


def group_of(field: str) -> str:
    """Return the group a field is packed with.

    >>> group_of("contact.email")
    'contact'
    """
    return field.partition(".")[0]


def own_cell(field: str) -> str:
    """Return the name of the cell a field has to itself when its value is large.

    >>> own_cell("enterprise.licence")
    'enterprise.licence/'
    """
    return field + "/"


def packed(
    group: str, was: Contents, fresh: Mapping[str, str | bytes], blind: dict[str, bytes]
) -> tuple[Cells, list[str]]:
    """Put fresh values into a group; return the cells to keep and the names of those to remove."""
    values = {**was.values, **fresh}
    large = [field for field, value in fresh.items() if len(value) > LARGE]
    if not large and not was.apart:
        return {group: Contents(values, blind)}, []
    cells = {own_cell(field): Contents({field: values.pop(field)}) for field in large}
    apart = sorted({*was.apart}.difference(fresh).union(large))
    shrunk = [own_cell(field) for field in was.apart if field in fresh and field not in large]
    return {group: Contents(values, blind, apart), **cells}, shrunk


class Opened(NamedTuple):
    """A subject's file under an open key; ``link`` is their pseudonym, still sealed."""

    subject: SubjectId
    key: KeyId
    cipher: Cipher
    link: bytes


class Records:
    """The subjects' rows in one region's data store, of one tenant."""

    def __init__(self, keys: KeyStore, tenant: str) -> None:
        self._keys = keys
        self._tenant = tenant

    def add(self, tx: Tx, subject: SubjectId, who: str) -> KeyId:
        """Open a file under a new key. Raises ``Taken`` when there is one."""
        fresh = self._claim(subject, who)
        if not tx.change(ADD_SUBJECT, (subject, fresh.key, fresh.link)):
            raise Taken("this subject has a file already")
        return fresh.key

    def load(self, run: Run, subject: SubjectId, sql: str = READ_SUBJECT) -> Opened:
        """Return a subject's file. Raises ``NotFound``, ``Erased`` when its key was destroyed."""
        rows = run(sql, (subject,))
        if not rows:
            raise NotFound("no file of this subject is held")
        key, link = rows[0]
        cipher = self._keys.get(key)
        if cipher is None:
            raise Erased(clause="6.4b")
        return Opened(subject, key, cipher, link)

    def who(self, opened: Opened) -> str:
        """Return a subject's pseudonym in the ledger. Raises ``Sealed``."""
        where = self._place(opened.subject, "link", "", opened.key)
        return unseal(opened.cipher, opened.link, where).decode()

    def lock(self, tx: Tx, subject: SubjectId) -> Opened:
        """Return a subject's file, held until the transaction ends. Raises as ``load``."""
        return self.load(tx.run, subject, LOCK_SUBJECT)

    def read(self, run: Run, subject: SubjectId, groups: Set[str] | None = None) -> Cells:
        """Open some cells of a subject, or all. Raises ``Sealed``, ``NotFound``, ``Erased``."""
        rows = self._rows(run, subject, groups)
        cipher = self._keys.get(rows[0][0])
        if cipher is None:
            # The subject may have been put under a new key since the rows were read.
            rows = self._rows(run, subject, groups)
            cipher = self._keys.get(rows[0][0])
        if cipher is None:
            raise Erased(clause="6.4b")
        return {
            name: unpack(unseal(cipher, sealed, self._place(subject, "cell", name, key)))
            for key, name, sealed in rows
            if name is not None
        }

    def read_locked(self, tx: Tx, opened: Opened, groups: Set[str]) -> Cells:
        """Open some cells of a subject who is locked. Raises ``Sealed``."""
        if len(groups) not in _LOCKED:
            return self.read(tx.run, opened.subject) if groups else {}
        subject, key = opened.subject, opened.key
        rows = tx.run(_LOCKED[len(groups)], (subject, *groups))
        return {
            name: unpack(unseal(opened.cipher, sealed, self._place(subject, "cell", name, key)))
            for name, sealed in rows
        }

    def _rows(self, run: Run, subject: SubjectId, groups: Set[str] | None) -> Rows:
        if groups is None or len(groups) not in _SOME:
            rows = run(READ_CELLS, (subject,))
        else:
            rows = run(_SOME[len(groups)], (*groups, subject))
        if not rows:
            raise NotFound("no file of this subject is held")
        return rows

    def sealed(self, opened: Opened, cells: Cells) -> list[CellRow]:
        """Seal cells as rows for ``PUT_CELL``."""
        subject, key = opened.subject, opened.key
        batch = [
            (pack(contents), self._place(subject, "cell", name, key))
            for name, contents in cells.items()
        ]
        rows = zip(cells, seal_many(opened.cipher, batch), strict=True)
        return [(subject, name, sealed) for name, sealed in rows]

    def rekey(self, tx: Tx, opened: Opened) -> Opened:
        """Put a subject under a new key; the caller seals their cells anew."""
        fresh = self._claim(opened.subject, self.who(opened))
        tx.run(REKEY_SUBJECT, (fresh.key, fresh.link, fresh.subject))
        return fresh

    def remove(self, tx: Tx, subject: SubjectId) -> KeyId:
        """Remove every row of a subject, openable or not; return the key that has to die.

        Raises ``NotFound``.
        """
        rows = tx.run(LOCK_SUBJECT, (subject,))
        if not rows:
            raise NotFound("no file of this subject is held")
        tx.run(DELETE_CELLS, (subject,))
        tx.run(DELETE_SUBJECT, (subject,))
        return KeyId(rows[0][0])

    def _claim(self, subject: SubjectId, who: str) -> Opened:
        key, cipher = self._keys.claim()
        link = seal(cipher, who.encode(), self._place(subject, "link", "", key))
        return Opened(subject, key, cipher, link)

    def _place(self, subject: str, record: str, name: str, key: str) -> bytes:
        # A subject id is a kind of str, a place takes plain ones.
        return place(self._tenant, str(subject), record, name, key)
