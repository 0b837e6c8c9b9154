"""A ledger as files: a folder or a zip that any static web server can serve (C2SP tlog-tiles).

The layout is the standard's: ``checkpoint``, ``tile/0/000``, ``tile/0/x001/234``,
``tile/0/001.p/17`` for a tile that is not full, ``tile/entries/000`` for the entries themselves.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol

from troth.ledger.checkpoint import LONGEST_NOTE
from troth.ledger.entry import LONGEST
from troth.ledger.tiles import HEIGHT, WIDTH
from troth.ledger.tree import HASH_BYTES
from troth.model.errors import NotFound, Unverifiable

CHECKPOINT: Final = "checkpoint"
_LARGEST: Final = WIDTH * (LONGEST + 2)
_ID: Final = re.compile(rb'"id":"([0-9a-f]{32})"')
# All that a damaged zip file makes the standard library raise.
_DAMAGED: Final = (
    *(OSError, EOFError, ValueError, RuntimeError, KeyError, OverflowError),
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError),
)


def number(index: int, width: int = WIDTH) -> str:
    """Write a tile's index as path elements of three digits, and its width if it is not full.

    >>> number(1234067), number(1, 17)
    ('x001/x234/067', '001.p/17')
    """
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts) + ("" if width == WIDTH else f".p/{width}")


def tile_path(level: int, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile."""
    return f"tile/{level}/{number(index, width)}"


def entries_path(index: int, width: int = WIDTH) -> str:
    """Return the path of an entry bundle."""
    return f"tile/entries/{number(index, width)}"


def tiles_over(size: int) -> Iterator[tuple[int, int, int]]:
    """Name every tile of a tree as (level, index, width).

    >>> [tile for tile in tiles_over(70_000) if tile[2] < 256]
    [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    """
    level, hashes = 0, size
    while hashes:
        for index in range(0, hashes, WIDTH):
            yield level, index // WIDTH, min(WIDTH, hashes - index)
        level, hashes = level + 1, hashes >> HEIGHT


def paths_of(size: int) -> Iterator[str]:
    """Name every file of a ledger's bundle."""
    yield CHECKPOINT
    for level, index, width in tiles_over(size):
        yield tile_path(level, index, width)
        if level == 0:
            yield entries_path(index, width)


def leaves_of(raw: bytes) -> list[bytes]:
    r"""Cut an entry bundle into leaves; bytes that are too many or too few make one more, or less.

    >>> leaves_of(b"\x00\x01a\x00\x02bc")
    [b'a', b'bc']
    """
    leaves, start = [], 0
    while start < len(raw):
        end = start + 2 + int.from_bytes(raw[start : start + 2], "big")
        if end > len(raw):
            break
        leaves.append(raw[start + 2 : end])
        start = end
    return leaves if start == len(raw) else [*leaves, raw[start:]]


class Files(Protocol):
    """Files by path."""

    def names(self) -> list[str]:
        """Return the path of every file."""
        ...

    def read(self, name: str, most: int) -> bytes:
        """Return a file of at most so many bytes. Raises ``NotFound``, ``Unverifiable``."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Folder:
    """Files in a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        """Return the path of every file."""
        found = (path for path in self._path.rglob("*") if not path.is_dir())
        return sorted(path.relative_to(self._path).as_posix() for path in found)

    def read(self, name: str, most: int) -> bytes:
        """Return a file of at most so many bytes."""
        path = self._path / name
        if not path.is_file():
            raise NotFound(f"the bundle has no `{name}`")
        if path.stat().st_size > most:
            raise Unverifiable(f"`{name}` is larger than it can be")
        return path.read_bytes()

    def close(self) -> None:
        """Nothing is open."""


class Archive:
    """Files in a zip file; one that claims to be large is refused before it is unpacked."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGED as error:
            raise Unverifiable(f"`{path.name}` is no zip file, or a damaged one") from error

    def names(self) -> list[str]:
        """Return the path of every file, one that is there twice twice."""
        return sorted(self._zip.namelist())

    def read(self, name: str, most: int) -> bytes:
        """Return a file of at most so many bytes."""
        if name not in self._zip.NameToInfo:
            raise NotFound(f"the bundle has no `{name}`")
        if self._zip.getinfo(name).file_size > most:
            raise Unverifiable(f"`{name}` is larger than it can be")
        try:
            return self._zip.read(name)
        except _DAMAGED as error:
            raise Unverifiable(f"`{name}` is damaged") from error

    def close(self) -> None:
        """Close the file."""
        self._zip.close()


class Bundle:
    """An exported ledger, to be read with suspicion."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._size = 0

    @classmethod
    def at(cls, path: str | Path) -> "Bundle":
        """Open a folder or a zip file. Raises ``Unverifiable``, ``NotFound``."""
        path = Path(path)
        if path.is_dir():
            return cls(Folder(path))
        if not path.is_file():
            raise NotFound(f"there is no bundle at `{path}`")
        return cls(Archive(path))

    def checkpoint(self) -> str:
        """Return the bundle's checkpoint, unchecked."""
        try:
            return self._files.read(CHECKPOINT, LONGEST_NOTE).decode()
        except UnicodeDecodeError as error:
            raise Unverifiable("the checkpoint is not text") from error

    def strange(self, size: int) -> str:
        """Say which file is missing, too many or there twice; empty when none is."""
        self._size = size
        names, wanted = self._files.names(), set(paths_of(size))
        if missing := wanted - set(names):
            return f"`{min(missing)}` is missing"
        if extra := set(names) - wanted:
            return f"`{min(extra)}` does not belong there"
        return "" if len(names) == len(wanted) else "a file is there twice"

    def leaves(self, start: int, count: int) -> list[bytes]:
        """Return the leaves from ``start`` on, as many as can be read."""
        name = entries_path(start // WIDTH, count)
        try:
            return leaves_of(self._files.read(name, _LARGEST))
        except (NotFound, Unverifiable):
            return []

    def tile(self, level: int, index: int, width: int) -> bytes:
        """Return a tile's hashes. Raises ``NotFound``, ``Unverifiable``."""
        return self._files.read(tile_path(level, index, width), HASH_BYTES * WIDTH)

    def name(self, index: int) -> str:
        """Return the id of the entry at a place; empty when it cannot be told any more."""
        start = index - index % WIDTH
        leaves = self.leaves(start, min(WIDTH, self._size - start))
        found = _ID.search(leaves[index - start]) if index - start < len(leaves) else None
        return found[1].decode() if found else ""

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.close()
