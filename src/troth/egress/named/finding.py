"""Finding a subject's records: by name, by what stands in them, along the map's edges (9.1)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

from troth.egress.databases.edges import Edge, edges
from troth.egress.databases.map import Column, DataMap, StoreMap, Table
from troth.egress.databases.port import How, Known, Lead, Reach, Traced, Value, grown
from troth.egress.named.patterns import Pattern, carried, spelled
from troth.egress.named.shelves import Record, Shelf
from troth.egress.named.trees import Tree, texts, values
from troth.model.secret import Secret

STRENGTH: Final[tuple[How, ...]] = ("own", "shared", "common", "disputed")
MOST_AT_ONCE: Final = 64
"""Combinations of values that one document may lead on by, where columns belong together."""


class Finder:
    """Finds records of one database, as its map describes it."""

    def __init__(self, mapped: StoreMap, shelf: Shelf, ways: Sequence[Edge] = ()) -> None:
        """Take the map, the shelf and the edges of the whole data map, if there is more of it."""
        self.name = mapped.name
        self.shelf = shelf
        self.tables: Mapping[str, Table] = {table.name: table for table in mapped.tables}
        self.patterns: Mapping[str, Pattern] = {
            name: Pattern(name.partition("#")[0], shelf.separator) for name in self.tables
        }
        self._ways: dict[str, list[Edge]] = {}
        for each in ways or edges(DataMap(stores=(mapped,))):
            if each.source.store == mapped.name:
                self._ways.setdefault(each.source.table, []).append(each)

    def identities(self) -> Iterator[tuple[Table, Column]]:
        """Give the columns that people are found by."""
        for table in self.tables.values():
            for column in table.columns:
                if column.identity:
                    yield table, column

    def trace(self, known: Known, reach: Reach) -> Traced:
        """Follow a subject as far as it goes. Raises ``Unreachable``, ``Misconfigured``."""
        waiting = [*(lead for lead in reach if lead.store == self.name), *self._roots(known)]
        mine: Reach = ()
        away: Reach = ()
        while waiting:
            lead = waiting.pop()
            fresh = _fresh(lead, mine)
            if lead.table not in self.tables or not fresh.values:
                continue
            mine = grown(mine, (fresh,))
            for record in self._found_by(fresh):
                mine = grown(mine, self._pinned(record, lead))
                for onward in self._onward(record, fresh.how):
                    if onward.store == self.name:
                        waiting.append(onward)
                    else:
                        away = grown(away, (onward,))
        return Traced(reach=mine, leads=away)

    def reached(self, reach: Reach) -> Iterator[tuple[Table, Record, How]]:
        """Give every record of a reach once: what ends first first, the surest word counting."""
        ranks = self._ranks()
        leads = list(self.mine(reach))
        seen: set[tuple[str, str, str | bytes | None]] = set()
        for lead in sorted(leads, key=lambda each: (ranks[each.table], STRENGTH.index(each.how))):
            for record in self._found_by(lead):
                if record.place not in seen:
                    seen.add(record.place)
                    yield self.tables[lead.table], record, lead.how

    def mine(self, reach: Reach) -> Iterator[Lead]:
        """Give the leads into this database's own tables."""
        for lead in reach:
            if lead.store == self.name and lead.table in self.tables:
                yield lead

    def _roots(self, known: Known) -> Iterator[Lead]:
        for table, column in self.identities():
            told = tuple((plain(value),) for value in known.get(column.identity, ()))
            if told:
                yield Lead(self.name, table.name, (column.name,), told)

    def _found_by(self, lead: Lead) -> Iterator[Record]:
        table = self.tables[lead.table]
        for told in lead.values:
            yield from self.shelf.find(table, lead.columns, told)

    def _pinned(self, record: Record, lead: Lead) -> Reach:
        """Return the lead by which a record is found again once what led to it is gone."""
        variables = self.patterns[record.table].variables
        if record.element is not None or not variables or set(lead.columns) <= set(variables):
            return ()
        told = tuple(carried(record.variables[name]) for name in variables)
        return (Lead(self.name, record.table, variables, (told,), lead.how),)

    def _onward(self, record: Record, how: How) -> Iterator[Lead]:
        ways = self._ways.get(record.table, ())
        if not ways or record.past:
            return
        for tree in self.shelf.trees(self.tables[record.table], record):
            for way in ways:
                told = product(*(stands(record, tree, column) for column in way.columns))
                found = dict.fromkeys(islice(told, MOST_AT_ONCE))
                if found:
                    weaker = weakest(how, "shared" if way.up else "own")
                    yield Lead(way.target.store, way.target.table, way.to, tuple(found), weaker)

    def _ranks(self) -> Mapping[str, int]:
        """Return how late each table ends; a table ends after those it names."""
        ranks = dict.fromkeys(self.tables, 0)
        for _ in self.tables:
            for name, table in self.tables.items():
                before = [ranks[other] + 1 for other in table.after if other in ranks]
                ranks[name] = min(max([ranks[name], *before]), len(ranks))
        return ranks


def plain(value: Secret) -> str:
    """Return an identifier as a lead carries it."""
    return carried(spelled(value.reveal_raw()))


def weakest(*hows: How) -> How:
    """Return the least sure of several words about whose a record is.

    >>> weakest("own", "shared"), weakest("own", "own")
    ('shared', 'own')
    """
    return max(hows, key=STRENGTH.index)


def stands(record: Record, tree: Tree, column: str) -> list[Value]:
    """Return what stands in a column and can lead on, in the record's name or in the record."""
    named: list[Value] = [carried(record.variables[column])] if column in record.variables else []
    return named + [each for each in values(tree, column) if each not in named]


def written(record: Record, tree: Tree, column: str) -> list[str | bytes]:
    """Return what is written in a column, in the record's name or in it: documents as JSON."""
    named: list[str | bytes] = [record.variables[column]] if column in record.variables else []
    return named + [each for each in texts(tree, column) if each not in named]


def _fresh(lead: Lead, reach: Reach) -> Lead:
    """Return a lead without the values that were followed already, as surely."""
    seen: set[tuple[Value, ...]] = set()
    for each in reach:
        same = (each.table, each.columns) == (lead.table, lead.columns)
        if same and STRENGTH.index(each.how) <= STRENGTH.index(lead.how):
            seen.update(each.values)
    told = tuple(each for each in lead.values if each not in seen)
    return Lead(lead.store, lead.table, lead.columns, told, lead.how)
