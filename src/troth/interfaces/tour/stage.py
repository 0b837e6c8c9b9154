"""The stage of a tour: the instance, the people of the story, and what has been checked so far."""

import sqlite3
import urllib.parse
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from rich.markup import escape

from troth.app import Begun, Registration, Shown, Tick, Troth
from troth.app.rehearsal import Rehearsal
from troth.model.clock import DAY, date
from troth.model.errors import TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId

TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


class Person(Struct, frozen=True, kw_only=True):
    """Somebody in the story; every value is made up."""

    name: str
    email: str
    phone: str
    born: str
    password: str
    address: str
    id_number: str = ""

    def values(self) -> tuple[str, ...]:
        """Return everything that could be collected of them."""
        told = (self.name, self.email, self.phone, self.password, self.address, self.id_number)
        return tuple(value for value in told if value)


MEI: Final = Person(
    name="林若梅",
    email="ruomei.lin@example.com",
    phone="+8613912345678",
    born="1990-03-07",
    password="lantern-orchid-river-57",  # noqa: S106  # a made-up person's
    address="杭州市西湖区文三路 478 号",
    id_number="110105199003071802",
)
BO: Final = Person(
    name="赵一博",
    email="yibo.zhao@example.com",
    phone="+8613812349876",
    born="1985-11-02",
    password="copper-walnut-harbour-31",  # noqa: S106  # a made-up person's
    address="成都市武侯区人民南路 9 号",
)


class Check(Struct, frozen=True, kw_only=True):
    """One promise: what it says, whether it held, and what was seen."""

    step: int
    promise: str
    held: bool
    seen: str


class Stage:
    """What the steps share."""

    def __init__(self, rehearsal: Rehearsal, tell: Callable[[str], None]) -> None:
        self.rehearsal = rehearsal
        self.troth: Troth = rehearsal.troth
        self.tell = tell
        self.step = 0
        self.checks: list[Check] = []
        self.mei: SubjectId | None = None
        self.bo: SubjectId | None = None
        self.token = Secret("")
        self.vkeys: dict[str, str] = {}

    def check(self, promise: str, held: object, seen: object = "") -> bool:
        """Note whether a promise held and what was seen."""
        check = Check(step=self.step, promise=promise, held=bool(held), seen=str(seen))
        self.checks.append(check)
        self.tell(f"  {'[green]✓[/]' if check.held else '[bold red]✗[/]'} {promise}")
        if check.seen:
            self.tell(f"    [dim]{escape(check.seen)}[/]")
        return check.held

    def refused(self, promise: str, act: Callable[[], object], *, clause: str = "") -> None:
        """Check that something is refused, quoting a clause where one is named."""
        try:
            act()
        except TrothError as error:
            self.check(promise, clause in error.clause or clause in error.message, error)
        else:
            self.check(promise, False, "it was done")

    # --- looking -------------------------------------------------------------------------------

    def rows(self, region: str, table: str) -> int:
        """Count a table's rows in a region's own database file, past every room of the house."""
        with self._database(region) as database:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def whole(self, *, without: tuple[str, ...] = ()) -> dict[str, int]:
        """Count every table of every region."""
        found = {}
        for region in self.troth.settings.regions:
            with self._database(region) as database:
                names = [name for (name,) in database.execute(TABLES)]
            for name in names:
                if name not in without:
                    found[f"{region}.{name}"] = self.rows(region, name)
        return found

    def _database(self, region: str) -> sqlite3.Connection:
        path = self.troth.settings.path(self.troth.settings.regions[region].data)
        return sqlite3.connect(f"file:{urllib.parse.quote(str(path))}?mode=ro", uri=True)

    def kinds(self, subject: SubjectId) -> list[str]:
        """Return what the ledger remembers of a subject, oldest first."""
        return [entry.kind for entry in self.troth.gate.trail(subject)]

    # --- people --------------------------------------------------------------------------------

    def begin(self, person: Person) -> Begun:
        """Ask for the two codes and let them be delivered."""
        begun = self.troth.accounts.begin_registration(
            Secret(person.email), Secret(person.phone), residence="CN", language="zh"
        )
        self.troth.tick()
        return begun

    def form(self, person: Person, begun: Begun, *, born: str = "") -> Registration:
        """Fill the form with what arrived at the person's addresses."""
        mails, texts = self.rehearsal.mailed(person.email), self.rehearsal.texted(person.phone)
        return Registration(
            begun=begun,
            residence="CN",
            shown=self.shown(),
            means="checkbox",
            confirmed=True,
            email=Secret(person.email),
            email_code=Secret(self.rehearsal.code(mails)),
            phone=Secret(person.phone),
            phone_code=Secret(self.rehearsal.code(texts)),
            password=Secret(person.password),
            password_confirm=Secret(person.password),
            born=Secret(born or person.born),
            values={
                "identity.name": Secret(person.name),
                "contact.address": Secret(person.address),
            },
        )

    def shown(self) -> Shown:
        """Return what stands before the person: the edition in force, in Chinese."""
        return Shown(edition=self.troth.gate.policy().hash, language="zh", surface="tour")

    def tick(self, *keys: str) -> tuple[Tick, ...]:
        """Return one ticked box for each consent."""
        return tuple(Tick(keys=(key,), ticked=True, notice="tour") for key in keys)

    def born_seventeen(self) -> str:
        """Return the birth date of somebody who turns eighteen in two days, wherever they live."""
        now = self.troth.clock.now()
        soon = date(type(now)(now + 2 * DAY))
        year, rest = int(soon[:4]), soon[4:]
        return f"{year - 18}{'-02-28' if rest == '-02-29' else rest}"
