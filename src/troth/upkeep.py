"""Keeping the house: copies of the data that hold no keys, coming back from one, what is wrong.

A data backup may be kept long: without the *current* key store it opens nothing that was erased
since (house decision 8). A restore joins it with the current keys, keeps the ledger as it is now,
and buries whoever was erased in between, before anything is served.
"""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from troth.model.clock import Moment, iso
from troth.model.errors import BadInput, Misconfigured
from troth.model.terms import Region
from troth.settings import Settings
from troth.store.sql import Store, Tx, migrate
from troth.store.sqlite import SqliteStore, private
from troth.vault.cells import Vault

LEDGER_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table'"
KEPT_AS_IT_IS: Final = (
    "entries",
    "pending",
    "tiles",
    "heads",
    "leases",
    "standings",
    "gone",
    "editions",
)
"""What a restore never turns back: the ledger, what was folded from it, and who is gone."""
MANIFEST: Final = "manifest.json"


class Ailment(Struct, frozen=True, kw_only=True):
    """Something the doctor found: how bad, what, and how to mend it."""

    level: str
    what: str
    remedy: str


def back_up(stores: Mapping[Region, Store], target: Path, at: Moment) -> dict[str, str]:
    """Write one archive with a consistent copy of every region's data, and no key.

    Returns the SHA-256 of each file. Raises ``BadInput`` when the target exists, ``Misconfigured``
    on PostgreSQL, which has tools of its own.
    """
    if target.exists():
        raise BadInput(f"`{target}` exists", remedy="name a new file; nothing was overwritten")
    folder = target.with_name(target.name + ".part")
    folder.mkdir(mode=0o700)
    try:
        sums = {}
        for region, store in stores.items():
            file = folder / f"{region}.db"
            store.backup(str(file))
            sums[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
        told = {"troth": 1, "at": iso(at), "files": sums}
        (folder / MANIFEST).write_text(json.dumps(told, indent=1), "utf-8")
        private(target)
        with tarfile.open(target, "w:gz") as archive:
            for file in sorted(folder.iterdir()):
                archive.add(file, arcname=file.name)
    finally:
        shutil.rmtree(folder)
    return sums


def unpack(archive: Path, folder: Path) -> dict[Region, Path]:
    """Unpack a backup into a new folder and check every file against the manifest.

    Raises ``BadInput`` for an archive that is not one of ours or was altered.
    """
    try:
        with tarfile.open(archive, "r:gz") as packed:
            packed.extractall(folder, filter="data")
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        files: dict[str, str] = manifest["files"]
    except (OSError, tarfile.TarError, ValueError, KeyError) as error:
        raise BadInput(f"`{archive}` is no backup of ours", remedy="take another file") from error
    for name, expected in files.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
            raise BadInput(f"`{name}` in the backup was altered", remedy="take another backup")
    return {Region(name.removesuffix(".db")): folder / name for name in files}


def carry_ledger(current: Path, restored: SqliteStore) -> int:
    """Copy the ledger of the current database over the one in a restored copy; return its rows."""
    if not current.exists():
        return 0
    source = SqliteStore(current, readonly=True)
    try:
        tables = {name for (name,) in source.query(LEDGER_TABLES)} & _ledger_tables(source)
        return restored.transact(lambda tx: sum(_copy(source, tx, table) for table in tables))
    finally:
        source.close()


def _ledger_tables(source: SqliteStore) -> set[str]:
    names = {name for (name,) in source.query(LEDGER_TABLES)}
    return {name for name in names if name.startswith(KEPT_AS_IT_IS)}


def _copy(source: SqliteStore, tx: Tx, table: str) -> int:
    rows = source.query(f"SELECT * FROM {table}")
    tx.run(f"DELETE FROM {table}")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        tx.run_many(f"INSERT INTO {table} VALUES ({marks})", rows)
    return len(rows)


def bury(vault: Vault) -> int:
    """Remove everybody whose key is gone: erased after the backup was made; return how many."""
    orphans = vault.orphans()
    for subject in orphans:
        vault.bury(subject)
    return len(orphans)


def put_back(settings: Settings, archive: Path, at: Moment) -> dict[str, dict[str, int]]:
    """Replace each region's data by a backup's, keeping the ledger of now (no server may run).

    Returns per region how many ledger rows were kept. Raises ``BadInput``, ``Misconfigured``. The
    data as it was stays beside it as ``data.db.before-restore``.
    """
    folder = settings.path("restore.part")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    told = {}
    try:
        for region, file in unpack(archive, folder).items():
            place = settings.regions.get(region)
            if place is None or "://" in place.data:
                raise Misconfigured(f"region `{region}` of the backup has no file here")
            data = settings.path(place.data)
            told[region] = {"ledger_rows": _swap(data, file, at)}
    finally:
        shutil.rmtree(folder)
    return told


def _swap(data: Path, file: Path, at: Moment) -> int:
    if data.exists():
        settle = SqliteStore(data)
        settle.scrub()
        settle.close()
    restored = SqliteStore(file)
    migrate(restored, "data", at)
    rows = carry_ledger(data, restored)
    restored.scrub()
    restored.close()
    for side in ("-wal", "-shm"):
        Path(f"{data}{side}").unlink(missing_ok=True)
    if data.exists():
        data.replace(data.with_name(data.name + ".before-restore"))
    shutil.move(file, data)
    private(data)
    return rows


def examine(settings: Settings) -> Iterator[Ailment]:
    """Look at files and settings for what could go wrong, without opening the house."""
    for name, place in settings.regions.items():
        if place.root_key.startswith("file:"):
            root = settings.path(place.root_key.removeprefix("file:"))
            yield from _root_key(name, root)
        for kind, path in (("data", place.data), ("keys", place.keys)):
            if "://" not in path and not settings.path(path).exists():
                yield Ailment(
                    level="error",
                    what=f"the {kind} database of `{name}` is missing",
                    remedy="restore it: troth restore, or check the path in troth.toml",
                )
    free = shutil.disk_usage(settings.folder).free
    if free < 256 * 1024 * 1024:
        yield Ailment(
            level="warning",
            what=f"only {free // 1024 // 1024} MiB are free on the instance's disk",
            remedy="free some: on a full disk only erasure and withdrawal still work",
        )
    if not settings.email.host:
        yield Ailment(
            level="warning",
            what="no mail server is set: mail is written to the spool folder",
            remedy="set [email] host in troth.toml",
        )
    if settings.server.host not in ("127.0.0.1", "::1", "localhost"):
        yield Ailment(
            level="warning",
            what=f"the service listens on {settings.server.host}",
            remedy="put a proxy with TLS before it and name it in trusted_proxies",
        )


def _root_key(region: str, path: Path) -> Iterator[Ailment]:
    if not path.exists():
        yield Ailment(
            level="error",
            what=f"the root key of `{region}` is not at {path}",
            remedy="bring it back from where you keep it apart; nothing can be opened without it",
        )
    elif path.stat().st_mode & 0o077:
        yield Ailment(
            level="error",
            what=f"the root key of `{region}` can be read by others",
            remedy=f"chmod 600 {path}",
        )
