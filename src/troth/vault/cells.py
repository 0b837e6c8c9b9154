"""Keeps, opens and shreds what is held of a subject (policy 2.1, 2.4, 6.4, 7.1, 9.4).

Erasing everything removes the rows and destroys the subject's key. Erasing a part seals the rest
under a new key and destroys the old one, so that no older copy of the erased part opens again.

Keys are destroyed after the data's commit (``finish``); see ``dying``.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import Misconfigured
from troth.model.secret import Secret
from troth.model.terms import ALL, Region, SubjectId
from troth.store.sql import Store, Tx
from troth.vault import residency
from troth.vault.dying import Doomed, Dying
from troth.vault.ending.many import READ_DUE, SET_DUE, Many
from troth.vault.forms import Form, canonical, formed
from troth.vault.index import Index, Moves
from troth.vault.keys import KeyId, KeyStore
from troth.vault.recent import Recent
from troth.vault.records import (
    DELETE_CELL,
    TOGETHER,
    CellRow,
    Cells,
    Opened,
    Records,
    Run,
    group_of,
    own_cell,
    packed,
    pages,
)
from troth.vault.seal import Contents, place, seal, unseal

__all__ = ["Doomed", "Drawn", "Handle", "Vault"]

NOTHING: Final = Contents()
REMEMBERED: Final = 4096

COUNT_RESIDUE: Final = (
    "SELECT (SELECT count(*) FROM subjects WHERE subject_id = ?),"
    " (SELECT count(*) FROM cells WHERE subject_id = ?),"
    " (SELECT count(*) FROM blind WHERE subject_id = ?)"
)
"""What is still there of a subject, table by table."""


class Handle(Struct, frozen=True):
    """A subject's file: who they are here, in the ledger (``who``) and under which key.

    It prints neither pseudonym nor key: whose trail a pseudonym is stays in the vault.
    """

    subject: SubjectId
    who: str
    key: KeyId

    def __repr__(self) -> str:
        return f"Handle({self.subject})"


class Drawn(NamedTuple):
    """What was fetched of a subject and is still sealed: whose it is, and the way to open it."""

    who: str
    open: Callable[[], dict[str, Secret]]

    def __repr__(self) -> str:
        return "Drawn(…)"


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
        self._dying = Dying(store, keys)
        self._handles: Recent[SubjectId, Handle] = Recent(REMEMBERED)
        self.many = Many(store, keys, self._records, self._index, self._dying, self._handles.drop)

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
        if tx is not None:
            opened = self._records.load(tx.run, subject)
            return Handle(subject, self._records.who(opened), opened.key)
        mark = self._handles.mark()
        return self._handles.get(subject) or self._remembered(
            self._records.load(self._store.query, subject), mark
        )

    def _remembered(self, opened: Opened, mark: int) -> Handle:
        """Return the handle of a file; its link is unsealed only where it is not known."""
        handle = self._handles.get(opened.subject)
        if handle is None or handle.key != opened.key:
            handle = Handle(opened.subject, self._records.who(opened), opened.key)
            self._handles.put(opened.subject, handle, mark)
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
        new: bool = False,
    ) -> None:
        """Check values, put them in canonical form, seal them and let them be found.

        ``at`` is the moment a birth date must lie before (default: now). ``new`` says that the
        file was opened in this very transaction and holds nothing: nothing is locked or read.
        Raises ``BadValue`` naming the field, ``Taken`` for a unique value somebody else has,
        ``Misconfigured`` for a field without a form, ``NotFound``, ``Erased``.
        """
        fresh = formed(values, forms, at=at)
        if new:
            blank = self._records.file(handle.subject, handle.key, b"")
            self._put(tx, [(blank, {}, fresh)], forms, new=True)
        else:
            self._merge(tx, {handle.subject: fresh}, forms)

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
            wanted.setdefault(handle.subject, {}).update(formed(values, forms, at=at))
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
        self._put(tx, [(one, held[one.subject], wanted[one.subject]) for one in files], forms)

    def _put(
        self,
        tx: Tx,
        merged: Iterable[tuple[Opened, Cells, Mapping[str, Secret]]],
        forms: Mapping[str, Form],
        *,
        new: bool = False,
    ) -> None:
        """Seal what is held of some subjects with their fresh values; ``new``: nothing is held."""
        put: list[CellRow] = []
        gone: list[tuple[str, str]] = []
        moves = Moves()
        for opened, held, values in merged:
            cells: Cells = {}
            for group, fresh in _grouped(values).items():
                was = held.get(group, NOTHING)
                blind = self._index.plan(moves, opened.subject, was.blind, fresh, forms)
                gone += [(opened.subject, name) for name in packed(cells, group, was, fresh, blind)]
            put += self._records.sealed(opened, cells)
        self._index.apply(tx, moves)
        self._records.put(tx, put, new=new)
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
        cells = self._records.read(run, handle.subject, _groups(fields))
        return self._values_of(run, handle.subject, cells, fields)

    def draw(self, subject: SubjectId, fields: Sequence[str]) -> "Drawn":
        """Fetch a subject's file and the cells of some fields at once, and open no cell yet.

        Who they are is needed to judge a use; the values only then. Raises as ``handle``.
        """
        run = self._store.query
        mark = self._handles.mark()
        opened, sealed = self._records.draw(run, subject, _groups(fields))
        handle = self._remembered(opened, mark)

        def unsealed() -> dict[str, Secret]:
            return self._values_of(run, subject, self._records.cells(opened, sealed), fields)

        return Drawn(handle.who, unsealed)

    def _values_of(
        self, run: Run, subject: SubjectId, cells: Cells, fields: Sequence[str]
    ) -> dict[str, Secret]:
        held = _held(cells)
        if ALL[0] in fields:
            return {field: Secret(value) for field, value in held.items()}
        apart = {field for cell in cells.values() for field in cell.apart if field in fields}
        if apart:
            held |= _held(self._records.read(run, subject, set(map(own_cell, apart))))
        return {field: Secret(held[field]) for field in fields if field in held}

    def find(self, field: str, value: Secret, form: Form) -> list[SubjectId]:
        """Return the subjects who hold a value, in the order of their ids.

        Raises ``BadValue`` where nobody can hold it, ``Misconfigured`` for a field without index.
        """
        return self._index.holders(self._store, self._sought(field, value, form))

    def seek(self, field: str, value: Secret, form: Form) -> list[Handle]:
        """Return the files of the subjects who hold a value. Raises as ``find`` and ``handle``."""
        mark = self._handles.mark()
        files = self._index.files(self._store, self._sought(field, value, form))
        return [
            self._handles.get(subject) or self._remembered(self._records.file(*row), mark)
            for row in files
            for subject in row[:1]
        ]

    def _sought(self, field: str, value: Secret, form: Form) -> bytes:
        if not form.searchable:
            raise Misconfigured(f"`{field}` is not indexed", remedy="declare it `indexed: true`")
        return self._index.value(field, canonical(field, value, form), form)

    def held(self, handle: Handle) -> tuple[str, ...]:
        """Return the names of the fields that are held of a subject, sorted."""
        return tuple(sorted(_held(self._records.read(self._store.query, handle.subject))))

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
        if fields.isdisjoint(_held(cells)):
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
            self._records.put(tx, self._records.sealed(fresh, rest))
        return self.doom(tx, [opened.key], subject)

    def doom(self, tx: Tx, keys: Sequence[KeyId], subject: SubjectId | None = None) -> Doomed:
        """Write keys down to die, in the transaction that ends their use (a settled parcel's)."""
        return self._dying.doom(tx, keys, (subject,) if subject else ())

    def finish(self, doomed: Doomed) -> None:
        """Destroy doomed keys, after the commit: what they sealed opens no more.

        Doing so twice is no error.
        """
        self._dying.finish(doomed)
        self._handles.drop(doomed.subjects)

    def finish_pending(self) -> int:
        """Destroy what a crash left doomed; return how many keys. Done at every start.

        Afterwards the table ``doomed`` is empty.
        """
        return self._dying.finish_pending()

    def residue(self, subject: SubjectId) -> dict[str, int]:
        """Return how many rows are still there of a subject, by table; erased: all 0."""
        rows = self._store.query(COUNT_RESIDUE, (subject,) * 3)
        return dict(zip(("subjects", "cells", "blind"), rows[0], strict=True))

    def subjects(self) -> Iterator[SubjectId]:
        """Give every subject of the region, a page at a time."""
        for rows in pages(self._store.query):
            yield from (SubjectId(subject) for subject, _ in rows)

    def keyless(self) -> Iterator[Handle]:
        """Give the subjects whose rows are there and whose key is not: the restored erased.

        A restore of older data erases each of them again before it serves. Their pseudonym cannot
        be read any more (``who`` is empty).
        """
        for rows in pages(self._store.query):
            gone = self._keys.missing([KeyId(key) for _, key in rows])
            yield from (Handle(SubjectId(who), "", KeyId(key)) for who, key in rows if key in gone)

    # --- parcels -------------------------------------------------------------------------------

    def seal_parcel(self, payload: bytes) -> tuple[KeyId, bytes]:
        """Seal something on its way out under its own key; ``doom`` that when it is settled."""
        key, cipher = self._keys.claim()
        return key, seal(cipher, payload, self._parcel_place(key))

    def parcel_key(self) -> KeyId:
        """Draw the key of something that is sealed in several pieces; ``doom`` it with them."""
        key, _ = self._keys.claim()
        return key

    def seal_piece(self, key: KeyId, payload: bytes) -> bytes:
        """Seal one piece of a parcel, to be opened as a parcel is. Raises ``Sealed``."""
        return seal(self._keys.open(key), payload, self._parcel_place(key))

    def open_parcel(self, key: KeyId, sealed: bytes) -> bytes:
        """Open a parcel. Raises ``Sealed`` when its key is gone or it was altered."""
        return unseal(self._keys.open(key), sealed, self._parcel_place(key))

    def _parcel_place(self, key: KeyId) -> bytes:
        return place(self._tenant, "", "parcel", "", key)


def _grouped(fresh: Mapping[str, Secret]) -> dict[str, dict[str, Secret]]:
    groups: dict[str, dict[str, Secret]] = {}
    for field, value in fresh.items():
        groups.setdefault(group_of(field), {})[field] = value
    return groups


def _groups(fields: Sequence[str]) -> set[str] | None:
    return None if ALL[0] in fields else {group_of(field) for field in fields}


def _held(cells: Cells) -> dict[str, str | bytes]:
    held: dict[str, str | bytes] = {}
    for contents in cells.values():
        held.update(contents.values)
    return held
