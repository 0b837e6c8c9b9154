"""Intake: rows of accounts, weighed one by one and taken in by batches (policy 2.1.2b, 8.1).

A trial and an import in earnest weigh the same way and say the same; only the second one does
anything. What one row says of itself is judged here; what the file rests on is stated in
``importing``.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from msgspec import Struct

from troth.chapters.accounts.fields import TAKES, purpose_of
from troth.documents.imports.batches import Report, Run, by_halves
from troth.documents.imports.register import Seen, Tally
from troth.documents.imports.rows import Row
from troth.documents.proof import foreign
from troth.documents.proof.age import band
from troth.gate import Gate, Weighed
from troth.model.acts import SYSTEM, AcceptTerms, Act, Admit, Collect
from troth.model.errors import BadInput, NotOfAge, Refused, Taken, TrothError
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

IDENTIFIERS: Final = ("contact.email", "contact.phone", "account.login")
BORN: Final = "identity.birth_date"
AGES: Final = (BORN, "identity.id_number")
"""What tells an age, and is not kept."""
NO_IDENTIFIER: Final = "no_identifier"
AGE_UNKNOWN: Final = "age_unknown"


class People(Struct, frozen=True, kw_only=True):
    """What is true of everybody in a file: where they live, what they accepted, and the record.

    ``adults``: somebody answerable declared that all of them are of age.
    """

    residence: str
    edition: str
    language: str
    record: str
    adults: bool


class Waiting(Struct, frozen=True):
    """A row that was weighed and waits for its batch."""

    row: Row
    acts: tuple[Act, ...]


class Intake:
    """One run through a file; ``trial`` changes nothing."""

    def __init__(
        self, gate: Gate, people: People, seen: Seen, so_far: Tally, *, trial: bool
    ) -> None:
        self._gate = gate
        self._people = people
        self._seen = seen
        self._trial = trial
        self._run = Run(so_far)
        self._waiting: list[Waiting] = []
        self._marks: set[bytes] = set()
        self.fields = _taken(gate)

    @property
    def tally(self) -> Tally:
        """How far it is."""
        return self._run.tally

    def through(self, rows: Iterable[Row]) -> Iterator[Tally]:
        """Go through the rows that are not settled yet; give the tally after every batch."""
        return self._run.through(rows, self._handle, self._flush)

    def report(self) -> Report:
        """Return what came of it."""
        return self._run.report(dry_run=self._trial)

    def _refuse(self, row: Row, code: str, field: str = "") -> None:
        self._run.refuse(row.line, code, field)

    # --- one row -------------------------------------------------------------------------------

    def _handle(self, row: Row) -> None:
        if row.wrong:
            self._refuse(row, row.wrong, row.field)
            return
        if not any(field in row.values for field in IDENTIFIERS):
            self._refuse(row, NO_IDENTIFIER, IDENTIFIERS[0])
            return
        try:
            age = self._age(row)
            if age is AgeBand.UNKNOWN:
                self._refuse(row, AGE_UNKNOWN, BORN)
                return
            acts = self._acts(row, age)
            weighed = self._gate.weigh(*acts, by=SYSTEM)
            if not self._trial and not self._marks.isdisjoint(weighed.marks.values()):
                # Whoever is in the batch has to be in the house before the next one is judged.
                self._flush()
                weighed = self._gate.weigh(*acts, by=SYSTEM)
        except (BadInput, Refused) as error:
            self._turned_away(row, error)
            return
        self._judged(row, acts, weighed)

    def _judged(self, row: Row, acts: tuple[Act, ...], weighed: Weighed) -> None:
        """Take in who is not here yet, skip who is, refuse whose identifiers are of two."""
        before = self._seen.lines(weighed.marks) if self._trial else {}
        taken = {*weighed.taken, *before}
        holders = weighed.holders + len(set(before.values()))
        if not taken:
            self._take(Waiting(row, acts), weighed)
        elif holders == 1 and taken == set(weighed.marks):
            self._run.count("skipped")
        else:
            self._refuse(row, Taken.code, min(taken))

    def _take(self, waiting: Waiting, weighed: Weighed) -> None:
        if self._trial:
            self._seen.add(weighed.marks.values(), waiting.row.line)
            self._run.count("imported")
            return
        self._marks.update(weighed.marks.values())
        self._waiting.append(waiting)

    def _turned_away(self, row: Row, error: TrothError) -> None:
        if isinstance(error, NotOfAge) and not self._trial:
            # The gate says no and remembers that it did: an entry about nobody.
            with suppress(NotOfAge):
                self._gate.perform(self._admit(AgeBand.MINOR, self._stranger()), by=SYSTEM)
        self._refuse(row, error.code, field_of(error))

    # --- its acts ------------------------------------------------------------------------------

    def _acts(self, row: Row, age: AgeBand) -> tuple[Act, ...]:
        values = {field: value for field, value in row.values.items() if field not in AGES}
        hashed = values.get("account.password")
        if hashed is not None and foreign.is_foreign(hashed):
            foreign.demand(hashed)
        subject = self._stranger()
        accepted = AcceptTerms(
            subject=subject,
            edition=self._people.edition,
            language=self._people.language,
            means="imported",
            surface=self._people.record,
        )
        return (self._admit(age, subject), accepted, *_kept(subject, values))

    def _stranger(self) -> SubjectId:
        return self._gate.new_subject(self._people.residence)

    def _admit(self, age: AgeBand, subject: SubjectId) -> Admit:
        lives = self._people.residence
        regimes = self._gate.policy().residence(lives).regimes
        return Admit(subject=subject, residence=lives, regimes=regimes, age=age)

    def _age(self, row: Row) -> AgeBand:
        age = band(
            self._gate.policy().edition,
            self._people.residence,
            born=row.values.get(BORN),
            id_number=row.values.get(AGES[1]),
            at=self._gate.clock.now(),
        )
        return AgeBand.ADULT if age is AgeBand.UNKNOWN and self._people.adults else age

    # --- a batch -------------------------------------------------------------------------------

    def _flush(self) -> None:
        """Take in a batch; where somebody was faster, find out who it is by halves."""
        waiting, self._waiting = self._waiting, []
        self._marks.clear()
        went = by_halves(waiting, self._perform, lambda one, error: self._beaten(one.row, error))
        self._run.count("imported", went)

    def _perform(self, waiting: Iterable[Waiting]) -> None:
        self._gate.perform(*(act for one in waiting for act in one.acts), by=SYSTEM)

    def _beaten(self, row: Row, error: TrothError) -> None:
        self._refuse(row, error.code, field_of(error))


def field_of(error: TrothError) -> str:
    """Return the field an error is about; of a refusal, the first that is not allowed."""
    blocked = getattr(error.decision, "blocked", ()) if isinstance(error, Refused) else ()
    return error.field or next(iter(blocked), "")


def _taken(gate: Gate) -> frozenset[str]:
    """Return the fields a file may have: what a person's account is asked for, and an age.

    What takes a consent of its own cannot be imported, for nobody can invent one.
    """
    policy = gate.policy()
    categories = policy.edition.categories
    return frozenset(
        name
        for name in policy.fields(*TAKES["person"])
        if name in AGES or categories[name].sensitive is None
    )


def _kept(subject: SubjectId, values: Mapping[str, Secret]) -> list[Collect]:
    """Return the acts that keep a row: what keeps the account in one, the rest by its purpose."""
    grouped: dict[str, dict[str, Secret]] = {}
    for field, value in values.items():
        purpose = purpose_of(field)
        purpose = "account" if purpose == "register" else purpose
        grouped.setdefault(purpose, {})[field] = value
    return [
        Collect(subject=subject, values=kept, purpose=purpose) for purpose, kept in grouped.items()
    ]
