"""Keeping the data: copies that hold no keys, and coming back from one (house decision 8).

A data backup may be kept long: without the *current* key store it opens nothing that was erased
since. A restore joins it with the current keys, keeps the ledger as it is now, and buries whoever
was erased in between, before anything is served. All of it is prepared beside the databases of now
and takes their place in one step (``switch``): interrupted, the old state stands or the new one.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from troth.app import archive, merge, switch
from troth.app.archive import Manifest
from troth.app.building import home_of
from troth.app.settings import RegionSettings, Settings
from troth.app.settings.sections import DatabasesSettings
from troth.app.switch import Move
from troth.gate.again import FORGET
from troth.gate.door import IS_GONE
from troth.model.clock import Moment, iso
from troth.model.errors import Misconfigured
from troth.model.terms import ALL, KeyId, Region, SubjectId
from troth.store.sql import Store, Tx, migrate
from troth.store.sqlite import SqliteStore
from troth.vault.cells import Doomed, Handle, Vault

DATA: Final = "data"
BACKUP_KEY: Final = "backup"
"""The long-lived key of the home region under which an instance vouches for its backups."""
KEYS_FIRST: Final = "bring the keys back first: troth keys restore"


def back_up(
    stores: Mapping[Region, Store], target: Path, at: Moment, *, instance: str, key: bytes
) -> dict[str, str]:
    """Write one archive with a consistent copy of every region's data, and no key.

    Returns the SHA-256 of each file. Raises ``BadInput`` when the target exists, ``Misconfigured``
    on PostgreSQL, which has tools of its own.
    """
    archive.demand_new(target)
    with switch.workshop(target) as folder:
        for region, store in stores.items():
            store.backup(str(folder / f"{region}.db"))
        told = Manifest(kind=DATA, instance=instance, at=iso(at))
        told = archive.pack(folder, target, told, key)
    return {name: part.sha256 for name, part in told.files.items()}


class Staged(Struct, frozen=True, kw_only=True):
    """A restore that is prepared: settings that open it where it lies, and what takes whose place.

    ``told`` says by region how many subjects have the backup's values and how many those of now.
    """

    settings: Settings
    moves: tuple[Move, ...]
    told: dict[str, dict[str, int]]


@contextmanager
def staged(settings: Settings, source: Path, at: Moment) -> Iterator[Staged]:
    """Prepare a restore beside the data of now; whatever was not switched is gone afterwards.

    Raises ``BadInput`` for an archive that is not this instance's or was altered, ``Misconfigured``
    for a database that is missing or cannot be read, ``DatabaseTooNew``.
    """
    with switch.workshop(settings.path("restore")) as folder:
        manifest = archive.unpack(source, folder, DATA)
        archive.demand_ours(manifest, backup_key(settings))
        regions = {name.removesuffix(".db"): folder / name for name in manifest.files}
        places = {region: _place(settings, region) for region in regions}
        moves = tuple(Move(str(settings.path(place.data))) for place in places.values())
        switch.sweep(folder, moves)
        try:
            told = {
                region: msgspec.to_builtins(_lay(settings.path(places[region].data), file, at))
                for region, file in regions.items()
            }
            yield Staged(settings=aside(settings, set(regions), folder), moves=moves, told=told)
        finally:
            if not switch.interrupted(settings.path("")):
                switch.sweep(folder, moves)


def backup_key(settings: Settings) -> bytes:
    """Return the key under which this instance vouches for its backups.

    Raises ``Misconfigured`` where the home region's keys are not there, ``WrongRootKey``.
    """
    region = Region(settings.instance.home)
    if settings.path(settings.regions[region].key_folder).is_dir():
        home = home_of(settings, region)
        if home.epochs():
            return home.named(BACKUP_KEY)
    raise Misconfigured(f"the key folder of `{region}` is missing or empty", remedy=KEYS_FIRST)


def _place(settings: Settings, region: str) -> RegionSettings:
    place = settings.regions.get(region)
    if place is None or "://" in place.data + place.keys:
        raise Misconfigured(
            f"region `{region}` of the backup has no files here",
            remedy="restore into an instance whose regions lie in SQLite files",
        )
    if not settings.path(place.keys).exists():
        raise Misconfigured(
            f"the key database of `{region}` is missing: without it nobody could come back",
            remedy=KEYS_FIRST,
        )
    return place


def _lay(data: Path, backup: Path, at: Moment) -> merge.Merged:
    """Lay the database to come beside that of now: a copy of it with the backup's rows."""
    _migrated(backup, at)
    coming = switch.fresh(data)
    if not data.exists():
        told = merge.alone(backup, at)
        data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(backup, coming)
        return told
    now = SqliteStore(data)
    try:
        now.scrub()
        now.backup(str(coming))
    finally:
        now.close()
    _migrated(coming, at)
    return merge.bring_back(coming, backup)


