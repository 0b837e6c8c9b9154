"""New files in place of old ones, all of them or none (house decision 8; policy 7.1).

What is to come is laid down beside what it replaces (``NAME.next``). One small journal, written
whole, decides: before it lies there everything is as it was, afterwards everything is as it will
be, and whoever opens the instance next finishes what a crash interrupted.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from troth.vault import files

JOURNAL: Final = "switch.json"
NEXT: Final = ".next"
BEFORE: Final = ".before-restore"
SIDES: Final = ("-wal", "-shm")
SMALL: Final = 1 << 20
"""Keys are small: a file up to this size is overwritten before it is removed."""


class Move(Struct, frozen=True):
    """A file or folder that takes the place of another.

    ``ends``: what stood there is destroyed (it holds keys), not kept beside it.
    """

    target: str
    ends: bool = False


def fresh(target: Path) -> Path:
    """Return where what replaces a file or folder is laid down."""
    return target.with_name(target.name + NEXT)


def before(target: Path) -> Path:
    """Return where what was replaced is kept."""
    return target.with_name(target.name + BEFORE)


def commit(folder: Path, moves: Sequence[Move]) -> None:
    """Decide on the moves, durably, and make them. Nobody else may have the instance open."""
    for move in moves:
        _settle(fresh(Path(move.target)))
    files.replace(folder / JOURNAL, msgspec.json.encode(moves))
    finish(folder)


def _settle(path: Path) -> None:
    """Make durable what was laid down, to the last file."""
    for found in (path, *path.rglob("*")) if path.is_dir() else (path,):
        if found.is_dir():
            files.sync_folder(found)
        else:
            with found.open("rb") as file:
                os.fsync(file.fileno())
    files.sync_folder(path.parent)


def interrupted(folder: Path) -> bool:
    """Tell whether moves were decided on and not all made."""
    return (folder / JOURNAL).exists()


def finish(folder: Path) -> None:
    """Make the moves that were decided on; nothing decided, nothing done."""
    journal = folder / JOURNAL
    if not journal.exists():
        return
    for move in msgspec.json.decode(journal.read_bytes(), type=list[Move]):
        _make(move)
    journal.unlink()
    files.sync_folder(folder)


def _make(move: Move) -> None:
    target = Path(move.target)
    coming, aside = fresh(target), before(target)
    if coming.exists():
        if target.exists():
            destroy(aside)
        # The log of the old database goes first: beside the new one it would be read as its own.
        for side in SIDES:
            if Path(f"{target}{side}").exists():
                Path(f"{target}{side}").replace(f"{aside}{side}")
        if target.exists():
            target.replace(aside)
        coming.replace(target)
        files.sync_folder(target.parent)
    if move.ends:
        destroy(aside)


def left(folder: Path, moves: Sequence[Move]) -> list[Path]:
    """Return what an attempt laid down and did not decide on."""
    names = {fresh(Path(move.target)) for move in moves}
    places = {name.parent for name in names if name.parent.exists()}
    beside = [path for place in places for path in place.iterdir()]
    coming = [path for path in beside for name in names if str(path).startswith(str(name))]
    return sorted({*coming, *folder.glob(".*.part")})


def sweep(folder: Path, moves: Sequence[Move]) -> None:
    """Remove what an attempt left that was never decided on; it may hold keys of the erased."""
    for path in left(folder, moves):
        destroy(path)


@contextmanager
def workshop(target: Path) -> Iterator[Path]:
    """Give a private folder beside a file in the making; nothing of it is there afterwards.

    What a crash left of an earlier one is removed first.
    """
    folder = target.with_name(f".{target.name}.part")
    destroy(folder)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        destroy(folder)


def destroy(path: Path) -> None:
    """Remove a file or folder, keys overwritten first. None is no error."""
    found = [path, *path.rglob("*")] if path.is_dir() else [path]
    for file in found:
        if file.is_file() and file.stat().st_size <= SMALL:
            files.shred(file)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
