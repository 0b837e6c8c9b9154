"""Where the tree lies: tiles of 256 hashes with every node above them (C2SP tlog-tiles).

A proof in a tree of a million entries needs one node on each of twenty levels; they lie in three
tiles. A full tile never changes, so those last used are kept in memory, a bounded number of them.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from troth.ledger.tree import HASH_BYTES, FindNode, rows_above
from troth.model.errors import NotFound
from troth.store.sql import Store

WIDTH: Final = 256
HEIGHT: Final = 8
KEPT: Final = 1024
"""Tiles held in memory: 16 KiB each."""

READ_TILE: Final = "SELECT width, nodes FROM tiles WHERE level = ? AND idx = ?"
# STARTS[width][height] is the byte at which the row of nodes at a height begins.
_STARTS: Final = [
    [HASH_BYTES * sum(width >> below for below in range(height)) for height in range(HEIGHT + 1)]
    for width in range(WIDTH + 1)
]


class Tile(Struct, frozen=True):
    """A stored tile: its place, how many hashes wide, and all complete nodes, row by row."""

    level: int
    index: int
    width: int
    nodes: bytes


ReadTile = Callable[[int, int], Tile | None]


def tile_of(level: int, index: int, hashes: Sequence[bytes]) -> Tile:
    """Make a tile of up to 256 hashes, with the nodes above them."""
    nodes = b"".join(b"".join(row) for row in rows_above(hashes))
    return Tile(level, index, len(hashes), nodes)


def hashes_of(raw: bytes) -> list[bytes]:
    """Cut a run of hashes apart."""
    return [raw[start : start + HASH_BYTES] for start in range(0, len(raw), HASH_BYTES)]


def grown(size: int, hashes: Sequence[bytes], read: ReadTile) -> list[Tile]:
    """Return the tiles that are new or different once ``hashes`` follow the first ``size`` leaves.

    Raises ``NotFound`` when a tile at the tree's right edge is not as wide as the size says.
    """
    changed: list[Tile] = []
    level, count, fresh = 0, size, list(hashes)
    while fresh:
        first, width = divmod(count, WIDTH)
        row = _edge(level, first, width, read) + fresh
        fresh = []
        for start in range(0, len(row), WIDTH):
            tile = tile_of(level, first + start // WIDTH, row[start : start + WIDTH])
            changed.append(tile)
            if tile.width == WIDTH:
                fresh.append(tile.nodes[-HASH_BYTES:])
        level, count = level + 1, first
    return changed


def _edge(level: int, index: int, width: int, read: ReadTile) -> list[bytes]:
    if not width:
        return []
    tile = read(level, index)
    if tile is None or tile.width != width:
        raise NotFound(f"tile {level}/{index} of the ledger is not {width} hashes wide")
    return hashes_of(tile.nodes[: HASH_BYTES * width])


class Tiles:
    """Reads nodes and tiles from a store. Safe from many threads."""

    def __init__(self, store: Store, *, kept: int = KEPT) -> None:
        self._store = store
        self._kept = kept
        self._tiles: OrderedDict[tuple[int, int], Tile] = OrderedDict()
        self._lock = threading.Lock()

    def finder(self) -> FindNode:
        """Return a function that finds the hashes of complete nodes; it raises ``NotFound``.

        It stays on the tile it used last: make one for each proof, which goes up tile by tile and
        takes eight nodes of each.
        """
        tile, starts = Tile(-1, -1, 0, b""), _STARTS[0]

        def find(level: int, index: int) -> bytes:
            nonlocal tile, starts
            height = level & 7
            wide = HEIGHT - height
            place = index & ((1 << wide) - 1)
            above, end = index >> wide, (place + 1) << height
            if above != tile.index or level >> 3 != tile.level or end > tile.width:
                tile = self._tile(level >> 3, above, end)
                starts = _STARTS[tile.width]
            start = starts[height] + HASH_BYTES * place
            return tile.nodes[start : start + HASH_BYTES]

        return find

    def tile(self, level: int, index: int, width: int = WIDTH) -> bytes:
        """Return a tile as C2SP tlog-tiles serves it: ``width`` hashes in a row.

        Raises ``NotFound`` when the tree does not reach that far.
        """
        return self._tile(level, index, width).nodes[: HASH_BYTES * width]

    def _tile(self, level: int, index: int, width: int) -> Tile:
        """Return a tile at least so wide; one in memory that is narrower has grown since."""
        key = (level, index)
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None and tile.width >= width:
                self._tiles.move_to_end(key)
                return tile
        return self._read(level, index, width)

    def _read(self, level: int, index: int, width: int) -> Tile:
        rows = self._store.query(READ_TILE, (level, index))
        if not rows or rows[0][0] < width or width < 1:
            raise NotFound(f"the ledger has no tile {level}/{index} of {width} hashes")
        tile = Tile(level, index, *rows[0])
        with self._lock:
            self._tiles[level, index] = tile
            self._tiles.move_to_end((level, index))
            if len(self._tiles) > self._kept:
                self._tiles.popitem(last=False)
        return tile
