"""A subject's rows: their key, their pseudonym and their cells, sealed and opened (policy 7.1).

The fields of a group (``contact.email``, ``contact.phone``) lie packed in one cell, sealed under
the subject's key and bound to their place; a large value lies in a cell of its own. Nothing is
opened but by the key that the subject's row names in the very statement that read the cell.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Final, NamedTuple

from troth.model.errors import Erased, NotFound, Taken
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.store.sql import Rows, Tx
from troth.vault.keys import KeyId, KeyStore
from troth.vault.seal import Cipher, Contents, pack, place, seal, seal_many, unpack, unseal

TOGETHER: Final = 64
"""How many subjects one statement locks or reads."""
PAGE: Final = 500

LARGE: Final = 4096
"""A value longer than this (in characters or bytes) lies in a cell of its own."""

ADD_SUBJECT: Final = (
    "INSERT INTO subjects (subject_id, key_id, link) VALUES (?, ?, ?)"
    " ON CONFLICT (subject_id) DO NOTHING"
)
"""Open a subject's file."""
READ_SUBJECT: Final = "SELECT key_id, link FROM subjects WHERE subject_id = ?"
"""A subject's key and sealed pseudonym."""
LOCK_SUBJECTS: Final = (
    "SELECT subject_id, key_id, link FROM subjects WHERE subject_id IN ({}) ORDER BY subject_id"
    " FOR UPDATE"
)
"""Some subjects, whom nobody else changes until the transaction ends."""
REKEY_SUBJECT: Final = "UPDATE subjects SET key_id = ?, link = ? WHERE subject_id = ?"
"""Put a subject under a new key."""
DELETE_SUBJECT: Final = "DELETE FROM subjects WHERE subject_id = ? RETURNING key_id"
"""Close a subject's file."""
READ_CELLS: Final = (
    "SELECT s.key_id, s.link, c.grp, c.sealed FROM subjects s LEFT JOIN cells c"
    " ON c.subject_id = s.subject_id WHERE s.subject_id = ?"
)
"""A subject's file and every cell, as they stand together."""
READ_SOME_CELLS: Final = (
    "SELECT s.key_id, s.link, c.grp, c.sealed FROM subjects s LEFT JOIN cells c"
    " ON c.subject_id = s.subject_id AND c.grp IN ({}) WHERE s.subject_id = ?"
)
"""A subject's file and some cells."""
PUT_CELLS: Final = (
    "INSERT INTO cells (subject_id, grp, sealed) VALUES {}"
    " ON CONFLICT (subject_id, grp) DO UPDATE SET sealed = excluded.sealed"
)
"""Keep cells, in place of what they were."""
ADD_CELLS: Final = "INSERT INTO cells (subject_id, grp, sealed) VALUES {}"
"""Keep the first cells of a subject."""
DELETE_CELL: Final = "DELETE FROM cells WHERE subject_id = ? AND grp = ?"
"""Remove one cell."""
DELETE_CELLS: Final = "DELETE FROM cells WHERE subject_id = ?"
"""Remove every cell of a subject."""

READ_LOCKED_CELLS: Final = (
    "SELECT subject_id, grp, sealed FROM cells WHERE subject_id IN ({}) AND grp IN ({})"
)
"""Some cells of subjects who are locked."""

_CELLS: Final = {
    new: [sql.format(", ".join(["(?, ?, ?)"] * rows)) for rows in range(TOGETHER + 1)]
    for new, sql in ((True, ADD_CELLS), (False, PUT_CELLS))
}

PAGE_OF_SUBJECTS: Final = (
    "SELECT subject_id, key_id FROM subjects WHERE subject_id > ? ORDER BY subject_id LIMIT ?"
)
"""The next subjects in the order of their ids."""

Run = Callable[[str, Sequence[object]], Rows]
"""How to read: ``store.query``, or ``tx.run`` inside a transaction."""
Cells = dict[str, Contents]
"""A subject's cells, opened, by name: a group, or a field with ``/`` after it."""
CellRow = tuple[str, str, bytes]
SealedCells = list[tuple[str, bytes]]
"""A subject's cells as they lie in the store, by name."""


@lru_cache(maxsize=512)
def among(sql: str, *counts: int) -> str:
    """Fill a statement's lists with that many parameters each.

    >>> among("a IN ({}) AND b IN ({})", 2, 1)
    'a IN (?, ?) AND b IN (?)'
    """
    return sql.format(*(", ".join("?" * count) for count in counts))


