"""pymerkle: a tree in SQLite for appends, one in memory for proofs (a dev dependency)."""

from collections.abc import Iterable
from pathlib import Path

from pymerkle import InmemoryTree, SqliteTree


class DurableTree:
    """Its SQLite tree: as it comes, or (``wal``) with the journal that Troth uses."""

    def __init__(self, path: Path, *, wal: bool = False) -> None:
        self._tree = SqliteTree(str(path))
        if wal:
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                self._tree.con.execute(f"PRAGMA {pragma}").fetchone()

    def fill(self, leaves: Iterable[bytes]) -> None:
        """Append many entries at once."""
        self._tree.append_entries(leaves)

    def append(self, leaf: bytes) -> None:
        """Append one entry, durably."""
        self._tree.append_entry(leaf)

    def prove(self, number: int) -> object:
        """Prove that a leaf (counted from 0) is in the tree."""
        return self._tree.prove_inclusion(number + 1)

    def size(self) -> int:
        """Return how many leaves there are."""
        return int(self._tree.get_size())


class ProvingTree:
    """Its tree in memory, filled beforehand."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        self._tree = InmemoryTree()
        for leaf in leaves:
            self._tree.append_entry(leaf)

    def root(self) -> bytes:
        """Return the root hash."""
        return bytes(self._tree.get_state())

    def prove(self, number: int) -> object:
        """Prove that a leaf (counted from 0) is in the tree."""
        return self._tree.prove_inclusion(number + 1)