def _migrated(file: Path, at: Moment) -> None:
    store = SqliteStore(file)
    try:
        migrate(store, "data", at)
    finally:
        store.close()


def aside(settings: Settings, regions: set[str], folder: Path) -> Settings:
    """Return settings that open some regions' data where it is laid down, all else as it is."""
    places = {
        name: msgspec.structs.replace(
            place,
            data=_absolute(settings, place.data, coming=name in regions),
            keys=_absolute(settings, place.keys),
            key_folder=_absolute(settings, place.key_folder),
            root_key=_reference(settings, place.root_key),
        )
        for name, place in settings.regions.items()
    }
    return msgspec.structs.replace(
        settings,
        folder=str(folder),
        regions=places,
        databases=_others(settings),
        spool=str(settings.path(settings.spool)),
    )


def _others(settings: Settings) -> DatabasesSettings:
    """Return the other databases' settings with every path read from where it stands now."""
    named = settings.databases
    return msgspec.structs.replace(
        named,
        map=str(settings.path(named.map).absolute()) if named.map else "",
        urls=tuple(
            f"{name}={_reference(settings, url)}"
            for name, _, url in (one.partition("=") for one in named.urls)
        ),
        logs=tuple(str(settings.path(name).absolute()) for name in named.logs),
    )


def _absolute(settings: Settings, name: str, *, coming: bool = False) -> str:
    if "://" in name:
        return name
    path = settings.path(name).absolute()
    return str(switch.fresh(path) if coming else path)


def _reference(settings: Settings, reference: str) -> str:
    kind, _, path = reference.partition(":")
    return f"file:{settings.path(path).absolute()}" if kind == "file" else reference


def bury(
    vault: Vault,
    store: Store,
    besides: tuple[str, ...] = (),
    replay: Callable[[Tx, SubjectId], Sequence[KeyId]] | None = None,
) -> int:
    """Erase everybody whose key is gone: erased after the backup was made; return how many.

    A tombstone is set for each, and what they did under idempotency keys is forgotten, with what
    the statements ``besides`` take away. ``replay`` orders the erasure in other databases again,
    which may come from a backup as well, and returns keys that are to die.
    """
    orphans = list(vault.keyless())
    for orphan in orphans:
        work = partial(_bury, vault=vault, orphan=orphan, besides=besides, replay=replay)
        vault.finish(store.transact(work, urgent=True))
    return len(orphans)


def _bury(
    tx: Tx,
    *,
    vault: Vault,
    orphan: Handle,
    besides: tuple[str, ...],
    replay: Callable[[Tx, SubjectId], Sequence[KeyId]] | None,
) -> Doomed:
    doomed = vault.erase(tx, orphan, ALL)
    if replay is not None:
        doomed += vault.doom(tx, replay(tx, orphan.subject))
    tx.run(IS_GONE, (orphan.subject,))
    for forget in (FORGET, *besides):
        tx.run(forget, (orphan.subject,))
    return doomed
