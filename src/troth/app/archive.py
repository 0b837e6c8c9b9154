"""Backups as one file: a manifest that the instance vouches for, then the files it names (7.1).

The manifest comes first and says every file's name, size and SHA-256; a seal (HMAC) under a key of
the instance's own stands in it, so that nobody else can make or alter a backup. What comes out is
written by us, name by name and no larger than said: a path that climbs, a link, a bomb or a file
too many is refused before anything of it lies on the disk.
"""

import gzip
import hashlib
import hmac
import io
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct

from troth.model.errors import BadInput, DatabaseTooNew
from troth.store.sqlite import private
from troth.vault import files

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MANIFEST_MOST: Final = 1 << 20
CHUNK: Final = 1 << 20
BROKEN: Final = (
    *(EOFError, gzip.BadGzipFile, zlib.error),
    *(tarfile.TarError, msgspec.MsgspecError),
)
"""What reading something that is no archive, or was cut short, can end in."""
_NAME: Final = re.compile(r"[a-z0-9][\w.-]*(/[a-z0-9][\w.-]*)?", re.ASCII)


class Part(Struct, frozen=True):
    """One file of a backup."""

    sha256: str
    size: int


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup is: of which instance, from when, and until when it may be kept (if not ever).

    ``epochs`` are the living epochs of each region's keys in a backup of keys.
    """

    troth: int = FORMAT
    kind: str
    instance: str
    at: str
    not_after: str = ""
    epochs: Mapping[str, tuple[int, ...]] = {}
    files: Mapping[str, Part] = {}
    seal: str = ""


def pack(folder: Path, target: Path, manifest: Manifest, key: bytes) -> Manifest:
    """Write a folder's files into one new private archive; return its manifest, sealed.

    Raises ``BadInput`` when the target exists or its folder does not; nothing is overwritten.
    """
    demand_new(target)
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    parts = {name.as_posix(): _part(folder / name) for name in names}
    manifest = msgspec.structs.replace(manifest, files=parts, seal="")
    manifest = msgspec.structs.replace(manifest, seal=_seal(manifest, key))
    part = target.with_name(f".{target.name}.new")
    private(part)
    try:
        with tarfile.open(part, "w:gz") as archive:
            _add(archive, MANIFEST, io.BytesIO(msgspec.json.encode(manifest)))
            for name in parts:
                with (folder / name).open("rb") as file:
                    _add(archive, name, file)
        _settle(part, target)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def demand_new(target: Path) -> None:
    """Demand that a file can be made here. Raises ``BadInput``."""
    if target.exists():
        raise BadInput(f"`{target}` exists", remedy="name a new file; nothing was overwritten")
    if not target.parent.is_dir():
        raise BadInput(f"`{target.parent}` is no folder", remedy="make it, or name another")


def unpack(archive: Path, folder: Path, kind: str) -> Manifest:
    """Unpack a backup into a folder, each file checked against the manifest; return that.

    Whether the manifest itself is ours is for ``demand_ours`` to say. Raises ``BadInput`` for what
    is no such backup or was altered, ``DatabaseTooNew`` for one of a newer version.
    """
    if not archive.is_file():
        raise _not_ours(archive)
    try:
        with tarfile.open(archive, "r:gz") as packed:
            manifest = _first(packed, archive)
            _demand_kind(manifest, kind, archive)
            _demand_room(manifest, folder)
            left = dict(manifest.files)
            for member in packed:
                if member.name != MANIFEST:
                    _take(packed, member, left.pop(member.name, None), folder)
    except BROKEN as error:
        raise _not_ours(archive) from error
    if left:
        raise BadInput(f"`{min(left)}` is missing from `{archive}`", remedy="take another backup")
    return manifest


def demand_ours(manifest: Manifest, key: bytes) -> None:
    """Demand that this instance made a manifest. Raises ``BadInput``."""
    bare = msgspec.structs.replace(manifest, seal="")
    if not hmac.compare_digest(manifest.seal, _seal(bare, key)):
        raise BadInput(
            "the backup is of another instance, or its manifest was altered",
            remedy="take a backup of this instance; nothing was changed",
        )


def _first(packed: tarfile.TarFile, archive: Path) -> Manifest:
    member = packed.next()
    if member is None or member.name != MANIFEST or member.size > MANIFEST_MOST:
        raise _not_ours(archive)
    raw = msgspec.json.decode(_read(packed, member))
    if isinstance(raw, dict) and isinstance(raw.get("troth"), int) and raw["troth"] > FORMAT:
        raise DatabaseTooNew(
            f"`{archive}` was made by a newer version", remedy="install the newer troth"
        )
    return msgspec.convert(raw, Manifest)


def _demand_kind(manifest: Manifest, kind: str, archive: Path) -> None:
    if manifest.kind != kind:
        raise BadInput(
            f"`{archive}` is a backup of {manifest.kind}, not of {kind}",
            remedy="troth restore takes data, troth keys restore takes keys",
        )
    if not manifest.files or not all(map(_NAME.fullmatch, manifest.files)):
        raise _not_ours(archive)


def _demand_room(manifest: Manifest, folder: Path) -> None:
    wanted, free = sum(part.size for part in manifest.files.values()), shutil.disk_usage(folder)
    if wanted > free.free:
        raise BadInput(
            f"the backup needs {wanted >> 20} MiB and {free.free >> 20} MiB are free",
            remedy="free space on the instance's disk",
        )


def _take(
    packed: tarfile.TarFile, member: tarfile.TarInfo, part: Part | None, folder: Path
) -> None:
    if part is None or not member.isreg() or member.size != part.size:
        raise BadInput(
            f"`{member.name}` in the backup is not what its manifest says",
            remedy="take another backup",
        )
    target = folder / member.name
    target.parent.mkdir(mode=0o700, exist_ok=True)
    private(target)
    source = packed.extractfile(member)
    with target.open("wb") as file:
        if source is not None:
            shutil.copyfileobj(source, file, CHUNK)
    if _part(target) != part:
        raise BadInput(f"`{member.name}` in the backup was altered", remedy="take another backup")


def _read(packed: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    source = packed.extractfile(member)
    return source.read() if source is not None else b""


def _add(archive: tarfile.TarFile, name: str, file: IO[bytes]) -> None:
    member = tarfile.TarInfo(name)
    member.mode = 0o600
    member.size = file.seek(0, io.SEEK_END)
    file.seek(0)
    archive.addfile(member, file)


def _settle(part: Path, target: Path) -> None:
    """Give a file that is whole its name, durably."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    demand_new(target)
    part.replace(target)
    files.sync_folder(target.parent)


def _part(path: Path) -> Part:
    with path.open("rb") as file:
        return Part(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def _seal(manifest: Manifest, key: bytes) -> str:
    return hmac.new(key, msgspec.json.encode(manifest, order="deterministic"), "sha256").hexdigest()


def _not_ours(archive: Path) -> BadInput:
    return BadInput(f"`{archive}` is no backup of ours", remedy="take another file")
