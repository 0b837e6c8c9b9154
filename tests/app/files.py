"""What tests of upkeep do with files: take their measure, spoil them, look into them."""

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path


def twin(source: Path, target: Path) -> Path:
    """Copy an instance nobody has open; its ballast, which holds nothing, is shared."""

    def copy(old: str, new: str) -> object:
        return os.link(old, new) if old.endswith(".ballast") else shutil.copy2(old, new)

    return Path(shutil.copytree(source, target, copy_function=copy))


def prints(folder: Path) -> dict[str, str]:
    """Return every file of a folder with the hash of its contents; not what SQLite shares."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in found
        if not path.name.endswith(("-shm", "-wal"))
    }


def contents(archive: Path) -> dict[str, bytes]:
    """Return the files of an archive, in their order."""
    with tarfile.open(archive) as packed:
        return {m.name: packed.extractfile(m).read() for m in packed if m.isreg()}  # type: ignore[union-attr]


def packed(archive: Path, files: Mapping[str, bytes]) -> Path:
    """Write an archive with these files, in this order."""
    with tarfile.open(archive, "w:gz") as made:
        for name, octets in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            made.addfile(member, io.BytesIO(octets))
    return archive


def altered(archive: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """Write a changed copy of an archive beside it."""
    files = contents(archive)
    change(files)
    return packed(archive.with_name("altered.tar.gz"), files)


def asked(database: Path, sql: str, *params: object) -> list[tuple[object, ...]]:
    """Ask a database file, past every room of the house."""
    connection = sqlite3.connect(database)
    try:
        with connection:
            return connection.execute(sql, params).fetchall()
    finally:
        connection.close()
