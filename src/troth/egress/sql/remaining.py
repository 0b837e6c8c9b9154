"""Looking again, by the reach and by value: the verifying read of one database (policy 9.4).

By the reach: every row that should have gone, every column that should have ended, and every record
that bears the subject's name and may be somebody else's. By value: what a subject was known by, and
what the order says, wherever else it stands (``searching``).
"""

from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa

from troth.egress.databases.fate import Ends, Fate, asked, erasing, is_pseudonym
from troth.egress.databases.map import UNKNOWN, Table
from troth.egress.databases.port import Order, Remain, Why
from troth.egress.sql.documents import opened, within
from troth.egress.sql.moves import (
    blankable,
    corrections,
    lasting_in,
    method_of,
    put_in_place,
)
from troth.egress.sql.schema import Foreign
from troth.egress.sql.searching import Searching, remained
from troth.egress.sql.values import fitted, last_day, named
from troth.egress.sql.where import Condition, Where
from troth.model.clock import Moment

ENOUGH: Final = 1_000
"""Rows that are read at a time."""
WHOLE: Final = "*"
"""The category of a row that should have gone with all that is in it."""


class Remaining:
    """One look at one database."""

    def __init__(self, connection: sa.Connection, where: Where, order: Order, key: bytes) -> None:
        self._connection = connection
        self._where = where
        self._order = order
        self._key = key

        gone = {table.name for table in where.tables() if erasing(table, order).whole}
        self._lasting = lasting_in(where, gone)

    def look(self) -> Iterator[Remain]:
        """Yield everything that is not as the order says."""
        tables = list(self._where.tables())
        if self._order.task == "erase":
            for table, count in zip(tables, self._counts(tables), strict=True):
                yield from self._erased(table, count) if count else ()
            yield from self._disputed()
            yield from Searching(self._connection, self._where, self._order).look()
            return
        for table in tables:
            if self._order.task == "correct":
                yield from self._corrected(table)
            else:
                yield from self._restricted(table)

    # --- by the reach --------------------------------------------------------------------------

    def _erased(self, table: Table, count: int) -> Iterator[Remain]:
        fate = erasing(table, self._order)
        parts = self._where.parts(table.name)
        if fate.whole and table.name in self._lasting:
            # A row that others refer to cannot go: then nothing personal may stand in it.
            ends = tuple(Ends(column=column, method="null") for column in blankable(table))
            fate = Fate(ends=ends)
        if fate.whole:
            yield from self._left(table.name, WHOLE, count)
            return
        for end in fate.ends:
            place = f"{table.name}.{end.column.name}"
            yield from self._left(place, end.column.category, self._not_ended(table, end, parts))
        yield from self._held(table, fate, parts)
        yield from self._unmapped(table, parts)

    def _not_ended(self, table: Table, end: Ends, parts: Sequence[Condition]) -> int:
        live, name = self._where.live(table.name), end.column.name
        if name in live.table.c and method_of(live, end) != "pseudonymise":
            value, there = put_in_place(live, end), live.table.c[name]
            todo = there.is_not(None)
            return self._count(
                table,
                [sa.and_(p, todo, *([there != value] if value is not None else [])) for p in parts],
            )
        return sum(self._shows(table, end, part) for part in parts)

    def _shows(self, table: Table, end: Ends, part: Condition) -> int:
        """Count rows that show more than they may, reading each: a document, a keyed name."""
        live = self._where.live(table.name)
        head, _, path = end.column.name.partition(".")
        plain = end.column.name in live.table.c
        column = live.table.c[end.column.name if plain else head]
        said = sa.select(column).where(part, column.is_not(None))
        found = self._connection.execution_options(yield_per=ENOUGH).execute(said)
        steps = () if plain else tuple(path.split("."))
        method = method_of(live, end) if plain else end.method
        return sum(
            any(not self._ended(end, method, value) for value in within(opened(row[0]), steps))
            if not plain
            else not self._ended(end, method, row[0])
            for row in found
        )

    def _ended(self, end: Ends, method: str, value: object) -> bool:
        if method == "pseudonymise":
            return is_pseudonym(self._key, value)
        return method == "replace" and value == end.column.filler

    def _held(self, table: Table, fate: Fate, parts: Sequence[Condition]) -> Iterator[Remain]:
        for column, until in fate.held:
            there = self._column(table, column.name)
            count = self._count(table, [sa.and_(part, there.is_not(None)) for part in parts])
            place = f"{table.name}.{column.name}"
            yield from self._left(place, column.category, count, "held", until)

    def _unmapped(self, table: Table, parts: Sequence[Condition]) -> Iterator[Remain]:
        """Yield what no map knows: columns of rows that stay, and rows that refer to them."""
        live = self._where.live(table.name)
        for name in unmapped(table, live.table):
            there = live.table.c[name]
            count = self._count(table, [sa.and_(part, there.is_not(None)) for part in parts])
            yield from self._left(f"{table.name}.{name}", UNKNOWN, count, "unmapped")
        for foreign in self._where.schema.foreign:
            if foreign.target == table.name and foreign.source not in self._where.schema.tables:
                count = self._referring(table, foreign)
                yield from self._left(foreign.source, UNKNOWN, count, "unmapped")

    def _referring(self, table: Table, foreign: Foreign) -> int:
        """Count rows of a table outside the map that refer to the subject's."""
        schema, _, name = foreign.source.rpartition(".")
        other = sa.table(name, *map(sa.column, foreign.columns), schema=schema or None)
        source = self._where.live(table.name).table
        joined = [
            other.c[here] == source.c[there]
            for here, there in zip(foreign.columns, foreign.to, strict=True)
        ]
        mine = sa.exists().where(*joined, self._where.ours(table.name, source))
        said = sa.select(sa.func.count()).select_from(other).where(mine)
        return int(self._connection.execute(said).scalar_one())

    def _corrected(self, table: Table) -> Iterator[Remain]:
        for column in corrections(table, self._order):
            there = self._column(table, column.name)
            values = [named(secret) for secret in self._order.values[column.category]]
            fit = [one for value in values if (one := fitted(value, there.type)) is not None]
            todo = sa.and_(there.is_not(None), there.not_in(fit))
            parts = [sa.and_(part, todo) for part in self._where.parts(table.name)]
            place = f"{table.name}.{column.name}"
            yield from self._left(place, column.category, self._count(table, parts))

    def _restricted(self, table: Table) -> Iterator[Remain]:
        touched = [column for column in table.columns if asked(column, self._order)]
        if not touched:
            return
        parts = self._where.parts(table.name)
        if table.restricted:
            there = self._where.live(table.name).table.c[table.restricted]
            day = last_day(self._order.until, there.type)
            todo = there.is_distinct_from(day)
            if self._order.task == "release":
                todo = sa.and_(there.is_not(None), there.in_([day]))
            parts = [sa.and_(part, todo) for part in parts]
        elif self._order.task == "release":
            return
        yield from self._left(table.name, touched[0].category, self._count(table, parts))

    def _disputed(self) -> Iterator[Remain]:
        """Yield records that bear the subject's name and may be somebody else's."""
        for name, leads in self._where.leads.items():
            table = self._where.store.table(name)
            source = self._where.live(name).table
            for lead in leads:
                if lead.how == "disputed":
                    named = self._where.named(lead, source)
                    others = self._where.ours(name, source).is_not(sa.true())
                    column = table.column(lead.columns[0])
                    count = self._count(table, [sa.and_(named, others)])
                    place = f"{name}.{column.name}"
                    yield from self._left(place, column.identity, count, "disputed")

    # --- counting ------------------------------------------------------------------------------

    def _column(self, table: Table, name: str) -> sa.ColumnElement[object]:
        return self._where.column(table.name, name, self._where.live(table.name).table)

    def _count(self, table: Table, parts: Sequence[Condition]) -> int:
        source = self._where.live(table.name).table
        said = (sa.select(sa.func.count()).select_from(source).where(part) for part in parts)
        return sum(int(self._connection.execute(each).scalar_one()) for each in said)

    def _counts(self, tables: Sequence[Table]) -> list[int]:
        """Return how many rows of each table the reach finds, all asked at once."""
        parts = [self._where.parts(table.name) for table in tables]
        said = [
            sa.select(sa.func.count())
            .select_from(self._where.live(table.name).table)
            .where(part)
            .scalar_subquery()
            for table, each in zip(tables, parts, strict=True)
            for part in each
        ]
        found = iter(self._connection.execute(sa.select(*said)).one() if said else ())
        return [sum(int(next(found)) for _ in each) for each in parts]

    def _left(
        self, place: str, category: str, count: int, why: Why = "left", until: Moment | None = None
    ) -> Iterator[Remain]:
        if count:
            yield remained(self._where, place, category, count, why, until)


def unmapped(table: Table, live: sa.Table) -> list[str]:
    """Return the columns that a table has and its map does not name."""
    named = {column.name.partition(".")[0] for column in table.columns}
    named |= {column.name for column in table.columns if column.category != UNKNOWN}
    named |= {*table.key, table.restricted}
    named |= {column for reference in table.references for column in reference.columns}
    unsaid = {column.name for column in table.columns if column.category == UNKNOWN}
    return [column.name for column in live.columns if column.name not in named - unsaid]
