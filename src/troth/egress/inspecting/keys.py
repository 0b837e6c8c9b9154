"""Looking at a Redis: some of its keys, put together to patterns, and what stands in them (9.1).

``SCAN`` goes on until enough keys were seen, and never further. What differs between the keys of
one pattern becomes a variable, called by what its values are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from redis import RedisError

from troth.egress.inspecting.parts import as_part
from troth.egress.inspecting.seen import SeenColumn, SeenTable
from troth.egress.inspecting.tables import opened
from troth.egress.named.keys import ELEMENTS, INNER
from troth.egress.named.patterns import spelled
from troth.egress.named.redis import connected
from troth.model.errors import Unreachable
from troth.model.secret import Secret

KEYS: Final = 20_000
"""Keys that are looked at, at most."""
EACH: Final = 50
"""Keys of one pattern, and elements of one key, whose contents are looked at."""


class RedisLook:
    """One Redis database, looked at."""

    def __init__(self, name: str, url: str, *, keys: int = KEYS) -> None:
        """Take its address. Raises ``Misconfigured``."""
        self._name = name
        # Its types tell texts from octets by a setting that no type checker sees.
        self._client: Any = connected(url)
        self._most = keys

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def tables(self) -> Iterator[SeenTable]:
        """Look at some keys, pattern by pattern. Raises ``Unreachable``."""
        try:
            for pattern, keys in patterns(self._keys()).items():
                yield self._table(pattern, keys)
        except (RedisError, OSError):
            # A server's message may quote a key, so it goes no further.
            raise Unreachable(f"`{self._name}` cannot be looked at", clause="9.1") from None

    def _keys(self) -> list[str]:
        found: list[str] = []
        for raw in self._client.scan_iter(count=500):
            found.append(spelled(raw))
            if len(found) >= self._most:
                break
        return found

    def _table(self, pattern: str, keys: Sequence[str]) -> SeenTable:
        told: dict[str, list[Secret]] = {name: [] for name in _variables(pattern)}
        for key in keys[:EACH]:
            for name, value in _read(pattern, key).items():
                told[name].append(Secret(value))
            for name, raw in self._contents(key):
                told.setdefault(name, []).append(Secret(spelled(raw)))
        columns: list[SeenColumn] = []
        for name, samples in told.items():
            columns += opened(SeenColumn(name=name, samples=tuple(samples)))
        return SeenTable(
            name=pattern,
            columns=tuple(columns),
            variables=tuple(_variables(pattern)),
            found=len(keys),
        )

    def _contents(self, key: str) -> Iterator[tuple[str, bytes]]:
        raw = key.encode("utf-8", "surrogateescape")
        kind = spelled(self._client.type(raw))
        if kind == "hash":
            _, fields = self._client.hscan(raw, count=EACH)
            yield from ((spelled(name), value) for name, value in fields.items())
        elif kind == "string":
            yield "value", self._client.getrange(raw, 0, 64 * 1024)
        elif kind == "stream":
            for _, fields in self._client.xrange(raw, count=EACH):
                yield from ((spelled(name), value) for name, value in fields.items())
        elif kind in ELEMENTS:
            yield from ((INNER[kind], each) for each in self._elements(kind, raw))

    def _elements(self, kind: str, raw: bytes) -> Sequence[bytes]:
        if kind == "list":
            return list(self._client.lrange(raw, 0, EACH - 1))
        if kind == "set":
            return list(self._client.srandmember(raw, EACH))
        return list(self._client.zrange(raw, 0, EACH - 1))


def patterns(keys: Sequence[str]) -> Mapping[str, list[str]]:
    """Put keys together by what they have in common.

    >>> list(patterns(["user:1:cart", "user:2:cart", "mail:mei@example.cn", "flags"]))
    ['user:{id}:cart', 'mail:{email}', 'flags']
    """
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(_pattern(key), []).append(key)
    return found


def _pattern(key: str) -> str:
    counted: dict[str, int] = {}
    parts = key.split(":")
    return ":".join(as_part(part, counted, alone=len(parts) == 1) for part in parts)


def _variables(pattern: str) -> list[str]:
    return [part[1:-1] for part in pattern.split(":") if _is_variable(part)]


def _read(pattern: str, key: str) -> dict[str, str]:
    parts = zip(pattern.split(":"), key.split(":"), strict=True)
    return {part[1:-1]: value for part, value in parts if _is_variable(part)}


def _is_variable(part: str) -> bool:
    return part.startswith("{") and not part.startswith("{{") and part.endswith("}")
