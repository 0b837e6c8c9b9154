"""A database of named records: traced, shown, ended and asked again (policy 9.1, 9.4).

What is found by its name goes whole; what is found by what stands in it (a member of a set, a line
of a file) goes alone.
"""

from collections.abc import Iterator, Sequence

from troth.egress.databases.edges import Edge, edges
from troth.egress.databases.finding import Finding
from troth.egress.databases.map import UNKNOWN, DataMap, StoreMap, Table
from troth.egress.databases.port import Held, Known, Order, Reach, Remain, Step, Traced
from troth.egress.named.asking import Asker, unmapped
from troth.egress.named.checking import checked
from troth.egress.named.ending import Ender
from troth.egress.named.finding import Finder, written
from troth.egress.named.patterns import spelled
from troth.egress.named.shelves import Record, Shelf
from troth.egress.named.trees import Tree, text_of
from troth.model.secret import Secret


class RecordDatabase:
    """One database of named records, as its map describes it. Safe from many threads."""

    def __init__(
        self, mapped: StoreMap, shelf: Shelf, key: bytes, ways: Sequence[Edge] = ()
    ) -> None:
        """Take the map and the shelf; ``key`` makes pseudonyms, ``ways`` are the whole map's."""
        self._map = mapped
        self._shelf = shelf
        self._finder = Finder(mapped, shelf, ways)
        self._ender = Ender(shelf, key)
        self._asker = Asker(self._finder, self._ender)
        self._ways = ways or edges(DataMap(stores=(mapped,)))

    @property
    def name(self) -> str:
        """The name under which a certificate lists it."""
        return self._map.name

    @property
    def known_by(self) -> frozenset[str]:
        """The categories it finds people by."""
        return frozenset(column.identity for _, column in self._finder.identities())

    @property
    def categories(self) -> frozenset[str]:
        """The categories of what it holds, as its map says."""
        columns = (column for table in self._map.tables for column in table.columns)
        return frozenset(column.category for column in columns if column.category)

    def check(self) -> list[Finding]:
        """Hold the map against what names can do, and knock. Raises ``Unreachable``."""
        self._shelf.knock()
        return list(checked(self._map, dict(self._finder.patterns), self._ways))

    def trace(self, known: Known, reach: Reach = ()) -> Traced:
        """Follow a subject as far as it goes. Raises ``Unreachable``, ``Misconfigured``."""
        return self._finder.trace(known, reach)

    def export(self, reach: Reach) -> Iterator[Held]:
        """Give what is held of a subject, record by record. Raises ``Unreachable``."""
        for table, record, how in self._finder.reached(reach):
            if how == "disputed" or record.past:
                continue
            for tree in self._shelf.trees(table, record):
                held = self._held(table, record, tree)
                if held.values:
                    yield held

    def plan(self, reach: Reach, order: Order) -> Iterator[Step]:
        """Say what performing an order would do; nothing is changed. Raises ``Unreachable``."""
        counted: dict[tuple[str, str, str], int] = {}
        for table, record, how in self._finder.reached(reach):
            if how == "own":
                pattern = self._finder.patterns[table.name]
                for method, statement in self._ender.said(table, pattern, record, order):
                    step = (table.name, method, statement)
                    counted[step] = counted.get(step, 0) + 1
        for (name, method, statement), records in counted.items():
            yield Step(
                store=self.name, table=name, method=method, statement=statement, records=records
            )

    def perform(self, reach: Reach, order: Order) -> int:
        """Do it, and return how many records were touched. Raises ``Unreachable``."""
        touched = 0
        for table, record, how in self._finder.reached(reach):
            if how == "own":
                pattern = self._finder.patterns[table.name]
                touched += bool(self._ender.perform(table, pattern, record, order))
        return touched

    def remains(self, reach: Reach, order: Order) -> tuple[Remain, ...]:
        """Look again, by every lead and by value. Raises ``Unreachable``, ``Misconfigured``."""
        return self._asker.remains(reach, order)

    def _held(self, table: Table, record: Record, tree: Tree) -> Held:
        told: dict[str, Secret] = {}
        categories: dict[str, str] = {}
        for column in table.columns:
            shown = written(record, tree, column.name)
            if column.category and shown:
                told[column.name] = _secret(shown)
                categories[column.name] = column.category
        for place, value in unmapped(table, tree):
            told[place] = Secret(text_of(value))
            categories[place] = UNKNOWN
        return Held(store=self.name, table=table.name, values=told, categories=categories)


def _secret(shown: Sequence[str | bytes]) -> Secret:
    return Secret(shown[0] if len(shown) == 1 else ", ".join(map(spelled, shown)))
