"""Many subjects at once: who is due, and the end of some fields of each (policy 7.2e, 9.4).

What is done to each is what ``cells`` does to one: what is left is sealed under a new key and the
old one dies, so that no older copy opens again. It is read and written in few statements; a
thousand subjects cost about what a hundred do one by one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from troth.model.clock import DAY, Moment
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.store.sql import Rows, Store, Tx
from troth.vault.dying import Doomed, Dying
from troth.vault.index import Index, Moves
from troth.vault.keys import KeyId, KeyStore
from troth.vault.records import DELETE_CELL, CellRow, Cells, Opened, Records, among

SET_DUE: Final = "UPDATE subjects SET due_at = ? WHERE subject_id = ?"
"""When the retention sweep has to look at a subject next."""
READ_DUE: Final = (
    "SELECT subject_id FROM subjects WHERE due_at <= ? ORDER BY due_at, subject_id LIMIT ?"
)
"""Whom the retention sweep has to look at, longest due first."""
NEXT_DUE: Final = (
    "SELECT due_at, subject_id, key_id, link FROM subjects"
    " WHERE due_at <= ? AND due_at >= ? AND (due_at > ? OR subject_id > ?)"
    " ORDER BY due_at, subject_id LIMIT ?"
)
"""The next of them after a place in that order, with their files."""
NEXT_ALL: Final = (
    "SELECT subject_id, key_id, link FROM subjects WHERE subject_id > ? ORDER BY subject_id LIMIT ?"
)
"""The next subjects in the order of their ids, due or not, with their files."""
COUNT_DUE: Final = "SELECT COUNT(*) FROM subjects WHERE due_at <= ?"
"""How many there are."""
DUE_BETWEEN: Final = (
    "SELECT due_at / 86400000, COUNT(*) FROM subjects WHERE due_at > ? AND due_at <= ?"
    " GROUP BY due_at / 86400000 ORDER BY 1"
)
"""How many are looked at on which day (since 1970), in a stretch of time."""
LOCK: Final = (
    "SELECT subject_id, key_id, link FROM subjects WHERE subject_id IN ({}) ORDER BY subject_id"
    " FOR UPDATE"
)
"""Some subjects, whom nobody else changes until the transaction ends."""
READ_CELLS: Final = "SELECT subject_id, grp, sealed FROM cells WHERE subject_id IN ({})"
"""Every cell of some subjects."""
REKEY: Final = "UPDATE subjects SET key_id = ?, link = ? WHERE subject_id = ?"
"""Put a subject under a new key."""

START: Final = (Moment(0), "")
"""The place before the first who is due."""

Place = tuple[Moment, str]
"""A place in the order of who is due: the moment, and the id."""


class Found(NamedTuple):
    """Somebody who is due: whose file, since when, and who they are in the ledger."""

    subject: SubjectId
    due: Moment
    who: str


class Many:
    """The files of many subjects of one region. Safe from many threads and processes."""

    def __init__(
        self,
        store: Store,
        keys: KeyStore,
        records: Records,
        index: Index,
        dying: Dying,
        forget: Callable[[Iterable[SubjectId]], None],
    ) -> None:
        """Take the parts of a vault; ``forget`` drops what it remembers of subjects."""
        self._store = store
        self._keys = keys
        self._records = records
        self._index = index
        self._dying = dying
        self._forget = forget

    # --- who is due ----------------------------------------------------------------------------

    def due(self, at: Moment, limit: int, after: Place = START) -> list[Found]:
        """Return the next who are due after a place, longest first; without those who are gone."""
        rows = self._store.query(NEXT_DUE, (at, after[0], after[0], after[1], limit))
        return self._known(rows)

    def page(self, after: str, limit: int) -> list[Found]:
        """Return the next subjects in the order of their ids, due or not."""
        rows = self._store.query(NEXT_ALL, (after, limit))
        return self._known([(0, *row) for row in rows])

    def _known(self, rows: Rows) -> list[Found]:
        ciphers = self._keys.get_many([KeyId(key) for _, _, key, _ in rows])
        return [
            Found(one.subject, Moment(at), self._records.who(one))
            for at, subject, key, link in rows
            if (cipher := ciphers.get(KeyId(key))) is not None
            for one in (Opened(SubjectId(subject), KeyId(key), cipher, link),)
        ]

    def count(self, at: Moment) -> int:
        """Return how many are due."""
        return int(self._store.query(COUNT_DUE, (at,))[0][0])

    def between(self, after: Moment, until: Moment) -> list[tuple[Moment, int]]:
        """Return how many have to be looked at on which day, in a stretch of time."""
        rows = self._store.query(DUE_BETWEEN, (after, until))
        return [(Moment(day * DAY), count) for day, count in rows]

    def mark(self, tx: Tx, rows: Iterable[tuple[Moment | None, SubjectId]]) -> None:
        """Say when the sweep has to look at subjects next."""
        tx.run_many(SET_DUE, rows)

    # --- the end of some fields ----------------------------------------------------------------

    def lock(self, tx: Tx, subjects: Sequence[SubjectId]) -> dict[SubjectId, Opened]:
        """Return some subjects' files, held until the transaction ends; who is gone is left out."""
        rows = tx.run(among(LOCK, len(subjects)), subjects) if subjects else []
        ciphers = self._keys.get_many([KeyId(key) for _, key, _ in rows])
        return {
            SubjectId(subject): Opened(SubjectId(subject), KeyId(key), cipher, link)
            for subject, key, link in rows
            if (cipher := ciphers.get(KeyId(key))) is not None
        }

    def who(self, opened: Opened) -> str:
        """Return a subject's pseudonym in the ledger. Raises ``Sealed``."""
        return self._records.who(opened)

    def read(self, tx: Tx, files: Iterable[Opened]) -> dict[SubjectId, Cells]:
        """Open every cell of some subjects. Raises ``Sealed``."""
        by_id = {str(opened.subject): opened for opened in files}
        drawn: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        sql = among(READ_CELLS, len(by_id))
        for subject, name, sealed in tx.run(sql, tuple(by_id)) if by_id else []:
            drawn[subject].append((name, sealed))
        return {
            opened.subject: self._records.cells(opened, drawn[subject])
            for subject, opened in by_id.items()
        }

    def erase(
        self, tx: Tx, wanted: Mapping[SubjectId, frozenset[str]], files: Mapping[SubjectId, Opened]
    ) -> Doomed:
        """Put some fields of each of some locked subjects beyond retrieval, never all of anybody.

        What is returned goes to the vault's ``finish`` after the commit. Raises ``Sealed``.
        """
        cells = self.read(tx, [files[subject] for subject in wanted])
        moves, put, empty = Moves(), list[CellRow](), list[tuple[str, str]]()
        fresh = self._rekeyed([files[subject] for subject in wanted])
        for subject, fields in wanted.items():
            rest: Cells = {}
            for name, contents in cells[subject].items():
                moves.gone += [(contents.blind[f], subject) for f in fields & contents.blind.keys()]
                left = contents.without(fields)
                if left:
                    rest[name] = left
                else:
                    empty.append((subject, name))
            if rest:
                put += self._records.sealed(fresh[subject], rest)
        self._index.apply(tx, moves)
        if empty:
            tx.run_many(DELETE_CELL, empty)
        tx.run_many(REKEY, [(one.key, one.link, one.subject) for one in fresh.values()])
        self._records.put(tx, put)
        return self._doomed(tx, [files[subject] for subject in wanted])

    def values(
        self, tx: Tx, wanted: Mapping[SubjectId, frozenset[str]], files: Mapping[SubjectId, Opened]
    ) -> list[dict[str, Secret]]:
        """Return the values of some fields of each, without saying whose they are."""
        cells = self.read(tx, [files[subject] for subject in wanted])
        return [
            {
                field: Secret(value)
                for contents in cells[subject].values()
                for field, value in contents.values.items()
                if field in fields
            }
            for subject, fields in wanted.items()
        ]

    def alive(self, doomed: Doomed) -> int:
        """Return how many keys that had to die are still there: the question asked again."""
        return len(doomed.keys) - len(self._keys.missing(doomed.keys))

    def _rekeyed(self, files: Sequence[Opened]) -> dict[SubjectId, Opened]:
        claimed = self._keys.claim_many(len(files))
        return {
            opened.subject: self._records.under(opened, key, cipher)
            for opened, (key, cipher) in zip(files, claimed, strict=True)
        }

    def _doomed(self, tx: Tx, files: Sequence[Opened]) -> Doomed:
        subjects = tuple(opened.subject for opened in files)
        self._forget(subjects)
        return self._dying.doom(tx, [opened.key for opened in files], subjects)
