"""Objects in a folder or a bucket as a shelf (policy 9.1, 9.4).

A table is a pattern of names, ``exports/{email}/*``. Whose folder it is, is listed without a walk;
all else takes one. Where a bucket keeps versions, what is deleted or written over goes with all its
versions, and they are counted when the bucket is asked again; so is an empty folder that a
subject's identifier still names.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from obstore.exceptions import BaseError, PreconditionError
from obstore.store import LocalStore, S3Store

from troth.egress.databases.map import Table
from troth.egress.databases.port import Value
from troth.egress.named.contents import CONTENT, Edit, kind_of, read, rewritten
from troth.egress.named.patterns import Pattern, spelled
from troth.egress.named.shelves import (
    Change,
    Record,
    applied,
    needs_walk,
    shown,
    too_many,
)
from troth.egress.named.trees import Tree, values
from troth.egress.named.versions import Version, Versions
from troth.model.errors import Unreachable

MOST: Final = 64 * 1024 * 1024
"""Octets of an object that is looked into, or shown; a larger one is only removed."""
MOST_TRIES: Final = 8
BROKEN: Final = (BaseError, OSError, ValueError)
"""What the library raises; a ``ValueError`` is a name that no object can have."""


class Objects:
    """A folder or a bucket. Safe from many threads."""

    separator = "/"

    def __init__(
        self, store: LocalStore | S3Store, name: str, root: Path | None, versions: Versions | None
    ) -> None:
        """Take the store; ``root`` is a folder's own path, ``versions`` those of a bucket."""
        self._store = store
        self._name = name
        self._root = root.resolve() if root else None
        self._versions = versions

    def knock(self) -> None:
        """See whether it answers. Raises ``Unreachable``."""
        with self._answered():
            next(iter(self._store.list(chunk_size=1)), None)
        if self._versions:
            self._versions.kept()

    # --- finding -------------------------------------------------------------------------------

    def find(
        self, table: Table, columns: Sequence[str], values: Sequence[Value]
    ) -> Iterator[Record]:
        """Find records whose columns have these values. Raises as ``Shelf.find``."""
        pattern = Pattern(table.name, self.separator)
        told = dict(zip(columns, values, strict=True))
        named = {name: told[name] for name in columns if name in pattern.variables}
        inner = {name: value for name, value in told.items() if name not in named}
        if not pattern.possible(named):
            return
        own = pattern.folder(named)[1]
        if not pattern.write(named) and not own and not table.walk:
            raise needs_walk(table, columns)
        for record in self._named(table, pattern, named, own=own):
            if not inner:
                yield record
            elif not record.past:
                yield from self._inside(record, inner)

    def _named(
        self, table: Table, pattern: Pattern, named: dict[str, Value], *, own: bool
    ) -> Iterator[Record]:
        exact = pattern.write(named)
        seen: set[str] = set()
        for name in self._names(pattern, named, 0 if exact or own else table.walk):
            seen.add(name)
            yield _record(table, pattern, name)
        for version in self._past(pattern, named):
            if version.name not in seen:
                seen.add(version.name)
                yield _record(table, pattern, version.name, past=True)

    def _names(self, pattern: Pattern, named: dict[str, Value], most: int) -> Iterator[str]:
        """List names; ``most`` bounds how many are looked through, 0 does not."""
        exact = pattern.write(named)
        with self._answered():
            if exact is not None:
                if self._there(exact):
                    yield exact
                return
            count = 0
            for listed in self._store.list(pattern.folder(named)[0] or None):
                count += len(listed)
                if most and count > most:
                    raise too_many(pattern.text, most)
                for each in listed:
                    if _agrees(pattern, each["path"], named):
                        self._within(each["path"])
                        yield each["path"]

    def _there(self, name: str) -> bool:
        try:
            self._store.head(name)
        except FileNotFoundError:
            return False
        self._within(name)
        return True

    def _within(self, name: str) -> None:
        """Raise ``Unreachable`` for a name that a link leads out of the folder."""
        if self._root is not None and not (self._root / name).resolve().is_relative_to(self._root):
            raise Unreachable(f"a link leads out of the folder of `{self._name}`", clause="9.4")

    def _past(self, pattern: Pattern, named: dict[str, Value]) -> Iterator[Version]:
        if self._versions is None:
            return
        prefix = pattern.write(named) or pattern.folder(named)[0]
        for version in self._versions.listed(prefix):
            if _agrees(pattern, version.name, named):
                yield version

    def _inside(self, record: Record, inner: dict[str, Value]) -> Iterator[Record]:
        for element, tree in read(record.kind, self.octets(record)):
            if _same(tree, inner):
                yield record if element is None else _element(record, element)

    def walk(self, table: Table) -> Iterator[Record]:
        """Go through all objects of a table. Raises as ``Shelf.find``."""
        yield from self.find(table, (), ())

    def others(self, patterns: Sequence[Pattern], most: int) -> Iterator[str]:
        """Go through the names that no pattern covers. Raises ``Unreachable``."""
        for name in self._names(Pattern("*", self.separator), {}, most):
            if not any(pattern.read(name) is not None for pattern in patterns):
                yield name

    def behind(self, table: Table, columns: Sequence[str], values: Sequence[Value]) -> int:
        """Count versions that are not the present one, and empty folders of these values."""
        pattern = Pattern(table.name, self.separator)
        named = dict(zip(columns, values, strict=True))
        if not set(columns) <= set(pattern.variables) or not pattern.possible(named):
            return 0
        old = sum(1 for each in self._past(pattern, named) if each.marker or not each.latest)
        folder, own = pattern.folder(named)
        if self._root is not None and own:
            place = self._root / folder
            self._within(folder)
            old += int(place.is_dir() and not any(place.iterdir()))
        return old

    # --- reading -------------------------------------------------------------------------------

    def trees(self, table: Table, record: Record) -> Iterator[Tree]:
        """Read an object, or one line of it, as documents. Raises ``Unreachable``."""
        del table
        if record.past:
            return
        with self._answered():
            try:
                size = self._store.head(record.name)["size"]
            except FileNotFoundError:
                return
        if size > MOST:
            yield {CONTENT: f"({size} octets)"}
            return
        for element, tree in read(record.kind, self.octets(record)):
            if record.element in (None, element):
                yield tree

    def octets(self, record: Record) -> bytes:
        """Return all that stands in an object; nothing where it is gone. Raises ``Unreachable``."""
        with self._answered():
            try:
                found = self._store.get(record.name)
                if found.meta["size"] > MOST:
                    raise Unreachable(f"an object of `{record.table}` is too large", clause="9.4")
                return bytes(found.bytes())
            except FileNotFoundError:
                return b""

    # --- changing ------------------------------------------------------------------------------

    def remove(self, record: Record) -> int:
        """Remove an object with all its versions, or one line of it. Raises ``Unreachable``."""
        if record.element is not None:
            return self._edited(record, lambda _: None)
        with self._answered():
            there = not record.past and self._there(record.name)
            if there:
                self._store.delete(record.name)
        purged = self._versions.purge(record.name, spare_latest=False) if self._versions else 0
        return int(there or purged > 0)

    def change(self, table: Table, record: Record, changes: Sequence[Change]) -> int:
        """Change fields of an object, or of one line of it. Raises ``Unreachable``."""
        del table
        count = 0

        def edit(tree: Tree) -> Tree:
            nonlocal count
            count += sum(applied(tree, each) for each in changes)
            return tree

        self._edited(record, edit)
        return count

    def rename(self, record: Record, name: str) -> int:
        """Give an object another name. Raises ``Unreachable``."""
        with self._answered():
            if not self._there(record.name):
                return 0
            self._store.rename(record.name, name)
        if self._versions:
            self._versions.purge(record.name, spare_latest=False)
        return 1

    # --- saying --------------------------------------------------------------------------------

    def statement(self, table: Table, record: Record, method: str, place: str = "") -> str:
        """Say what would be sent, with ``?`` for every value."""
        name = shown(table.name)
        if method == "rename":
            return f"RENAME {name} TO ?"
        if method == "delete" and record.element is None:
            return f"DELETE {name}" + (" (all versions)" if self._versions else "")
        what = "one line" if record.element is not None else place
        return (
            f"PUT {name} without {what}"
            if method in ("delete", "null")
            else (f"PUT {name} with another {place}")
        )

    def _edited(self, record: Record, edit: Edit) -> int:
        """Write an object anew, unless somebody else does meanwhile; then try again."""
        element = spelled(record.element) if record.element is not None else None
        for _ in range(MOST_TRIES):
            with self._answered():
                try:
                    found = self._store.get(record.name)
                except FileNotFoundError:
                    return 0
                if found.meta["size"] > MOST:
                    raise Unreachable(f"an object of `{record.table}` is too large", clause="9.4")
                before = bytes(found.bytes())
                after = rewritten(record.kind, before, element, edit)
                if after == before:
                    return 0
                if self._written(record.name, after, found.meta["e_tag"]):
                    break
        else:
            raise Unreachable(f"an object of `{self._name}` is changed all the time", clause="9.4")
        if self._versions:
            self._versions.purge(record.name, spare_latest=after is not None)
        return 1

    def _written(self, name: str, after: bytes | None, tag: str | None) -> bool:
        if after is None:
            self._store.delete(name)
        elif isinstance(self._store, S3Store) and tag:
            try:
                self._store.put(name, after, mode={"e_tag": tag})
            except PreconditionError:
                return False
        else:
            self._store.put(name, after)
        return True

    @contextmanager
    def _answered(self) -> Iterator[None]:
        try:
            yield
        except BROKEN:
            # A store's message names the object, and so perhaps a subject: it goes no further.
            raise Unreachable(
                f"`{self._name}` did not answer as its map says",
                clause="9.4",
                remedy="check that it is there, and what its key may do: list, get, put, delete",
            ) from None


def _record(table: Table, pattern: Pattern, name: str, *, past: bool = False) -> Record:
    variables = pattern.read(name) or {}
    return Record(table=table.name, name=name, variables=variables, kind=kind_of(name), past=past)


def _element(record: Record, element: str) -> Record:
    return Record(
        table=record.table,
        name=record.name,
        variables=record.variables,
        kind=record.kind,
        element=element,
    )


def _agrees(pattern: Pattern, name: str, named: dict[str, Value]) -> bool:
    found = pattern.read(name)
    return found is not None and all(found[each] == spelled(named[each]) for each in named)


def _same(tree: Tree, inner: dict[str, Value]) -> bool:
    return all(
        any(spelled(found) == spelled(value) for found in values(tree, name))
        for name, value in inner.items()
    )
