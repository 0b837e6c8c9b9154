"""What was entered lies open nowhere: every file is searched, in every spelling (F14)."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chapters.people import House as People
from tests.chapters.people import opened as furnished
from tests.chapters.people import ticks
from tests.gate.house import SUPPORT, House
from troth.app.traces import Trace, find_traces, spellings
from troth.gate import Outcome
from troth.model.acts import (
    SYSTEM,
    Act,
    Actor,
    Collect,
    ConsentGiven,
    Correct,
    Erase,
    Export,
    Find,
    Notify,
    Show,
    Use,
    Verified,
)
from troth.model.errors import TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId

WORDS = ("harbour", "violet", "kestrel", "ember", "juniper", "cobalt", "lantern", "saffron")
PURPOSES = {
    "contact.address": "account",
    "identity.name": "account",
    "handler.name": "account",
    "legal_rep.name": "account",
    "profile.occupation": "improve",
    "profile.education": "improve",
    "profile.work": "improve",
    "profile.other": "improve",
    "support.question": "support",
    "support.communication": "support",
    "support.chat": "support",
    "rights.request": "rights",
    "bank.holder": "realname",
    "usage.query": "security",
    "web.domain": "security",
}
BAD = {"contact.phone": "12 {}", "identity.id_number": "{}", "contact.email": "{} at nowhere"}


class Canaries:
    """Values that occur nowhere else: every one that was ever handed out is remembered."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def new(self, form: str = "{}") -> Secret:
        """Return a value of a form; ``{}`` is where the canary sits."""
        number = len(self.all)
        bird = f"{WORDS[number % len(WORDS)]}-{number:03d}-{'东湖'[number % 2]}"
        self.all.append(form.format(bird) if form == "{}" else bird)
        return Secret(form.format(bird))

    def ascii(self, form: str) -> Secret:
        """Return a value without letters beyond ASCII, for an address."""
        number = len(self.all)
        self.all.append(form.format(f"{WORDS[number % len(WORDS)]}{number:03d}x"))
        return Secret(self.all[-1])


@contextmanager
def everything_logged(folder: Path) -> Iterator[logging.Logger]:
    """Write every log line, down to the last detail, into the instance's own folder."""
    handler = logging.FileHandler(folder / "all.log")
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield root
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


def tell(log: logging.Logger, outcome: object) -> None:
    """Print a thing the careless way."""
    log.info("%s %r %s", outcome, outcome, f"{outcome}")


def attempt(house: House, log: logging.Logger, *acts: Act, by: Actor, key: str = "") -> None:
    """Perform, and log the acts, the outcome and any error with its trace."""
    tell(log, acts)
    try:
        outcome: Outcome = house.gate.perform(*acts, by=by, key=key)
    except TrothError as error:
        tell(log, error)
        tell(log, "".join(traceback.format_exception(error)))
    else:
        tell(log, outcome)


def live(house: House, birds: Canaries, log: logging.Logger, residence: str) -> SubjectId:
    """Let somebody do all that can be done, and be refused all that can be refused."""
    phone = f"1390000{len(birds.all):04d}"
    birds.all.append(phone)
    subject = house.admit(
        residence,
        "improve",
        contact_email=birds.ascii("{}@mail.example"),
        contact_phone=Secret(f"+86{phone}"),
    )
    declared = Verified(subject=subject, fact="declared", result="verified", method="declaration")
    attempt(house, log, declared, by=SYSTEM)
    for field, purpose in PURPOSES.items():
        values = {field: birds.new()}
        attempt(house, log, Collect(subject=subject, values=values, purpose=purpose), by=SYSTEM)
        attempt(house, log, Correct(subject=subject, values={field: birds.new()}), by=SYSTEM)
    for field, form in BAD.items():
        bad = Collect(subject=subject, values={field: birds.new(form)}, purpose="account")
        attempt(house, log, bad, by=SYSTEM)
    ask(house, subject, birds, log)
    return subject


