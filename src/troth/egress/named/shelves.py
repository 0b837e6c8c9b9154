"""What a database of named records is asked: keys of Redis, objects in a folder (policy 9.1, 9.4).

A *shelf* finds and changes; what a subject's trace, an order and the verifying read make of that
stands in ``records``, once for all of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from troth.egress.databases.map import Table
from troth.egress.databases.port import Value
from troth.egress.named.patterns import Pattern
from troth.egress.named.trees import Tree, change, mark
from troth.model.errors import Misconfigured, Unreachable


class Record(Struct, frozen=True, kw_only=True):
    """One record: a whole key or object, or one element in it (a member, a line).

    ``element`` is what stands there, as it is written; ``past`` says that only older versions are
    left, of something deleted since.
    """

    table: str
    name: str
    variables: Mapping[str, str] = {}
    kind: str = ""
    element: str | bytes | None = None
    past: bool = False

    @property
    def place(self) -> tuple[str, str, str | bytes | None]:
        """What makes it the same record, however it was found."""
        return self.table, self.name, self.element


class Change(Struct, frozen=True, kw_only=True):
    """What becomes of one field: whatever stands there goes through ``how``.

    With ``mark`` a text is put there instead, and made where nothing was; an empty one goes.
    """

    place: str
    how: Callable[[object], object] | None = None
    mark: str = ""


class Shelf(Protocol):
    """A database of named records. Every method raises ``Unreachable`` when it gets no answer."""

    separator: str

    def knock(self) -> None:
        """See whether it answers."""
        ...

    def find(
        self, table: Table, columns: Sequence[str], values: Sequence[Value]
    ) -> Iterator[Record]:
        """Find records whose columns have these values.

        Raises ``Misconfigured`` where that takes a walk that the map does not allow.
        """
        ...

    def walk(self, table: Table) -> Iterator[Record]:
        """Go through all records of a table, whole ones. Raises as ``find``."""
        ...

    def trees(self, table: Table, record: Record) -> Iterator[Tree]:
        """Read a record as documents: one, or one for each element of a whole list."""
        ...

    def remove(self, record: Record) -> int:
        """Remove a record and return how many there were; none is no error."""
        ...

    def change(self, table: Table, record: Record, changes: Sequence[Change]) -> int:
        """Change fields of a record and return how many were changed."""
        ...

    def rename(self, record: Record, name: str) -> int:
        """Give a record another name."""
        ...

    def statement(self, table: Table, record: Record, method: str, place: str = "") -> str:
        """Say what would be sent for that, with ``?`` for every value."""
        ...

    def behind(self, table: Table, columns: Sequence[str], values: Sequence[Value]) -> int:
        """Count what is left behind the records of these values: old versions, empty folders."""
        ...

    def others(self, patterns: Sequence[Pattern], most: int) -> Iterator[str]:
        """Go through the names that no pattern covers, of ``most`` at most."""
        ...


def applied(tree: Tree, one: Change) -> int:
    """Make a change in a document; return how many things were changed."""
    if one.how is None:
        return mark(tree, one.place, one.mark)
    return change(tree, one.place, one.how)


def needs_walk(table: Table, columns: Sequence[str]) -> Misconfigured:
    """Say that a table's records cannot be found by these columns."""
    return Misconfigured(
        f"records of `{table.name}` are not found by `{', '.join(columns)}` without a walk",
        clause="9.1",
        remedy="set `walk` to how many names may be looked through, or keep an index and map it",
    )


def too_many(table: str, walk: int) -> Unreachable:
    """Say that a walk ended before everything was seen, so that nothing is known."""
    return Unreachable(
        f"there are more names around `{table}` than its walk of {walk} allows",
        clause="9.4",
        remedy="raise `walk` in the data map, or keep an index and map it",
    )


def shown(pattern: str) -> str:
    """Write a pattern with ``?`` for its variables.

    >>> shown("user:{email}:profile")
    'user:?:profile'
    """
    return Pattern(pattern.partition("#")[0], "\0").shown()
