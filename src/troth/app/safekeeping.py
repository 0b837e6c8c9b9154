"""Keeping the keys: copies for one epoch at most, and coming back from one (policy 7.1, 9.4).

A copy of the key store can bring the erased back, which a copy of the data cannot. So it is made
apart, says until when it may be kept (one epoch), and is refused later, or when an epoch it needs
was destroyed. What comes back is put right before it lies where it belongs: every key that no row
of the data names any more dies again (house decision 8).
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from troth.app import archive, merge, switch
from troth.app.archive import Manifest
from troth.app.building import root_of
from troth.app.settings import RegionSettings, Settings
from troth.app.switch import Move
from troth.app.upkeep import BACKUP_KEY
from troth.ledger.entry import decode
from troth.model.clock import DAY, Moment, after, iso, moment
from troth.model.errors import BadInput, Misconfigured, StoreBusy, WrongRootKey
from troth.model.terms import Region
from troth.store.sql import Store, migrate
from troth.store.sqlite import SqliteStore
from troth.vault.home import LIST, KeyHome, RootKey
from troth.vault.keys import KeyStore

KEYS: Final = "keys"
BACKED_UP: Final = "keys.backed_up"
ROTATED: Final = "keys.rotated"
AHEAD: Final = 7
"""An epoch is ended when a seventh of it is left, a day at most: where only a daily job looks, and
for as long as rewrapping takes."""
TRIES: Final = 3
_EPOCH: Final = re.compile(r"epoch-([0-9]+)")

DESTROYED: Final = "SELECT number FROM epochs WHERE state = 'destroyed'"
ROTATIONS: Final = (
    f"SELECT leaf FROM entries WHERE who = '' AND instr(leaf, CAST('{ROTATED}' AS BLOB)) > 0"
)
KEY_IDS: Final = "SELECT key_id FROM wrapped_keys"
# Every table of the data that names a key it could not do without; what is doomed is not one.
NAMING: Final = (
    "SELECT m.name FROM data.sqlite_master m, pragma_table_info(m.name, 'data') c"
    " WHERE m.type = 'table' AND c.name = 'key_id' AND m.name <> 'doomed'"
)


class KeyBackup(Struct, frozen=True, kw_only=True):
    """A backup of keys: from when, until when it may be kept, of which epochs, how many files."""

    target: str
    at: str
    not_after: str
    epochs: Mapping[str, tuple[int, ...]]
    files: int


class BroughtBack(Struct, frozen=True, kw_only=True):
    """What a region's keys are after a restore.

    ``destroyed`` keys were erased since the backup and died again; ``lost`` subjects came, or had a
    part erased, since: nothing opens what is held of them. ``replayed`` is false where there was no
    data to tell who was erased.
    """

    keys: int
    destroyed: int
    lost: int
    replayed: bool


def epoch_over(keys: KeyStore, settings: Settings) -> Moment:
    """Return by when a region's epoch has to be over, as certificates have promised."""
    return after(keys.oldest_epoch_made_at, days=settings.instance.epoch_days)


