"""A map held against the database as it is, before it is used (policy 9.1, 9.4).

What is not there, what nobody named, what cannot end as the map says, and what would be found by
reading a whole table: for that, the very statement that makes the index.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy import types
from sqlalchemy.schema import CreateIndex

from troth.egress.databases.edges import Edge, Place
from troth.egress.databases.fate import DIGEST, MARK
from troth.egress.databases.finding import Finding, meant
from troth.egress.databases.map import Column, StoreMap, Table
from troth.egress.sql.order import circles
from troth.egress.sql.remaining import unmapped
from troth.egress.sql.schema import Live, look
from troth.egress.sql.searching import SMALL

KEYED: Final = len(MARK) + 2 * DIGEST
"""Characters that a pseudonym takes."""
KINDS: Final = (
    types.Integer,
    types.Numeric,
    types.String,
    types.Uuid,
    types.Date,
    types.LargeBinary,
)
"""Kinds of values: a column of one is not joined with a column of another in one statement."""


class Looking:
    """One map beside one database."""

    def __init__(self, connection: sa.Connection, store: StoreMap, edges: Sequence[Edge]) -> None:
        """Look at a database; what the map names and it has not is told, not raised."""
        self._connection = connection
        self._store = store
        self._edges = edges
        self._schema, self._missing = look(connection, store)

    def findings(self) -> Iterator[Finding]:
        """Yield everything that differs, or will cost dearly."""
        for place in self._missing:
            yield self._absent(place)
        for table in self._store.tables:
            live = self._schema.tables.get(table.name)
            if live is not None:
                yield from self._unnamed(table, live)
                yield from self._keys(table, live)
                yield from self._joins(table, live)
                for column in table.columns:
                    yield from self._ends(table, column, live)
                yield from self._slow(table, live)
        yield from self._unknown_tables()
        yield from self._bound()

    def _absent(self, place: str) -> Finding:
        table, _, column = place.rpartition(".")
        live = self._schema.tables.get(table)
        known = [each.name for each in live.table.columns] if live else self._schema.others
        return self._error(place, "is named by the map and not there", meant(column, known))

    def _unnamed(self, table: Table, live: Live) -> Iterator[Finding]:
        for name in unmapped(table, live.table):
            covered = table.erase == "row"
            yield self._warning(
                f"{table.name}.{name}",
                "is not in the map: it goes with its row"
                if covered
                else "is not in the map: its rows stay, so nothing is ever complete",
                "name it with its category, or as `nothing`",
            )

    def _unknown_tables(self) -> Iterator[Finding]:
        for name in self._schema.others:
            if name not in self._store.impersonal:
                yield self._warning(
                    name,
                    "is a table that the map does not name",
                    "name it, or list it: `impersonal`",
                )

    def _keys(self, table: Table, live: Live) -> Iterator[Finding]:
        if not live.key:
            yield self._warning(
                table.name, "has no primary key: many rows end in one statement", "give it one"
            )
        elif live.key not in live.uniques and not live.indexed(live.key):
            told = ", ".join(live.key)
            yield self._error(table.name, f"`{told}` is no key there", "name the primary key")

    # --- references ----------------------------------------------------------------------------

    def _joins(self, table: Table, live: Live) -> Iterator[Finding]:
        for reference in table.references:
            other = self._schema.tables.get(reference.table)
            if reference.store != self._store.name or other is None:
                continue
            for here, there in zip(reference.columns, reference.to, strict=False):
                at = f"{table.name}.{here}"
                if not other.has(there):
                    known = [each.name for each in other.table.columns]
                    yield self._error(
                        at, f"leads to no `{reference.table}.{there}`", meant(there, known)
                    )
                elif here in live.table.c and there in other.table.c:
                    mine, its = live.table.c[here].type, other.table.c[there].type
                    if not _alike(mine, its):
                        yield self._error(
                            at,
                            f"is `{mine}` and does not join `{its}` of `{reference.table}.{there}`",
                            "let both be of one type, or take the reference out",
                        )

    def _bound(self) -> Iterator[Finding]:
        """Yield circles of foreign keys that nothing may break, and keys of unknown tables."""
        for names in circles(self._schema.tables, self._schema.foreign):
            yield self._error(
                ".".join(names[:1]),
                f"goes round in a circle of foreign keys ({' → '.join(names)}), none of which may"
                " be empty",
                "let one of the columns be NULL, or end one of the tables by `fields`",
            )
        for key in self._schema.foreign:
            if key.target in self._schema.tables and key.source not in self._schema.tables:
                yield self._warning(
                    key.source,
                    f"refers to `{key.target}` and is not in the map: are its rows the subject's?",
                    "name it in the map, with `belongs to`",
                )

    # --- ends ----------------------------------------------------------------------------------

    def _ends(self, table: Table, column: Column, live: Live) -> Iterator[Finding]:
        if column.name not in live.table.c or not column.category:
            return
        at, there = f"{table.name}.{column.name}", live.table.c[column.name]
        method = column.erase or ("delete" if table.erase == "row" else "null")
        size = getattr(there.type, "length", None)
        if method == "null" and column.name not in live.nullable:
            yield self._error(
                at,
                "must not be empty there, and is to be emptied",
                "write `filler: ...`, or `erase: pseudonymise`",
            )
        if method == "replace":
            if size is not None and len(column.filler) > size:
                yield self._error(
                    at, f"takes {size} characters, fewer than its filler", "shorten it"
                )
            if (column.name,) in live.uniques:
                yield self._error(
                    at,
                    "must be unique there: a second filler would not fit",
                    "`erase: pseudonymise`",
                )
        if method == "pseudonymise" and size is not None and not column.length and size < KEYED:
            yield self._error(
                at, f"takes {size} characters, a keyed name {KEYED}", f"write `length: {size}`"
            )

    # --- what would be slow --------------------------------------------------------------------

    def _slow(self, table: Table, live: Live) -> Iterator[Finding]:
        here = Place(self._store.name, table.name)
        ways = [edge.to for edge in self._edges if edge.target == here]
        ways += [edge.columns for edge in self._edges if edge.source == here and edge.up]
        ways += [(column.name,) for column in table.columns if column.identity]
        for columns in dict.fromkeys(ways):
            if all(name in live.table.c for name in columns) and not live.indexed(columns):
                yield self._warning(
                    f"{table.name}.{', '.join(columns)}",
                    "is how rows are found, and no index helps: each time, all are read",
                    self._index(live, columns),
                )
        named = {
            column.identity
            for store in (self._store,)
            for t in store.tables
            for column in t.columns
        }
        for column in table.columns:
            asked_for = column.category in named - {""} and not column.identity and not column.scan
            if asked_for and not live.indexed((column.name,)):
                plain = column.name in live.table.c
                yield self._warning(
                    f"{table.name}.{column.name}",
                    f"is asked by value afterwards: with more than {SMALL} rows and no index it is"
                    " not, and then nothing is complete",
                    (self._index(live, (column.name,)) + " or write " if plain else "write ")
                    + "`scan: yes`, and every row is read",
                )

    def _index(self, live: Live, columns: Sequence[str]) -> str:
        name = "_".join((live.table.name, *columns))[:60]
        # Made for its words alone, on a copy: the table as it is gets no index of ours.
        copy = live.table.to_metadata(sa.MetaData())
        index = sa.Index(name, *(copy.c[column] for column in columns))
        return f"{CreateIndex(index).compile(self._connection)};"

    # --- helpers -------------------------------------------------------------------------------

    def _error(self, place: str, message: str, hint: str) -> Finding:
        return Finding(
            level="error", place=f"{self._store.name}.{place}", message=message, hint=hint
        )

    def _warning(self, place: str, message: str, hint: str) -> Finding:
        return Finding(
            level="warning", place=f"{self._store.name}.{place}", message=message, hint=hint
        )


def _alike(one: types.TypeEngine[object], other: types.TypeEngine[object]) -> bool:
    if isinstance(one, types.NullType) or isinstance(other, types.NullType):
        return True
    kinds = [[kind for kind in KINDS if isinstance(each, kind)] for each in (one, other)]
    return kinds[0] == kinds[1] or not kinds[0] or not kinds[1]
