"""Imports: how far each got, and which rows of a trial were seen before (policy 2.1.2).

What is kept names nobody. An import is known by a digest of its file and of what was stated about
it, so that the same one goes on where it was interrupted, and another begins at its first row.
"""

import hmac
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from troth.model.clock import Clock, Moment
from troth.store.sql import Store

BLOCK: Final = 1024 * 1024

# How far an import got.
SO_FAR: Final = "SELECT line, imported, skipped, refused FROM imports WHERE digest = ?"
# Notes how far it is now.
NOTE: Final = (
    "INSERT INTO imports (digest, line, imported, skipped, refused, at) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (digest) DO UPDATE SET line = excluded.line, imported = excluded.imported,"
    " skipped = excluded.skipped, refused = excluded.refused, at = excluded.at"
)

_MAKE: Final = "CREATE TABLE seen (mark BLOB PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID"
_ADD: Final = "INSERT INTO seen (mark, line) VALUES (?, ?) ON CONFLICT (mark) DO NOTHING"
_LOOK: Final = "SELECT line FROM seen WHERE mark = ?"


class Tally(Struct, frozen=True, kw_only=True):
    """How far an import is: the last line that is settled, and what became of the rows so far."""

    line: int = 0
    imported: int = 0
    skipped: int = 0
    refused: int = 0


Heard = Callable[[Tally], None]
"""Is told how far an import is."""


class Imports:
    """The imports of a house, kept in its home store; ``key`` (32 bytes) makes every digest."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    def digest_of(self, path: Path, *stated: str) -> bytes:
        """Return the keyed digest of a file and of what is stated about it.

        Without the key nobody can tell from it whether they guessed a small file right.
        """
        told = hmac.new(self._key, "\x1f".join(stated).encode() + b"\x1e", "sha256")
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                told.update(block)
        return told.digest()

    def so_far(self, digest: bytes) -> Tally:
        """Return how far an import got; nothing settled for one that never began."""
        for line, imported, skipped, refused in self._store.query(SO_FAR, (digest,)):
            return Tally(line=line, imported=imported, skipped=skipped, refused=refused)
        return Tally()

    def note(self, digest: bytes, tally: Tally, at: Moment) -> None:
        """Remember how far an import is."""
        row = (digest, tally.line, tally.imported, tally.skipped, tally.refused, at)
        self._store.transact(lambda tx: tx.run(NOTE, row))

    def follow(
        self,
        digest: bytes,
        tallies: Iterable[Tally],
        clock: Clock,
        *,
        heard: Heard | None,
        trial: bool,
    ) -> None:
        """Go through an import to its end; a trial notes none of its batches."""
        for tally in tallies:
            if not trial:
                self.note(digest, tally, clock.now())
            if heard:
                heard(tally)


class Seen:
    """What a trial has come across: marks of values, by the line that had them.

    They lie in a nameless file of SQLite's that is gone with this object, so that memory stays flat
    however many there are; a mark means nothing to anybody else.
    """

    def __init__(self) -> None:
        self._table = sqlite3.connect("")
        self._table.execute(_MAKE)

    def add(self, marks: Iterable[bytes], line: int) -> None:
        """Remember the marks of one line."""
        self._table.executemany(_ADD, [(mark, line) for mark in marks])

    def lines(self, marks: Mapping[str, bytes]) -> dict[str, int]:
        """Return, for each field whose value was seen before, the line that had it."""
        found = {
            name: self._table.execute(_LOOK, (mark,)).fetchone() for name, mark in marks.items()
        }
        return {name: int(row[0]) for name, row in found.items() if row is not None}

    def close(self) -> None:
        """Forget all of it."""
        self._table.close()
