"""Asking again: what still stands by name, by field and by value (policy 9.4).

A record that others may use as well is not erased here, since no name tells who else refers to it:
it is reported as disputed until the map says whose it is.
"""

from collections.abc import Iterator, Mapping, Sequence

from troth.egress.databases.fate import asked, erasing, last_day
from troth.egress.databases.map import UNKNOWN, Table
from troth.egress.databases.port import Order, Reach, Remain
from troth.egress.databases.spelling import LONG, loose, spaced, tight
from troth.egress.named.ending import Ender
from troth.egress.named.finding import Finder, written
from troth.egress.named.patterns import carried, spelled
from troth.egress.named.shelves import Record
from troth.egress.named.tally import Tally
from troth.egress.named.trees import Tree, leaves, text_of, texts
from troth.model.terms import matches

Wanted = Mapping[str, Sequence[str | bytes]]
"""The values that are looked for, by category."""


class Asker:
    """Looks whether an order was carried out, and believes nothing but what stands there."""

    def __init__(self, finder: Finder, ender: Ender) -> None:
        self._finder = finder
        self._ender = ender

    def remains(self, reach: Reach, order: Order) -> tuple[Remain, ...]:
        """Look again. Raises ``Unreachable``, ``Misconfigured``."""
        tally = Tally(self._finder.name)
        for table, record, how in self._finder.reached(reach):
            if record.past:
                continue
            if how == "own" and order.task == "erase":
                self._left(tally, table, record, order)
            elif how == "own":
                self._undone(tally, table, record, order)
            elif order.task == "erase" and how != "common":
                tally.add(table.name, sole(table), "disputed")
        if order.task == "erase":
            self._behind(tally, reach)
            self._by_value(tally, reach, order)
        return tally.told()

    def _left(self, tally: Tally, table: Table, record: Record, order: Order) -> None:
        fate = erasing(table, order)
        if fate.whole:
            tally.add(table.name, sole(table), "left")
            return
        held = {column.name: until for column, until in fate.held}
        named = {end.column.name: end for end in fate.ends}
        for tree in self._finder.shelf.trees(table, record):
            for column in table.columns:
                found = written(record, tree, column.name)
                place = f"{table.name}.{column.name}"
                there = bool(found)
                if column.name in held and there:
                    tally.add(place, column.category, "held", held[column.name])
                elif column.name in named:
                    end = named[column.name]
                    if not all(self._ender.ended(end, each) for each in found):
                        tally.add(place, column.category, "left")
                elif column.category == UNKNOWN and there:
                    tally.add(place, UNKNOWN, "unmapped")
            if any(True for _ in unmapped(table, tree)):
                tally.add(table.name, UNKNOWN, "unmapped")

    def _undone(self, tally: Tally, table: Table, record: Record, order: Order) -> None:
        """Count what a correction or a restriction has not reached."""
        for tree in self._finder.shelf.trees(table, record):
            if order.task == "correct":
                for column in table.columns:
                    told = order.values.get(column.category, ())
                    found = written(record, tree, column.name)
                    right = told and text_of(told[0].reveal_raw())
                    if told and asked(column, order) and any(text != right for text in found):
                        tally.add(f"{table.name}.{column.name}", column.category, "left")
                continue
            marked = texts(tree, table.restricted) if table.restricted else []
            wanted = [last_day(order.until)] if order.task == "restrict" else []
            if marked != wanted:
                tally.add(table.name, sole(table), "left")

    def _behind(self, tally: Tally, reach: Reach) -> None:
        for lead in self._finder.mine(reach):
            if lead.how == "own":
                table = self._finder.tables[lead.table]
                for told in lead.values:
                    left = self._finder.shelf.behind(table, lead.columns, told)
                    tally.add(f"{table.name} (behind)", sole(table), "left", count=left)

    def _by_value(self, tally: Tally, reach: Reach, order: Order) -> None:
        """Look for values: under names that they would make, and wherever the map lets one walk."""
        wanted = {name: [each.reveal_raw() for each in told] for name, told in order.values.items()}
        if not any(wanted.values()):
            return
        known = {record.place for _, record, _ in self._finder.reached(reach)}
        for table in self._finder.tables.values():
            for record in self._candidates(table, wanted):
                if record.place not in known and not record.past:
                    self._match(tally, table, record, wanted)
        self._strangers(tally, wanted)

    def _candidates(self, table: Table, wanted: Wanted) -> Iterator[Record]:
        if table.name == "*":
            return
        if table.walk:
            yield from self._finder.shelf.walk(table)
            return
        variables = self._finder.patterns[table.name].variables
        for column in table.columns:
            if (column.name,) == variables:
                for each in wanted.get(column.category, ()):
                    yield from self._finder.shelf.find(table, variables, (carried(spelled(each)),))

    def _match(self, tally: Tally, table: Table, record: Record, wanted: Wanted) -> None:
        long = [each for told in wanted.values() for each in told if len(each) >= LONG]
        for tree in self._finder.shelf.trees(table, record):
            for column in table.columns:
                found = written(record, tree, column.name)
                place = f"{table.name}.{column.name}"
                alike = [
                    each
                    for category, told in wanted.items()
                    if matches(category, column.category)
                    for each in told
                ]
                if meet(alike, found, inside=column.scan):
                    tally.add(place, column.category, "left")
                elif column.category and meet(long, found, inside=True):
                    # In somebody else's text it may be theirs to say: people decide.
                    tally.add(place, column.category, "disputed")

    def _strangers(self, tally: Tally, wanted: Wanted) -> None:
        """Look through the names that no pattern covers, where a table ``*`` lets one walk."""
        rest = self._finder.tables.get("*")
        if rest is None or not rest.walk:
            return
        others = [pattern for name, pattern in self._finder.patterns.items() if name != "*"]
        told = [each for found in wanted.values() for each in found]
        for name in self._finder.shelf.others(others, rest.walk):
            if meet(told, [name], inside=True):
                tally.add("*", UNKNOWN, "unmapped")


def unmapped(table: Table, tree: Tree) -> Iterator[tuple[str, object]]:
    """Give what stands in places of which the map says nothing at all.

    >>> from troth.egress.databases.map import Column
    >>> table = Table(name="user:{id}", columns=(Column(name="home"),))
    >>> list(unmapped(table, {"home": {"street": "x"}, "note": "y"}))
    [('note', 'y')]
    """
    told = {column.name for column in table.columns} | {table.restricted}
    for place, value in leaves(tree):
        if place not in told and not any(place.startswith(f"{name}.") for name in told if name):
            yield place, value


def sole(table: Table) -> str:
    """Return the category of a table's records where it is one, else ``*``."""
    found = {column.category for column in table.columns if column.category}
    return found.pop() if len(found) == 1 else "*"


def meet(told: Sequence[str | bytes], found: Sequence[str | bytes], *, inside: bool) -> bool:
    """Tell whether one of some values is there, or stands inside what is there, however spelled.

    >>> meet(["mei@example.cn"], ["Mei@Example.cn"], inside=False)
    True
    >>> meet(["mei"], ["meier"], inside=False), meet(["mei"], ["meier"], inside=True)
    (False, True)
    """
    wanted = [spelled(each) for each in told]
    for text in map(spelled, found):
        apart, close = loose(text), tight(text)
        for each in wanted:
            part = loose(each) in apart if spaced(each) else tight(each) in close
            if tight(each) and (tight(each) == close or (inside and part)):
                return True
    return False
