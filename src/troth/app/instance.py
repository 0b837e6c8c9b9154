"""Coming to an instance: open one, create one, build one in memory, bring one back, examine it."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from weakref import finalize

from troth.app import checkup, rewrap, safekeeping, switch, upkeep
from troth.app import settings as reading
from troth.app.building import Builder, compiled, document
from troth.app.checkup import Ailment
from troth.app.house import Troth
from troth.app.lock import Lock
from troth.app.safekeeping import BroughtBack
from troth.app.settings import Settings
from troth.app.template import template
from troth.chapters.evidence import Board
from troth.egress.channels import Channel
from troth.egress.databases.port import Database
from troth.egress.recipients import RecipientPort
from troth.model.acts import SYSTEM, Event, Json
from troth.model.clock import Clock, SystemClock, after, iso
from troth.model.errors import BadInput, Misconfigured, TrothError

REGIONS: Final = ("cn", "global")
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,98}[a-z0-9])?", re.ASCII)
"""What an instance can be called: its name is part of the ledger's origin."""


def open(place: str | Path, *, clock: Clock | None = None) -> Troth:  # noqa: A001  # troth.open reads as sqlite3.connect does
    """Open an instance: its folder, or the ``postgresql://`` address it was created on.

    On PostgreSQL the epoch and root keys lie in the folder that ``TROTH_FOLDER`` names, never in
    the database. Raises ``Misconfigured``, ``WrongRootKey``, ``DatabaseTooNew``.
    """
    if str(place).startswith(("postgresql://", "postgres://")):
        return Troth(on_server(str(place)), clock=clock)
    return Troth(reading.load(place), clock=clock)


def on_server(url: str, folder: str | Path | None = None) -> Settings:
    """Return the settings of an instance whose databases lie on one PostgreSQL server."""
    folder = folder or os.environ.get("TROTH_FOLDER")
    if not folder:
        raise Misconfigured(
            "an instance on PostgreSQL keeps its root and epoch keys in a folder of its own",
            remedy="set TROTH_FOLDER to a private folder that the database's backups do not hold",
        )
    regions = {name: reading.on_postgres(url, name) for name in REGIONS}
    return Settings(folder=str(folder), regions=regions)


def create(
    place: str | Path,
    *,
    policy: str = "itnio",
    name: str = "troth.local",
    on: str = "",
    identity: str = "",
    clock: Clock | None = None,
) -> Troth:
    """Create an instance in a new folder, publish its policy, and return it open.

    ``on`` is a ``postgresql://`` address whose databases (``NAME_cn``, ``NAME_cn_keys`` ...) exist
    and are empty. ``policy`` is the name of a pack that ships, or the path of a document;
    ``identity`` is ``fake`` for a trial whose real-name checks ask nobody. Raises
    ``PolicyBroken``, ``BadInput`` for a name that no ledger can have or an address that carries its
    password, and ``Misconfigured`` when the folder already holds an instance or cannot be written
    to; nothing is overwritten.
    """
    folder = Path(place)
    if not NAME.fullmatch(name):
        raise BadInput(f"`{name}` cannot be an instance's name", remedy="take one like a host name")
    if reading.has_password(on):
        raise BadInput("the address carries its password", remedy=reading.BY_REFERENCE)
    if (folder / reading.FILE).exists():
        raise Misconfigured(
            f"`{folder}` already holds an instance", remedy="open it, or take another folder"
        )
    source, shown = document(policy)
    compiled(source, shown)
    regions = {
        region: reading.on_postgres(on, region) if on else reading.region_defaults(region)
        for region in REGIONS
    }
    with Lock(folder, alone=True):
        Builder.lay_keys(folder, regions)
        laid = template(name, policy, regions, identity)
        (folder / reading.FILE).write_text(laid, "utf-8")
    troth = Troth(reading.load(folder), clock=clock)
    troth.publish(source, shown)
    return troth


def memory(
    *,
    policy: str = "itnio",
    clock: Clock | None = None,
    channels: Mapping[str, Channel] | None = None,
    recipients: Mapping[str, RecipientPort] | None = None,
    databases: tuple[Database, ...] = (),
) -> Troth:
    """Build an instance that lives in memory and is gone with the process; for tests.

    >>> with memory() as troth:
    ...     troth.gate.policy().edition.policy.id
    'itnio-privacy'
    """
    folder = Path(tempfile.mkdtemp(prefix="troth-memory-"))
    regions = {
        name: reading.RegionSettings(
            data=":memory:",
            keys=":memory:",
            key_folder=f"{name}/keys",
            root_key=f"file:{name}/root.key",
        )
        for name in REGIONS
    }
    Builder.lay_keys(folder, regions)
    troth = Troth(
        Settings(
            folder=str(folder),
            regions=regions,
            identity=reading.IdentitySettings(authority="fake"),
        ),
        clock=clock,
        channels=channels,
        recipients=recipients,
        databases=databases,
    )
    # Its keys lie in a folder, as any instance's do; nothing else is on disk, and they go with it.
    finalize(troth, shutil.rmtree, folder, True)
    source, shown = document(policy)
    troth.publish(source, shown)
    return troth


