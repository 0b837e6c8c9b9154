"""The keys of a Redis as a shelf: strings, hashes, lists, sets, sorted sets, streams (policy 9.1).

What a key holds is a document: a hash its fields, a stream's entry its own, a string ``value``, a
list's element ``item``, a set's ``member``; a field that the map looks into is read as JSON. A
table ``users#{email}`` is the entries of one hash. ``KEYS`` is never said, and ``SCAN`` only where
the map allows a walk that takes in the whole database.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import redis

from troth.egress.databases.map import Table
from troth.egress.databases.port import Value
from troth.egress.named.patterns import Pattern, spelled
from troth.egress.named.shelves import (
    Record,
    needs_walk,
    too_many,
)
from troth.egress.named.trees import Tree, parsed, values
from troth.model.errors import Unreachable

AT_ONCE: Final = 500
INNER: Final = {"string": "value", "list": "item", "set": "member", "zset": "member"}
"""What the one field of each kind is called; hashes and streams have names of their own."""
ELEMENTS: Final = frozenset({"list", "set", "zset", "stream"})
Raw = dict[str, bytes]


class KeyReader:
    """What a Redis database holds. Safe from many threads."""

    separator = ":"

    def __init__(self, client: "redis.Redis", name: str) -> None:
        # Its types tell texts from octets by a setting that no type checker sees.
        self.client: Any = client
        self.name = name

    def knock(self) -> None:
        """See whether it answers. Raises ``Unreachable``."""
        with self.answered():
            self.client.ping()

    # --- finding -------------------------------------------------------------------------------

    def find(
        self, table: Table, columns: Sequence[str], values: Sequence[Value]
    ) -> Iterator[Record]:
        """Find records whose columns have these values. Raises as ``Shelf.find``."""
        whole, _, entry = table.name.partition("#")
        pattern = Pattern(whole, self.separator)
        told = dict(zip(columns, values, strict=True))
        named = {name: told[name] for name in columns if name in pattern.variables}
        inner = {name: value for name, value in told.items() if name not in named}
        if not pattern.possible(named):
            return
        for key in self._keys(table, pattern, named, columns):
            yield from self._inside(table, key, pattern.read(key) or {}, entry, inner)

    def _keys(
        self, table: Table, pattern: Pattern, named: dict[str, Value], columns: Sequence[str]
    ) -> Iterator[str]:
        key = pattern.write(named)
        if key is not None:
            yield key
        elif not table.walk:
            raise needs_walk(table, columns)
        else:
            yield from self._scan(table, pattern, named)

    def _scan(self, table: Table, pattern: Pattern, named: dict[str, Value]) -> Iterator[str]:
        with self.answered():
            # SCAN goes through every key there is, whatever it matches.
            if self.client.dbsize() > table.walk:
                raise too_many(table.name, table.walk)
            for raw in self.client.scan_iter(match=raw_of(pattern.glob(named)), count=AT_ONCE):
                key = spelled(raw)
                if pattern.read(key) is not None:
                    yield key

    def _inside(
        self, table: Table, key: str, variables: dict[str, str], entry: str, inner: dict[str, Value]
    ) -> Iterator[Record]:
        kind = self._kind(key)
        record = Record(table=table.name, name=key, variables=variables, kind=kind)
        if kind == "none":
            return
        if entry:
            yield from self._entries(table, record, Pattern(entry, "\0"), inner)
        elif not inner:
            yield record
        elif kind not in ELEMENTS:
            if any(_same(tree, inner) for tree in self.trees(table, record)):
                yield record
        elif kind in ("set", "zset") and list(inner) == ["member"]:
            member = raw_of(spelled(inner["member"]))
            if self._has(record, member):
                yield element_of(record, member)
        else:
            yield from self._matching(table, record, inner)

    def _entries(
        self, table: Table, record: Record, pattern: Pattern, inner: dict[str, Value]
    ) -> Iterator[Record]:
        """Find entries of one hash: ``users#{email}``."""
        field = pattern.write(inner) if set(inner) == set(pattern.variables) else None
        with self.answered():
            if field is not None:
                fields = [field] if self.client.hexists(raw_of(record.name), field) else []
            else:
                self._bounded(table, record)
                fields = [spelled(each) for each in self.client.hkeys(raw_of(record.name))]
        for each in fields:
            read = pattern.read(each)
            if read is not None:
                found = Record(
                    table=record.table,
                    name=record.name,
                    variables={**record.variables, **read},
                    kind="entry",
                    element=each,
                )
                if field is not None or self._fits(table, found, inner):
                    yield found

    def _fits(self, table: Table, record: Record, inner: dict[str, Value]) -> bool:
        left = {name: value for name, value in inner.items() if name not in record.variables}
        named = all(
            record.variables[name] == spelled(inner[name]) for name in set(inner) - set(left)
        )
        return named and any(_same(tree, left) for tree in self.trees(table, record))

    def _matching(self, table: Table, record: Record, inner: dict[str, Value]) -> Iterator[Record]:
        """Find elements by what stands in them, which takes reading all of them."""
        self._bounded(table, record)
        for raw, fields in self.elements(record):
            if _same(_tree(table, fields), inner):
                yield element_of(record, raw)

    def _bounded(self, table: Table, record: Record) -> None:
        sizes: dict[str, Callable[[bytes], object]] = {
            "list": self.client.llen,
            "set": self.client.scard,
            "zset": self.client.zcard,
            "stream": self.client.xlen,
            "hash": self.client.hlen,
        }
        if not table.walk:
            raise needs_walk(table, [INNER.get(record.kind, record.kind)])
        with self.answered():
            size = sizes[record.kind](raw_of(record.name))
            if isinstance(size, int) and size > table.walk:
                raise too_many(table.name, table.walk)

    def walk(self, table: Table) -> Iterator[Record]:
        """Go through all keys of a table, or the entries of its hash. Raises as ``Shelf.find``."""
        whole, _, entry = table.name.partition("#")
        pattern = Pattern(whole, self.separator)
        for key in self._keys(table, pattern, {}, pattern.variables):
            yield from self._inside(table, key, pattern.read(key) or {}, entry, {})

    def others(self, patterns: Sequence[Pattern], most: int) -> Iterator[str]:
        """Go through the keys that no pattern covers. Raises ``Unreachable``."""
        for key in self._scan(Table(name="*", walk=most), Pattern("*", self.separator), {}):
            if not any(pattern.read(key) is not None for pattern in patterns):
                yield key

    def behind(self, table: Table, columns: Sequence[str], values: Sequence[Value]) -> int:
        """Return 0: a key that is gone leaves nothing in the database itself."""
        del table, columns, values
        return 0

    # --- reading -------------------------------------------------------------------------------

    def trees(self, table: Table, record: Record) -> Iterator[Tree]:
        """Read a key, or one element of it, as documents. Raises ``Unreachable``."""
        if record.element is not None:
            fields = self._one(record)
            if fields is not None:
                yield _tree(table, fields)
        elif record.kind in ELEMENTS:
            for _, fields in self.elements(record):
                yield _tree(table, fields)
        else:
            with self.answered():
                key = raw_of(record.name)
                if record.kind == "hash":
                    fields = {spelled(name): raw for name, raw in self.client.hgetall(key).items()}
                else:
                    raw = self.client.get(key)
                    fields = {} if raw is None else {"value": raw}
            if fields:
                yield _tree(table, fields)

    def _one(self, record: Record) -> Raw | None:
        element = raw_of(record.element or "")
        with self.answered():
            if record.kind == "entry":
                raw = self.client.hget(raw_of(record.name), element)
                return None if raw is None else {"value": raw}
            if record.kind == "stream":
                found = self.client.xrange(raw_of(record.name), element, element)
                return _named(found[0][1]) if found else None
        return {INNER[record.kind]: element}

    def elements(self, record: Record) -> Iterator[tuple[bytes, Raw]]:
        """Give the elements of a key, a few at a time."""
        key = raw_of(record.name)
        with self.answered():
            if record.kind == "list":
                size = self.client.llen(key)
                for start in range(0, size, AT_ONCE):
                    for raw in self.client.lrange(key, start, start + AT_ONCE - 1):
                        yield raw, {"item": raw}
            elif record.kind == "set":
                for raw in self.client.sscan_iter(key, count=AT_ONCE):
                    yield raw, {"member": raw}
            elif record.kind == "zset":
                for raw, score in self.client.zscan_iter(key, count=AT_ONCE):
                    yield raw, {"member": raw, "score": str(score).encode()}
            else:
                yield from self._stream(key)

    def _stream(self, key: bytes) -> Iterator[tuple[bytes, Raw]]:
        start = b"-"
        while found := self.client.xrange(key, start, b"+", count=AT_ONCE):
            for entry, fields in found:
                yield entry, _named(fields)
            start = b"(" + found[-1][0]

    def _kind(self, key: str) -> str:
        with self.answered():
            return spelled(self.client.type(raw_of(key)))

    def _has(self, record: Record, member: bytes) -> bool:
        with self.answered():
            if record.kind == "set":
                return bool(self.client.sismember(raw_of(record.name), member))
            return self.client.zscore(raw_of(record.name), member) is not None

    @contextmanager
    def answered(self) -> Iterator[None]:
        """Turn what the server or the network refuses into ``Unreachable``."""
        try:
            yield
        except redis.WatchError:
            raise
        except (redis.RedisError, OSError):
            # A server's message may quote a key, so it goes no further.
            raise Unreachable(
                f"`{self.name}` did not answer as its map says",
                clause="9.4",
                remedy="check that it runs, its rights, and the kinds of its keys",
            ) from None


def raw_of(text: str | bytes) -> bytes:
    """Write a text as the octets it came from."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _named(fields: dict[bytes, bytes]) -> Raw:
    return {spelled(name): raw for name, raw in fields.items()}


def element_of(record: Record, raw: bytes) -> Record:
    """Return one element of a key as a record."""
    return Record(
        table=record.table,
        name=record.name,
        variables=record.variables,
        kind=record.kind,
        element=raw,
    )


def _tree(table: Table, fields: Raw) -> Tree:
    """Make a document of fields; those that the map looks into are read as JSON."""
    deep = {column.name.partition(".")[0] for column in table.columns if "." in column.name}
    tree: Tree = {}
    for name, raw in fields.items():
        inner = parsed(raw) if name in deep else None
        tree[name] = spelled(raw) if inner is None else inner
    return tree


def _same(tree: Tree, inner: dict[str, Value]) -> bool:
    return all(
        any(spelled(found) == spelled(value) for found in values(tree, name))
        for name, value in inner.items()
    )
