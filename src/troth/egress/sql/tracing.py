"""Following a subject through one database: breadth first, each lead once (policy 9.1).

What is the subject's own is followed to its end first. Then what others may use as well: only where
nobody else does is it followed further, and that may find more of their own, until nothing is new.
The reach keeps conditions, not rows: a million visits are one lead with one value.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import sqlalchemy as sa

from troth.egress.databases.edges import Edge, Place
from troth.egress.databases.map import Column, StoreMap, Table
from troth.egress.databases.port import How, Known, Lead, Reach, Traced, Value, grown
from troth.egress.sql.schema import Schema
from troth.egress.sql.values import named, rows
from troth.egress.sql.where import MOST, SUBJECT, Where
from troth.model.errors import Unreachable

MANY: Final = 2_000
"""Rows up to which a reach names what hangs on them by values; beyond, through their table."""
ABROAD: Final = 100_000
"""Values up to which a trace goes to another database, or to what others use."""
Values = tuple[tuple[Value, ...], ...]


class Tracing:
    """One trace through one database."""

    def __init__(
        self,
        connection: sa.Connection,
        store: StoreMap,
        schema: Schema,
        edges: Sequence[Edge],
        reach: Reach,
    ) -> None:
        self._connection = connection
        self._store = store
        self._schema = schema
        self._edges = edges
        self._reach: Reach = reach
        self._abroad: Reach = ()
        self._followed: dict[tuple[str, tuple[str, ...], str], set[tuple[Value, ...]]] = {}

    def run(self, known: Known) -> Traced:
        """Follow everything. Raises ``Unreachable`` where there is too much to follow."""
        self._add(self._named(known))
        self._add(self._judged())
        while True:
            if fresh := tuple(self._fresh()):
                self._add(self._follow(fresh))
                continue
            # Whether others use a row is asked anew whenever more is known to be the subject's.
            before = (self._reach, self._abroad)
            self._add(self._follow(lead for lead in self._reach if lead.how == "shared"))
            if (self._reach, self._abroad) == before:
                break
        self._add(self._lasting())
        return Traced(reach=self._reach, leads=self._abroad)

    def _add(self, leads: Iterable[Lead]) -> None:
        found = tuple(leads)
        here = tuple(lead for lead in found if lead.store == self._store.name)
        away = tuple(lead for lead in found if lead.store != self._store.name)
        self._reach = grown(self._reach, here)
        self._abroad = grown(self._abroad, away)

    def _where(self) -> Where:
        return Where(self._store, self._schema, self._edges, self._reach)

    def _fresh(self) -> Iterator[Lead]:
        """Yield the subject's own leads that were not followed yet."""
        for lead in self._reach:
            if lead.how != "own":
                continue
            at = (lead.table, lead.columns, lead.through)
            if at in self._followed and lead.through:
                continue
            old = self._followed.setdefault(at, set())
            values = tuple(value for value in lead.values if value not in old)
            old.update(values)
            if values or lead.through:
                yield _lead(lead, values)

    # --- where it begins -----------------------------------------------------------------------

    def _named(self, known: Known) -> Iterator[Lead]:
        """Yield leads by what a subject is known by."""
        for table in self._store.tables:
            for column in table.columns:
                secrets = known.get(column.identity, ()) if column.identity else ()
                if secrets:
                    yield Lead(
                        self._store.name,
                        table.name,
                        (column.name,),
                        tuple((named(secret),) for secret in secrets),
                        "disputed" if self._names_people(table, column) else "own",
                    )

    def _names_people(self, table: Table, column: Column) -> bool:
        """Tell whether an identity finds records that others belong to: it has to find one only."""
        place = Place(self._store.name, table.name)
        belonging = any(edge.source == place and not edge.up for edge in self._edges)
        key = self._schema.tables[table.name].key
        return belonging and column.unique and column.identity != SUBJECT and bool(key)

    def _judged(self) -> Iterator[Lead]:
        """Yield the one record that each name finds, by its key; several are disputed."""
        where = self._where()
        for lead in self._reach:
            if lead.how != "disputed" or lead.table not in self._schema.tables:
                continue
            live = self._schema.tables[lead.table]
            named = where.column(lead.table, lead.columns[0], live.table)
            keys = [live.table.c[name] for name in live.key]
            said = sa.select(named, *keys).where(where.condition(lead, live.table))
            found = self._connection.execute(said.limit(MANY)).all()
            often = Counter(str(row[0]).casefold() for row in found)
            single = [row[1:] for row in found if often[str(row[0]).casefold()] == 1]
            if single:
                yield Lead(self._store.name, lead.table, live.key, rows(single))

    # --- where it goes -------------------------------------------------------------------------

    def _follow(self, leads: Iterable[Lead]) -> Iterator[Lead]:
        where = self._where()
        for lead in leads:
            place = Place(self._store.name, lead.table)
            outward = [edge for edge in self._edges if edge.source == place]
            for columns in dict.fromkeys(edge.columns for edge in outward):
                along = [edge for edge in outward if edge.columns == columns]
                yield from self._along(where, lead, columns, along)

    def _along(
        self, where: Where, lead: Lead, columns: tuple[str, ...], along: Sequence[Edge]
    ) -> Iterator[Lead]:
        far = [edge for edge in along if edge.up or edge.target.store != self._store.name]
        values = self._values(where, lead, columns, ABROAD if far else MANY)
        if not values:
            return
        if far and len(values) > ABROAD:
            raise Unreachable(
                f"`{self._store.name}.{lead.table}` leads to more than {ABROAD} records of"
                f" `{far[0].target.table}`",
                clause="9.1",
                remedy="let the map find those by an identity of their own",
            )
        for edge in along:
            how: How = "shared" if edge.up else "own"
            to = Lead(edge.target.store, edge.target.table, edge.to, values, how)
            if edge not in far and len(values) > MANY:
                yield Lead(to.store, to.table, to.columns, (), how, lead.table)
            elif edge.up and edge.target.store != self._store.name:
                yield from self._used(where, lead, columns, to)
            else:
                yield to

    def _values(self, where: Where, lead: Lead, columns: tuple[str, ...], limit: int) -> Values:
        """Return the values that a lead's rows have in some columns, up to one past a limit."""
        named = {column.name for column in self._store.table(lead.table).columns if column.identity}
        if lead.how == "own" and lead.columns == columns and named.isdisjoint(columns):
            return lead.values
        source = self._schema.tables[lead.table].table
        wanted = [where.column(lead.table, name, source) for name in columns]
        found: dict[tuple[Value, ...], None] = {}
        for first in range(0, max(1, len(lead.values)), MOST):
            part = _lead(lead, lead.values[first : first + MOST])
            said = (
                sa.select(*wanted)
                .distinct()
                .where(where.condition(part, source), *(one.is_not(None) for one in wanted))
                .limit(limit + 1)
            )
            found.update(dict.fromkeys(rows(self._connection.execute(said))))
        return tuple(found)

    def _used(self, where: Where, lead: Lead, columns: tuple[str, ...], to: Lead) -> Iterator[Lead]:
        """Tell what only the subject's rows lead to abroad from what others' rows lead to, too."""
        other = self._schema.tables[lead.table].table.alias()
        wanted = [where.column(lead.table, name, other) for name in columns]
        others: set[tuple[Value, ...]] = set()
        for first in range(0, len(to.values), MOST):
            part = Lead(to.store, lead.table, columns, to.values[first : first + MOST])
            said = (
                sa.select(*wanted)
                .distinct()
                .where(
                    where.condition(part, other), where.ours(lead.table, other).is_not(sa.true())
                )
            )
            others.update(rows(self._connection.execute(said)))
        alone = tuple(value for value in to.values if value not in others)
        if alone:
            yield _lead(to, alone)
        if others:
            yield Lead(to.store, to.table, to.columns, tuple(others), "common")

    # --- where it must be found again ----------------------------------------------------------

    def _lasting(self) -> Iterator[Lead]:
        """Yield keys of rows that stay while what finds them is erased."""
        where = self._where()
        for table in where.tables():
            live = self._schema.tables[table.name]
            if not live.key or not _stays(table):
                continue
            personal = {column.name for column in table.columns if column.category}
            for lead in where.leads[table.name]:
                if lead.how == "own" and not personal.isdisjoint(lead.columns):
                    keys = self._values(where, lead, live.key, MANY)
                    if 0 < len(keys) <= MANY:
                        yield Lead(self._store.name, table.name, live.key, keys)


def _stays(table: Table) -> bool:
    return table.erase == "fields" or any(
        column.erase not in (None, "delete") for column in table.columns
    )


def _lead(like: Lead, values: Values) -> Lead:
    return Lead(like.store, like.table, like.columns, values, like.how, like.through)