def restore(folder: str | Path, source: Path, *, clock: Clock | None = None) -> dict[str, object]:
    """Bring an instance's data back from a backup, keep its ledger, and bury who was erased.

    Interrupted at any point it leaves everything as it was, or as it will be. Raises ``BadInput``
    for an archive that is not this instance's or was altered, ``StoreBusy`` while anybody has the
    instance open, ``Misconfigured``, ``DatabaseTooNew``; nothing is changed then.
    """
    settings = reading.load(folder)
    clock = clock or SystemClock()
    with alone(settings), upkeep.staged(settings, source, clock.now()) as staged:
        with Troth(staged.settings, clock=clock) as troth:
            buried = troth.bury()
            told = {name: {**staged.told[name], "buried": buried[name]} for name in staged.told}
            detail: dict[str, Json] = {"buried": sum(buried.values())}
            event = Event(subject=None, name="backup.restored", detail=detail)
            troth.gate.perform(event, by=SYSTEM)
        switch.commit(Path(settings.folder), staged.moves)
    return {"regions": told}


def restore_keys(
    folder: str | Path, source: Path, *, root: str = "", clock: Clock | None = None
) -> dict[str, BroughtBack]:
    """Bring an instance's keys back from a backup, without those that were erased since.

    ``root`` refers to the root key it was made under, if it was another. Raises ``BadInput``,
    ``StoreBusy``, ``WrongRootKey``, ``Misconfigured``; nothing is changed then.
    """
    settings = reading.load(folder)
    clock = clock or SystemClock()
    with alone(settings):
        told = safekeeping.bring_back(settings, source, clock.now(), root=root)
    if all(region.replayed for region in told.values()):
        with Troth(settings, clock=clock) as troth:
            destroyed = sum(region.destroyed for region in told.values())
            troth.note("keys.restored", destroyed=destroyed)
    return told


def bury(folder: str | Path, *, clock: Clock | None = None) -> dict[str, dict[str, int]]:
    """Finish every erasure: destroy keys that nothing names, remove whoever's key is gone.

    For when keys or data were brought back apart from each other. Raises ``StoreBusy`` while
    anybody has the instance open, ``Misconfigured``.
    """
    settings = reading.load(folder)
    with alone(settings):
        destroyed = safekeeping.prune_all(settings)
    with Troth(settings, clock=clock) as troth:
        buried = troth.bury()
        troth.note("keys.buried", destroyed=sum(destroyed.values()), buried=sum(buried.values()))
    return {name: {"destroyed": destroyed[name], "buried": buried[name]} for name in buried}


def change_root(
    folder: str | Path, to: str, *, region: str = "", clock: Clock | None = None
) -> dict[str, object]:
    """Put an instance's keys under another root key, and name that in its settings.

    See ``rewrap.change``. Raises ``BadInput``, ``StoreBusy``, ``WrongRootKey``, ``Misconfigured``.
    """
    settings = reading.load(folder)
    clock = clock or SystemClock()
    with alone(settings):
        changed = rewrap.change(settings, to, region=region)
    with Troth(reading.load(folder), clock=clock) as troth:
        for name in changed:
            troth.note("root.changed", region=name)
    kept = after(clock.now(), days=settings.instance.epoch_days)
    return {"regions": changed, "destroy_the_old_after": iso(kept)}


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Have an instance for oneself, its files as an earlier restore meant them."""
    folder = Path(settings.folder)
    with Lock(folder, alone=True):
        switch.finish(folder)
        yield


def board(policy: str = "itnio") -> Board:
    """Return the clause board of a pack that ships."""
    with memory(policy=policy) as troth:
        return troth.evidence.board()


def doctor(folder: str | Path, *, clock: Clock | None = None) -> list[Ailment]:
    """Say what is wrong with an instance and how to mend it; nothing is changed.

    What keeps the house from opening is an ailment too.
    """
    try:
        settings = reading.load(folder)
    except Misconfigured as error:
        return [Ailment(level="error", what=error.message, remedy=error.remedy)]
    found = list(checkup.examine(settings))
    if any(ailment.level == "error" for ailment in found):
        return found
    try:
        with Troth(settings, clock=clock) as troth:
            found += troth.ailments()
    except TrothError as error:
        found.append(Ailment(level="error", what=error.message, remedy=error.remedy))
    return found
