"""Looking at a database that speaks SQL: read only, bounded in rows and in time (policy 9.1)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy import types
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.types import TypeEngine

from troth.egress.inspecting.seen import Holds, Kind, SeenColumn, SeenLink, SeenTable
from troth.egress.sql.database import engine_of
from troth.model.errors import Unreachable
from troth.model.secret import Secret

ROWS: Final = 200
"""Rows of each table that are looked at."""
PROBED: Final = 50
"""Values of a column that are looked for in another table."""
ANSWER: Final = 10
"""Seconds for one statement."""
MOST_TABLES: Final = 2_000
READ_ONLY: Final[dict[str, tuple[str, ...]]] = {
    "postgresql": (
        f"SET statement_timeout = '{ANSWER}s'",
        "SET default_transaction_read_only = on",
    ),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_execution_time = {ANSWER}000"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", f"SET SESSION max_statement_time = {ANSWER}"),
    "sqlite": ("PRAGMA query_only = ON",),
}
"""What is said before anything is read: that nothing is written, and how long it may take."""
KINDS: Final[tuple[tuple[type, Kind], ...]] = (
    (types.Boolean, "truth"),
    (types.Numeric, "number"),
    (types.Integer, "number"),
    (types.Date, "moment"),
    (types.DateTime, "moment"),
    (types.Time, "moment"),
    (types.LargeBinary, "octets"),
    (types.JSON, "document"),
    (types.String, "text"),
    (types.Uuid, "text"),
)


class SqlLook:
    """One database, looked at."""

    def __init__(self, name: str, url: str, *, rows: int = ROWS) -> None:
        """Take its address. Raises ``Misconfigured``."""
        self._name = name
        self._engine = engine_of(name, url)
        self._rows = rows

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    def tables(self) -> Iterator[SeenTable]:
        """Look at every table, one after the other. Raises ``Unreachable``."""
        with self._reading() as connection:
            looking = sa.inspect(connection)
            names: list[tuple[str | None, str]] = [
                (None, name) for name in sorted(looking.get_table_names())
            ]
            names += [
                (schema, name)
                for schema in self._schemas(looking)
                for name in sorted(looking.get_table_names(schema=schema))
            ]
            for schema, name in names[:MOST_TABLES]:
                yield self._table(connection, looking, schema, name)

    def holds(self, table: str, column: str, values: Sequence[Secret]) -> Holds:
        """Say how many of some values stand in a column of a table; see ``Prober``."""
        asked = list({each.reveal_raw(): None for each in values})[:PROBED]
        schema, _, name = table.rpartition(".")
        where = sa.table(name, sa.column(column), schema=schema or None)
        told = sa.cast(where.c[column], sa.String(255))
        said = sa.select(sa.func.count(sa.distinct(told))).where(told.in_(map(str, asked)))
        if not asked:
            return Holds(share=0.0, asked=0)
        try:
            with self._reading() as connection:
                found = int(connection.execute(said).scalar_one())
        except Unreachable:
            # Too long, or not comparable: then nothing is known, and the guess stays a guess.
            return Holds(share=0.0, asked=0)
        return Holds(share=min(1.0, found / len(asked)), asked=len(asked))

    def _schemas(self, looking: sa.Inspector) -> list[str]:
        if self._engine.dialect.name != "postgresql":
            return []
        hidden = {"information_schema", looking.default_schema_name}
        names = looking.get_schema_names()
        return sorted(each for each in names if each not in hidden and not each.startswith("pg_"))

    def _table(
        self, connection: sa.Connection, looking: sa.Inspector, schema: str | None, name: str
    ) -> SeenTable:
        columns = looking.get_columns(name, schema=schema)
        key = tuple(looking.get_pk_constraint(name, schema=schema)["constrained_columns"])
        told = looking.get_unique_constraints(name, schema=schema)
        uniques = [tuple(one["column_names"]) for one in told]
        uniques += [
            tuple(filter(None, one["column_names"]))
            for one in looking.get_indexes(name, schema=schema)
            if one["unique"]
        ]
        alone = {each[0] for each in [*uniques, key] if len(each) == 1}
        names = [str(one["name"]) for one in columns]
        sampled = self._sampled(connection, schema, name, names)
        seen: list[SeenColumn] = []
        for one in columns:
            column = SeenColumn(
                name=str(one["name"]),
                kind=_kind(one["type"]),
                samples=sampled.get(str(one["name"]), ()),
                unique=one["name"] in alone,
            )
            seen += opened(column)
        return SeenTable(
            name=f"{schema}.{name}" if schema else name,
            key=key,
            columns=tuple(seen),
            links=tuple(_links(looking, schema, name)),
        )

    def _sampled(
        self, connection: sa.Connection, schema: str | None, name: str, columns: Sequence[str]
    ) -> dict[str, tuple[Secret, ...]]:
        table = sa.table(name, *(sa.column(each) for each in columns), schema=schema)
        said = sa.select(*(table.c[each] for each in columns)).limit(self._rows)
        try:
            with connection.begin_nested():
                rows = connection.execute(said).all()
        except SQLAlchemyError:
            # No right to read it, or too slow: its names and types are looked at all the same.
            return {}
        return {
            column: tuple(Secret(_text(row[place])) for row in rows if row[place] is not None)
            for place, column in enumerate(columns)
        }

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                for said in READ_ONLY.get(self._engine.dialect.name, ()):
                    connection.exec_driver_sql(said)
                if self._engine.dialect.name != "sqlite":
                    connection.commit()
                yield connection
                connection.rollback()
                # The connection goes with its settings: it is not handed on to anybody.
                connection.invalidate()
        except (SQLAlchemyError, OSError):
            # A driver's message may quote a row, so it goes no further.
            raise Unreachable(
                f"`{self._name}` cannot be looked at",
                clause="9.1",
                remedy="check that it runs, and that the account may read it",
            ) from None


def opened(column: SeenColumn) -> list[SeenColumn]:
    """Return a column, or the columns in its documents where it holds such.

    >>> column = SeenColumn(name="profile", samples=(Secret('{"mail": "mei@example.cn"}'),))
    >>> [each.name for each in opened(column)]
    ['profile.mail']
    """
    found: dict[str, list[Secret]] = {}
    for sample in column.samples:
        raw = sample.reveal_raw()
        tree = _document(raw)
        if not isinstance(tree, dict):
            return [column]
        for place, value in _leaves(tree):
            found.setdefault(f"{column.name}.{place}", []).append(Secret(_text(value)))
    if not found:
        return [column]
    return [SeenColumn(name=name, samples=tuple(told)) for name, told in found.items()]


def _document(raw: str | bytes) -> object:
    text = raw.strip() if isinstance(raw, str) else raw
    if not text[:1] or text[:1] not in ("{", b"{"):
        return None
    try:
        found: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found


def _leaves(tree: object, place: str = "", deep: int = 0) -> Iterator[tuple[str, object]]:
    if isinstance(tree, dict) and deep < 8:
        for name, each in tree.items():
            yield from _leaves(each, f"{place}.{name}".removeprefix("."), deep + 1)
    elif isinstance(tree, list) and deep < 8:
        for each in tree:
            yield from _leaves(each, place, deep + 1)
    elif place:
        yield place, tree


def _links(looking: sa.Inspector, schema: str | None, name: str) -> Iterator[SeenLink]:
    for one in looking.get_foreign_keys(name, schema=schema):
        other = one["referred_schema"]
        yield SeenLink(
            columns=tuple(one["constrained_columns"]),
            table=f"{other}.{one['referred_table']}" if other else one["referred_table"],
            to=tuple(one["referred_columns"]),
        )


def _kind(told: TypeEngine[object]) -> Kind:
    return next((kind for wanted, kind in KINDS if isinstance(told, wanted)), "other")


def _text(value: object) -> str | bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(int(value) if isinstance(value, Decimal) and value % 1 == 0 else value)
