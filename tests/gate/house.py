"""A house on either database, its clock in hand and its deliveries caught; and who lives in it."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from psycopg.conninfo import conninfo_to_dict

from tests.support.postgres import Server
from troth.app import Troth, create, settings
from troth.egress.channels import MemoryChannel
from troth.egress.databases.port import Database
from troth.egress.recipients import RecipientPort
from troth.gate import Gate, Outcome, Rooms
from troth.ledger.entry import Entry
from troth.model.acts import AcceptTerms, Act, Actor, Admit, Collect, ConsentGiven
from troth.model.clock import SetClock, moment
from troth.model.secret import Secret
from troth.model.terms import AgeBand, Region, SubjectId
from troth.store.postgres import PostgresStore
from troth.store.sql import Store

EMAIL = Secret("wang.fang@mail.example")
PHONE = Secret("+8613900002222")
ADDRESS = Secret("北京市朝阳区建国路 88 号")
ID_NUMBER = Secret("110105199003071802")
REGIMES = {"CN": ("cn",), "EEA": ("eu",), "US-CA": ("ca", "us"), "US": ("us",)}
SUPPORT = Actor(kind="staff", id="s1", role="support")
PRIVACY = Actor(kind="staff", id="s2", role="privacy")
PROVED = Actor(kind="subject", assurance=2)
BUILT = moment("2026-11-01")
CN, GLOBAL = Region("cn"), Region("global")
OpenStore = Callable[[str, str], Store]


@dataclass
class House:
    """One instance and what a test does with it. ``channels`` hold what arrived, by channel."""

    troth: Troth
    clock: SetClock
    channels: dict[str, MemoryChannel]
    folder: Path
    _count: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        self.gate: Gate = self.troth.gate

    def perform(self, *acts: Act, **more: object) -> Outcome:
        return self.gate.perform(*acts, **more)  # type: ignore[arg-type]

    # --- people --------------------------------------------------------------------------------

    def admit(self, residence: str = "CN", *consents: str, **values: Secret) -> SubjectId:
        """Open the file of an adult who accepted the terms; ``contact_email=...`` keeps a value."""
        subject = self.gate.new_subject(residence)
        self.perform(
            Admit(
                subject=subject,
                residence=residence,
                regimes=REGIMES[residence],
                age=AgeBand.ADULT,
            ),
            self.accept(subject),
            *(ConsentGiven(subject=subject, to=key) for key in consents),
            *self.collects(subject, values),
        )
        return subject

    def accept(self, subject: SubjectId) -> AcceptTerms:
        edition = self.gate.policy().hash
        return AcceptTerms(subject=subject, edition=edition, language="zh", means="checkbox")

    def collects(self, subject: SubjectId, values: Mapping[str, Secret]) -> list[Collect]:
        named = {name.replace("_", ".", 1): value for name, value in values.items()}
        if not values:
            self._count[0] += 1
            named = {
                "contact.email": Secret(f"person{self._count[0]}@mail.example"),
                "contact.phone": Secret(f"+86139{self._count[0]:08d}"),
            }
        return [Collect(subject=subject, values=named, purpose=purpose_of(named))]

    # --- looking -------------------------------------------------------------------------------

    def rooms(self, region: Region = CN) -> Rooms:
        return self.gate.regions[region]

    def recent(self, kind: str | None, region: Region = CN) -> list[Entry]:
        return self.rooms(region).log.recent(kind, 50)

    def last(self, kind: str, region: Region = CN) -> Entry:
        return self.recent(kind, region)[0]

    def kinds(self, subject: SubjectId) -> list[str]:
        return [entry.kind for entry in self.gate.trail(subject)]

    def count(self, region: Region = CN) -> int:
        return int(self.rooms(region).store.query("SELECT COUNT(*) FROM entries")[0][0])

    def sent(self, channel: str = "email") -> list[str]:
        return [message.text.reveal() for message in self.channels[channel].sent]


def purpose_of(values: Mapping[str, Secret]) -> str:
    """Return a purpose for which an account's fields may be kept."""
    groups = {name.partition(".")[0] for name in values}
    if groups == {"usage"}:
        return "security"
    return "realname" if groups & {"identity", "bank", "enterprise"} else "account"


class SqliteHouses:
    """Instances in folders: every store is a file, copied from one that was built once."""

    def __init__(self, base: Path) -> None:
        self.template = base / "house"
        create(self.template, clock=SetClock(BUILT)).close()

    def stores(self) -> tuple[OpenStore | None, Callable[[], None]]:
        """Files come with the folder."""
        return None, lambda: None


class PostgresHouses:
    """Instances on a server: four databases each, copied from templates that were built once."""

    def __init__(self, server: Server, base: Path) -> None:
        self._server = server
        self.template = base / "house"
        name = f"house_{secrets.token_hex(6)}"
        self._names = {
            f"{region}/{kind}": server.create(name=f"{name}_{region}{tail}")
            for region in (CN, GLOBAL)
            for kind, tail in (("data", ""), ("keys", "_keys"))
        }
        host = conninfo_to_dict(server.dsn())["host"]
        url = f"postgresql://postgres@/{name}?host={host}"
        create(self.template, clock=SetClock(BUILT), on=url).close()

    def stores(self) -> tuple[OpenStore | None, Callable[[], None]]:
        """Return how a new house's stores are opened, and how they are got rid of."""
        names = {name: self._server.create(template) for name, template in self._names.items()}

        def drop() -> None:
            for name in names.values():
                self._server.drop(name)

        return lambda _place, name: PostgresStore(self._server.dsn(names[name]), name=name), drop


class Plot(NamedTuple):
    """Where a house stands: its folder, and how its stores are opened."""

    folder: Path
    stores: OpenStore | None


@contextmanager
def lent(houses: SqliteHouses | PostgresHouses, folder: Path) -> Iterator[Plot]:
    """Copy a template to a folder and lend it; its databases are dropped afterwards."""
    shutil.copytree(houses.template, folder)
    stores, drop = houses.stores()
    try:
        yield Plot(folder, stores)
    finally:
        drop()


@contextmanager
def opened(
    folder: Path,
    at: SetClock,
    stores: OpenStore | None = None,
    databases: tuple[Database, ...] = (),
    recipients: Mapping[str, RecipientPort] | None = None,
) -> Iterator[House]:
    """Open an instance with every channel caught."""
    channels = {name: MemoryChannel(name) for name in ("email", "sms", "letter", "phone", "push")}
    with Troth(
        settings.load(folder),
        clock=at,
        channels=channels,
        recipients=recipients,
        databases=databases,
        open_store=stores,
    ) as troth:
        yield House(troth, at, channels, folder)
