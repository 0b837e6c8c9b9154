"""A database as it is, beside its map: tables, keys, what refers to what, indexes (policy 9.1).

Read anew at every trace, so that a column renamed yesterday is found today. What the map names and
the database has not is an error that names the place and no value.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import types
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedIndex
from sqlalchemy.engine.reflection import ObjectKind
from sqlalchemy.types import TypeEngine

from troth.egress.databases.map import StoreMap, Table
from troth.model.errors import Unreachable

RAW: Final = (types.Date, types.DateTime, types.Time, types.Numeric, types.Boolean)
"""Types that SQLite only pretends to have: what lies there is compared and read as it is."""
GENTLE: Final = frozenset({"CASCADE", "SET NULL"})
"""What a foreign key may do by itself when the row it points at goes."""
Name = tuple[str | None, str]


class Foreign(Struct, frozen=True, kw_only=True):
    """One foreign key, from a table to another. ``gentle``: it does not forbid deleting there."""

    source: str
    columns: tuple[str, ...]
    target: str
    to: tuple[str, ...]
    gentle: bool = False


class Live(Struct, frozen=True, kw_only=True, eq=False):
    """One table as it is. ``indexes`` are the columns of each, unique ones and the key included."""

    table: sa.Table
    key: tuple[str, ...]
    nullable: frozenset[str]
    indexes: tuple[tuple[str, ...], ...]
    uniques: tuple[tuple[str, ...], ...]

    def has(self, name: str) -> bool:
        """Tell whether there is such a column, or a column with such a document in it."""
        return name in self.table.c or name.partition(".")[0] in self.table.c

    def indexed(self, columns: Iterable[str]) -> bool:
        """Tell whether rows can be found by these columns without reading all of them."""
        wanted = tuple(columns)
        return any(set(index[: len(wanted)]) == set(wanted) for index in self.indexes)


class Schema(Struct, frozen=True, kw_only=True, eq=False):
    """A database as it is: the tables of its map, other tables' names, every foreign key."""

    tables: Mapping[str, Live]
    others: tuple[str, ...]
    foreign: tuple[Foreign, ...]


def same(one: Schema, other: Schema) -> bool:
    """Tell whether nothing changed between two looks."""
    return _described(one) == _described(other)


def _described(schema: Schema) -> object:
    tables = [
        (
            *(name, live.key, live.nullable, live.indexes, live.uniques),
            [(column.name, repr(column.type)) for column in live.table.columns],
        )
        for name, live in schema.tables.items()
    ]
    return tables, schema.others, schema.foreign


def read_schema(connection: sa.Connection, store: StoreMap) -> Schema:
    """Look at a database. Raises ``Unreachable`` where the map names what is not there."""
    schema, absent = look(connection, store)
    for place in absent:
        raise missing(store.name, place)
    return schema


def look(connection: sa.Connection, store: StoreMap) -> tuple[Schema, list[str]]:
    """Look at a database; return it, and the places of the map that it has not."""
    looking = sa.inspect(connection)
    raw = connection.dialect.name == "sqlite"
    tables: dict[str, Live] = {}
    others: list[str] = []
    foreign: list[Foreign] = []
    for schema in dict.fromkeys([None, *(split(table.name)[0] for table in store.tables)]):
        wanted = {
            split(table.name)[1]: table for table in store.tables if split(table.name)[0] == schema
        }
        there = {*looking.get_table_names(schema=schema), *looking.get_view_names(schema=schema)}
        named = {name: table for name, table in wanted.items() if name in there}
        others += [_joined(schema, name) for name in there - wanted.keys()]
        if named:
            tables |= _tables(looking, schema, named, raw=raw)
        foreign += _foreign(looking, schema)
    absent = [place for table in store.tables for place in _absent(table, tables.get(table.name))]
    return Schema(tables=tables, others=tuple(sorted(others)), foreign=tuple(foreign)), absent