def epoch_ends(keys: KeyStore, settings: Settings) -> Moment:
    """Return from when on a region's epoch is to be ended."""
    ahead = min(DAY, settings.instance.epoch_days * DAY // AHEAD)
    return Moment(epoch_over(keys, settings) - ahead)


# --- making one --------------------------------------------------------------------------------


def back_up(
    settings: Settings, stores: Mapping[Region, Store], target: Path, at: Moment, *, key: bytes
) -> KeyBackup:
    """Write one archive with every region's wrapped keys and key files, never a root key.

    What was copied is opened once before it counts. Raises ``BadInput`` when the target exists,
    ``Misconfigured`` on PostgreSQL, ``StoreBusy`` while epochs keep ending.
    """
    archive.demand_new(target)
    for region, place in settings.regions.items():
        if "://" in place.keys:
            raise Misconfigured(
                f"the key database of `{region}` lies on a server, which has tools of its own",
                remedy="pg_dump it apart from the data, copy the key folder with it, and keep"
                " neither longer than one epoch",
            )
    # Beside the keys themselves: what a crash leaves is found, and removed, at the next start.
    with switch.workshop(settings.path("keys-backup")) as folder:
        epochs = {
            str(region): _copied(settings, region, store, folder)
            for region, store in stores.items()
        }
        told = Manifest(
            kind=KEYS,
            instance=settings.instance.name,
            at=iso(at),
            not_after=iso(after(at, days=settings.instance.epoch_days)),
            epochs=epochs,
        )
        told = archive.pack(folder, target, told, key)
    return KeyBackup(
        target=str(target),
        at=told.at,
        not_after=told.not_after,
        epochs=told.epochs,
        files=len(told.files),
    )


def _copied(settings: Settings, region: Region, store: Store, folder: Path) -> tuple[int, ...]:
    place = settings.regions[region]
    for _ in range(TRIES):
        try:
            return _copy(settings, place, store, folder / region)
        except Misconfigured:
            # An epoch may have ended between the two copies: then its key is rightly missing.
            for left in (folder / region, folder / f"{region}.db"):
                switch.destroy(left)
    raise StoreBusy(
        f"the keys of `{region}` changed while they were copied", remedy="try again in a moment"
    )


def _copy(settings: Settings, place: RegionSettings, store: Store, folder: Path) -> tuple[int, ...]:
    database = folder.with_name(f"{folder.name}.db")
    store.backup(str(database))
    folder.mkdir(mode=0o700)
    for file in _key_files(settings.path(place.key_folder)):
        shutil.copy2(file, folder / file.name)
    with _opened(database, folder, root_of(settings, place.root_key)) as keys:
        return _living(keys)


def _key_files(folder: Path) -> list[Path]:
    found = [*folder.glob("*.key"), *folder.glob("keys.list")]
    return sorted(path for path in found if not path.name.startswith("."))


@contextmanager
def _opened(database: Path, folder: Path, root: RootKey) -> Iterator[KeyStore]:
    """Open a copied key store, proving that its epoch keys are there and are its own."""
    store = SqliteStore(database)
    try:
        yield KeyStore(store, KeyHome(folder, root))
        store.scrub()
    finally:
        store.close()


def _living(keys: KeyStore) -> tuple[int, ...]:
    return tuple(epoch.number for epoch in keys.epochs() if epoch.state != "destroyed")


# --- coming back from one ----------------------------------------------------------------------


def bring_back(
    settings: Settings, source: Path, at: Moment, *, root: str = ""
) -> dict[str, BroughtBack]:
    """Put a backup's keys in the place of those that were lost; erasures since are done again.

    Nobody else may have the instance open. ``root`` refers to the root key the backup was made
    under, where it was another (``{region}`` in it stands for the region's name). Raises
    ``BadInput`` for an archive that is not this instance's, was altered, is past its epoch, or
    would lose living keys; ``WrongRootKey``, ``Misconfigured``. Nothing is changed then.
    """
    with switch.workshop(settings.path("restore")) as folder:
        manifest = archive.unpack(source, folder, KEYS)
        _demand_ours(settings, manifest, folder, root)
        _demand_in_time(manifest, at)
        moves = [move for region in manifest.epochs for move in _moves(settings, region)]
        switch.sweep(folder, moves)
        try:
            told = {
                region: _lay(settings, Region(region), epochs, folder, at, root)
                for region, epochs in manifest.epochs.items()
            }
            switch.commit(settings.path(""), moves)
        finally:
            if not switch.interrupted(settings.path("")):
                switch.sweep(folder, moves)
    return told


def _demand_in_time(manifest: Manifest, at: Moment) -> None:
    if at > moment(manifest.not_after):
        raise BadInput(
            f"this backup of keys was to be kept until {manifest.not_after}: keys that were erased"
            " since must not come back",
            clause="9.4",
            remedy="take a newer one, and destroy this one",
        )


def _moves(settings: Settings, region: str) -> tuple[Move, Move]:
    place = settings.regions.get(region)
    if place is None or "://" in place.keys + place.data:
        raise Misconfigured(
            f"region `{region}` of the backup has no files here",
            remedy="on PostgreSQL, bring the key database back with the server's own tools",
        )
    keys, folder = settings.path(place.keys), settings.path(place.key_folder)
    return Move(str(keys.absolute())), Move(str(folder.absolute()), ends=True)


def _demand_ours(settings: Settings, manifest: Manifest, folder: Path, root: str) -> None:
    """Demand that the manifest is ours by the key that came with it, itself under our root key."""
    home = settings.instance.home
    if home not in manifest.epochs or not (folder / home / f"{BACKUP_KEY}.key").exists():
        raise BadInput("the backup does not hold this instance's keys", remedy="take another file")
    opened = KeyHome(folder / home, _root(settings, Region(home), folder / home, root))
    archive.demand_ours(manifest, opened.named(BACKUP_KEY))


def _root(settings: Settings, region: Region, came: Path, other: str) -> RootKey:
    """Return the root key that opens key files: the region's own, else the other one named."""
    ours = root_of(settings, settings.regions[region].root_key)
    try:
        KeyHome(came, ours)
    except WrongRootKey:
        if not other:
            raise
        return root_of(settings, other.replace("{region}", region))
    return ours


def _lay(
    settings: Settings,
    region: Region,
    epochs: tuple[int, ...],
    folder: Path,
    at: Moment,
    root: str,
) -> BroughtBack:
    """Lay a region's keys beside those of now, without what was erased since."""
    place = settings.regions[region]
    keys, home = settings.path(place.keys), settings.path(place.key_folder)
    _demand_epochs(epochs, _ended(settings, region, home), region)
    coming, came = folder / f"{region}.db", folder / region
    _migrated(coming, at)
    opens = _root(settings, region, came, root)
    with _opened(coming, came, opens):
        KeyHome(came, opens).rewrap(root_of(settings, place.root_key))
    told = _replayed(coming, keys, settings.path(place.data))
    for file in home.glob("[a-z]*.key"):
        # Named keys that were made since are not lost; an epoch's would be of no use.
        if not _EPOCH.match(file.name) and not (came / file.name).exists():
            shutil.copy2(file, came / file.name)
    for path in (keys, home):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.move(coming, switch.fresh(keys))
    shutil.move(came, switch.fresh(home))
    return told


def _migrated(file: Path, at: Moment) -> None:
    store = SqliteStore(file)
    with closing(store):
        migrate(store, "keys", at)


def _demand_epochs(epochs: tuple[int, ...], ended: set[int], region: Region) -> None:
    gone = sorted(ended.intersection(epochs))
    if gone:
        raise BadInput(
            f"epoch {gone[0]} of `{region}` was destroyed since this backup of keys was made",
            clause="9.4",
            remedy="take one that was made since the last rotation, and destroy this one",
        )


def _ended(settings: Settings, region: Region, home: Path) -> set[int]:
    """Return the epochs of a region that were destroyed, by whatever still tells of it."""
    keys = settings.path(settings.regions[region].keys)
    ended = {int(number) for (number,) in _rows(keys, DESTROYED)}
    listed = (home / LIST).read_text("ascii") if (home / LIST).exists() else ""
    here = {int(number) for number in _EPOCH.findall(listed)}
    ended |= set(range(1, max(here, default=1))) - here
    data = settings.path(settings.regions[settings.instance.home].data)
    for (leaf,) in _rows(data, ROTATIONS):
        what = decode(leaf).what
        if what.get("event") == ROTATED and what.get("region") == region:
            ended |= set(range(1, int(str(what["epoch"]))))
    return ended


def _rows(database: Path, sql: str) -> list[tuple[bytes]]:
    """Read what can be read of a database that may be damaged or gone."""
    if not database.exists():
        return []
    try:
        with closing(sqlite3.connect(database)) as connection:
            return connection.execute(sql).fetchall()
    except sqlite3.DatabaseError:
        return []


def _replayed(coming: Path, now: Path, data: Path) -> BroughtBack:
    """Destroy every key that the data no longer names, and count what that leaves.

    Raises ``BadInput`` when the key store of now holds living keys that the backup does not.
    """
    living = {key for (key,) in _rows(now, KEY_IDS)}
    if not data.exists():
        with merge.joined(coming) as database:
            keys = {key for (key,) in database.execute(KEY_IDS)}
        _demand_none(living - keys, now)
        return BroughtBack(keys=len(keys), destroyed=0, lost=0, replayed=False)
    with merge.joined(coming, data=data) as database:
        destroyed = prune(database)
        missing = "key_id NOT IN (SELECT key_id FROM main.wrapped_keys)"
        dear = {key for (key,) in database.execute(f"SELECT key_id FROM named WHERE {missing}")}
        lost = database.execute(f"SELECT count(*) FROM data.subjects WHERE {missing}").fetchone()[0]
        keys = {key for (key,) in database.execute(KEY_IDS)}
    _demand_none(dear & living, now)
    return BroughtBack(keys=len(keys), destroyed=destroyed, lost=lost, replayed=True)


def _demand_none(dear: set[bytes], now: Path) -> None:
    """Demand that no living key would be thrown away for an older store."""
    if dear:
        raise BadInput(
            f"{len(dear)} living keys are in the key database of now and not in this backup:"
            " what they seal would be lost",
            remedy=f"if `{now}` is damaged beyond use, move it aside; else leave it",
        )


def prune(database: sqlite3.Connection) -> int:
    """Destroy the keys that no row of the attached ``data`` names; return how many.

    The names are left behind in a temporary table ``named``.
    """
    tables = [name for (name,) in database.execute(NAMING)]
    named = " UNION ".join(f"SELECT key_id FROM data.{name}" for name in tables)
    database.execute(f"CREATE TEMP TABLE named AS {named}")
    gone = "DELETE FROM main.wrapped_keys WHERE key_id NOT IN (SELECT key_id FROM named)"
    return database.execute(gone).rowcount


def prune_all(settings: Settings) -> dict[str, int]:
    """Destroy, in every region, the keys that no row of its data names; return how many.

    Nobody else may have the instance open: keys are made ahead of need. Where a database lies on a
    server none is destroyed. Raises ``Misconfigured``.
    """
    told = {}
    for region, place in settings.regions.items():
        if "://" in place.keys + place.data:
            told[region] = 0
            continue
        with merge.joined(settings.path(place.keys), data=settings.path(place.data)) as database:
            told[region] = prune(database)
    return told
