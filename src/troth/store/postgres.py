"""Many machines: a PostgreSQL database as a ``Store``.

Every transaction may be run again: after a serialisation failure, a deadlock, or a connection lost
before COMMIT was sent, it is. A connection lost *during* COMMIT leaves the answer unknown: the
caller asks again under the same idempotency key. Nothing here uses LISTEN, triggers, advisory locks
or two-phase commit (house decision 16).
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Final, TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from troth.model.errors import Misconfigured, StoreBusy, StoreFull
from troth.store.sql import Rows, Tx

T = TypeVar("T")

TRIES: Final = 8
WAIT_S: Final = 0.005
OPEN_S: Final = 15.0
MUST_BE_ON: Final = ("fsync", "full_page_writes", "synchronous_commit")
_TYPES: Final = {"BLOB": "BYTEA", "INTEGER": "BIGINT"}


@lru_cache(maxsize=512)
def portable(sql: str) -> str:
    """Translate ``?`` and the two type names to PostgreSQL's.

    >>> portable("SELECT a FROM b WHERE c = ? AND d LIKE '5%'")
    "SELECT a FROM b WHERE c = %s AND d LIKE '5%%'"
    """
    sql = sql.replace("%", "%%").replace("?", "%s").replace(" WITHOUT ROWID", "")
    if sql.lstrip().startswith(("CREATE", "ALTER")):
        sql = re.sub(r"\b(BLOB|INTEGER)\b", lambda found: _TYPES[found[1]], sql)
    return sql


class PostgresTx:
    """One transaction on a connection of the pool."""

    __slots__ = ("_cursor",)

    def __init__(self, cursor: "psycopg.Cursor[Any]") -> None:
        self._cursor = cursor

    def run(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Run one statement and return its rows."""
        self._cursor.execute(portable(sql), params)
        return self._cursor.fetchall() if self._cursor.description else []

    def change(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        self._cursor.execute(portable(sql), params)
        return self._cursor.rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement once for each row."""
        self._cursor.executemany(portable(sql), rows)


class PostgresStore:
    """A PostgreSQL database as a ``Store``; ``dsn`` as libpq reads it."""

    def __init__(self, dsn: str, *, connections: int = 8, name: str = "postgresql") -> None:
        """Connect; refuse a server that acknowledges what it may lose.

        Raises ``Misconfigured`` when the server cannot be reached or is not durable.
        """
        self.name = name
        self._here = threading.local()
        self._pool = ConnectionPool(
            dsn,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=connections,
            open=False,
            timeout=30,
            name=name,
        )
        try:
            self._pool.open(wait=True, timeout=OPEN_S)
        except psycopg.Error as error:
            self._pool.close()
            raise Misconfigured(
                f"`{name}` cannot be reached",
                remedy="check the address, the password and that the server runs",
            ) from error
        self._demand_durability()

    def _demand_durability(self) -> None:
        for setting in MUST_BE_ON:
            if self.query("SELECT current_setting(?)", (setting,))[0][0] == "off":
                self.close()
                raise Misconfigured(
                    f"PostgreSQL runs with {setting}=off: acknowledged acts could be lost",
                    remedy=f"set {setting}=on",
                )

    def query(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Read with one statement. Raises ``StoreBusy`` when the server stays out of reach."""

        def read() -> Rows:
            with self._pool.connection() as connection:
                return PostgresTx(connection.cursor()).run(sql, params)

        return self._again(read)

    def transact(self, work: Callable[[Tx], T], *, urgent: bool = False) -> T:  # noqa: ARG002
        """Run ``work`` in one transaction; again where nothing was committed and it may succeed.

        A server's disk is its operator's to watch: ``urgent`` changes nothing here.
        Raises ``StoreBusy`` after too many tries, or when COMMIT was sent and not answered.
        """
        if getattr(self._here, "busy", False):
            raise Misconfigured(f"`{self.name}`: a transaction was begun inside another")
        self._here.busy = True
        try:
            return self._again(lambda: self._between(work))
        finally:
            self._here.busy = False

    def _between(self, work: Callable[[Tx], T]) -> T:
        with self._pool.connection() as connection:
            done = False
            try:
                with connection.transaction():
                    result = work(PostgresTx(connection.cursor()))
                    done = True
            except psycopg.OperationalError as error:
                if done and connection.broken:
                    raise StoreBusy(
                        "the database went away before it confirmed",
                        remedy="send it again with the same idempotency key",
                    ) from error
                raise
            return result

    def _again(self, once: Callable[[], T]) -> T:
        for tried in range(TRIES):
            try:
                return once()
            except PoolTimeout as error:
                raise StoreBusy(remedy="the server is down or too busy; try again") from error
            except psycopg.errors.DiskFull as error:
                raise StoreFull(remedy="free space on the database server") from error
            except psycopg.OperationalError as error:
                # Serialisation failures, deadlocks and lost connections: nothing was committed.
                if tried == TRIES - 1:
                    raise StoreBusy(remedy="try again in a moment") from error
                time.sleep(WAIT_S * 2**tried)
        raise AssertionError("unreachable")

    def backup(self, target: str) -> None:
        """Not ours to do: a server has its own tools.

        Raises ``Misconfigured`` naming them.
        """
        raise Misconfigured(
            f"a PostgreSQL database is not copied to `{target}`: it has tools of its own",
            remedy="use pg_basebackup or pg_dump for the data; never copy the key database with it",
        )

    def scrub(self) -> None:
        """Free the rows that were deleted (VACUUM); the server's WAL keeps copies until reused."""
        with self._pool.connection() as connection:
            connection.execute("VACUUM")

    def close(self) -> None:
        """Close the pool."""
        self._pool.close()
