"""One machine: a database in one SQLite file, with defaults that lose and leak nothing.

WAL, ``synchronous=FULL`` and ``secure_delete=ON`` are set on every connection and read back,
because a library's build can set others (house decision 12). Writers take turns under one lock, in
the calling thread; readers borrow a connection each and never wait for a writer.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from troth.model.errors import Misconfigured, StoreBusy, StoreFull, TrothError
from troth.store.ballast import Ballast
from troth.store.sql import Row, Rows, Tx

T = TypeVar("T")

BUSY_MS: Final = 30_000
PRAGMAS: Final = {"synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2}


@lru_cache(maxsize=512)
def portable(sql: str) -> str:
    """Leave out the row locks that SQLite, with its one writer, does not need.

    >>> portable("SELECT a FROM b WHERE c = ? FOR UPDATE")
    'SELECT a FROM b WHERE c = ?'
    """
    return sql.replace(" FOR UPDATE SKIP LOCKED", "").replace(" FOR UPDATE", "")


class SqliteTx:
    """One transaction on the writing connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Run one statement and return its rows."""
        return self._connection.execute(portable(sql), params).fetchall()

    def change(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        return self._connection.execute(portable(sql), params).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement once for each row."""
        self._connection.executemany(portable(sql), rows)


class SqliteStore:
    """A SQLite file (or ``:memory:``) as a ``Store``."""

    def __init__(self, path: str | Path, *, readonly: bool = False, ballast: int = 0) -> None:
        """Open or create the file, private to its owner; keep ``ballast`` bytes for urgent work.

        Raises ``Misconfigured`` when the file is no database or a safe default does not hold,
        ``StoreFull`` when there is no room for the ballast of a new one.
        """
        self.name = str(path)
        self._memory = self.name == ":memory:"
        self._readonly = readonly
        self._lock = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        fresh = not self._memory and not Path(self.name).exists()
        if not self._memory and not readonly:
            private(Path(self.name))
        self._ballast = Ballast(Path(f"{self.name}.ballast"), ballast) if ballast else None
        if self._ballast is not None and fresh:
            self._ballast.lay()
        self._writer = self._connect()

    def _connect(self) -> sqlite3.Connection:
        address = f"{Path(self.name).absolute().as_uri()}?mode=ro" if self._readonly else self.name
        connection = None
        try:
            connection = sqlite3.connect(
                address,
                uri=self._readonly,
                isolation_level=None,
                check_same_thread=False,
                timeout=BUSY_MS / 1000,
            )
            self._harden(connection)
        except (sqlite3.DatabaseError, Misconfigured) as error:
            if connection is not None:
                connection.close()
            if isinstance(error, Misconfigured):
                raise
            raise Misconfigured(
                f"`{self.name}` cannot be opened as a database: {error}",
                remedy="check the path, its owner and that no other program wrote to it",
            ) from error
        return connection

    def _harden(self, connection: sqlite3.Connection) -> None:
        wanted = "memory" if self._memory else "wal"
        setting = "journal_mode" if self._readonly else "journal_mode=WAL"
        self._demand("journal_mode", wanted, connection.execute(f"PRAGMA {setting}").fetchone()[0])
        for name, value in PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={value}")
            self._demand(name, value, connection.execute(f"PRAGMA {name}").fetchone()[0])

    def _demand(self, name: str, wanted: object, got: object) -> None:
        if got != wanted:
            raise Misconfigured(
                f"`{self.name}` refused {name}={wanted} (it says {got})",
                remedy="use a SQLite build and a disk that let the application choose",
            )

    def query(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Read with one statement."""
        if self._memory:
            with self._lock:
                return self._writer.execute(portable(sql), params).fetchall()
        connection = self._borrow()
        try:
            return connection.execute(portable(sql), params).fetchall()
        except sqlite3.OperationalError as error:
            if (known := verdict(error)) is None:
                raise
            raise known from error
        finally:
            self._give_back(connection)

    def _borrow(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def transact(self, work: Callable[[Tx], T], *, urgent: bool = False) -> T:
        """Run ``work`` under the writers' lock, between BEGIN IMMEDIATE and COMMIT."""
        with self._lock:
            if self._writer.in_transaction:
                raise Misconfigured(f"`{self.name}`: a transaction was begun inside another")
            if self._ballast is not None and not urgent:
                self._ballast.lay()
            try:
                with _told():
                    return self._between(work)
            except StoreFull:
                if not urgent or self._ballast is None or not self._ballast.drop():
                    raise
            with _told():
                return self._between(work)

    def _between(self, work: Callable[[Tx], T]) -> T:
        connection = self._writer
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work(SqliteTx(connection))
            connection.execute("COMMIT")
        except BaseException:
            # After some errors, a full disk among them, SQLite has already rolled back by itself.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def backup(self, target: str) -> None:
        """Copy the database to a new private file, consistent, while others read.

        Raises ``Misconfigured`` when the target exists, ``StoreFull``.
        """
        path = Path(target)
        if path.exists():
            raise Misconfigured(
                f"`{target}` exists", remedy="name a new file; a backup is never overwritten"
            )
        private(path)
        copy = sqlite3.connect(target)
        try:
            with self._lock, _told():
                self._writer.backup(copy)
        except (sqlite3.Error, TrothError):
            path.unlink()
            raise
        finally:
            copy.close()

    def scrub(self) -> None:
        """Fold the WAL back and truncate it: with secure_delete no deleted row stays behind.

        Raises ``StoreFull`` when the disk has no room for that.
        """
        with self._lock, _told():
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close every connection; one that is reading is closed when it is done."""
        with self._lock:
            self._closed = True
            while self._idle:
                self._idle.pop().close()
            self._writer.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if (known := verdict(error)) is None:
            raise
        raise known from error


def verdict(error: sqlite3.OperationalError) -> TrothError | None:
    """Return the error of ours that says the same, if there is one."""
    code = error.sqlite_errorcode & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(remedy="free space on the disk that holds the instance")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(remedy="try again; another program is writing")
    return None


def private(path: Path) -> None:
    """Create a file that only its owner may read, or narrow one that exists."""
    path.touch(mode=0o600, exist_ok=True)
    path.chmod(0o600)


__all__ = ["Row", "SqliteStore", "SqliteTx", "private"]
