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
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from troth.app.settings import Settings
from troth.gate import Rooms
from troth.ledger.verify import Report
from troth.model.clock import DAY, Moment, iso
from troth.model.errors import BadInput, Misconfigured
from troth.model.terms import ALL, Region
from troth.store.sql import Store, Tx, migrate
from troth.store.sqlite import SqliteStore, private
from troth.vault.cells import Vault
from troth.vault.keys import KeyStore

TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table'"
    " AND name NOT LIKE 'sqlite_%' AND name <> 'migrations'"
)
FROM_THE_BACKUP: Final = frozenset({"subjects", "cells", "blind"})
"""What a restore brings back. The rest stays as it is now: a ledger never turns back, an ended
session, key or member of staff does not return, and who is gone is gone."""
NOT_FROM_A_BACKUP: Final = ("sessions", "codes", "outbox", "errands", "staff_sessions")
"""What is not brought back even where nothing of now is left."""
EPOCH_OVERDUE_DAYS: Final = 8
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


def carry(current: Path, restored: SqliteStore) -> int:
    """Put what is true now over a restored copy; return how many rows were carried.

    Where the current database is lost, the copy's own ledger stays and nobody's session does.
    """
    if not current.exists():
        restored.transact(lambda tx: [tx.run(f"DELETE FROM {name}") for name in NOT_FROM_A_BACKUP])
        return 0
    source = SqliteStore(current, readonly=True)
    try:
        tables = {name for (name,) in source.query(TABLES)} - FROM_THE_BACKUP
        return restored.transact(lambda tx: sum(_copy(source, tx, name) for name in sorted(tables)))
    finally:
        source.close()


def _copy(source: SqliteStore, tx: Tx, table: str) -> int:
    rows = source.query(f"SELECT * FROM {table}")
    tx.run(f"DELETE FROM {table}")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        tx.run_many(f"INSERT INTO {table} VALUES ({marks})", rows)
    return len(rows)


def bury(vault: Vault, store: Store) -> int:
    """Erase everybody whose key is gone: erased after the backup was made; return how many."""
    orphans = list(vault.keyless())
    for orphan in orphans:
        vault.finish(store.transact(partial(vault.erase, handle=orphan, fields=ALL)))
    return len(orphans)


def put_back(settings: Settings, archive: Path, at: Moment) -> dict[str, dict[str, int]]:
    """Replace each region's data by a backup's, keeping the ledger of now.

    No server may run. Returns per region how many rows of now were carried over. The data as it was
    stays beside it as ``data.db.before-restore``. Raises ``BadInput``, ``Misconfigured``.
    """
    folder = settings.path("restore.part")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    told: dict[str, dict[str, int]] = {}
    try:
        for region, file in unpack(archive, folder).items():
            place = settings.regions.get(region)
            if place is None or "://" in place.data:
                raise Misconfigured(f"region `{region}` of the backup has no file here")
            data = settings.path(place.data)
            told[region] = {"carried": _swap(data, file, at)}
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
    rows = carry(data, restored)
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


def look_inside(
    regions: Mapping[Region, Rooms],
    audits: Mapping[str, Report],
    keys: Mapping[Region, KeyStore],
    at: Moment,
) -> Iterator[Ailment]:
    """Look into an instance that opened for what is not as it should be."""
    for region, rooms in regions.items():
        report = audits[str(region)]
        if not report.ok:
            yield Ailment(
                level="error",
                what=f"the ledger of `{region}` does not verify: {report.problem}",
                remedy="keep a copy of the database as it is, then restore; tell who relies on it",
            )
        if rooms.vault.misplaced():
            yield Ailment(
                level="error",
                what=f"subjects of another region lie in `{region}` (§2.4)",
                remedy="move them to their region",
            )
        if at - keys[region].oldest_epoch_made_at > EPOCH_OVERDUE_DAYS * DAY:
            yield Ailment(
                level="warning",
                what=f"the keys of `{region}` have not been rotated for over a week",
                remedy="troth keys rotate: erased keys become irrecoverable by it",
            )
        dead = len(rooms.courier.dead())
        if dead:
            yield Ailment(
                level="warning",
                what=f"{dead} notices of `{region}` reached nobody",
                remedy="look at the channels, then requeue them",
            )
