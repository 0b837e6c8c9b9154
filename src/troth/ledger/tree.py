r"""Merkle trees (RFC 6962, 2.1): roots, proofs that an entry is in, proofs that a tree only grew.

A *node* is named by level and index: node (level, index) covers the 2**level leaves from
index * 2**level on, and only complete ones are stored. All functions are pure; whoever stores nodes
hands in a function that finds them. Proofs are checked to the last hash, the middle included.

>>> leaves = [leaf_hash(bytes([n])) for n in range(5)]
>>> find = nodes_of(leaves)
>>> proof = inclusion(2, 5, find)
>>> check_inclusion(b"\x02", 2, 5, proof, root(5, find))
>>> check_inclusion(b"\x03", 2, 5, proof, root(5, find))
Traceback (most recent call last):
    ...
troth.model.errors.Unverifiable: the inclusion proof does not lead to the signed root
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from troth.model.errors import Unverifiable

FindNode = Callable[[int, int], bytes]
"""Finds the hash of a complete node by (level, index)."""

HASH_BYTES: Final = 32
EMPTY: Final = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf (prefix 0x00, so that a node can never pass for a leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children (prefix 0x01)."""
    return sha256(b"\x01" + left + right).digest()


# --- growing -----------------------------------------------------------------------------------


class Range:
    """A compact range: the complete subtrees that make up a tree, largest first.

    Holds at most one hash per level, so a tree of any size can be rooted in flat memory.

    >>> tree = Range()
    >>> for n in range(3):
    ...     tree.append(leaf_hash(bytes([n])))
    >>> tree.size, len(tree.peaks)
    (3, 2)
    """

    __slots__ = ("peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []

    def append(self, digest: bytes) -> None:
        """Add one more hash at the right."""
        peaks, full = self.peaks, self.size
        while full & 1:
            digest = node_hash(peaks.pop(), digest)
            full >>= 1
        peaks.append(digest)
        self.size += 1

    def root(self) -> bytes:
        """Return the root as it is now."""
        return fold(self.peaks)


def fold(peaks: Sequence[bytes]) -> bytes:
    """Hash peaks, largest first, into a root; no peaks give the empty tree's root."""
    if not peaks:
        return EMPTY
    digest = peaks[-1]
    for peak in reversed(peaks[:-1]):
        digest = node_hash(peak, digest)
    return digest


def rows_above(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """Return every row of complete nodes above some hashes, the hashes themselves first."""
    rows = [list(hashes)]
    while len(rows[-1]) > 1:
        row = rows[-1]
        pairs = zip(row[::2], row[1::2], strict=False)
        rows.append([sha256(b"\x01" + left + right).digest() for left, right in pairs])
    return rows


def nodes_of(hashes: Sequence[bytes]) -> FindNode:
    """Return a finder over a small tree that is held whole."""
    rows = rows_above(hashes)
    return lambda level, index: rows[level][index]


def root(size: int, find: FindNode) -> bytes:
    """Return the root of the tree's first ``size`` leaves."""
    return _span(0, size, find) if size else EMPTY


def _span(begin: int, end: int, find: FindNode) -> bytes:
    """Hash leaves ``begin`` to ``end``; ``begin`` is a multiple of a power of 2 that holds them."""
    peaks = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        peaks.append(find(level, begin >> level))
        begin += 1 << level
    return fold(peaks)


# --- proving -----------------------------------------------------------------------------------


def inclusion(index: int, size: int, find: FindNode) -> list[bytes]:
    """Prove that leaf ``index`` is in the tree of ``size`` leaves (RFC 6962, 2.1.1).

    Raises ``Unverifiable`` when the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise Unverifiable(f"a tree of {size} entries has no entry {index}")
    return _path(index, 0, size, find)


def consistency(old: int, new: int, find: FindNode) -> list[bytes]:
    """Prove that the tree of ``new`` leaves begins with that of ``old`` leaves (RFC 6962, 2.1.2).

    Raises ``Unverifiable`` when ``old`` is the larger.
    """
    if not 0 <= old <= new:
        raise Unverifiable(f"a tree of {new} entries cannot have grown from one of {old}")
    if old in (0, new):
        return []
    level = _zeros(old)
    start = [] if old == 1 << level else [find(level, (old - 1) >> level)]
    return start + _path(old - 1, level, new, find)


def _path(index: int, level: int, size: int, find: FindNode) -> list[bytes]:
    """Return the siblings from the node over ``index`` at ``level`` up to the root."""
    inner = (index ^ (size - 1)).bit_length()
    path = []
    for height in range(level, inner):
        sibling = (index >> height) ^ 1
        if (sibling + 1) << height <= size:
            path.append(find(height, sibling))
        else:
            path.append(_span(sibling << height, size, find))
    border = (height for height in range(inner, index.bit_length()) if index >> height & 1)
    return path + [find(height, (index >> height) - 1) for height in border]


def _zeros(number: int) -> int:
    return (number & -number).bit_length() - 1


# --- checking ----------------------------------------------------------------------------------


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Demand that ``path`` leads from the leaf at ``index`` to the root of ``size`` leaves.

    Raises ``Unverifiable``.
    """
    if not 0 <= index < size:
        raise Unverifiable(f"a tree of {size} entries has no entry {index}")
    inner = (index ^ (size - 1)).bit_length()
    _demand(path, inner + (index >> inner).bit_count())
    digest = _climb(leaf_hash(leaf), index, path[:inner])
    if fold([*reversed(path[inner:]), digest]) != root:
        raise Unverifiable("the inclusion proof does not lead to the signed root")


def check_consistency(
    old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Demand that ``path`` leads to both roots: everything signed before is still there.

    Raises ``Unverifiable``.
    """
    if not 0 <= old <= new:
        raise Unverifiable(f"a tree of {new} entries cannot have grown from one of {old}")
    if old in (0, new):
        _demand(path, 0)
        if old_root != (new_root if old == new else EMPTY):
            raise Unverifiable(f"two different trees of {old} entries were signed")
        return
    level = _zeros(old)
    whole = old == 1 << level
    inner = ((old - 1) ^ (new - 1)).bit_length() - level
    _demand(path, (not whole) + inner + ((old - 1) >> (level + inner)).bit_count())
    start = old_root if whole else path[0]
    steps, border = path[not whole :][:inner], path[not whole :][inner:]
    index = (old - 1) >> level
    lefts = [digest for height, digest in enumerate(steps) if index >> height & 1]
    if fold([*reversed(border), *reversed(lefts), start]) != old_root:
        raise Unverifiable("the consistency proof does not lead to the older root")
    if fold([*reversed(border), _climb(start, index, steps)]) != new_root:
        raise Unverifiable("the consistency proof does not lead to the newer root")


def _climb(digest: bytes, index: int, path: Sequence[bytes]) -> bytes:
    for height, sibling in enumerate(path):
        if index >> height & 1:
            digest = sha256(b"\x01" + sibling + digest).digest()
        else:
            digest = sha256(b"\x01" + digest + sibling).digest()
    return digest


def _demand(path: Sequence[bytes], count: int) -> None:
    # Two hashes of 31 and 33 bytes hash like two of 32: a length must be refused, not ignored.
    if len(path) != count or any(len(digest) != HASH_BYTES for digest in path):
        raise Unverifiable(f"this proof should have {count} hashes of {HASH_BYTES} bytes")
