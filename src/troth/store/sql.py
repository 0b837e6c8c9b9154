"""Tables, transactions and numbered migrations, the same on SQLite and PostgreSQL.

The rooms that own tables write their statements in one way: PostgreSQL's grammar, ``?`` for a
parameter (and nowhere else), types ``TEXT``, ``BLOB`` and ``INTEGER`` (64 bits). A driver
translates the little that differs. A transaction is a function from ``Tx`` to a result; it can be
run again from its start, so it changes nothing but the store.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from importlib import resources
from typing import Any, Final, Literal, Protocol, TypeVar

from troth.model.clock import Moment
from troth.model.errors import DatabaseTooNew

T = TypeVar("T")
Row = tuple[Any, ...]
Rows = list[Row]
Family = Literal["data", "keys"]
"""Which of a region's two databases: what is held and remembered, or the keys apart from it."""
Migration = tuple[int, str, list[str]]
"""A migration's number, its reason and its statements."""


class Tx(Protocol):
    """One open transaction."""

    def run(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Run one statement and return its rows (empty for a statement that gives none)."""
        ...

    def change(self, sql: str, params: Sequence[object] = ()) -> int:
        """Run one statement and return how many rows it changed."""
        ...

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement once for each row of parameters."""
        ...


class Store(Protocol):
    """A database of ours. Safe from many threads."""

    name: str

    def query(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Read with one statement, outside any transaction."""
        ...

    def transact(self, work: Callable[[Tx], T], *, urgent: bool = False) -> T:
        """Run ``work`` in one durable transaction; run it again where the database asks for that.

        ``urgent`` work (an erasure, a withdrawal, a breach notice) gets through on a full disk,
        where the store keeps a ballast.

        Raises ``StoreFull``, ``StoreBusy``, and ``Misconfigured`` inside another transaction of the
        same thread; whatever ``work`` raises rolls everything back.
        """
        ...

    def backup(self, target: str) -> None:
        """Write a consistent copy to a new file. Raises ``Misconfigured`` when it exists."""
        ...

    def scrub(self) -> None:
        """Overwrite what deleted rows left behind in files the database still holds."""
        ...

    def close(self) -> None:
        """Let go of every connection."""
        ...


READ_MIGRATIONS: Final = "SELECT number FROM migrations ORDER BY number"
MAKE_MIGRATIONS: Final = (
    "CREATE TABLE IF NOT EXISTS migrations"
    " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)"
)
# Claims a migration: of two programs that start at once, one gets it and the other waits.
NOTE_MIGRATION: Final = (
    "INSERT INTO migrations (number, name, at) VALUES (?, ?, ?) ON CONFLICT (number) DO NOTHING"
)


def migrations(family: Family) -> list[Migration]:
    """Return the shipped migrations of a family, in order."""
    folder = resources.files("troth.store") / "migrations" / family
    found = []
    for item in folder.iterdir():
        if item.name.endswith(".sql"):
            number, _, name = item.name.removesuffix(".sql").partition("_")
            found.append((int(number), name, statements(item.read_text("utf-8"))))
    return sorted(found)


def statements(script: str) -> list[str]:
    r"""Split a migration into statements; a comment line starts with ``--``.

    >>> statements("-- why\nCREATE TABLE a (b INTEGER);\nCREATE TABLE c (d BLOB);")
    ['CREATE TABLE a (b INTEGER)', 'CREATE TABLE c (d BLOB)']
    """
    code = "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("--"))
    return [part.strip() for part in code.split(";") if part.strip()]


def pending(store: Store, family: Family) -> list[Migration]:
    """Return the migrations a database still lacks.

    Raises ``DatabaseTooNew`` when the database has one that this program does not know.
    """
    shipped = migrations(family)
    done = {number for (number,) in store.query(READ_MIGRATIONS)}
    unknown = done - {number for number, _, _ in shipped}
    if unknown:
        known = max((number for number, _, _ in shipped), default=0)
        raise DatabaseTooNew(
            f"`{store.name}` has migration {max(unknown)}, this program knows up to {known}",
            remedy="install the newer troth; nothing was changed",
        )
    return [migration for migration in shipped if migration[0] not in done]


def migrate(store: Store, family: Family, at: Moment) -> list[str]:
    """Bring a database up to date, each migration in a transaction; return what was applied.

    Two programs may do this at once: each migration is applied by one of them.
    Raises ``DatabaseTooNew``, and then nothing was changed.
    """
    store.transact(lambda tx: tx.run(MAKE_MIGRATIONS))
    return [
        f"{migration[0]:04d}_{migration[1]}"
        for migration in pending(store, family)
        if store.transact(partial(_apply, migration=migration, at=at))
    ]


def _apply(tx: Tx, *, migration: Migration, at: Moment) -> bool:
    number, name, parts = migration
    if not tx.change(NOTE_MIGRATION, (number, name, at)):
        return False
    for part in parts:
        tx.run(part)
    return True
