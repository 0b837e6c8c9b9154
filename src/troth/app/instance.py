"""Coming to an instance: open one, create one, build one in memory, bring one back, examine it."""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from weakref import finalize

from troth.app import settings as reading
from troth.app import upkeep
from troth.app.building import Builder, compiled, document
from troth.app.house import Troth
from troth.app.settings import Settings
from troth.app.upkeep import Ailment
from troth.chapters.evidence import Board
from troth.egress.channels import Channel
from troth.egress.databases import Database
from troth.egress.recipients import RecipientPort
from troth.model.acts import SYSTEM, Event, Json
from troth.model.clock import Clock, SystemClock
from troth.model.errors import Misconfigured, TrothError

REGIONS: Final = ("cn", "global")


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
    clock: Clock | None = None,
) -> Troth:
    """Create an instance in a new folder, publish its policy, and return it open.

    ``on`` is a ``postgresql://`` address whose databases (``NAME_cn``, ``NAME_cn_keys`` ...) exist
    and are empty. ``policy`` is the name of a pack that ships, or the path of a document. Raises
    ``PolicyBroken``, and ``Misconfigured`` when the folder already holds an instance; nothing is
    overwritten.
    """
    folder = Path(place)
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
    Builder.lay_keys(folder, regions)
    (folder / reading.FILE).write_text(reading.template(name, policy, regions), "utf-8")
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
        Settings(folder=str(folder), regions=regions),
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


def restore(folder: str | Path, archive: Path, *, clock: Clock | None = None) -> dict[str, object]:
    """Bring an instance's data back from a backup, keep its ledger, and bury who was erased.

    Raises ``BadInput`` for an archive that is not one of ours or was altered, ``Misconfigured``.
    """
    settings = reading.load(folder)
    clock = clock or SystemClock()
    kept = upkeep.put_back(settings, archive, clock.now())
    with Troth(settings, clock=clock) as troth:
        buried = troth.bury()
        told = {region: {**kept[region], "buried": buried.get(region, 0)} for region in kept}
        detail: dict[str, Json] = {"buried": sum(buried.values())}
        troth.gate.perform(Event(subject=None, name="backup.restored", detail=detail), by=SYSTEM)
    return {"regions": told}


def board(policy: str = "itnio") -> Board:
    """Return the clause board of a pack that ships."""
    with memory(policy=policy) as troth:
        return troth.evidence.board()


def doctor(folder: str | Path) -> list[Ailment]:
    """Say what is wrong with an instance and how to mend it; nothing is changed.

    What keeps the house from opening is an ailment too.
    """
    try:
        settings = reading.load(folder)
    except Misconfigured as error:
        return [Ailment(level="error", what=error.message, remedy=error.remedy)]
    found = list(upkeep.examine(settings))
    if any(ailment.level == "error" for ailment in found):
        return found
    try:
        with Troth(settings) as troth:
            found += troth.ailments()
    except TrothError as error:
        found.append(Ailment(level="error", what=error.message, remedy=error.remedy))
    return found
