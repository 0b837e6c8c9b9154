"""A demonstration: a few synthetic subjects and one member of staff, made once, through the gate.

They register the way people do, with codes that arrive in the spool; nothing is written past the
house. Their passwords are printed at each start, because nobody real has them.
"""

import json
from pathlib import Path
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from rich.console import Console

from troth.app import Registration, Shown, Tick, Troth
from troth.app.rehearsal import code_in
from troth.model.errors import BadInput, NotProved, Taken
from troth.model.secret import Secret

DONE: Final = "demo.json"


class Colleague(NamedTuple):
    """A member of staff who does not exist."""

    login: str
    role: str
    password: str


class Synthetic(Struct, frozen=True, kw_only=True):
    """Somebody who does not exist."""

    name: str
    email: str
    phone: str
    born: str
    residence: str
    language: str
    password: str
    address: str
    marketing: bool = False


PEOPLE: Final = (
    Synthetic(
        name="林若梅",
        email="ruomei.lin@example.com",
        phone="+8613912345678",
        born="1990-03-07",
        residence="CN",
        language="zh",
        password="lantern-orchid-river-57",  # noqa: S106  # nobody real has it
        address="杭州市西湖区文三路 478 号",
        marketing=True,
    ),
    Synthetic(
        name="Ada Brandt",
        email="ada.brandt@example.com",
        phone="+4915112345678",
        born="1988-07-19",
        residence="DE",
        language="en",
        password="pewter-meadow-violin-42",  # noqa: S106  # nobody real has it
        address="Lindenallee 4, 20095 Hamburg",
    ),
    Synthetic(
        name="Noel Ortiz",
        email="noel.ortiz@example.com",
        phone="+14155550123",
        born="1979-12-01",
        residence="US-CA",
        language="en",
        password="basalt-heron-teacup-19",  # noqa: S106  # nobody real has it
        address="500 Alder Street, Oakland, CA",
    ),
)
STAFF: Final = (
    Colleague("desk", "support", "granite-lemon-saddle-64"),
    Colleague("officer", "privacy", "cobalt-meadow-ladder-28"),
    Colleague("second", "privacy", "walnut-comet-harbour-73"),
)
"""Two of them may decide on requests: a grave one takes two."""
ASKED: Final[tuple[tuple[Literal["copy", "delete"], str], ...]] = (
    ("copy", "请给我一份副本。"),
    ("delete", "我不再使用，请删除。"),
)
"""What the first of the people asks for, so that something waits at the desk."""


def populate(troth: Troth, folder: Path, console: Console) -> list[str]:
    """Make the people once; return the lines that say how to sign in.

    Interrupted, it goes on with whoever is missing at the next start.
    """
    done = folder / DONE
    if not done.exists():
        for person in PEOPLE:
            console.print(f"  registering {person.email} ({person.residence})")
            try:
                register(troth, person)
            except (NotProved, Taken):
                # Whoever is there already gets a letter that says so, and no code.
                console.print("    is there already")
        for colleague in STAFF:
            employ(troth, colleague, console)
        done.write_text(json.dumps({"made": [person.email for person in PEOPLE]}), "utf-8")
    lines = ["", "[bold]Sign in as a subject[/] (synthetic) at /sign-in:"]
    lines += [f"  {person.email:24} {person.password}   ({person.residence})" for person in PEOPLE]
    lines += ["[bold]Sign in as staff[/] at /desk:"]
    lines += [f"  {login:24} {password}   ({role})" for login, role, password in STAFF]
    lines += [f"Codes and letters are written to {troth.settings.path(troth.settings.spool)}", ""]
    return lines


def employ(troth: Troth, colleague: Colleague, console: Console) -> None:
    """Admit a member of staff, who works where the people of China are."""
    login, role, password = colleague
    try:
        troth.add_staff(login, role, region="cn", password=Secret(password))
    except BadInput:
        console.print(f"  {login} is staff already")


def register(troth: Troth, person: Synthetic) -> None:
    """Register one of them with the codes that were delivered."""
    begun = troth.accounts.begin_registration(
        Secret(person.email),
        Secret(person.phone),
        residence=person.residence,
        language=person.language,
    )
    troth.tick()
    edition = troth.gate.policy().hash
    welcome = troth.accounts.register(
        Registration(
            begun=begun,
            residence=person.residence,
            shown=Shown(edition=edition, language=person.language, surface="demonstration"),
            means="checkbox",
            confirmed=True,
            email=Secret(person.email),
            email_code=Secret(_code(troth, "email", person.email)),
            phone=Secret(person.phone),
            phone_code=Secret(_code(troth, "sms", person.phone)),
            password=Secret(person.password),
            password_confirm=Secret(person.password),
            born=Secret(person.born),
            values={
                "identity.name": Secret(person.name),
                "contact.address": Secret(person.address),
            },
            ticks=(Tick(keys=("marketing",), ticked=True),) if person.marketing else (),
        )
    )
    for kind, text in ASKED if person is PEOPLE[0] else ():
        troth.rights.desk.request(welcome.subject, kind, text=Secret(text))


def _code(troth: Troth, channel: str, address: str) -> str:
    """Read the newest code that was delivered to an address."""
    spool = troth.settings.path(troth.settings.spool) / channel
    for file in sorted(spool.glob("*.json"), key=lambda path: -path.stat().st_mtime_ns):
        sheet = json.loads(file.read_text("utf-8"))
        if sheet["to"] == address and (code := code_in(sheet["text"])):
            return code
    return ""