def ask(house: House, subject: SubjectId, birds: Canaries, log: logging.Logger) -> None:
    """Use, show, search, send and copy, allowed and refused."""
    fields = tuple(house.gate.standing(subject).held)
    notice = Notify(
        subject=subject, notice="n", purpose="notify.service", text=birds.new(), title="n"
    )
    acts: list[tuple[Act, Actor]] = [
        (ConsentGiven(subject=subject, to="marketing"), Actor(kind="subject")),
        (Use(subject=subject, fields=("contact.email",), purpose="marketing"), SYSTEM),
        (Use(subject=subject, fields=fields, purpose="marketing"), SYSTEM),
        (Show(subject=subject, fields=fields, purpose="rights"), Actor(kind="subject")),
        (Show(subject=subject, fields=("contact.email",), purpose="support"), SUPPORT),
        (Show(subject=subject, fields=fields, purpose="support"), SUPPORT),
        (Export(subject=subject), Actor(kind="subject", assurance=2)),
        (search(birds.ascii("{}@mail.example")), SYSTEM),
        (search(birds.new()), SYSTEM),
        (notice, SYSTEM),
    ]
    for number, (act, by) in enumerate(acts):
        attempt(house, log, act, by=by, key=f"key-{number}")


def search(value: Secret) -> Find:
    return Find(subject=None, field="contact.email", value=value, purpose="authenticate")


def found(house: House, birds: Canaries) -> list[Trace]:
    """Search every file but the ballast, which is random octets and 16 MiB of them."""
    for ballast in house.folder.rglob("*.ballast"):
        ballast.unlink()
    return find_traces(house.folder, birds.all)


def test_the_search_itself_finds_every_spelling(tmp_path: Path) -> None:
    told = spellings("violet-001-湖")
    for name, forms in told.items():
        for number, form in enumerate(forms):
            (tmp_path / f"{name}-{number}").write_bytes(b"\0before" + form + b"after")
    hits = {trace.file for trace in find_traces(tmp_path, ["violet-001-湖"])}
    assert hits == {f"{name}-{number}" for name in told for number in range(len(told[name]))}


@pytest.mark.clause("7.1b", "9.4-6")
def test_no_value_lies_open_in_any_file(house: House) -> None:
    birds = Canaries()
    with everything_logged(house.folder) as log:
        people = [live(house, birds, log, residence) for residence in ("CN", "EEA")]
        house.troth.tick()
        house.troth.back_up(house.folder / "backup.tar.gz")
        assert len(birds.all) >= 70
        assert found(house, birds) == []
        for subject in people:
            attempt(house, log, Erase(subject=subject), by=Actor(kind="subject", assurance=2))
        house.troth.tick()
        house.troth.rotate_keys()
    assert found(house, birds) == []


@pytest.mark.clause("7.1b")
def test_a_whole_registration_leaves_no_value_open(house: House) -> None:
    people: People = furnished(
        house.troth, house.clock, house.channels["email"], house.channels["sms"]
    )
    birds = Canaries()
    email, address = birds.ascii("{}@mail.example"), birds.new()
    password = birds.new("{} and a long way uphill")
    with everything_logged(house.folder) as log:
        begun = people.begin(email=email)
        codes = {
            "email_code": Secret(people.code(people.email)),
            "phone_code": Secret(people.code(people.sms)),
        }
        form = people.form(
            begun,
            email=email,
            password=password,
            password_confirm=password,
            values={"contact.address": address},
            ticks=ticks("marketing"),
            **codes,
        )
        tell(log, form)
        welcome = people.accounts.register(form)
        tell(log, welcome)
        birds.all += [str(code.reveal()) for code in codes.values()]
        birds.all += [welcome.token.reveal(), "1990-03-07"]
        people.deliver()
    assert len(house.gate.inventory(welcome.subject)) == 4
    assert found(house, birds) == []