def pages(run: Run) -> Iterator[Rows]:
    """Go through every subject's id and key in the order of the ids, some at a time."""
    last = ""
    while rows := run(PAGE_OF_SUBJECTS, (last, PAGE)):
        yield rows
        last = rows[-1][0]


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
    cells: Cells,
    group: str,
    was: Contents,
    fresh: Mapping[str, Secret],
    blind: dict[str, bytes],
) -> list[str]:
    """Add a group with fresh values to the cells to keep; return the names of cells to remove."""
    values = dict(was.values)
    large: set[str] = set()
    for field, value in fresh.items():
        raw = values[field] = value.reveal_raw()
        if len(raw) > LARGE:
            large.add(field)
            cells[own_cell(field)] = Contents({field: values.pop(field)})
    if not large and not was.apart:
        cells[group] = Contents(values, blind)
        return []
    cells[group] = Contents(values, blind, sorted({*was.apart}.difference(fresh).union(large)))
    return [own_cell(field) for field in was.apart if field in fresh and field not in large]


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

    def file(self, subject: SubjectId, key: KeyId, link: bytes) -> Opened:
        """Return the file that a row tells of, opened. Raises ``Erased``."""
        return Opened(subject, key, self._cipher(key), link)

    def load(self, run: Run, subject: SubjectId) -> Opened:
        """Return a subject's file. Raises ``NotFound``, ``Erased`` when its key was destroyed."""
        for key, link in run(READ_SUBJECT, (subject,)):
            return self.file(subject, key, link)
        raise NotFound("no file of this subject is held")

    def lock(self, tx: Tx, subjects: Sequence[SubjectId]) -> list[Opened]:
        """Return some subjects' files, held until the transaction ends; at most ``TOGETHER``.

        Everybody locks in the order of ids, so nobody waits for each other. Raises as ``load``.
        """
        rows = tx.run(among(LOCK_SUBJECTS, len(subjects)), subjects) if subjects else []
        if len(rows) != len(set(subjects)):
            raise NotFound("no file of this subject is held")
        return [
            Opened(SubjectId(subject), key, self._cipher(key), link) for subject, key, link in rows
        ]

    def _cipher(self, key: KeyId) -> Cipher:
        cipher = self._keys.get(key)
        if cipher is None:
            raise Erased(clause="6.4b")
        return cipher

    def who(self, opened: Opened) -> str:
        """Return a subject's pseudonym in the ledger. Raises ``Sealed``."""
        where = self._place(opened.subject, "link", "", opened.key)
        return unseal(opened.cipher, opened.link, where).decode()

    def read(self, run: Run, subject: SubjectId, groups: Set[str] | None = None) -> Cells:
        """Open some cells of a subject, or all. Raises ``Sealed``, ``NotFound``, ``Erased``."""
        return self.cells(*self.draw(run, subject, groups))

    def draw(
        self, run: Run, subject: SubjectId, groups: Set[str] | None = None
    ) -> tuple[Opened, SealedCells]:
        """Fetch a subject's file and some cells, or all, still sealed, in one statement.

        Raises ``NotFound``, ``Erased``.
        """
        # Twice, because the subject may be put under a new key between the rows and the key.
        for _ in range(2):
            rows = self._rows(run, subject, groups)
            key, link = rows[0][:2]
            cipher = self._keys.get(key)
            if cipher is not None:
                cells = [(name, sealed) for _, _, name, sealed in rows if name is not None]
                return Opened(subject, key, cipher, link), cells
        raise Erased(clause="6.4b")

    def cells(self, opened: Opened, drawn: SealedCells) -> Cells:
        """Open cells that were drawn. Raises ``Sealed``."""
        subject, key, cipher, _ = opened
        return {
            name: unpack(unseal(cipher, sealed, self._place(subject, "cell", name, key)))
            for name, sealed in drawn
        }

    def read_locked(self, tx: Tx, files: Sequence[Opened], groups: Set[str]) -> dict[str, Cells]:
        """Open some cells of subjects who are locked, by subject. Raises ``Sealed``."""
        found: dict[str, Cells] = {opened.subject: {} for opened in files}
        by_id = {str(opened.subject): opened for opened in files}
        sql = among(READ_LOCKED_CELLS, len(files), len(groups))
        for subject, name, sealed in tx.run(sql, (*by_id, *groups)) if files and groups else []:
            opened = by_id[subject]
            where = self._place(subject, "cell", name, opened.key)
            found[subject][name] = unpack(unseal(opened.cipher, sealed, where))
        return found

    def _rows(self, run: Run, subject: SubjectId, groups: Set[str] | None) -> Rows:
        if groups is None:
            rows = run(READ_CELLS, (subject,))
        else:
            # No group has an empty name: a list must have something in it on PostgreSQL.
            named = groups or {""}
            rows = run(among(READ_SOME_CELLS, len(named)), (*named, subject))
        if not rows:
            raise NotFound("no file of this subject is held")
        return rows

    def put(self, tx: Tx, rows: Sequence[CellRow], *, new: bool = False) -> None:
        """Keep sealed cells; of a subject's first (``new``) none may be there yet."""
        for start in range(0, len(rows), TOGETHER):
            some = rows[start : start + TOGETHER]
            sql = _CELLS[new][len(some)]
            tx.run(sql, [part for row in some for part in row])

    def sealed(self, opened: Opened, cells: Cells) -> list[CellRow]:
        """Seal cells as rows for ``put``."""
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

    def under(self, opened: Opened, key: KeyId, cipher: Cipher, who: str) -> Opened:
        """Return a subject's file as it is under another key, their pseudonym sealed anew."""
        where = self._place(opened.subject, "link", "", key)
        return Opened(opened.subject, key, cipher, seal(cipher, who.encode(), where))

    def remove(self, tx: Tx, subject: SubjectId) -> KeyId:
        """Remove every row of a subject, openable or not; return the key that has to die.

        Raises ``NotFound``.
        """
        for (key,) in tx.run(DELETE_SUBJECT, (subject,)):
            tx.run(DELETE_CELLS, (subject,))
            return KeyId(key)
        raise NotFound("no file of this subject is held")

    def _claim(self, subject: SubjectId, who: str) -> Opened:
        key, cipher = self._keys.claim()
        link = seal(cipher, who.encode(), self._place(subject, "link", "", key))
        return Opened(subject, key, cipher, link)

    def _place(self, subject: str, record: str, name: str, key: str) -> bytes:
        # A subject id is a kind of str, a place takes plain ones.
        return place(self._tenant, str(subject), record, name, key)
