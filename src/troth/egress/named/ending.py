"""Ending records, or fields of them, as an order says (policy 9.4). Each can be done again."""

from collections.abc import Callable, Iterator

from troth.egress.databases.fate import (
    Ends,
    Fate,
    asked,
    erasing,
    is_pseudonym,
    last_day,
    pseudonym,
)
from troth.egress.databases.map import Column, Table
from troth.egress.databases.port import Order, Value
from troth.egress.named.patterns import Pattern
from troth.egress.named.shelves import Change, Record, Shelf
from troth.egress.named.trees import GONE, text_of
from troth.model.secret import Secret


class Ender:
    """Performs an order on one record, or says how it would."""

    def __init__(self, shelf: Shelf, key: bytes) -> None:
        """Take the shelf; ``key`` makes pseudonyms."""
        self._shelf = shelf
        self._key = key

    def perform(self, table: Table, pattern: Pattern, record: Record, order: Order) -> int:
        """Do what an order says with one record; return how much was changed."""
        fate = erasing(table, order) if order.task == "erase" else Fate()
        if order.task == "erase" and (fate.whole or record.past):
            return self._shelf.remove(record)
        if record.past:
            return 0
        changes = [change for _, change in self._changes(table, pattern, order, fate)]
        done = self._shelf.change(table, record, changes) if changes else 0
        renamed = self._renamed(pattern, record, fate)
        return done + (self._shelf.rename(record, renamed) if renamed else 0)

    def said(
        self, table: Table, pattern: Pattern, record: Record, order: Order
    ) -> Iterator[tuple[str, str]]:
        """Say how: a method and a statement for each step."""
        fate = erasing(table, order) if order.task == "erase" else Fate()
        if order.task == "erase" and (fate.whole or record.past):
            yield "delete", self._shelf.statement(table, record, "delete")
            return
        for method, change in self._changes(table, pattern, order, fate):
            yield method, self._shelf.statement(table, record, method, change.place)
        if self._renamed(pattern, record, fate):
            yield "pseudonymise", self._shelf.statement(table, record, "rename")

    def ended(self, end: Ends, told: object) -> bool:
        """Tell whether a field holds nothing any more, or what was put in its place."""
        if told in (None, "", b""):
            return True
        if end.method == "replace":
            return text_of(told) == end.column.filler
        return end.method == "pseudonymise" and is_pseudonym(self._key, text_of(told))

    def _changes(
        self, table: Table, pattern: Pattern, order: Order, fate: Fate
    ) -> Iterator[tuple[str, Change]]:
        for end in fate.ends:
            method = "null" if end.method == "delete" else end.method
            yield method, Change(place=end.column.name, how=self._ending(end))
        if order.task == "correct":
            for column in table.columns:
                told = order.values.get(column.category, ())
                if told and asked(column, order) and column.name not in pattern.variables:
                    yield "replace", Change(place=column.name, how=_to(told[0]))
        if table.restricted and (fate.held or order.task in ("restrict", "release")):
            day = last_day(fate.until if fate.held else order.until)
            how = "release" if order.task == "release" else "restrict"
            yield how, Change(place=table.restricted, mark="" if how == "release" else day)

    def _ending(self, end: Ends) -> Callable[[object], object]:
        column = end.column
        if end.method == "replace":
            return lambda _: column.filler
        if end.method == "pseudonymise":
            return lambda told: told if self.ended(end, told) else self._anonymous(column, told)
        return lambda _: GONE

    def _anonymous(self, column: Column, told: object) -> str:
        return pseudonym(self._key, column.category, text_of(told), column.length)

    def _renamed(self, pattern: Pattern, record: Record, fate: Fate) -> str:
        """Return the name of a record whose own says whose it is; empty: it keeps its name."""
        told: dict[str, Value] = dict(record.variables)
        for end in fate.ends:
            name = end.column.name
            if name in told and not self.ended(_kept(end), told[name]):
                told[name] = self._anonymous(end.column, told[name])
        if record.element is not None or told == record.variables:
            return ""
        return pattern.write(told) or ""


def _kept(end: Ends) -> Ends:
    """Make of a variable a pseudonym, whatever the map says: a name cannot be empty."""
    return Ends(column=end.column, method="pseudonymise")


def _to(value: Secret) -> Callable[[object], object]:
    told = value.reveal_raw()
    return lambda _: told
