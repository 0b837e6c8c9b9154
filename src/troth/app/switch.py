"""New files in place of old ones, all of them or none (house decision 8; policy 7.1).

What is to come is laid down beside what it replaces (``NAME.next``). One small journal, written
whole, decides: before it lies there everything is as it was, afterwards everything is as it will
be, and whoever opens the instance next finishes what a crash interrupted.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from troth.vault import files

JOURNAL: Final = "switch.json"
NEXT: Final = ".next"
BEFORE: Final = ".before-restore"
SIDES: Final = ("-wal", "-shm")


class Move(Struct, frozen=True):
    """A file or folder that takes the place of another.

    ``shred``: what stood there is destroyed (it holds keys), not kept beside it.
    """

    target: str
    shred: bool = False


def fresh(target: Path) -> Path:
    """Return where what replaces a file or folder is laid down."""
    return target.with_name(target.name + NEXT)


def before(target: Path) -> Path:
    """Return where what was replaced is kept."""
    return target.with_name(target.name + BEFORE)


def commit(folder: Path, moves: Sequence[Move]) -> None:
    """Decide on the moves, durably, and make them. Nobody else may have the instance open."""
    for move in moves:
        files.sync_folder(Path(move.target).parent)
    files.replace(folder / JOURNAL, msgspec.json.encode(moves))
    finish(folder)


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
        if target.exists() and aside.exists():
            destroy(aside, shred=move.shred)
        # The log of the old database goes first: beside the new one it would be read as its own.
        for side in SIDES:
            if Path(f"{target}{side}").exists():
                Path(f"{target}{side}").replace(f"{aside}{side}")
        if target.exists():
            target.replace(aside)
        coming.replace(target)
        files.sync_folder(target.parent)
    if move.shred:
        destroy(aside, shred=True)


def sweep(moves: Sequence[Move]) -> None:
    """Remove what an attempt laid down and never decided on; it may hold keys of the erased."""
    for move in moves:
        coming = fresh(Path(move.target))
        beside = coming.parent.iterdir() if coming.parent.exists() else ()
        for left in [path for path in beside if path.name.startswith(coming.name)]:
            destroy(left, shred=move.shred)


def destroy(path: Path, *, shred: bool) -> None:
    """Remove a file or folder, overwritten first where it holds keys. None is no error."""
    if path.is_dir():
        for file in path.iterdir() if shred else ():
            files.shred(file)
        shutil.rmtree(path)
    elif shred:
        files.shred(path)
    else:
        path.unlink(missing_ok=True)
