"""Tell whether the database itself is still what was signed (policy 9.3).

The same recount as for a bundle, over the tables; and what only the tables have: the nodes in
each tile, the columns by which entries are found, the numbers that show that none was taken out.
"""

from collections.abc import Iterator
from typing import Final

from troth.ledger.entry import decode
from troth.ledger.recount import Wrong, verdict
from troth.ledger.tiles import READ_TILE, WIDTH, hashes_of, tile_of
from troth.ledger.tree import HASH_BYTES, leaf_hash
from troth.ledger.verify import Report, reported, verify_checkpoint
from troth.model.errors import LedgerBroken, NotFound, Unverifiable
from troth.store.sql import Row, Store

# A run of entries by place; an entry that was deleted has no leaf.
PLACED_ROWS: Final = (
    "SELECT p.place, p.id, p.kind, p.who, p.nth, e.leaf FROM placed_entries p"
    " LEFT JOIN entries e ON e.who = p.who AND e.nth = p.nth"
    " WHERE p.place >= ? AND p.place < ? ORDER BY p.place"
)
ID_AT: Final = "SELECT id FROM placed_entries WHERE place = ?"
SIZE: Final = "SELECT size FROM tree_head WHERE one = 1"
LATEST: Final = "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1"
TILES: Final = (
    "SELECT level, idx, width, nodes FROM tiles WHERE (level = ? AND idx > ?) OR level > ?"
    " ORDER BY level, idx LIMIT 64"
)
# A subject whose entries are not numbered from 1 without a gap.
GAP: Final = (
    "SELECT who FROM entries WHERE who <> '' GROUP BY who"
    " HAVING COUNT(*) <> MAX(nth) OR MIN(nth) <> 1 LIMIT 1"
)
# Every entry has a place or waits for one.
COUNTS: Final = (
    "SELECT (SELECT COUNT(*) FROM entries),"
    " (SELECT COUNT(*) FROM placed_entries), (SELECT COUNT(*) FROM pending_entries)"
)
PENDING_ROWS: Final = (
    "SELECT w.due, w.who, w.nth, w.id, w.kind, w.hash, e.leaf FROM pending_entries w"
    " LEFT JOIN entries e ON e.who = w.who AND e.nth = w.nth"
    " WHERE (w.due, w.who, w.nth) > (?, ?, ?) ORDER BY w.due, w.who, w.nth LIMIT 500"
)


class Tables:
    """A ledger's tables as the source of a recount; notes rows filed under a wrong name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.misfiled: int | None = None

    def leaves(self, start: int, count: int) -> list[bytes]:
        """Return leaves by place; a deleted one as no bytes, so that the next keep their places."""
        rows = self._store.query(PLACED_ROWS, (start, start + count))
        found: dict[int, bytes] = {}
        for place, *row in rows:
            if self.misfiled is None and (place in found or not filed(row)):
                self.misfiled = place
            found[place] = row[-1] or b""
        return [found.get(place, b"") for place in range(start, start + count)]

    def tile(self, level: int, index: int, width: int) -> bytes:
        """Return a tile's hashes; of a tile that has grown since, the first ``width``."""
        rows = self._store.query(READ_TILE, (level, index))
        if not rows:
            raise NotFound(f"tile {level}/{index} is missing")
        return bytes(rows[0][1][: HASH_BYTES * width])

    def name(self, index: int) -> str:
        """Return the id under which the entry at a place is filed."""
        rows = self._store.query(ID_AT, (index,))
        return str(rows[0][0]) if rows else ""


def filed(row: Row | list[object]) -> bool:
    """Tell whether a row's columns (id, kind, who, nth, leaf) say what its leaf says."""
    id_, kind, who, nth, leaf = row
    if not isinstance(leaf, bytes):
        return False
    try:
        entry = decode(leaf)
    except LedgerBroken:
        return False
    return (entry.id, entry.kind, entry.who) == (id_, kind, who) and entry.nth in (
        (nth,) if who else (0,)
    )


def audit(store: Store, vkey: str, remembered: str = "") -> Report:
    """Recompute the tree from a store's entries and hold it against the signed checkpoint.

    Names the first entry that is not what was signed. ``remembered`` is a checkpoint kept outside:
    only with one can a database be caught that was rolled back together with its checkpoints.
    """
    size = store.query(SIZE)[0][0]
    notes = store.query(LATEST)
    if not notes and not remembered and not size:
        return Report(ok=True)
    try:
        head = verify_checkpoint(str(notes[0][0]) if notes else remembered, vkey)
        old = verify_checkpoint(remembered, vkey, head.origin) if remembered else None
    except Unverifiable as error:
        return Report(ok=False, size=size, problem=error.message)
    tables = Tables(store)
    wrong = verdict(tables, size, head, old) or _beside(store, size, tables)
    return reported(head, wrong, tables.name)


def _beside(store: Store, size: int, tables: Tables) -> Wrong | None:
    """Check what a bundle does not have."""
    if tables.misfiled is not None:
        return Wrong(tables.misfiled, f"entry {tables.misfiled} is filed under a wrong name")
    for level, index, width, nodes in _tiles(store):
        tile = tile_of(level, index, hashes_of(nodes[: HASH_BYTES * width]))
        if tile.nodes != nodes:
            place = index * WIDTH ** (level + 1)
            return Wrong(place, f"a node inside tile {level}/{index} was altered")
    if gap := store.query(GAP):
        return Wrong(None, f"an entry of subject `{gap[0][0]}` is missing")
    kept, placed, waiting = store.query(COUNTS)[0]
    if kept != placed + waiting or placed != size:
        return Wrong(
            None, f"{kept} entries are kept, {placed} have a place, {waiting} wait for one"
        )
    return _pending(store)


def _tiles(store: Store) -> Iterator[Row]:
    level, index = 0, -1
    while rows := store.query(TILES, (level, index, level)):
        yield from rows
        level, index = rows[-1][:2]


def _pending(store: Store) -> Wrong | None:
    """Check that entries without a place are what they were when they were recorded."""
    due, who, nth = 0, "", -1
    while rows := store.query(PENDING_ROWS, (due, who, nth)):
        for _, who, nth, id_, kind, digest, leaf in rows:
            if not filed([id_, kind, who, nth, leaf]) or leaf_hash(leaf) != digest:
                return Wrong(None, f"entry `{id_}` was altered before it had a place")
        due, who, nth = rows[-1][:3]
    return None
