"""Write a ledger out for others to keep, serve and verify (policy 9.3)."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from troth.ledger.bundle import CHECKPOINT, entries_path, tile_path, tiles_over
from troth.ledger.checkpoint import Checkpoint, opened, read
from troth.ledger.log import Log
from troth.model.clock import Moment
from troth.model.errors import BadInput

_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)


def export_bundle(log: Log, path: str | Path, at: Moment) -> Checkpoint:
    """Sign the log's head and write it, all tiles and all entries to a folder or a ``.zip`` file.

    Entries that have no place yet are left out: integrate first. Raises ``BadInput`` when there is
    something at ``path`` already.
    """
    path = Path(path)
    if path.exists():
        raise BadInput(f"there is something at `{path}` already", remedy="name a new place")
    note = log.checkpoint(at)
    head = read(opened(note)[0])
    write = _write_zip if path.suffix == ".zip" else _write_folder
    write(path, files(log, head.size, note))
    return head


def files(log: Log, size: int, note: str) -> Iterator[tuple[str, bytes]]:
    """Give every file of a bundle as (path, contents)."""
    yield CHECKPOINT, note.encode()
    for level, index, width in tiles_over(size):
        yield tile_path(level, index, width), log.tile(level, index, width)
        if level == 0:
            yield entries_path(index, width), log.bundle(index, width)


def _write_folder(path: Path, contents: Iterator[tuple[str, bytes]]) -> None:
    path.mkdir(mode=0o700, parents=True)
    for name, raw in contents:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(raw)


def _write_zip(path: Path, contents: Iterator[tuple[str, bytes]]) -> None:
    path.touch(mode=0o600)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in contents:
            # Dates would make two exports of one ledger differ.
            archive.writestr(zipfile.ZipInfo(name, _NO_DATE), raw, zipfile.ZIP_DEFLATED)