def split(name: str) -> Name:
    """Return the schema and the table that a map's name means.

    >>> split("sales.orders"), split("orders")
    (('sales', 'orders'), (None, 'orders'))
    """
    schema, dot, table = name.rpartition(".")
    return (schema if dot else None), table


def missing(store: str, place: str) -> Unreachable:
    """Return the error for what the map names and the database has not."""
    return Unreachable(
        f"`{store}` has no `{place}`, which its map names",
        clause="9.4",
        remedy="mend the map, or the database: `troth databases check` lists what differs",
    )


def _joined(schema: str | None, name: str) -> str:
    return f"{schema}.{name}" if schema else name


def _tables(
    looking: sa.Inspector, schema: str | None, named: Mapping[str, Table], *, raw: bool
) -> dict[str, Live]:
    names, metadata = list(named), sa.MetaData()
    keys = looking.get_multi_pk_constraint(schema, names, ObjectKind.ANY)
    constraints = looking.get_multi_unique_constraints(schema, names, ObjectKind.ANY)
    # Of a column that is UNIQUE where it stands, SQLite tells by the index alone.
    auto = {"kind": ObjectKind.ANY, "include_auto_indexes": True}
    indexes = looking.get_multi_indexes(schema, names, **auto)  # type: ignore[arg-type]  # for it
    found: dict[str, Live] = {}
    for at, told in looking.get_multi_columns(schema, names, ObjectKind.ANY).items():
        table = named[at[1]]
        key = tuple(keys[at]["constrained_columns"] if keys.get(at) else ())
        whole = [
            (_columns(index), index["unique"]) for index in indexes.get(at, ()) if _whole(index)
        ]
        uniques = [key, *(tuple(one["column_names"]) for one in constraints.get(at, ()))]
        uniques += [columns for columns, only in whole if only]
        found[table.name] = Live(
            table=sa.Table(
                at[1],
                metadata,
                *(sa.Column(one["name"], _type(one, raw=raw)) for one in told),
                schema=schema,
            ),
            key=table.key or key,
            nullable=frozenset(one["name"] for one in told if one["nullable"]) - {*key},
            indexes=tuple(filter(None, dict.fromkeys([*uniques, *(each for each, _ in whole)]))),
            uniques=tuple(filter(None, dict.fromkeys(uniques))),
        )
    return found


def _columns(index: ReflectedIndex) -> tuple[str, ...]:
    return tuple(name for name in index["column_names"] if name is not None)


def _whole(index: ReflectedIndex) -> bool:
    """Tell whether an index covers every row, by plain columns."""
    some = any(option.endswith("_where") for option in index.get("dialect_options", {}))
    return None not in index["column_names"] and not some


def _type(column: ReflectedColumn, *, raw: bool) -> TypeEngine[object]:
    kind: TypeEngine[object] = column["type"]
    if raw and isinstance(kind, RAW):
        kind = types.NullType()  # type: ignore[assignment]  # a type of no values, to mypy
    return kind


def _foreign(looking: sa.Inspector, schema: str | None) -> list[Foreign]:
    return [
        Foreign(
            source=_joined(schema, name),
            columns=tuple(key["constrained_columns"]),
            target=_joined(key["referred_schema"], key["referred_table"]),
            to=tuple(key["referred_columns"]),
            gentle=str(key.get("options", {}).get("ondelete", "")).upper() in GENTLE,
        )
        for (_, name), keys in looking.get_multi_foreign_keys(schema=schema).items()
        for key in keys
    ]


def _absent(table: Table, live: Live | None) -> list[str]:
    """Return the places of a table's map that are not there."""
    if live is None:
        return [table.name]
    named = [column.name for column in table.columns]
    named += [column for reference in table.references for column in reference.columns]
    named += [*table.key, *([table.restricted] if table.restricted else ())]
    return [f"{table.name}.{name}" for name in dict.fromkeys(named) if not live.has(name)]
