"""Hash every entry again and hold the result against tiles and signature (policy 9.3).

The signed root proves the entries. When it does not fit, the stored tiles tell which entry is
wrong: they are a second account of the same entries, and one whose root is the signed one is true.
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Protocol

from msgspec import Struct

from troth.ledger.checkpoint import Checkpoint
from troth.ledger.tiles import HEIGHT, WIDTH, hashes_of
from troth.ledger.tree import EMPTY, Range, fold, leaf_hash, rows_above
from troth.model.errors import NotFound, Unverifiable


class Source(Protocol):
    """Where a ledger's leaves and tiles are read from."""

    def leaves(self, start: int, count: int) -> Sequence[bytes]:
        """Return the leaves from ``start`` on: as many as can be read, or too many."""
        ...

    def tile(self, level: int, index: int, width: int) -> bytes:
        """Return a tile's hashes. Raises ``NotFound`` or ``Unverifiable``."""
        ...


class Wrong(Struct, frozen=True):
    """What does not fit: where first (if anywhere), what, and whether it is sure to be there."""

    index: int | None
    problem: str
    exact: bool = True


class Roots:
    """Takes the hashes of one tile after the other, and notes the root at the sizes asked for."""

    def __init__(self, sizes: Iterable[int]) -> None:
        self.at: dict[int, bytes] = {size: b"" if size else EMPTY for size in sizes}
        self._range = Range()
        self._size = 0

    def take(self, hashes: Sequence[bytes], above: bytes = b"") -> bytes:
        """Go on with a tile's hashes; return the root above them (given where known) if full."""
        begin, self._size = self._size, self._size + len(hashes)
        for size in self.at:
            if begin < size <= self._size:
                part = Range()
                for digest in hashes[: size - begin]:
                    part.append(digest)
                self.at[size] = fold([*self._range.peaks, *part.peaks])
        if len(hashes) < WIDTH:
            return b""
        above = above or rows_above(hashes)[HEIGHT][0]
        self._range.append(above)
        return above


class Recount:
    """One pass over a ledger, in flat memory (one hash is kept for each 256 entries).

    ``entries`` are the roots that the entries give, ``tiles`` those that the stored leaf hashes
    give; ``entry`` is the first place where the two differ, ``above`` the first entry under a
    stored node of a higher level that is not what the entries give.
    """

    def __init__(self, source: Source, sizes: Iterable[int]) -> None:
        self._source = source
        self.entries, self.tiles = Roots(sizes), Roots(sizes)
        self.entry: int | None = None
        self.above: int | None = None

    def through(self, size: int) -> None:
        """Go through the first ``size`` entries and every tile over them."""
        level, hashes = 1, self._leaves(size)
        while hashes:
            hashes = self._row(level, hashes)
            level += 1

    def first(self) -> int | None:
        """Return the first place at which anything differs."""
        places = [place for place in (self.entry, self.above) if place is not None]
        return min(places, default=None)

    def _leaves(self, size: int) -> list[bytes]:
        blocks = []
        for start in range(0, size, WIDTH):
            width = min(WIDTH, size - start)
            hashes = [leaf_hash(leaf) for leaf in self._source.leaves(start, width)]
            stored = self._tile(0, start // WIDTH, width)
            same = _same(hashes, stored, width)
            if same is not None and self.entry is None:
                self.entry = start + same
            block = self.entries.take(hashes[:width])
            self.tiles.take(stored, block if same is None else b"")
            if block:
                blocks.append(block)
        return blocks

    def _row(self, level: int, hashes: Sequence[bytes]) -> list[bytes]:
        roots = []
        for start in range(0, len(hashes), WIDTH):
            row = hashes[start : start + WIDTH]
            same = _same(row, self._tile(level, start // WIDTH, len(row)), len(row))
            if same is not None:
                place = (start + same) << (HEIGHT * level)
                self.above = place if self.above is None else min(self.above, place)
            if len(row) == WIDTH:
                roots.append(rows_above(row)[HEIGHT][0])
        return roots

    def _tile(self, level: int, index: int, width: int) -> list[bytes]:
        try:
            return hashes_of(self._source.tile(level, index, width))
        except (NotFound, Unverifiable):
            return []


def _same(ours: Sequence[bytes], stored: Sequence[bytes], width: int) -> int | None:
    """Return how many hashes agree from the start; ``None`` when all do."""
    if len(ours) == width and ours == stored:
        return None
    pairs = enumerate(zip_longest(ours, stored))
    return next((n for n, (mine, told) in pairs if mine != told), len(ours))


def verdict(source: Source, size: int, head: Checkpoint, old: Checkpoint | None) -> Wrong | None:
    """Hold ``size`` entries against what was signed now (``head``) and earlier (``old``).

    ``head`` may be of fewer entries than there are; the rest can only be held against the tiles.
    """
    signed = [head] if old is None else [head, old]
    most = max(one.size for one in signed)
    if most > size:
        return Wrong(size, f"{most} entries were signed and {size} are there: the rest is gone")
    count = Recount(source, {one.size for one in signed})
    count.through(size)
    if count.entries.at[head.size] != head.root:
        return _altered(count, head, old)
    if old is not None and count.entries.at[old.size] != old.root:
        return Wrong(0, "another history was signed before: the ledger was rewritten", exact=False)
    place = count.first()
    if place is None:
        return None
    if place >= head.size:
        return Wrong(place, f"entry {place}, not signed yet, is not what was integrated")
    return Wrong(place, f"a tile over entry {place} was altered; the entries are as signed")


def _altered(count: Recount, head: Checkpoint, old: Checkpoint | None) -> Wrong:
    """Find the first wrong entry of a ledger whose root is not the signed one."""
    if count.tiles.at[head.size] == head.root and count.entry is not None:
        return Wrong(count.entry, f"entry {count.entry} is not what was signed")
    sound = old.size if old is not None and count.entries.at[old.size] == old.root else 0
    place = max(sound, count.first() or 0)
    return Wrong(place, f"from entry {place} on something is not what was signed", exact=False)
