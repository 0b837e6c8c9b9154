"""Looking at a folder or a bucket: some of its names, and what lists and documents hold (9.1)."""

from collections.abc import Iterator, Sequence
from typing import Final

from troth.egress.inspecting.parts import as_part
from troth.egress.inspecting.seen import SeenColumn, SeenTable
from troth.egress.inspecting.tables import opened
from troth.egress.inspecting.values import kind_of as kind_of_value
from troth.egress.named.contents import CONTENT, kind_of, read
from troth.egress.named.files import Objects
from troth.egress.named.objects import shelf
from troth.egress.named.patterns import Pattern
from troth.egress.named.shelves import Record
from troth.model.errors import Unreachable
from troth.model.secret import Secret

NAMES: Final = 20_000
"""Names that are looked at, at most."""
EACH: Final = 5
ROWS: Final = 100


class ObjectLook:
    """One folder or bucket, looked at."""

    def __init__(self, name: str, url: str, *, names: int = NAMES) -> None:
        """Take its address. Raises ``Misconfigured``."""
        self._name = name
        self._shelf: Objects = shelf(url, name)
        self._most = names

    def close(self) -> None:
        """Do nothing: no line stays open."""

    def tables(self) -> Iterator[SeenTable]:
        """Look at some objects, pattern by pattern. Raises ``Unreachable``."""
        found: dict[str, list[str]] = {}
        for name in self._names():
            found.setdefault(pattern_of(name), []).append(name)
        for told, names in found.items():
            yield self._table(told, names)

    def _names(self) -> Sequence[str]:
        names: list[str] = []
        try:
            for name in self._shelf.others((), self._most):
                names.append(name)  # noqa: PERF402  # what was seen before it became too many counts
        except Unreachable:
            if not names:
                raise
        return names

    def _table(self, told: str, names: Sequence[str]) -> SeenTable:
        parsed = Pattern(told, "/")
        columns: dict[str, list[Secret]] = {name: [] for name in parsed.variables}
        for name in names[: EACH * 10]:
            for variable, value in (parsed.read(name) or {}).items():
                columns[variable].append(Secret(value))
        for name in names[:EACH]:
            for column, content in self._contents(told, name):
                columns.setdefault(column, []).append(content)
        seen: list[SeenColumn] = []
        for column, samples in columns.items():
            octets = column == CONTENT
            one = SeenColumn(
                name=column, kind="octets" if octets else "text", samples=tuple(samples)
            )
            seen += [one] if octets else opened(one)
        return SeenTable(
            name=told, columns=tuple(seen), variables=parsed.variables, found=len(names)
        )

    def _contents(self, told: str, name: str) -> Iterator[tuple[str, Secret]]:
        record = Record(table=told, name=name, kind=kind_of(name))
        if record.kind == "octets":
            yield CONTENT, Secret(b"")
            return
        for count, (_, tree) in enumerate(read(record.kind, self._shelf.octets(record))):
            if count >= ROWS:
                return
            for column, value in tree.items():
                if isinstance(value, bytes):
                    yield column, Secret(b"")
                elif value is not None:
                    yield column, Secret(_text(value))


def pattern_of(name: str) -> str:
    """Return the pattern of an object's name.

    >>> pattern_of("avatars/7.png"), pattern_of("exports/mei@example.cn/a.csv")
    ('avatars/{id}.png', 'exports/{email}/a.csv')
    """
    *folders, last = name.split("/")
    stem, dot, ending = last.rpartition(".")
    names: dict[str, int] = {}
    whole = [as_part(part, names) for part in folders]
    if kind_of_value(last) or not stem:
        whole.append(as_part(last, names))
    else:
        whole.append(f"{as_part(stem, names)}{dot}{ending}")
    return "/".join(whole)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)
