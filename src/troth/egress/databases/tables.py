"""The controller's other databases: what they hold of a subject, and its end (policy 9.1, 9.4).

Nobody is told "complete" on a database's word: after an erasure it is asked again, and what it
answers then is what counts (house decision 9). One that hangs or fails holds up no other.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from re import compile as pattern
from typing import Final, Literal, Protocol

import psycopg
from msgspec import Struct

from troth.model.errors import BadInput, Misconfigured, TrothError, Unreachable
from troth.model.secret import Secret
from troth.store.sql import Row, Rows, Store, Tx

NAME: Final = pattern(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
BROKEN: Final = (sqlite3.Error, psycopg.Error, OSError)
"""What a driver raises for a database that is down, slow, or not as the map says."""
PATIENCE: Final = 30.0
"""Seconds after which a database that says nothing counts as unreachable."""
UNANSWERED: Final = -1


class Held(Struct, frozen=True, kw_only=True):
    """One row that a database holds of a subject. Printed, it shows no value."""

    table: str
    values: dict[str, Secret]


class Database(Protocol):
    """Another system of the controller's. ``ref`` is the name it knows the subject by.

    Every method raises ``Unreachable``, or another ``TrothError``, when it gets no answer.
    """

    @property
    def name(self) -> str:
        """The name under which a certificate lists it."""
        ...

    def count(self, ref: str) -> int:
        """Count what is held of a subject. The verifying read of an erasure."""
        ...

    def erase(self, ref: str) -> int:
        """Erase, and return how much; nothing left to erase is no error."""
        ...

    def export(self, ref: str) -> list[Held]:
        """Return what is held of a subject, for the subject."""
        ...


# --- a database that speaks SQL ----------------------------------------------------------------


class Table(Struct, frozen=True, kw_only=True):
    """One table of the map. ``name`` may carry a schema; ``subject`` is the column that names them.

    ``erase`` deletes the subject's rows; ``blank`` keeps them and empties the ``personal`` columns,
    to NULL or, where the schema forbids that, to ``filler``. Raises ``BadInput`` for a name that is
    no plain SQL name, and for a table to blank that names no personal column.

    >>> Table(name="orders", subject="user_id", personal=("note",), action="blank").name
    'orders'
    """

    name: str
    subject: str
    personal: tuple[str, ...] = ()
    action: Literal["erase", "blank"] = "erase"
    filler: str | None = None

    def __post_init__(self) -> None:
        for name in (*self.name.split("."), self.subject, *self.personal):
            if not NAME.fullmatch(name):
                raise BadInput(f"`{name}` is not a plain SQL name")
        if self.action == "blank" and not self.personal:
            raise BadInput(f"`{self.name}` is to be blanked, but names no personal column")


class _Statements:
    """What is said to one table.

    Columns carry their table's name: SQLite takes a bare quoted name that is no column for a text,
    and would find nothing instead of failing.
    """

    def __init__(self, table: Table) -> None:
        quoted = ".".join(f'"{part}"' for part in table.name.split("."))
        columns = [f'{quoted}."{column}"' for column in table.personal]
        whose = f'{quoted}."{table.subject}" = ?'
        self.table = table
        self.fillers: tuple[str, ...] = ()
        remaining = ""
        if table.action == "blank":
            # A comparison with NULL is not true, so an empty column never counts as remaining.
            test = "IS NOT NULL" if table.filler is None else "<> ?"
            remaining = " AND (" + " OR ".join(f"{column} {test}" for column in columns) + ")"
            self.fillers = () if table.filler is None else (table.filler,) * len(columns)
        emptied = ", ".join(
            f'"{column}" = ' + ("NULL" if table.filler is None else "?")
            for column in table.personal
        )
        self.count = f"SELECT COUNT(*) FROM {quoted} WHERE {whose}{remaining}"
        self.erase = (
            f"DELETE FROM {quoted} WHERE {whose}"
            if table.action == "erase"
            else f"UPDATE {quoted} SET {emptied} WHERE {whose}{remaining}"
        )
        shown = ", ".join(columns) or f'{quoted}."{table.subject}"'
        self.export = f"SELECT {shown} FROM {quoted} WHERE {whose}"

    def erasing(self, ref: str) -> Row:
        """Return the parameters of ``erase``."""
        return (*self.fillers, ref, *self.fillers)


class SqlDatabase:
    """A database whose tables are declared: which column names the subject, which are personal."""

    def __init__(self, name: str, store: Store, tables: Sequence[Table]) -> None:
        """Take the map, in the order in which rows are to go. Raises ``Misconfigured`` if empty."""
        if not tables:
            raise Misconfigured(f"`{name}` declares no table")
        self._name = name
        self._store = store
        self._said = [_Statements(table) for table in tables]

    @property
    def name(self) -> str:
        """The name under which a certificate lists it."""
        return self._name

    def prove(self) -> None:
        """Ask every table for nobody, so that a wrong map is found now. Raises ``Unreachable``."""
        self.count("")
        self.export("")

    def count(self, ref: str) -> int:
        """Count rows that still hold something personal. Raises ``Unreachable``."""

        def work(tx: Tx) -> int:
            counted = (tx.run(said.count, (ref, *said.fillers)) for said in self._said)
            return sum(int(rows[0][0]) for rows in counted)

        # In a transaction, so that it reads what is committed, on the connection that wrote it.
        with self._answered():
            return self._store.transact(work)

    def erase(self, ref: str) -> int:
        """Erase in every table, all or none; return how many rows. Raises ``Unreachable``."""

        def work(tx: Tx) -> int:
            return sum(tx.change(said.erase, said.erasing(ref)) for said in self._said)

        with self._answered():
            return self._store.transact(work)

    def export(self, ref: str) -> list[Held]:
        """Return the personal columns of every row. Raises ``Unreachable``."""

        def work(tx: Tx) -> list[Held]:
            rows = ((said.table, tx.run(said.export, (ref,))) for said in self._said)
            return [held for table, found in rows for held in _held(table, found)]

        with self._answered():
            return self._store.transact(work)

    @contextmanager
    def _answered(self) -> Iterator[None]:
        try:
            yield
        except BROKEN:
            # A driver's message may quote a row, so it goes no further.
            raise Unreachable(
                f"`{self._name}` did not answer as its table map says",
                clause="9.4",
                remedy="check that it runs, its tables and its rights",
            ) from None


def _held(table: Table, rows: Rows) -> list[Held]:
    columns = table.personal or (table.subject,)
    return [
        Held(
            table=table.name,
            values={
                column: Secret(value if isinstance(value, str | bytes) else str(value))
                for column, value in zip(columns, row, strict=True)
                if value is not None
            },
        )
        for row in rows
    ]


# --- all of them -------------------------------------------------------------------------------


class Swept(Struct, frozen=True, kw_only=True):
    """What one database answered when it was asked again. ``residue`` is -1 where it did not."""

    name: str
    state: Literal["clean", "residue", "unreachable"]
    erased: int = 0
    residue: int = 0


def sweep(database: Database, ref: str) -> Swept:
    """Erase in one database, then ask it again; believe only the second answer."""
    try:
        erased = database.erase(ref)
        residue = database.count(ref)
    except (TrothError, *BROKEN):
        return unanswered(database)
    return Swept(
        name=database.name,
        state="residue" if residue else "clean",
        erased=erased,
        residue=residue,
    )


def unanswered(database: Database) -> Swept:
    """Say that a database did not answer."""
    return Swept(name=database.name, state="unreachable", residue=UNANSWERED)


def sweep_all(
    databases: Sequence[Database], ref: str, *, patience: float = PATIENCE
) -> tuple[Swept, ...]:
    """Sweep one subject out of every database at the same time; see ``sweep_each``."""
    return sweep_each([(database, ref) for database in databases], patience)


def sweep_each(asked: Sequence[tuple[Database, str]], patience: float) -> tuple[Swept, ...]:
    """Sweep pairs of database and reference at the same time; the late count as unreachable.

    ``patience`` is in seconds, for all of them together. What a late one does afterwards is seen
    at the next sweep.
    """
    found: dict[int, Swept] = {}

    def work(place: int, database: Database, ref: str) -> None:
        found[place] = sweep(database, ref)

    # Daemons, so that one that never answers does not keep the program from ending.
    threads = [
        threading.Thread(target=work, args=(place, *pair), daemon=True)
        for place, pair in enumerate(asked)
    ]
    for thread in threads:
        thread.start()
    end = time.monotonic() + patience
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return tuple(
        found.get(place) or unanswered(database) for place, (database, _) in enumerate(asked)
    )
