"""Many subjects at once: who is due, and the end of some fields of each (policy 7.2e, 9.4).

What is done to each is what ``cells`` does to one: what is left is sealed under a new key and the
old one dies, so that no older copy opens again. It is read and written in few statements, and all
that can be worked out before others have to wait is (``ready``).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from troth.model.clock import DAY, Moment
from troth.model.errors import Sealed
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.store.sql import Rows, Store, Tx
from troth.vault.dying import Doomed, Dying
from troth.vault.ending.ready import Ready, ready
from troth.vault.index import Index, Moves
from troth.vault.keys import KeyId, KeyStore
from troth.vault.records import DELETE_CELL, Cells, Opened, Records, Run, among

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
REKEY: Final = "UPDATE subjects SET key_id = ?, link = ?, due_at = ? WHERE subject_id = ?"
"""Put a subject under a new key, and say when the sweep has to look at them next."""

START: Final = (Moment(0), "")
"""The place before the first who is due."""

Place = tuple[Moment, str]
"""A place in the order of who is due: the moment, and the id."""


class Found(NamedTuple):
    """Somebody who is due: whose file, since when, and who they are in the ledger."""

    subject: SubjectId
    due: Moment
    who: str
    file: Opened


Prepared = Mapping[SubjectId, Ready]
NOTHING: Final[Prepared] = {}


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
            Found(one.subject, Moment(at), self._records.who(one), one)
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

    def prepare(
        self, wanted: Mapping[SubjectId, frozenset[str]], known: Mapping[SubjectId, Found]
    ) -> dict[SubjectId, Ready]:
        """Work out what ``erase`` will write, while nobody waits for it.

        Whoever is not known, or was put under another key since, is left to ``erase``.
        """
        files = {subject: known[subject].file for subject in wanted if subject in known}
        drawn = self._drawn(self._store.query, list(files))
        opened: dict[SubjectId, Cells] = {}
        for subject, file in files.items():
            with suppress(Sealed):
                opened[subject] = self._records.cells(file, list(drawn[subject].items()))
        claimed = self._keys.claim_many(len(opened))
        return {
            subject: ready(
                self._records,
                files[subject],
                known[subject].who,
                wanted[subject],
                drawn[subject],
                cells,
                keyed,
            )
            for (subject, cells), keyed in zip(opened.items(), claimed, strict=True)
        }

    def lock(
        self, tx: Tx, subjects: Sequence[SubjectId], prepared: Prepared = NOTHING
    ) -> dict[SubjectId, Opened]:
        """Return some subjects' files, held until the transaction ends; who is gone is left out.

        Of whoever is as they were when they were prepared, it is the very file prepared with.
        """
        rows = tx.run(among(LOCK, len(subjects)), subjects) if subjects else []
        as_read = {(one.file.key, one.file.link): one.file for one in prepared.values()}
        ciphers = self._keys.get_many(
            [KeyId(key) for _, key, link in rows if (key, link) not in as_read]
        )
        files: dict[SubjectId, Opened] = {}
        for name, key, link in rows:
            subject, file = SubjectId(name), as_read.get((KeyId(key), link))
            if file is None and (cipher := ciphers.get(KeyId(key))) is not None:
                file = Opened(subject, KeyId(key), cipher, link)
            if file is not None:
                files[subject] = file
        return files

    def who(self, opened: Opened) -> str:
        """Return a subject's pseudonym in the ledger. Raises ``Sealed``."""
        return self._records.who(opened)

    def read(self, tx: Tx, files: Sequence[Opened]) -> dict[SubjectId, Cells]:
        """Open every cell of some subjects. Raises ``Sealed``."""
        drawn = self._drawn(tx.run, [file.subject for file in files])
        return {
            file.subject: self._records.cells(file, list(drawn[file.subject].items()))
            for file in files
        }

    def _drawn(self, run: Run, subjects: Sequence[SubjectId]) -> dict[str, dict[str, bytes]]:
        """Fetch every cell of some subjects, still sealed."""
        drawn: dict[str, dict[str, bytes]] = defaultdict(dict)
        sql = among(READ_CELLS, len(subjects))
        for subject, name, sealed in run(sql, subjects) if subjects else []:
            drawn[subject][name] = sealed
        return drawn

    def erase(
        self,
        tx: Tx,
        wanted: Mapping[SubjectId, frozenset[str]],
        files: Mapping[SubjectId, Opened],
        *,
        due: Mapping[SubjectId, Moment | None],
        prepared: Prepared = NOTHING,
    ) -> Doomed:
        """Put some fields of each of some locked subjects beyond retrieval, never all of anybody.

        ``due`` says when the sweep looks at each again. What is returned goes to the vault's
        ``finish`` after the commit; the new keys of whoever was prepared in vain are in it, too.
        Raises ``Sealed``.
        """
        todo = self._as_prepared(tx, wanted, files, prepared)
        moves = Moves()
        moves.gone = [row for one in todo for row in one.gone]
        self._index.apply(tx, moves)
        empty = [row for one in todo for row in one.empty]
        if empty:
            tx.run_many(DELETE_CELL, empty)
        fresh = [one.fresh for one in todo]
        tx.run_many(REKEY, [(one.key, one.link, due[one.subject], one.subject) for one in fresh])
        self._records.put(tx, [row for one in todo for row in one.put])
        used = {one.key for one in fresh}
        vain = [one.fresh.key for one in prepared.values() if one.fresh.key not in used]
        subjects = tuple(wanted)
        self._forget(subjects)
        return self._dying.doom(tx, [*(one.file.key for one in todo), *vain], subjects)

    def _as_prepared(
        self,
        tx: Tx,
        wanted: Mapping[SubjectId, frozenset[str]],
        files: Mapping[SubjectId, Opened],
        prepared: Prepared,
    ) -> list[Ready]:
        """Return what is to be written of each: as it was prepared, or worked out now."""
        drawn = self._drawn(tx.run, list(wanted))
        todo, late = list[Ready](), list[SubjectId]()
        for subject, fields in wanted.items():
            one = prepared.get(subject)
            if one is not None and one.holds_of(files[subject], fields, drawn[subject]):
                todo.append(one)
            else:
                late.append(subject)
        for subject, keyed in zip(late, self._keys.claim_many(len(late)), strict=True):
            file, lie = files[subject], drawn[subject]
            cells = self._records.cells(file, list(lie.items()))
            who = self._records.who(file)
            todo.append(ready(self._records, file, who, wanted[subject], lie, cells, keyed))
        return todo

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
