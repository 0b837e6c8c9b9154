"""Keeps, opens and shreds what is held of a subject (policy 2.1, 2.4, 6.4, 7.1, 9.4).

Erasing everything removes the rows and destroys the subject's key. Erasing a part seals the rest
under a new key and destroys the old one, so that no older copy of the erased part opens again.

Keys are destroyed after the data's commit (``finish``). Until then they stand in the table
``doomed``, written in the erasure's own transaction: what a crash leaves is finished at the start.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Final

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import Misconfigured
from troth.model.secret import Secret
from troth.model.terms import ALL, Region, SubjectId
from troth.store.sql import Store, Tx
from troth.vault import residency
from troth.vault.forms import Form, canonical
from troth.vault.index import Index, Moves
from troth.vault.keys import KeyId, KeyStore
from troth.vault.recent import Recent
from troth.vault.records import (
    DELETE_CELL,
    PUT_CELL,
    TOGETHER,
    CellRow,
    Cells,
    Records,
    group_of,
    own_cell,
    packed,
)
from troth.vault.seal import Contents, place, seal, unseal

NOTHING: Final = Contents()
REMEMBERED: Final = 4096
PAGE: Final = 500
DEAD_MOST: Final = 100

SET_DUE: Final = "UPDATE subjects SET due_at = ? WHERE subject_id = ?"
"""When the retention sweep has to look at a subject next."""
READ_DUE: Final = (
    "SELECT subject_id FROM subjects WHERE due_at <= ? ORDER BY due_at, subject_id LIMIT ?"
)
"""Whom the retention sweep has to look at, longest due first."""
ADD_DOOMED: Final = "INSERT INTO doomed (key_id) VALUES (?) ON CONFLICT (key_id) DO NOTHING"
"""A key that has to die once this transaction stands."""
READ_DOOMED: Final = "SELECT key_id FROM doomed ORDER BY key_id LIMIT ?"
"""Keys whose death a crash may have prevented."""
DELETE_DOOMED: Final = "DELETE FROM doomed WHERE key_id = ?"
"""A key is dead."""
COUNT_RESIDUE: Final = (
    "SELECT (SELECT count(*) FROM subjects WHERE subject_id = ?),"
    " (SELECT count(*) FROM cells WHERE subject_id = ?),"
    " (SELECT count(*) FROM blind WHERE subject_id = ?)"
)
"""What is still there of a subject, table by table."""
PAGE_OF_SUBJECTS: Final = (
    "SELECT subject_id, key_id FROM subjects WHERE subject_id > ? ORDER BY subject_id LIMIT ?"
)
"""The next subjects in the order of their ids."""


class Handle(Struct, frozen=True):
    """A subject's file: who they are here, in the ledger (``who``) and under which key.

    It prints neither pseudonym nor key: whose trail a pseudonym is stays in the vault.
    """

    subject: SubjectId
    who: str
    key: KeyId

    def __repr__(self) -> str:
        return f"Handle({self.subject})"


class Doomed(Struct, frozen=True):
    """Keys that have to die after the commit, and whose they were; ``a + b`` dooms both.

    ``struck`` are keys that died before and were struck off in the same transaction.
    """

    keys: tuple[KeyId, ...] = ()
    subjects: tuple[SubjectId, ...] = ()
    struck: tuple[KeyId, ...] = ()

    def __add__(self, other: "Doomed") -> "Doomed":
        """Doom the keys of both."""
        return Doomed(
            self.keys + other.keys, self.subjects + other.subjects, self.struck + other.struck
        )

    def __bool__(self) -> bool:
        """Tell whether anything has to die."""
        return bool(self.keys)


class Vault:
    """What is held in one region. Safe from many threads and processes."""

    def __init__(
        self, store: Store, keys: KeyStore, index_key: bytes, *, region: Region, tenant: str
    ) -> None:
        """Take the region's migrated data store, its key store and its blind index's key."""
        self.region = region
        self._store = store
        self._keys = keys
        self._tenant = tenant
        self._records = Records(keys, tenant)
        self._index = Index(index_key, tenant)
        self._handles: Recent[SubjectId, Handle] = Recent(REMEMBERED)
        self._lock = Lock()
        self._dead: set[KeyId] = set()

    # --- subjects ------------------------------------------------------------------------------

    def admit(self, tx: Tx, subject: SubjectId, who: str) -> Handle:
        """Open a subject's file and link it with their pseudonym in the ledger.

        Raises ``WrongRegion`` when they live elsewhere (2.4a), ``Taken`` when there is a file.
        """
        residency.demand(subject, self.region)
        return Handle(subject, who, self._records.add(tx, subject, who))

    def handle(self, subject: SubjectId, tx: Tx | None = None) -> Handle:
        """Return a subject's file. Without ``tx`` it may be remembered from before.

        A remembered one does no harm: cells open only by the key that the subject's row names now.
        Raises ``NotFound``, or ``Erased`` when rows are there whose key was destroyed (restored
        from a backup).
        """
        known = self._handles.get(subject) if tx is None else None
        if known is not None:
            return known
        mark = self._handles.mark()
        opened = self._records.load(tx.run if tx else self._store.query, subject)
        handle = Handle(subject, self._records.who(opened), opened.key)
        if tx is None:
            self._handles.put(subject, handle, mark)
        return handle

    def set_due(self, tx: Tx, handle: Handle, at: Moment | None) -> None:
        """Say when the retention sweep has to look at a subject; ``None``: never."""
        tx.run(SET_DUE, (at, handle.subject))

    def due(self, at: Moment, limit: int) -> list[SubjectId]:
        """Return the subjects the sweep has to look at by a moment, longest due first."""
        return [SubjectId(subject) for (subject,) in self._store.query(READ_DUE, (at, limit))]

    def misplaced(self) -> int:
        """Return how many subjects lie here who belong to another region (2.4a: none)."""
        return residency.misplaced(self._store, self.region)

    # --- values --------------------------------------------------------------------------------

    def keep(
        self,
        tx: Tx,
        handle: Handle,
        values: Mapping[str, Secret],
        forms: Mapping[str, Form],
        *,
        at: Moment | None = None,
    ) -> None:
        """Check values, put them in canonical form, seal them and let them be found.

        ``at`` is the moment a birth date must lie before (default: now). Raises ``BadValue`` naming
        the field, ``Taken`` for a unique value somebody else has, ``Misconfigured`` for a field
        without a form, ``NotFound``, ``Erased``.
        """
        self.keep_many(tx, [(handle, values)], forms, at=at)

    def keep_many(
        self,
        tx: Tx,
        batch: Iterable[tuple[Handle, Mapping[str, Secret]]],
        forms: Mapping[str, Form],
        *,
        at: Moment | None = None,
    ) -> None:
        """Keep values of many subjects in one transaction. Raises as ``keep``."""
        wanted: dict[SubjectId, dict[str, Secret]] = {}
        for handle, values in batch:
            wanted.setdefault(handle.subject, {}).update(_formed(values, forms, at))
        subjects = sorted(wanted)
        for start in range(0, len(subjects), TOGETHER):
            some = subjects[start : start + TOGETHER]
            self._merge(tx, {subject: wanted[subject] for subject in some}, forms)

    def _merge(
        self,
        tx: Tx,
        wanted: Mapping[SubjectId, Mapping[str, Secret]],
        forms: Mapping[str, Form],
    ) -> None:
        """Put fresh values of some subjects to what is held of them."""
        files = self._records.lock(tx, list(wanted))
        groups = {group_of(field) for fresh in wanted.values() for field in fresh}
        held = self._records.read_locked(tx, files, groups)
        put: list[CellRow] = []
        gone: list[tuple[str, str]] = []
        moves = Moves()
        for opened in files:
            subject = opened.subject
            cells: Cells = {}
            for group, fresh in _grouped(wanted[subject]).items():
                was = held[subject].get(group, NOTHING)
                blind = self._index.plan(moves, subject, was.blind, fresh, forms)
                gone += [(subject, name) for name in packed(cells, group, was, fresh, blind)]
            put += self._records.sealed(opened, cells)
        self._index.apply(tx, moves)
        if put:
            tx.run_many(PUT_CELL, put)
        if gone:
            tx.run_many(DELETE_CELL, gone)

    def open(
        self, handle: Handle, fields: Sequence[str], tx: Tx | None = None
    ) -> dict[str, Secret]:
        """Return the values of some fields (``("*",)``: all); one that is not held is left out.

        Raises ``Sealed`` when a cell was altered or moved, ``NotFound``, ``Erased``.
        """
        if not fields:
            return {}
        run = tx.run if tx else self._store.query
        everything = ALL[0] in fields
        groups = None if everything else {group_of(field) for field in fields}
        cells = self._records.read(run, handle.subject, groups)
        if everything:
            return _values(cells)
        large = {
            own_cell(field)
            for contents in cells.values()
            if contents.apart
            for field in contents.apart
            if field in fields
        }
        if large:
            cells |= self._records.read(run, handle.subject, large)
        held = _values(cells)
        return {field: held[field] for field in fields if field in held}

    def find(self, field: str, value: Secret, form: Form) -> list[SubjectId]:
        """Return the subjects who hold a value, in the order of their ids.

        Raises ``BadValue`` where nobody can hold it, ``Misconfigured`` for a field without index.
        """
        if not form.searchable:
            raise Misconfigured(f"`{field}` is not indexed", remedy="declare it `indexed: true`")
        sought = self._index.value(field, canonical(field, value, form), form)
        return self._index.holders(self._store, sought)

    def held(self, handle: Handle) -> tuple[str, ...]:
        """Return the names of the fields that are held of a subject, sorted."""
        return tuple(sorted(_values(self._records.read(self._store.query, handle.subject))))

    # --- the end -------------------------------------------------------------------------------

    def erase(self, tx: Tx, handle: Handle, fields: Sequence[str]) -> Doomed:
        """Put fields (``("*",)``: all, and the subject) beyond retrieval; 6.4b, 9.4-6.

        What is returned goes to ``finish`` after the commit. Fields that are not held are no error.
        Raises ``NotFound``; for some of the fields also ``Sealed``, ``Erased``. All of them go even
        where nothing can be opened any more.
        """
        self._handles.drop([handle.subject])
        if ALL[0] not in fields:
            return self._erase_some(tx, handle.subject, frozenset(fields))
        key = self._records.remove(tx, handle.subject)
        self._index.remove_all(tx, handle.subject)
        return self.doom(tx, [key], handle.subject)

    def _erase_some(self, tx: Tx, subject: SubjectId, fields: frozenset[str]) -> Doomed:
        (opened,) = self._records.lock(tx, [subject])
        cells = self._records.read(tx.run, subject)
        if fields.isdisjoint(_values(cells)):
            return Doomed()
        moves = Moves()
        for contents in cells.values():
            moves.gone += [(contents.blind[f], subject) for f in fields & contents.blind.keys()]
        self._index.apply(tx, moves)
        left = {name: contents.without(fields) for name, contents in cells.items()}
        empty = [(subject, name) for name, contents in left.items() if not contents]
        rest = {name: contents for name, contents in left.items() if contents}
        if empty:
            tx.run_many(DELETE_CELL, empty)
        fresh = self._records.rekey(tx, opened)
        if rest:
            tx.run_many(PUT_CELL, self._records.sealed(fresh, rest))
        return self.doom(tx, [opened.key], subject)

    def doom(self, tx: Tx, keys: Sequence[KeyId], subject: SubjectId | None = None) -> Doomed:
        """Write keys down to die, in the transaction that ends their use (a settled parcel's)."""
        if keys:
            tx.run_many(ADD_DOOMED, [(key,) for key in keys])
        # Those whose death is certain are struck off along the way: it saves a commit of its own.
        struck = self._strike(tx)
        return Doomed(tuple(keys), (subject,) if subject else (), struck)

    def finish(self, doomed: Doomed) -> None:
        """Destroy doomed keys, after the commit: what they sealed opens no more.

        Doing so twice is no error. The keys are struck off the table ``doomed`` with the next ones,
        when many have gathered, or by ``finish_pending``.
        """
        self._keys.destroy(doomed.keys)
        self._handles.drop(doomed.subjects)
        with self._lock:
            self._dead.difference_update(doomed.struck)
            self._dead.update(doomed.keys)
        if len(self._dead) > DEAD_MOST:
            self._strike_all()

    def finish_pending(self) -> int:
        """Destroy what a crash left doomed; return how many keys. Done at every start.

        Afterwards the table ``doomed`` is empty.
        """
        self._strike_all()
        count = 0
        while rows := self._store.query(READ_DOOMED, (PAGE,)):
            self.finish(Doomed(tuple(KeyId(key) for (key,) in rows)))
            self._strike_all()
            count += len(rows)
        return count

    def _strike(self, tx: Tx) -> tuple[KeyId, ...]:
        with self._lock:
            struck = tuple(sorted(self._dead))
        if struck:
            tx.run_many(DELETE_DOOMED, [(key,) for key in struck])
        return struck

    def _strike_all(self) -> None:
        struck = self._store.transact(self._strike, urgent=True)
        with self._lock:
            self._dead.difference_update(struck)

    def residue(self, subject: SubjectId) -> dict[str, int]:
        """Return how many rows are still there of a subject, by table; erased: all 0."""
        rows = self._store.query(COUNT_RESIDUE, (subject,) * 3)
        return dict(zip(("subjects", "cells", "blind"), rows[0], strict=True))

    def keyless(self) -> Iterator[Handle]:
        """Give the subjects whose rows are there and whose key is not: the restored erased.

        A restore of older data erases each of them again before it serves. Their pseudonym cannot
        be read any more (``who`` is empty).
        """
        last = ""
        while rows := self._store.query(PAGE_OF_SUBJECTS, (last, PAGE)):
            gone = self._keys.missing([KeyId(key) for _, key in rows])
            for subject, key in rows:
                if key in gone:
                    yield Handle(SubjectId(subject), "", KeyId(key))
            last = rows[-1][0]

    # --- parcels -------------------------------------------------------------------------------

    def seal_parcel(self, payload: bytes) -> tuple[KeyId, bytes]:
        """Seal something on its way out under its own key; ``doom`` that when it is settled."""
        key, cipher = self._keys.claim()
        return key, seal(cipher, payload, self._parcel_place(key))

    def open_parcel(self, key: KeyId, sealed: bytes) -> bytes:
        """Open a parcel. Raises ``Sealed`` when its key is gone or it was altered."""
        return unseal(self._keys.open(key), sealed, self._parcel_place(key))

    def _parcel_place(self, key: KeyId) -> bytes:
        return place(self._tenant, "", "parcel", "", key)


def _formed(
    values: Mapping[str, Secret], forms: Mapping[str, Form], at: Moment | None
) -> dict[str, Secret]:
    unformed = sorted(values.keys() - forms.keys())
    if unformed:
        raise Misconfigured(f"`{unformed[0]}` has no form", remedy="declare the form it takes")
    return {field: canonical(field, value, forms[field], at=at) for field, value in values.items()}


def _grouped(fresh: Mapping[str, Secret]) -> dict[str, dict[str, Secret]]:
    groups: dict[str, dict[str, Secret]] = {}
    for field, value in fresh.items():
        groups.setdefault(group_of(field), {})[field] = value
    return groups


def _values(cells: Cells) -> dict[str, Secret]:
    return {
        field: Secret(value)
        for contents in cells.values()
        for field, value in contents.values.items()
    }
