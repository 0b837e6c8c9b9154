"""Changing what a Redis holds, key by key, element by element (policy 9.4). Time to live stays."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import redis

from troth.egress.databases.map import Table
from troth.egress.named.keys import ELEMENTS, INNER, KeyReader, element_of, raw_of
from troth.egress.named.shelves import Change, Record, applied, shown
from troth.egress.named.trees import Tree, text_of
from troth.model.errors import Unreachable

MOST_TRIES: Final = 16
Pipe = Any
"""A pipeline of redis-py, whose own types tell texts from octets by a setting nobody sees."""


class Keys(KeyReader):
    """A Redis database as a shelf. Safe from many threads."""

    # --- changing ------------------------------------------------------------------------------

    def remove(self, record: Record) -> int:
        """Remove a key, or one element of it. Raises ``Unreachable``."""
        key = raw_of(record.name)
        with self.answered():
            if record.element is None:
                return int(self.client.delete(key))
            element = raw_of(record.element)
            removed: dict[str, Callable[[], object]] = {
                "entry": lambda: self.client.hdel(key, element),
                "set": lambda: self.client.srem(key, element),
                "zset": lambda: self.client.zrem(key, element),
                "list": lambda: self.client.lrem(key, 0, element),
                "stream": lambda: self.client.xdel(key, element),
            }
            return int(bool(removed[record.kind]()))

    def change(self, table: Table, record: Record, changes: Sequence[Change]) -> int:
        """Change fields of a key, or of an element. Raises ``Unreachable``.

        A stream's entry cannot be changed: one that would have to be is taken out instead.
        """
        if record.element is None and record.kind in ELEMENTS:
            elements = [element_of(record, raw) for raw, _ in self.elements(record)]
            return sum(self.change(table, each, changes) for each in elements)
        with self.answered():
            return self._again(lambda pipe: self._changed(pipe, table, record, changes), record)

    def _changed(self, pipe: Pipe, table: Table, record: Record, changes: Sequence[Change]) -> int:
        before = next(self.trees(table, record), None)
        after = next(self.trees(table, record), None)
        if before is None or after is None:
            return 0
        done = sum(applied(after, each) for each in changes)
        if done:
            pipe.multi()
            self._write(pipe, record, before, after)
            pipe.execute()
        return done

    def _write(self, pipe: Pipe, record: Record, before: Tree, after: Tree) -> None:
        key = raw_of(record.name)
        if record.kind == "hash":
            for name in before.keys() - after.keys():
                pipe.hdel(key, raw_of(name))
            for name, told in after.items():
                if told != before.get(name):
                    pipe.hset(key, raw_of(name), raw_of(text_of(told)))
            return
        field = "value" if record.kind in ("string", "entry") else INNER.get(record.kind, "")
        told = raw_of(text_of(after[field])) if field in after else None
        if record.kind == "string":
            pipe.delete(key) if told is None else pipe.set(key, told, keepttl=True)
        else:
            self._replace(pipe, record, told)

    def _replace(self, pipe: Pipe, record: Record, told: bytes | None) -> None:
        key, element = raw_of(record.name), raw_of(record.element or "")
        if record.kind == "entry":
            pipe.hdel(key, element) if told is None else pipe.hset(key, element, told)
        elif record.kind == "stream":
            pipe.xdel(key, element)
        elif record.kind == "set":
            pipe.srem(key, element)
            if told is not None:
                pipe.sadd(key, told)
        elif record.kind == "zset":
            score = self.client.zscore(key, element)
            pipe.zrem(key, element)
            if told is not None and score is not None:
                pipe.zadd(key, {told: score})
        elif told is None:
            pipe.lrem(key, 0, element)
        else:
            for place in self.client.lpos(key, element, count=0):
                pipe.lset(key, place, told)

    def rename(self, record: Record, name: str) -> int:
        """Give a key another name, with all it holds. Raises ``Unreachable``."""
        with self.answered():
            if not self.client.exists(raw_of(record.name)):
                return 0
            return int(bool(self.client.rename(raw_of(record.name), raw_of(name))))

    def _again(self, work: Callable[[Pipe], int], record: Record) -> int:
        """Do work on a key that nobody else changes meanwhile."""
        for _ in range(MOST_TRIES):
            with self.client.pipeline() as pipe:
                try:
                    pipe.watch(raw_of(record.name))
                    return work(pipe)
                except redis.WatchError:
                    continue
        raise Unreachable(f"a key of `{self.name}` is changed all the time", clause="9.4")

    # --- saying --------------------------------------------------------------------------------

    def statement(self, table: Table, record: Record, method: str, place: str = "") -> str:
        """Say what would be sent, with ``?`` for every value."""
        key = shown(table.name)
        if method == "rename":
            return f"RENAME {key} ?"
        if record.element is None and record.kind not in ELEMENTS:
            if method == "delete":
                return f"DEL {key}"
            if record.kind != "hash":
                return f"SET {key} ? KEEPTTL"
            gone = method in ("null", "release") and "." not in place
            return f"HDEL {key} {place}" if gone else f"HSET {key} {place.partition('.')[0]} ?"
        if method == "delete" and record.element is None:
            return f"DEL {key}"
        verb = {"set": "SREM", "zset": "ZREM", "list": "LREM", "stream": "XDEL"}
        said = f"{verb.get(record.kind, 'HDEL')} {key} {'0 ' if record.kind == 'list' else ''}?"
        again = {"set": "SADD", "zset": "ZADD", "list": "LSET", "entry": "HSET"}
        kept = method in ("replace", "pseudonymise", "restrict") and record.kind in again
        return f"{said}; {again[record.kind]} {key} ?" if kept else said
