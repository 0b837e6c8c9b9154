"""Floor of a tamper-evident log: RFC 6962 hashes, leaf and node rows, one durable commit."""

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from bench.sketch.vault import connect

TABLES: Final = (
    "CREATE TABLE leaves (number INTEGER PRIMARY KEY, leaf BLOB NOT NULL)",
    (
        "CREATE TABLE nodes (level INTEGER, number INTEGER, hash BLOB NOT NULL,"
        " PRIMARY KEY (level, number)) WITHOUT ROWID"
    ),
)
PUT_LEAF: Final = "INSERT INTO leaves VALUES (?, ?)"
PUT_NODE: Final = "INSERT INTO nodes VALUES (?, ?, ?)"


class LedgerSketch:
    """A SQLite file with every complete node of the tree; the right edge is kept in memory."""

    def __init__(self, path: Path) -> None:
        self._db: sqlite3.Connection = connect(path)
        for table in TABLES:
            self._db.execute(table)
        self.size = 0
        self._edge: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Append one entry, durably."""
        self.append_many([leaf])

    def append_many(self, leaves: Sequence[bytes]) -> None:
        """Append entries in one durable commit."""
        nodes: list[tuple[int, int, bytes]] = []
        rows = []
        for leaf in leaves:
            rows.append((self.size, leaf))
            self._hash(leaf, nodes)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(PUT_LEAF, rows)
        self._db.executemany(PUT_NODE, nodes)
        self._db.execute("COMMIT")

    def _hash(self, leaf: bytes, nodes: list[tuple[int, int, bytes]]) -> None:
        node, number, level = sha256(b"\0" + leaf).digest(), self.size, 0
        nodes.append((0, number, node))
        while number & 1:
            node = sha256(b"\1" + self._edge.pop() + node).digest()
            number >>= 1
            level += 1
            nodes.append((level, number, node))
        self._edge.append(node)
        self.size += 1

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class TreeSketch:
    """The same tree in memory, for proofs: all complete nodes, level by level."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        level = [sha256(b"\0" + leaf).digest() for leaf in leaves]
        self._levels = [level]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=False)
            level = [sha256(b"\1" + left + right).digest() for left, right in pairs]
            self._levels.append(level)

    def proof(self, number: int) -> list[bytes]:
        """Return the audit path of a leaf in the tree of all leaves (RFC 6962, 2.1.1)."""
        path = []
        rest = self._rest()
        for level, nodes in enumerate(self._levels):
            beside = (number >> level) ^ 1
            if beside < len(nodes):
                path.append(nodes[beside])
            elif beside == len(nodes) and (below := rest[level]) is not None:
                path.append(below)
        return path

    def _rest(self) -> list[bytes | None]:
        """Return, for each level, the hash of the leaves right of its last complete node."""
        rest: list[bytes | None] = []
        tail: bytes | None = None
        for level, nodes in enumerate(self._levels):
            rest.append(tail)
            if self.size >> level & 1:
                tail = nodes[-1] if tail is None else sha256(b"\1" + nodes[-1] + tail).digest()
        return rest
