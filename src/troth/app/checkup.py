"""What is wrong with an instance and how to mend it: what ``troth doctor`` tells (7.1, 7.3).

First the files and settings, without opening the house; then, if it opens, what lies inside: its
ledgers, its keys, its outbox, its clock, its backups. Nothing is mended here.
"""

import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from troth.app import rewrap, safekeeping, switch
from troth.app.building import FAKE
from troth.app.settings import RegionSettings, Settings, stores
from troth.documents.retention.plans import SweepPlan
from troth.gate import Rooms
from troth.ledger.verify import Report
from troth.model.clock import DAY, MINUTE, Moment, date
from troth.model.terms import Region
from troth.vault.keys import KeyStore

ROOM: Final = 256 * 1024 * 1024
"""Less free disk than this is worth a word."""
MAIL_WAIT: Final = 3.0
LOOKED_AT: Final = 500
"""How many of the house's own entries are looked through for the last backups."""
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
DATA_BACKUP_DAYS: Final = 7


class Ailment(Struct, frozen=True, kw_only=True):
    """Something the doctor found: how bad (``error``, ``warning``), what, and how to mend it."""

    level: str
    what: str
    remedy: str


def error(what: str, remedy: str) -> Ailment:
    """Describe what keeps the instance from doing what it promises."""
    return Ailment(level="error", what=what, remedy=remedy)


def warning(what: str, remedy: str) -> Ailment:
    """Describe what it can live with, for a while."""
    return Ailment(level="warning", what=what, remedy=remedy)


# --- files and settings ------------------------------------------------------------------------


def examine(settings: Settings) -> Iterator[Ailment]:
    """Look at files and settings for what could go wrong, without opening the house."""
    pending = settings.path(rewrap.PENDING)
    if pending.exists():
        yield error(
            "a change of the root key was interrupted",
            f"finish it: troth keys root {settings.folder} {pending.read_text('utf-8').strip()}",
        )
    for name, place in settings.regions.items():
        yield from _root_key(settings, name, place)
        yield from _files(settings, name, place)
    free = shutil.disk_usage(settings.folder).free
    if free < ROOM:
        yield warning(
            f"only {free // 1024 // 1024} MiB are free on the instance's disk",
            "free some: on a full disk only erasure and withdrawal still work",
        )
    yield from _mail(settings)
    if settings.identity.authority == FAKE:
        yield warning(
            "real names are confirmed by a fake authority, by how a number ends",
            "name one under [identity], or nobody: then people decide",
        )
    if settings.server.host not in LOOPBACK and not settings.server.trusted_proxies:
        yield warning(
            f"the service listens on {settings.server.host}",
            "put a proxy with TLS before it and name it in trusted_proxies",
        )


def _root_key(settings: Settings, region: str, place: RegionSettings) -> Iterator[Ailment]:
    kind, _, where = place.root_key.partition(":")
    path = settings.path(where)
    if kind != "file":
        return
    if not path.exists():
        yield error(
            f"the root key of `{region}` is not at {path}",
            "bring it back from where you keep it apart; nothing can be opened without it",
        )
    elif path.stat().st_mode & 0o077:
        yield error(f"the root key of `{region}` can be read by others", f"chmod 600 {path}")


def _files(settings: Settings, region: str, place: RegionSettings) -> Iterator[Ailment]:
    remedies = {"keys": "troth keys restore", "data": "troth restore"}
    for kind, name in (("keys", place.keys), ("data", place.data)):
        path = settings.path(name)
        if "://" in name:
            continue
        if not path.exists():
            yield error(
                f"the {kind} database of `{region}` is missing",
                f"bring it back: {remedies[kind]}, or check the path in troth.toml",
            )
        elif path.stat().st_mode & 0o077:
            yield error(
                f"the {kind} database of `{region}` can be read by others", f"chmod 600 {path}"
            )
        yield from _replaced(switch.before(path))


def _replaced(old: Path) -> Iterator[Ailment]:
    if old.exists():
        yield warning(
            f"{old} is still there from before a restore",
            "remove it once you are sure of the restore",
        )


