"""Conditions: which rows of a table a reach finds, and which of them nobody else uses (9.1, 9.4).

What another's row refers to is not the subject's alone. A test for that stands in the condition
itself, so that it holds at the moment a row is deleted, not at the moment it was found.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement, FromClause

from troth.egress.databases.edges import Edge, Place
from troth.egress.databases.map import StoreMap, Table
from troth.egress.databases.port import How, Lead, Reach, Value
from troth.egress.sql.schema import Foreign, Live, Schema, missing
from troth.egress.sql.values import fitted

MOST: Final = 2_000
"""Values that one statement compares with; more are compared in several."""
OURS: Final[tuple[How, ...]] = ("own", "shared")
SEEN: Final[tuple[How, ...]] = ("own", "shared", "common")
DEEPEST: Final = 1
"""Tables over which it is asked whether a user of a row is itself used by others."""
SUBJECT: Final = "subject"
"""The category of our own id: a row that names another subject by it is not this one's."""
Condition = ColumnElement[bool]


def any_of(conditions: Iterable[Condition]) -> Condition:
    """Return what is true where one is."""
    found = list(conditions)
    return sa.or_(*found) if found else sa.false()


class Where:
    """The conditions of one reach in one database, as that is now."""

    def __init__(
        self, store: StoreMap, schema: Schema, edges: Sequence[Edge], reach: Reach
    ) -> None:
        self.store = store
        self.schema = schema
        self.edges = edges
        self.leads: dict[str, list[Lead]] = {}
        self._parts: dict[tuple[str, bool], list[Condition]] = {}
        for lead in reach:
            if lead.store == store.name and lead.table in schema.tables:
                self.leads.setdefault(lead.table, []).append(lead)

    def live(self, table: str) -> Live:
        """Return a table as it is."""
        return self.schema.tables[table]

    def tables(self) -> Iterator[Table]:
        """Yield the tables of the map in which the reach finds anything, in the map's order."""
        for table in self.store.tables:
            if any(lead.how != "disputed" for lead in self.leads.get(table.name, ())):
                yield table

    def parts(self, table: str, *, seen: bool = False) -> list[Condition]:
        """Return the conditions of a table's rows, one for each statement it takes.

        ``seen``: also rows that others use as well, to be shown.
        """
        if (table, seen) not in self._parts:
            self._parts[table, seen] = self._parted(table, seen=seen)
        return self._parts[table, seen]

    def _parted(self, table: str, *, seen: bool) -> list[Condition]:
        source = self.live(table).table
        parts: list[Condition] = []
        batch: list[Condition] = []
        size = 0
        for lead in self._split(table, SEEN if seen else OURS):
            if batch and size + len(lead.values) > MOST:
                parts.append(any_of(batch))
                batch, size = [], 0
            batch.append(self.shown(lead, source) if seen else self.condition(lead, source))
            size += len(lead.values)
        return [*parts, any_of(batch)] if batch else parts

    def _split(self, table: str, hows: tuple[How, ...]) -> Iterator[Lead]:
        for lead in self.leads.get(table, ()):
            if lead.how in hows:
                for first in range(0, max(1, len(lead.values)), MOST):
                    values = lead.values[first : first + MOST]
                    yield Lead(lead.store, lead.table, lead.columns, values, lead.how, lead.through)

    def ours(self, table: str, source: FromClause, seen: frozenset[str] = frozenset()) -> Condition:
        """Return the condition of all of a subject's rows, in one."""
        return any_of(
            self.condition(lead, source, seen)
            for lead in self.leads.get(table, ())
            if lead.how in OURS
        )

    def seen(self, table: str, source: FromClause) -> Condition:
        """Return the condition of all rows that a reach finds, whosever they are besides."""
        leads = (lead for lead in self.leads.get(table, ()) if lead.how in SEEN)
        return any_of(self.shown(lead, source) for lead in leads)

    def shown(self, lead: Lead, source: FromClause) -> Condition:
        """Return the condition of a lead's rows whoever uses them, but not of those of others."""
        found = self._through(lead, source) if lead.through else self._equal(lead, source)
        return found if lead.how == "own" else sa.and_(found, *self._nobodys(lead.table, source))

    def named(self, lead: Lead, source: FromClause) -> Condition:
        """Return the condition of all rows that bear a lead's name, whosever they are."""
        column = self.column(lead.table, lead.columns[0], source)
        fit = [fitted(value, column.type) for (value,) in lead.values]
        return column.in_([value for value in fit if value is not None])

    def condition(
        self, lead: Lead, source: FromClause, seen: frozenset[str] = frozenset()
    ) -> Condition:
        """Return the condition of one lead, on a table or an alias of it.

        ``seen`` are tables whose own conditions are being written: a circle ends there.
        """
        found = self._through(lead, source, seen) if lead.through else self._equal(lead, source)
        if lead.how == "shared":
            found = sa.and_(
                found,
                *self._nobodys(lead.table, source),
                *self.unused(lead.table, source, self.users(lead.table), seen),
            )
        return found

    # --- what is compared ----------------------------------------------------------------------

    def column(self, table: str, name: str, source: FromClause) -> ColumnElement[object]:
        """Return a column, or a value inside a document as text. Raises ``Unreachable``."""
        if name in source.c:
            return source.c[name]
        head, _, path = name.partition(".")
        if not path or head not in source.c:
            raise missing(self.store.name, f"{table}.{name}")
        whole = source.c[head]
        document: ColumnElement[object] = (
            whole if isinstance(whole.type, sa.JSON) else sa.type_coerce(whole, sa.JSON())
        )
        inside: ColumnElement[object] = document[tuple(path.split("."))].as_string()
        return inside

    def _equal(self, lead: Lead, source: FromClause) -> Condition:
        columns = [self.column(lead.table, name, source) for name in lead.columns]
        values = [
            row
            for value in lead.values
            if None
            not in (row := [fitted(one, c.type) for one, c in zip(value, columns, strict=True)])
        ]
        found = (
            columns[0].in_([row[0] for row in values])
            if len(columns) == 1
            else sa.tuple_(*columns).in_([tuple(row) for row in values])
        )
        return sa.and_(found, *self._not_anothers(lead, source))

    def _not_anothers(self, lead: Lead, source: FromClause) -> list[Condition]:
        """Leave out rows found by an identity that name another subject by our id."""
        table = self.store.table(lead.table)
        identities = {column.name: column.identity for column in table.columns}
        if len(lead.columns) != 1 or identities.get(lead.columns[0]) in ("", None, SUBJECT):
            return []
        checks: list[Condition] = []
        for name, category in identities.items():
            values = self.values(table.name, name)
            if category == SUBJECT and values:
                column = self.column(table.name, name, source)
                fit = [fitted(value, column.type) for value in values]
                checks.append(sa.or_(column.is_(None), column.in_(fit)))
        return checks

    def values(self, table: str, name: str) -> list[Value]:
        """Return the values of the leads by one column."""
        return [
            value
            for lead in self.leads.get(table, ())
            if lead.columns == (name,)
            for (value,) in lead.values
        ]

    def _through(
        self, lead: Lead, source: FromClause, seen: frozenset[str] = frozenset()
    ) -> Condition:
        """Find rows by rows of another table of the reach: too many to name one by one."""
        if lead.through in seen:
            return sa.false()
        edge = next(
            edge
            for edge in self.edges
            if edge.source == Place(self.store.name, lead.through)
            and edge.target == Place(self.store.name, lead.table)
            and edge.to == lead.columns
        )
        other = self.live(lead.through).table.alias()
        columns = [self.column(lead.through, name, other) for name in edge.columns]
        inner = sa.select(*columns).where(
            self.ours(lead.through, other, seen | {lead.table, lead.through})
        )
        mine = [self.column(lead.table, name, source) for name in lead.columns]
        return (mine[0] if len(mine) == 1 else sa.tuple_(*mine)).in_(inner)

    # --- what others use -----------------------------------------------------------------------

    def users(self, table: str) -> list[Foreign]:
        """Return what may use a row of a table beside the subject, as references to it."""
        upward = [
            Foreign(source=edge.source.table, columns=edge.columns, target=table, to=edge.to)
            for edge in self.edges
            if edge.up
            and edge.target == Place(self.store.name, table)
            and edge.source.store == self.store.name
        ]
        told = {(each.source, each.columns) for each in upward}
        return upward + [
            each for each in self.bound(table) if (each.source, each.columns) not in told
        ]

    def bound(self, table: str) -> list[Foreign]:
        """Return the foreign keys to a table from rows that do not belong to its rows."""
        down = {
            (edge.target.table, edge.to)
            for edge in self.edges
            if not edge.up and edge.source == Place(self.store.name, table)
        }
        return [
            key
            for key in self.schema.foreign
            if key.target == table and (key.source, key.columns) not in down
        ]

    def keys_to(self, table: str) -> list[Foreign]:
        """Return every foreign key to a table that forbids deleting a row it points at."""
        return [key for key in self.schema.foreign if key.target == table and not key.gentle]

    def blockers(self, table: str) -> list[Foreign]:
        """Return the foreign keys that forbid deleting a row, or would take others' with it."""
        return [
            key
            for key in self.bound(table)
            if not (key.gentle and key.source not in self.schema.tables)
        ]

    def unused(
        self,
        table: str,
        source: FromClause,
        users: Iterable[Foreign],
        seen: frozenset[str] = frozenset(),
        *,
        whoever: bool = False,
    ) -> list[Condition]:
        """Return conditions that no row refers to a row: none but the subject's, or none at all."""
        return [
            ~sa.exists().where(self._uses(table, source, user, seen | {table}, whoever=whoever))
            for user in users
        ]

    def _uses(
        self,
        table: str,
        source: FromClause,
        user: Foreign,
        seen: frozenset[str],
        *,
        whoever: bool = False,
    ) -> Condition:
        known = user.source in self.schema.tables
        name = user.source.rpartition(".")
        whole = (
            self.live(user.source).table
            if known
            else sa.table(name[2], *map(sa.column, user.columns), schema=name[0] or None)
        )
        other = whole.alias()
        joined: list[Condition] = [
            self.column(user.source, here, other) == self.column(table, there, source)
            for here, there in zip(user.columns, user.to, strict=True)
        ]
        if known and not whoever:
            mine = (
                self._own(user.source, other)
                if user.source in seen or len(seen) > DEEPEST
                else self.ours(user.source, other, seen)
            )
            joined.append(mine.is_not(sa.true()))
        return sa.and_(*joined)

    def _own(self, table: str, source: FromClause) -> Condition:
        return any_of(
            self._equal(lead, source)
            for lead in self.leads.get(table, ())
            if lead.how == "own" and not lead.through
        )

    def _nobodys(self, table: str, source: FromClause) -> list[Condition]:
        """Leave out rows that bear somebody's name, unless it is the subject's."""
        checks: list[Condition] = []
        for column in self.store.table(table).columns:
            if column.identity:
                whose = self.column(table, column.name, source)
                fit = [fitted(value, whose.type) for value in self.values(table, column.name)]
                checks.append(sa.or_(whose.is_(None), whose.in_(fit)))
        return checks
