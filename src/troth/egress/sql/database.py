"""A database that speaks SQL: PostgreSQL, MariaDB or MySQL, SQLite (policy 9.1, 9.4).

One set of statements for all of them, written by SQLAlchemy. A driver's message may quote a row, so
it goes no further: what is told names the database, or the place where its map is wrong.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from troth.egress.databases.edges import Edge, edges
from troth.egress.databases.finding import Finding
from troth.egress.databases.map import DataMap, StoreMap
from troth.egress.databases.port import Held, Known, Order, Reach, Remain, Step, Traced
from troth.egress.sql.documents import opened, within
from troth.egress.sql.folding import teach
from troth.egress.sql.looking import Looking
from troth.egress.sql.moves import Mover
from troth.egress.sql.performing import BATCH, perform, steps
from troth.egress.sql.remaining import Remaining
from troth.egress.sql.schema import Schema, read_schema, same
from troth.egress.sql.tracing import Tracing
from troth.egress.sql.values import sealed
from troth.egress.sql.where import Where
from troth.model.errors import Misconfigured, Unreachable
from troth.model.secret import Secret

DRIVERS: Final = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "sqlite": "sqlite+pysqlite",
}
"""How an address begins, and the driver that speaks to it."""
CONNECT: Final = 5
"""Seconds to wait for a connection, or for a lock that somebody else holds."""
ANSWER: Final = 60
"""Seconds to wait for one statement."""
LIMITS: Final[dict[str, tuple[str, ...]]] = {
    "postgresql": (f"SET lock_timeout = '{CONNECT}s'", f"SET statement_timeout = '{ANSWER}s'"),
    "mysql": (f"SET SESSION innodb_lock_wait_timeout = {CONNECT}",),
    "mariadb": (
        f"SET SESSION innodb_lock_wait_timeout = {CONNECT}",
        f"SET SESSION max_statement_time = {ANSWER}",
    ),
    "sqlite": (f"PRAGMA busy_timeout = {CONNECT * 1000}", "PRAGMA foreign_keys = ON"),
}
"""What is said on every new connection: how long to wait, and that references are kept."""
LOOKED: Final = 60
"""Seconds for which a look at the tables is good, but for the verifying read."""
TOGETHER: Final = 8
"""Connections that are kept; four times as many may be open."""


class SqlDatabase:
    """One database by its map. Safe from many threads."""

    def __init__(
        self, mapped: StoreMap, url: Secret | str, *, key: bytes, ways: Sequence[Edge] = ()
    ) -> None:
        """Take its map, its address, and the edges of the whole data map.

        ``key`` makes pseudonyms. Nothing is connected yet. Raises ``Misconfigured`` for an address
        it cannot speak to.
        """
        self._name = mapped.name
        self._map = mapped
        self._edges = ways or edges(DataMap(stores=(mapped,)))
        self._key = key
        self._seen: tuple[Schema, float] | None = None
        self._engine = engine_of(mapped.name, url.reveal() if isinstance(url, Secret) else url)

    @property
    def name(self) -> str:
        """The name under which a certificate lists it."""
        return self._name

    @property
    def known_by(self) -> frozenset[str]:
        """The categories it finds people by."""
        columns = (column for table in self._map.tables for column in table.columns)
        return frozenset(column.identity for column in columns if column.identity)

    @property
    def categories(self) -> frozenset[str]:
        """The categories of what it holds, as its map says."""
        columns = (column for table in self._map.tables for column in table.columns)
        return frozenset(column.category for column in columns if column.category)

    def close(self) -> None:
        """Let every connection go."""
        self._engine.dispose()

    def check(self) -> list[Finding]:
        """Hold the map against the database as it is. Raises ``Unreachable``."""
        with self._answered(), self._engine.connect() as connection:
            return list(Looking(connection, self._map, self._edges).findings())

    # --- the port ------------------------------------------------------------------------------

    def trace(self, known: Known, reach: Reach = ()) -> Traced:
        """Follow a subject from what they are known by, and from a reach, as far as it goes."""
        with self._answered(), self._engine.connect() as connection:
            schema = self._schema(connection)
            return Tracing(connection, self._map, schema, self._edges, reach).run(known)

    def export(self, reach: Reach) -> Iterator[Held]:
        """Give what is held of a subject, row by row; memory stays flat however many they are."""
        with self._answered(), self._engine.connect() as connection:
            where = self._where(connection, reach)
            reading = connection.execution_options(yield_per=BATCH)
            for table in where.tables():
                shown = [column for column in table.columns if column.category]
                if not shown:
                    continue
                heads = list(dict.fromkeys(_head(where, table.name, c.name) for c in shown))
                source = where.live(table.name).table
                categories = {column.name: column.category for column in shown}
                for part in where.parts(table.name, seen=True):
                    said = sa.select(*(source.c[head] for head in heads)).where(part)
                    for row in reading.execute(said):
                        found = dict(zip(heads, row, strict=True))
                        yield self._held(table.name, found, categories)

    def plan(self, reach: Reach, order: Order) -> Iterator[Step]:
        """Say what performing an order would do; nothing is changed."""
        with self._answered(), self._engine.connect() as connection:
            moves = list(Mover(self._where(connection, reach), order, self._key).moves())
            yield from steps(connection, self._name, moves)

    def perform(self, reach: Reach, order: Order) -> int:
        """Do it: few rows in one transaction, many in small ones; return how many were touched."""
        with self._answered():
            with self._engine.connect() as connection:
                where = self._where(connection, reach)
            return perform(self._engine, list(Mover(where, order, self._key).moves()))

    def remains(self, reach: Reach, order: Order) -> tuple[Remain, ...]:
        """Look again, by the reach and by value: the verifying read. Empty is clean."""
        with self._answered(), self._engine.connect() as connection:
            where = self._where(connection, reach, age=0)
            return tuple(Remaining(connection, where, order, self._key).look())

    # --- inside --------------------------------------------------------------------------------

    def _where(self, connection: sa.Connection, reach: Reach, age: float = LOOKED) -> Where:
        return Where(self._map, self._schema(connection, age), self._edges, reach)

    def _schema(self, connection: sa.Connection, age: float = LOOKED) -> Schema:
        """Return the database as it is, looked at within so many seconds."""
        seen, now = self._seen, time.monotonic()
        if seen is None or now - seen[1] >= age:
            schema = read_schema(connection, self._map)
            # The very same tables, where nothing changed: statements about them are written once.
            if seen is not None and same(seen[0], schema):
                schema = seen[0]
            self._seen = seen = (schema, now)
        return seen[0]

    def _held(self, table: str, found: dict[str, Any], categories: dict[str, str]) -> Held:
        values = {}
        for name in categories:
            told = found[name] if name in found else _inside(found, name)
            if told is not None:
                values[name] = sealed(told)
        return Held(
            store=self._name,
            table=table,
            values=values,
            categories={name: category for name, category in categories.items() if name in values},
        )

    @contextmanager
    def _answered(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError):
            self._seen = None
            self._name_what_is_missing()
            raise Unreachable(
                f"`{self._name}` did not answer as its map says",
                clause="9.4",
                remedy="check that it runs, its tables and its rights: `troth databases check`",
            ) from None

    def _name_what_is_missing(self) -> None:
        """Raise ``Unreachable`` with the place, where the map names what is not there."""
        with suppress(SQLAlchemyError, OSError), self._engine.connect() as connection:
            read_schema(connection, self._map)


def engine_of(name: str, url: str) -> sa.Engine:
    """Return what connects to an address. Raises ``Misconfigured``, never with the address in it.

    >>> engine_of("shop", "sqlite:///shop.db").dialect.name
    'sqlite'
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in DRIVERS:
        raise Misconfigured(
            f"`{name}` has an address that begins with none of {', '.join(sorted(DRIVERS))}",
            remedy="write it as `postgresql://user@host/database`",
        )
    try:
        engine = sa.create_engine(
            f"{DRIVERS[scheme]}://{rest}",
            pool_size=TOGETHER,
            max_overflow=3 * TOGETHER,
            pool_pre_ping=True,
            connect_args={"timeout" if scheme == "sqlite" else "connect_timeout": CONNECT},
        )
    except (SQLAlchemyError, ValueError, TypeError):
        raise Misconfigured(f"the address of `{name}` cannot be read") from None
    event.listen(engine, "connect", lambda raw, _: _limited(raw, scheme))
    return engine


def _limited(raw: Any, scheme: str) -> None:  # noqa: ANN401  # a connection of any driver
    kind = {"postgres": "postgresql"}.get(scheme, scheme)
    cursor = raw.cursor()
    for said in LIMITS[kind]:
        cursor.execute(said)
    cursor.close()
    if kind == "sqlite":
        teach(raw)
    if kind == "postgresql":
        # What was set in a transaction that is rolled back would be forgotten.
        raw.commit()


def _head(where: Where, table: str, name: str) -> str:
    return name if name in where.live(table).table.c else name.partition(".")[0]


def _inside(found: dict[str, Any], name: str) -> object:
    head, _, path = name.partition(".")
    told = list(within(opened(found[head]), tuple(path.split("."))))
    return told[0] if len(told) == 1 else told or None
