"""Floor of a sweep: rows with a due date, found by an index, deleted in chunks, one leaf a chunk.

There are no keys, no holds, no trail of anybody: what a program would do that only has to be quick.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

TABLES: Final = (
    (
        "CREATE TABLE cells (subject TEXT, field TEXT, sealed BLOB NOT NULL, due INTEGER,"
        " PRIMARY KEY (subject, field)) WITHOUT ROWID"
    ),
    "CREATE INDEX cells_due ON cells (due, subject)",
    "CREATE TABLE leaves (number INTEGER PRIMARY KEY, leaf BLOB NOT NULL)",
)
SEALED_BYTES: Final = 60
ADD: Final = "INSERT INTO cells VALUES (?, ?, ?, ?)"
FIND: Final = "SELECT subject, field FROM cells WHERE due <= ?"
SOME: Final = "SELECT subject, field FROM cells WHERE due <= ? LIMIT ?"
DROP: Final = "DELETE FROM cells WHERE subject = ? AND field = ?"
LEAF: Final = "INSERT INTO leaves (leaf) VALUES (?)"


class Sketch:
    """A SQLite file (WAL, FULL, secure_delete), as Troth's own."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self._db.execute(f"PRAGMA {pragma}")
        for table in TABLES:
            self._db.execute(table)

    def fill(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Keep rows: subject, field, due."""
        self._db.execute("BEGIN IMMEDIATE")
        sealed = os.urandom(SEALED_BYTES)
        self._db.executemany(ADD, ((who, field, sealed, due) for who, field, due in rows))
        self._db.execute("COMMIT")

    def find(self, at: int) -> int:
        """Find what is due; return how many rows."""
        return sum(1 for _ in self._db.execute(FIND, (at,)))

    def sweep(self, at: int, chunk: int) -> int:
        """Delete what is due, chunk by chunk; return how many rows."""
        gone = 0
        while rows := self._db.execute(SOME, (at, chunk)).fetchall():
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(DROP, rows)
            leaf = hashlib.sha256(repr((at, len(rows))).encode()).digest()
            self._db.execute(LEAF, (leaf,))
            self._db.execute("COMMIT")
            gone += len(rows)
        return gone

    def close(self) -> None:
        """Close the file."""
        self._db.close()
