"""The commands of a walk, and how what happened is told.

A transcript is plain text: a line that starts with ``$`` is a command, what is indented below is
what came of it; everything else is for the reader. After each command follow the entries that the
ledgers gained, then what was delivered. Random ids are told by name (``<request>``), so that a walk
reads, and stays, the same.
"""

import re
from collections.abc import Callable, Iterator

from tests.chapters.people import EMAIL, PHONE, PRIVACY, House, ticks
from tests.chapters.test_incidents import TOLD
from tests.chapters.test_updates import edition
from troth.app.rehearsal import CODE, code_in
from troth.ledger.entry import Entry
from troth.model.acts import Actor, Use
from troth.model.clock import iso
from troth.model.errors import TrothError
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

LONGER = ("[support], start: recorded, keep: P730D", "[support], start: recorded, keep: P800D")
MOMENTS = ("by", "until", "irreversible_by", "effective", "expires")
ID = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16}|r-[0-9a-f-]+|i-[0-9a-z]+)\b")
SUBJECT = re.compile(r"\b(?:cn|global)-[a-z2-7]{26}\b")
LINK = re.compile(r"https://\S+")


class Teller:
    """Performs the commands of one walk in one house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._subject: SubjectId | None = None
        self._by = Actor(kind="subject", assurance=1)
        self._seen: dict[Region, set[str]] = {region: set() for region in house.gate.regions}
        self._incident = ""
        list(self._news())

    def tell(self, command: str) -> list[str]:
        """Do what a command says; return what came of it, line by line."""
        verb, *rest = command.split(" ", 1)
        words = dict(part.split("=", 1) for part in (rest[0].split(", ") if rest else []))
        try:
            told = list(getattr(self, f"do_{verb.replace('-', '_')}")(**words))
        except TrothError as error:
            told = [f"{error.code} ({error.status}): {error}"]
        return [plain(line) for line in (*told, *self._news(), *self._post())]

    # --- what came of it -----------------------------------------------------------------------

    def _news(self) -> Iterator[str]:
        for region, rooms in self._house.gate.regions.items():
            fresh = [e for e in rooms.log.recent(None, 200) if e.id not in self._seen[region]]
            self._seen[region].update(entry.id for entry in fresh)
            told = [(rank(entry), plain(told_of(region, entry))) for entry in fresh]
            yield from (line for _, line in sorted(told))

    def _post(self) -> Iterator[str]:
        for name, channel in (("email", self._house.email), ("sms", self._house.sms)):
            for message in channel.sent:
                lines = message.text.reveal().strip().splitlines()
                yield f"{name}: {message.title or lines[0]}"
            channel.sent.clear()

    @property
    def subject(self) -> SubjectId:
        """Whoever the walk is about."""
        assert self._subject is not None, "nobody has registered in this walk"
        return self._subject

    # --- the commands --------------------------------------------------------------------------

    def do_given(self, subject: str) -> Iterator[str]:
        """Have somebody registered, as walk 1 tells, without telling it again."""
        list(self.do_register(born="1990-03-07"))
        self._house.deliver()
        list(self._news()), list(self._post())
        yield f"{subject} is registered"

    def do_read_policy(self) -> Iterator[str]:
        policy = self._house.gate.policy().edition.policy
        yield f"edition {policy.edition}, {policy.authoritative} prevails"

    def do_register(self, born: str, agreeing: str = "") -> Iterator[str]:
        begun = self._house.begin()
        form = self._house.form(begun, born=Secret(born), ticks=ticks(*agreeing.split()))
        self._house.email.sent.clear(), self._house.sms.sent.clear()
        welcome = self._house.accounts.register(form)
        self._subject = welcome.subject
        held = ", ".join(sorted(self._house.held(self.subject)))
        yield f"lies in {welcome.subject.region}: {held}"

    def do_deliver(self) -> Iterator[str]:
        self._house.deliver()
        return iter(())

    def do_wait(self, days: str) -> Iterator[str]:
        yield f"it is {iso(self._house.clock.forward(days=float(days)))}"

    def do_sign_in(self, by: str) -> Iterator[str]:
        self._house.accounts.begin_sign_in(PHONE if by == "phone" else EMAIL)
        return iter(())

    def do_advertise(self) -> Iterator[str]:
        self._house.contact.advertise(self.subject, "秋季优惠", base="https://itniotech.com/stop/")
        return iter(())

    def do_use(self, field: str, purpose: str) -> Iterator[str]:
        act = Use(subject=self.subject, fields=(field,), purpose=purpose)
        outcome = self._house.gate.perform(act, by=Actor(kind="service", id="billing"))
        yield f"allowed by §{', §'.join(outcome.decisions[0].clauses)}"

    def do_consent(self, to: str) -> Iterator[str]:
        shown = self._house.shown()
        self._house.consent.give(self.subject, ticks(*to.split()), shown=shown)
        return iter(())

    def do_withdraw(self, consent: str) -> Iterator[str]:
        done = self._house.consent.withdraw(self.subject, consent)
        yield f"erased: {', '.join(done.gone) or 'nothing'}"
        for field, clauses in done.stays.items():
            yield f"stays: {field} (§{', §'.join(clauses)})"

    def do_correct(self, field: str, value: str) -> Iterator[str]:
        self._house.rights.correct(self.subject, {field: Secret(value)}, by=self._by)
        return iter(())

    def do_plan(self) -> Iterator[str]:
        plan = self._house.rights.plan(self.subject)
        yield f"goes: {', '.join(plan.gone) or 'nothing'}"
        for held in plan.held:
            yield f"stays: {held.field}, held by {held.law} until {iso(held.until or 0)}"

    def do_prove(self, act: str) -> Iterator[str]:
        challenge = self._house.rights.begin_proof(self.subject, act)
        self._house.deliver()
        code = code_in(self._house.email.sent[-1].text.reveal())
        assert code
        self._by = self._house.rights.prove(self.subject, act, challenge, Secret(code))
        return iter(())

    def do_erase(self) -> Iterator[str]:
        told = self._house.rights.erase(self.subject, by=self._by)
        yield f"complete: {spoken(told.complete)}, in {', '.join(told.stores)}"
        yield f"effective {iso(told.effective)}, irreversible by {iso(told.irreversible_by)}"

    def do_breach(self) -> Iterator[str]:
        self._incident = self._house.incidents.open(["cn"], by=PRIVACY).number
        told = self._house.incidents.tell(
            self._incident, TOLD, [self.subject], reference="/notices/1"
        )
        yield f"told one by one: {told.queued}, by announcement: {spoken(told.announced)}"

    def do_report(self, regime: str, reference: str) -> Iterator[str]:
        self._house.incidents.reported(self._incident, regime, reference=reference, by=PRIVACY)
        return iter(())

    def do_amend(self, effective: str) -> Iterator[str]:
        source = edition(effective, LONGER)
        yield from self._house.updates.propose(source).in_words("en").split("; ")
        self._house.updates.publish(source, subjects=[self.subject])

    def do_go_on(self) -> Iterator[str]:
        self._house.updates.go_on(self.subject)
        return iter(())

    def do_in_force(self) -> Iterator[str]:
        for each in self._house.updates.editions():
            yield f"{each.edition}{' (in force)' if each.in_force else ''}"


def rank(entry: Entry) -> tuple[int, int, int]:
    """Order entries as they were made; those about nobody, which have no number, by their kind."""
    first = ("data.found", "policy.published", "notice.queued")
    last = ("notice.delivered", "notice.failed", "use.denied")
    if entry.who:
        return entry.at, 1, entry.nth
    return entry.at, 0, -1 if entry.kind in first else 1 if entry.kind in last else 0


def told_of(region: Region, entry: Entry) -> str:
    """Tell an entry in one line: where, what, by whom, under which clauses."""
    what = {
        name: iso(value) if name in MOMENTS and isinstance(value, int) else value
        for name, value in entry.what.items()
        if value not in ("", None, [])
    }
    said = "; ".join(f"{name} {spoken(value)}" for name, value in what.items())
    clauses = f" §{' §'.join(entry.clauses)}" if entry.clauses else ""
    whose = "" if entry.who else " (about nobody)"
    return f"{region}: {entry.kind} by {entry.by}{whose}{f': {said}' if said else ''}{clauses}"


def spoken(value: object) -> str:
    """Say a value as a person would."""
    if isinstance(value, list):
        return ", ".join(map(answered, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {each}" for name, each in value.items())
    return (
        {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    )


def answered(value: object) -> str:
    """Say what one store answered in two words; anything else as it is."""
    return f"{value['store']} {value['state']}" if isinstance(value, dict) else str(value)


def plain(line: str) -> str:
    """Put a name in place of what is random."""
    for pattern, name in ((LINK, "<link>"), (SUBJECT, "<subject>"), (ID, "<id>"), (CODE, "<code>")):
        line = pattern.sub(name, line)
    return line


Tell = Callable[[str], list[str]]


def replay(text: str, tell: Tell) -> str:
    """Return a transcript as it comes out now."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("    "):
            continue
        lines.append(line)
        if line.startswith("$ "):
            lines += [f"    {told}" for told in tell(line.removeprefix("$ "))]
    return "\n".join(lines) + "\n"
