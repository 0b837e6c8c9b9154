"""Looking again by value: in every column of one database, whosever row it stands in (policy 9.4).

A table that is small, or a column whose map says ``scan``, is read: then a value is found in any
case, width and spacing, in a document, and inside a longer text. In a large table only an index is
asked, for the value and its commonest spellings; a column without one is said to be unasked.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import chain
from typing import Final

import sqlalchemy as sa
from msgspec import Struct

from troth.egress.databases.fate import asked
from troth.egress.databases.map import Column, Table
from troth.egress.databases.port import Order, Remain, Value, Why
from troth.egress.databases.spelling import LONG, escaped, loose, spaced, spellings, tight
from troth.egress.sql.folding import Folding, Words, packed, words
from troth.egress.sql.values import fitted, named
from troth.egress.sql.where import Condition, Where, any_of
from troth.model.clock import Moment
from troth.model.terms import matches

SMALL: Final = 10_000
"""Rows up to which reading a whole table costs nothing worth saving."""
ENOUGH: Final = 1_000
"""Found values up to which they are counted."""

NOTHING: Final = sa.literal_column("''", sa.Text())
BETWEEN: Final = sa.literal_column("'|'", sa.Text())
"""What stands between two columns of a row that is read as one text."""


class Look(Struct, frozen=True, kw_only=True, eq=False):
    """One question to one column, where it is read; ``exact``: to its index, where it has one.

    ``must``: where it cannot be asked at all, nothing is clean.
    """

    column: Column
    condition: Condition
    why: Why
    exact: Condition | None = None
    must: bool = True


class Searching:
    """One search for values in one database."""

    def __init__(self, connection: sa.Connection, where: Where, order: Order) -> None:
        self._connection = connection
        self._where = where
        self._order = order
        self._folding = Folding(connection)
        self._values = self._wanted()
        texts = [one for told in self._values.values() for one in told if isinstance(one, str)]
        self._long = list(dict.fromkeys(text for text in texts if len(text) >= LONG))

    def look(self) -> Iterator[Remain]:
        """Yield what still stands anywhere."""
        about = {
            table.name: [column for column in table.columns if self._about(column)]
            for table in self._where.store.tables
        }
        tables = [table for table in self._where.store.tables if about[table.name]]
        small = self._small([table.name for table in tables])
        few = [table for table in tables if table.name in small]
        suspected = self._suspected([(table, about[table.name]) for table in few])
        for table in tables:
            if table.name in suspected or table.name not in small:
                looks = [one for column in about[table.name] for one in self._looks(table, column)]
                yield from (self._at_once if table.name in small else self._each)(table, looks)

    # --- what is asked -------------------------------------------------------------------------

    def _looks(self, table: Table, column: Column) -> Iterator[Look]:
        """Yield what a column is asked: for a value by itself, and for one inside a text."""
        there = self._column(table, column)
        wanted = self._values_of(column)
        plain = column.name in self._where.live(table.name).table.c
        if not plain or packed(there.type):
            if wanted:
                yield self._in_document(table, column, wanted)
            return
        equal = self._equal(there, wanted)
        if wanted:
            yield self._alone(table, column, there, equal)
        text = words(there)
        if self._long and text is not None:
            held = self._inside(text, self._long)
            # In somebody else's text it may be theirs to say: people decide.
            yield Look(
                column=column,
                condition=sa.and_(held, sa.not_(equal)),
                why="disputed",
                must=False,
            )

    def _alone(self, table: Table, column: Column, there: Words, equal: Condition) -> Look:
        """Return the question for a value by itself, as it is or spelled otherwise."""
        fit = _fit(self._values_of(column), there)
        asked_for = there.in_([*fit, *_otherwise(fit)])
        if not self._is_disputed(table, column):
            quick = asked_for if self._where.live(table.name).indexed((column.name,)) else None
            return Look(column=column, condition=equal, why=self._why(column), exact=quick)
        # As it is, it has been told already; spelled otherwise, it may be theirs as much.
        known = there.in_(fit)
        return Look(
            column=column,
            condition=sa.and_(equal, sa.not_(known)),
            why="disputed",
            exact=sa.and_(asked_for, sa.not_(known)),
        )

    def _in_document(self, table: Table, column: Column, wanted: Sequence[Value]) -> Look:
        """Return what a document is asked: for values at their place, or anywhere around it."""
        head = self._where.live(table.name).table.c[column.name.partition(".")[0]]
        told = [str(value) for value in wanted]
        anywhere = self._inside(sa.cast(head, sa.Text()), [one for one in told if len(one) >= LONG])
        if column.name not in self._where.live(table.name).table.c:
            anywhere = any_of([anywhere, self._column(table, column).in_(told)])
        return Look(column=column, condition=anywhere, why=self._why(column))

    def _equal(self, there: Words, wanted: Sequence[Value]) -> Condition:
        """Return the condition of a value by itself, in any spelling."""
        text, same = words(there), there.in_(_fit(wanted, there))
        told = [tight(value) for value in wanted if isinstance(value, str)]
        if text is None or not told:
            return sa.func.coalesce(same, sa.false())
        spelled = self._folding.tight(text).in_(list(dict.fromkeys(told)))
        return sa.func.coalesce(any_of([same, spelled]), sa.false())

    def _inside(self, text: Words, wanted: Sequence[str]) -> Condition:
        """Return the condition of a value inside a text, in any spelling."""
        return _holds(self._folding.loose(text), self._folding.tight(text), wanted)

    # --- how it is asked -----------------------------------------------------------------------

    def _suspected(self, tables: Sequence[tuple[Table, Sequence[Column]]]) -> set[str]:
        """Return the small tables in which anything may stand, all read in one statement."""
        said = [self._anything(table, columns) for table, columns in tables]
        found = self._connection.execute(sa.select(*said)).one() if said else ()
        return {table.name for (table, _), there in zip(tables, found, strict=True) if there}

    def _anything(self, table: Table, columns: Sequence[Column]) -> sa.Exists:
        """Ask whether there is a row that any question to its columns may find.

        The row is folded once, as one text; ``OFFSET 0`` keeps the database from doing it anew for
        every value.
        """
        live, wanted = self._where.live(table.name), list(self._long)
        texts: dict[str, Words] = {}
        same: list[Condition] = []
        for column in columns:
            plain = column.name in live.table.c
            head = live.table.c[column.name if plain else column.name.partition(".")[0]]
            values = self._values_of(column)
            wanted += map(str, values)
            if not packed(head.type) and (fit := _fit(values, head)):
                same.append(head.in_(fit))
            if (text := words(head)) is not None:
                texts[head.name] = sa.func.coalesce(text, NOTHING, type_=sa.Text())
        row: Words = reduce(lambda one, other: one + BETWEEN + other, texts.values(), NOTHING)
        folded = (
            sa.select(
                self._folding.loose(row).label("apart"),
                self._folding.tight(row).label("close"),
                sa.case((any_of(same), 1), else_=0).label("same"),
            )
            .select_from(live.table)
            .where(self._others(table))
            .offset(0)
            .subquery()
        )
        held = _holds(folded.c.apart, folded.c.close, list(dict.fromkeys(wanted)))
        return sa.exists().select_from(folded).where(any_of([folded.c.same == 1, held]))

    def _at_once(self, table: Table, looks: Sequence[Look]) -> Iterator[Remain]:
        """Read a small table once for everything."""
        source = self._where.live(table.name).table
        counts = [sa.func.count(sa.case((look.condition, 1))) for look in looks]
        said = sa.select(*counts).select_from(source).where(self._others(table))
        for look, count in zip(looks, self._connection.execute(said).one(), strict=True):
            yield from self._told(table, look, int(count))

    def _each(self, table: Table, looks: Sequence[Look]) -> Iterator[Remain]:
        for look in looks:
            yield from self._one(table, look)

    def _one(self, table: Table, look: Look) -> Iterator[Remain]:
        """Ask a large table, where an index helps or its map says that it is worth it."""
        condition = look.condition if look.column.scan else look.exact
        if condition is not None:
            found = self._few(table, sa.and_(condition, self._others(table)))
            yield from self._told(table, look, found)
        elif look.must:
            place = f"{table.name}.{look.column.name}"
            yield remained(self._where, place, look.column.category, 0, "unasked")

    def _told(self, table: Table, look: Look, count: int) -> Iterator[Remain]:
        if count:
            place, category = f"{table.name}.{look.column.name}", look.column.category
            told = category or look.column.identity
            yield remained(self._where, place, told, count, look.why)

    def _few(self, table: Table, condition: Condition) -> int:
        source = self._where.live(table.name).table
        some = sa.select(sa.literal(1)).select_from(source).where(condition).limit(ENOUGH)
        said = sa.select(sa.func.count()).select_from(some.subquery())
        return int(self._connection.execute(said).scalar_one())

    def _small(self, names: Sequence[str]) -> set[str]:
        """Return the tables that are small enough to be read, all asked at once."""
        said = []
        for name in names:
            some = sa.select(sa.literal(1)).select_from(self._where.live(name).table)
            upto = some.limit(SMALL + 1).subquery()
            said.append(sa.select(sa.func.count()).select_from(upto).scalar_subquery())
        sizes = self._connection.execute(sa.select(*said)).one() if said else ()
        return {name for name, size in zip(names, sizes, strict=True) if int(size) <= SMALL}

    # --- helpers -------------------------------------------------------------------------------

    def _wanted(self) -> dict[str, list[Value]]:
        """Return what to look for, by category: the order's values, and those of the identities."""
        found: dict[str, dict[Value, None]] = {}
        for category, secrets in self._order.values.items():
            found.setdefault(category, {}).update(dict.fromkeys(map(named, secrets)))
        for table in self._where.store.tables:
            for column in table.columns:
                told = self._where.values(table.name, column.name) if column.identity else ()
                found.setdefault(column.identity, {}).update(dict.fromkeys(told))
        return {category: list(told) for category, told in found.items() if category}

    def _values_of(self, column: Column) -> list[Value]:
        both = (self._values.get(column.category, ()), self._values.get(column.identity, ()))
        return list(dict.fromkeys(chain.from_iterable(both)))

    def _others(self, table: Table) -> Condition:
        """Leave out rows that the reach finds: they are told already, or are others' as well."""
        source = self._where.live(table.name).table
        return self._where.seen(table.name, source).is_not(sa.true())

    def _column(self, table: Table, column: Column) -> Words:
        return self._where.column(table.name, column.name, self._where.live(table.name).table)

    def _about(self, column: Column) -> bool:
        """Tell whether the order is about a column: what it holds, or whom it names."""
        about = column.identity and any(
            matches(pattern, column.identity) for pattern in self._order.categories
        )
        return bool(about) or asked(column, self._order)

    def _is_disputed(self, table: Table, column: Column) -> bool:
        return any(
            lead.how == "disputed" and lead.columns == (column.name,)
            for lead in self._where.leads.get(table.name, ())
        )

    def _why(self, column: Column) -> Why:
        return "held" if _stays(column, self._order) else "left"


def remained(
    where: Where, place: str, category: str, count: int, why: Why, until: Moment | None = None
) -> Remain:
    """Say that something remains in a database; ``place`` is a table, and a column in it."""
    place = f"{where.store.name}.{place}"
    return Remain(place=place, category=category, count=count, why=why, until=until)


def _holds(apart: Words, close: Words, wanted: Sequence[str]) -> Condition:
    """Return the condition of a value inside a text that is folded, with its spaces and without."""
    told = dict.fromkeys(
        (apart, loose(one)) if spaced(one) else (close, tight(one)) for one in escaped(wanted)
    )
    return any_of(text.contains(one, autoescape=True) for text, one in told)


def _fit(values: Sequence[Value], there: Words) -> list[object]:
    return [one for value in values if (one := fitted(value, there.type)) is not None]


def _otherwise(fit: Sequence[object]) -> list[str]:
    """Return other spellings of what is a text, for an index."""
    told = (each for one in fit if isinstance(one, str) for each in spellings(one))
    return [each for each in dict.fromkeys(told) if each not in fit]


def _stays(column: Column, order: Order) -> bool:
    by_law = any(matches(pattern, column.category) for pattern in order.held)
    return column.erase == "keep" or by_law
