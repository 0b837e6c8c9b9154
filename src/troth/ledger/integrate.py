"""Record now, integrate after: entries get their places in the tree in batches (house decision 5).

One batch is one transaction: it takes entries out of ``pending_entries``, gives them the next
places, and extends the tiles. Killed anywhere, either all of it happened or nothing. Two
integrators cannot both extend a tree: the head's row is locked and says how large the tree is. The
lease in it only keeps them from waiting for each other.
"""

import secrets
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from msgspec import Struct

from troth.ledger.tiles import READ_TILE, Tile, grown
from troth.model.clock import SECOND, Moment
from troth.store.sql import Store, Tx

BATCH: Final = 2048
"""Entries in one transaction: some 40 ms of writing on SQLite, so that others get their turn."""
LEASE: Final = 30 * SECOND

# Is there anything to do? Asked before any lock is taken.
ANY_PENDING: Final = "SELECT 1 FROM pending_entries LIMIT 1"
# The head, locked until the batch commits.
LOCK_HEAD: Final = "SELECT size, holder, until FROM tree_head WHERE one = 1 FOR UPDATE"
# Take the oldest out. ``due`` does not go back, so a subject's entries do not overtake each other.
TAKE_PENDING: Final = (
    "DELETE FROM pending_entries WHERE (due, who, nth) IN"
    " (SELECT due, who, nth FROM pending_entries ORDER BY due, who, nth LIMIT ?)"
    " RETURNING due, who, nth, id, kind, hash"
)
# Give entries their places.
PLACE: Final = "INSERT INTO placed_entries (place, id, kind, who, nth) VALUES (?, ?, ?, ?, ?)"
# Write the tiles at the right edge, and the new ones.
WRITE_TILE: Final = (
    "INSERT INTO tiles (level, idx, width, nodes) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (level, idx) DO UPDATE SET width = excluded.width, nodes = excluded.nodes"
)
# The tree has grown; the lease goes on or ends.
MOVE_HEAD: Final = "UPDATE tree_head SET size = ?, holder = ?, until = ? WHERE one = 1"


class Waiting(Struct, frozen=True):
    """An entry without a place, as its row says."""

    due: Moment
    who: str
    nth: int
    id: str
    kind: str
    hash: bytes


class Integrator:
    """Extends the tree of one store for as long as it holds the lease."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._name = secrets.token_hex(8)

    def run(self, at: Moment, most: int | None = None) -> int:
        """Integrate up to ``most`` pending entries; return how many. 0 while another does it."""
        done = 0
        while most is None or done < most:
            wanted = BATCH if most is None else min(BATCH, most - done)
            if not self._store.query(ANY_PENDING):
                break
            moved = self._store.transact(partial(self._batch, at, wanted))
            done += moved
            if moved < wanted:
                break
        return done

    def _batch(self, at: Moment, most: int, tx: Tx) -> int:
        size, holder, until = tx.run(LOCK_HEAD)[0]
        # A lease that ends later than a lease can last was taken before the clock was set back.
        if holder not in ("", self._name) and at < until <= at + LEASE:
            return 0
        batch = [Waiting(*row) for row in sorted(tx.run(TAKE_PENDING, (most,)))]
        self._extend(tx, size, batch)
        more = len(batch) == most
        tx.run(
            MOVE_HEAD,
            (size + len(batch), self._name if more else "", at + LEASE if more else 0),
        )
        return len(batch)

    def _extend(self, tx: Tx, size: int, batch: Sequence[Waiting]) -> None:
        def read(level: int, index: int) -> Tile | None:
            rows = tx.run(READ_TILE, (level, index))
            return Tile(level, index, *rows[0]) if rows else None

        changed = grown(size, [entry.hash for entry in batch], read)
        tx.run_many(PLACE, _places(size, batch))
        tx.run_many(WRITE_TILE, [(t.level, t.index, t.width, t.nodes) for t in changed])


def _places(size: int, batch: Sequence[Waiting]) -> Iterator[tuple[object, ...]]:
    for place, entry in enumerate(batch, size):
        yield place, entry.id, entry.kind, entry.who, entry.nth
