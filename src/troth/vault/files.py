"""Small private files that are either whole or not there, and can be destroyed (policy 7.1, 9.4).

Overwriting reaches the blocks a file lies in on most disks, not on all (copy-on-write, flash): so
nothing here rests on it alone. What is destroyed was sealed under the root key in the first place.
"""

import os
import secrets
from pathlib import Path
from typing import Final

DYING: Final = ".dying"


def write_new(path: Path, contents: bytes) -> bool:
    """Write a new private file, durably and all at once; ``False`` when it was there already."""
    part = _part(path, contents)
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    finally:
        part.unlink()
        sync_folder(path.parent)
    return True


def replace(path: Path, contents: bytes) -> None:
    """Write a private file, durably and all at once, in place of any that was there."""
    _part(path, contents).replace(path)
    sync_folder(path.parent)


def shred(path: Path) -> None:
    """Overwrite a file with random bytes, durably, and unlink it. No file is no error.

    It loses its name first: when the process is killed halfway, nobody takes what is left for the
    file it was. ``shred_left`` finishes that.
    """
    dying = path.with_name(f".{path.name.lstrip('.')}.{secrets.token_hex(4)}{DYING}")
    try:
        path.replace(dying)
        sync_folder(path.parent)
        opened = os.open(dying, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        os.write(opened, secrets.token_bytes(os.fstat(opened).st_size))
        os.fsync(opened)
    finally:
        os.close(opened)
    dying.unlink(missing_ok=True)
    sync_folder(path.parent)


def shred_left(folder: Path) -> None:
    """Finish what a killed ``shred`` left in a folder."""
    for left in folder.glob(f".*{DYING}"):
        shred(left)


def sync_folder(folder: Path) -> None:
    """Make durable which files a folder holds."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _part(path: Path, contents: bytes) -> Path:
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(opened, contents)
        os.fsync(opened)
    finally:
        os.close(opened)
    return part