def _mail(settings: Settings) -> Iterator[Ailment]:
    mail = settings.email
    if not mail.host:
        yield warning(
            "no mail server is set: mail is written to the spool folder",
            "set host under [email] in troth.toml",
        )
        return
    try:
        socket.create_connection((mail.host, mail.port), timeout=MAIL_WAIT).close()
    except OSError:
        yield warning(
            f"the mail server {mail.host}:{mail.port} does not answer",
            "check [email] in troth.toml and that the server runs; what waits is sent later",
        )


# --- inside ------------------------------------------------------------------------------------


def look_inside(
    settings: Settings,
    regions: Mapping[Region, Rooms],
    audits: Mapping[str, Report],
    keys: Mapping[Region, KeyStore],
    at: Moment,
) -> Iterator[Ailment]:
    """Look into an instance that opened for what is not as it should be."""
    for region, rooms in regions.items():
        report = audits[str(region)]
        if not report.ok:
            yield error(
                f"the ledger of `{region}` does not verify: {report.problem}",
                "keep a copy of the database as it is, then restore; tell who relies on it",
            )
        if rooms.vault.misplaced():
            yield error(
                f"subjects of another region lie in `{region}` (§2.4)", "move them to their region"
            )
        dead = len(rooms.courier.dead())
        if dead:
            yield warning(
                f"{dead} notices of `{region}` reached nobody",
                "look at the channels, then requeue them",
            )
        if at > safekeeping.epoch_over(keys[region], settings):
            yield warning(
                f"the keys of `{region}` have not been rotated for over"
                f" {settings.instance.epoch_days} days",
                "troth keys rotate: what was erased becomes irrecoverable by it",
            )
    yield from _databases(regions, at)
    yield from _remembered(regions[Region(settings.instance.home)], at)


def planned(waiting: SweepPlan | None) -> Iterator[Ailment]:
    """Tell of a plan of a sweep that nobody has approved: until then, what is due stays (7.2e)."""
    if waiting is not None:
        yield warning(
            f"a plan to erase {waiting.values} values whose term is over waits for an approval"
            f" since {date(waiting.made)}",
            f"look at it: troth retention plan; then: troth retention approve {waiting.id}",
        )


def _databases(regions: Mapping[Region, Rooms], at: Moment) -> Iterator[Ailment]:
    """Look at the controller's other databases, and at what they are late with."""
    asked = next(iter(regions.values())).errands.databases
    for level, what, remedy in stores.ailing(asked):
        yield Ailment(level=level, what=what, remedy=remedy)
    for region, rooms in regions.items():
        late = len(rooms.errands.overdue(at))
        if late:
            yield error(
                f"{late} orders of `{region}` to other databases are overdue",
                "see which database is silent at the desk, mend it, and have them tried again",
            )


def _remembered(home: Rooms, at: Moment) -> Iterator[Ailment]:
    """Look at what the house itself did lately: its clock, its backups."""
    newest = home.log.recent(None, 1)
    if newest and newest[0].at > at + MINUTE:
        yield error(
            "the clock of this machine stands before the ledger's last entry",
            "set it: deadlines and codes are reckoned by it",
        )
    last: dict[str, Moment] = {}
    for entry in home.log.recent("house.event", LOOKED_AT):
        last.setdefault(str(entry.what.get("event")), entry.at)
    since = last.get("backup.made") or _beginning(home, at)
    if at - since > DATA_BACKUP_DAYS * DAY:
        yield warning(
            f"no backup of the data was made for {DATA_BACKUP_DAYS} days",
            "troth backup: it holds no keys and may be kept long",
        )
    rotated = last.get(safekeeping.ROTATED, Moment(0))
    if last.get(safekeeping.BACKED_UP, Moment(-1)) < rotated:
        yield warning(
            "no backup of the keys was made in this epoch",
            "troth keys backup: without one, a lost key database is the loss of everybody's data",
        )


def _beginning(home: Rooms, at: Moment) -> Moment:
    published = home.log.recent("policy.published", LOOKED_AT)
    return published[-1].at if published else at


__all__ = ["Ailment", "examine", "look_inside", "planned"]
