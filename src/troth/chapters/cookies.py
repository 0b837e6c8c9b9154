"""Cookies: declared, asked about, chosen, proved; what is not declared is not set (policy 3, 9.6).

A choice belongs to a browser and is about nobody: it is an entry without a subject, whose receipt
only the browser can name. Where somebody is signed in it is theirs at the gate, too.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Protocol

from msgspec import Struct

from troth.documents.agreement import Shown, Tick
from troth.documents.cookies.receipts import Receipts, chosen
from troth.documents.cookies.register import register_of
from troth.documents.cookies.signals import COUNTED, Signals
from troth.documents.cookies.tally import Answer, Tally
from troth.gate import Gate, Outcome
from troth.model.acts import SYSTEM, Actor, Event, Object, Use
from troth.model.clock import Moment
from troth.model.cookies import (
    ESSENTIAL,
    Choice,
    Decision,
    Register,
    choose,
    decide,
    new_receipt,
)
from troth.model.errors import BadInput, NotFound, Refused, TooMany
from troth.model.terms import Region, SubjectId

VISITOR: Final = Actor(kind="visitor")
FIELD: Final = "web.cookie"
"""The item of data that a cookie is, where it is somebody's."""
SURFACE: Final = "cookies"
"""What a consent that was given in the banner says of where it was."""


class Give(Protocol):
    """Takes what a subject said to some boxes."""

    def __call__(
        self,
        subject: SubjectId,
        ticks: Iterable[Tick],
        *,
        shown: Shown,
        means: str = "button",
        by: Actor,
    ) -> Outcome:
        """Take it."""
        ...


class Withdraw(Protocol):
    """Takes a consent back."""

    def __call__(self, subject: SubjectId, key: str, *, by: Actor) -> object:
        """Take it back."""
        ...


class Proof(Struct, frozen=True, kw_only=True):
    """What a receipt proves: that somebody chose this, then, under an edition, in a language.

    ``entry`` is where it stands in the ledger of ``region``; anybody can have it proved to them.
    """

    entry: str
    region: Region
    at: Moment
    edition: str
    given: tuple[str, ...]
    refused: tuple[str, ...]
    signal: bool
    language: str
    surface: str


class Cookies:
    """The register of the edition in force, and what browsers choose about it."""

    def __init__(
        self,
        gate: Gate,
        receipts: Receipts,
        signals: Signals,
        *,
        give: Give,
        withdraw: Withdraw,
    ) -> None:
        self._gate = gate
        self._receipts = receipts
        self._signals = signals
        self._give = give
        self._withdraw = withdraw
        self._tally = Tally()
        self._register = lru_cache(maxsize=8)(self._register_of)

    # --- knowing -------------------------------------------------------------------------------

    def register(self) -> Register:
        """Return every cookie and similar technology that the edition in force declares (3.1)."""
        return self._register(self._gate.policy().hash)

    def _register_of(self, _edition: str) -> Register:
        return register_of(self._gate.policy().edition)

    def decide(self, value: str, *, signal: bool, subject: SubjectId | None = None) -> Decision:
        """Decide what may be set for a browser, by its cookie's value and its privacy signal.

        Of somebody who is signed in, nothing is allowed that the gate would refuse; and nobody is
        asked in another browser about what they have answered as themselves.
        """
        register = self.register()
        found = decide(register, value, signal=signal, at=self._gate.clock.now())
        if subject is None:
            return found
        standing = self._gate.standing(subject)
        said = {*standing.consents, *standing.objections}
        given = found.choice.said if found.choice is not None else {}
        open_to = {name for name in register.optional if given.get(name) or name in said}
        allowed = {name for name in open_to if self._opens(subject, name)}
        return Decision(
            allowed=frozenset({ESSENTIAL, *allowed} - set(found.honoured)),
            ask=any(name not in given and name not in said for name in register.optional),
            signal=found.signal,
            honoured=found.honoured,
            choice=found.choice,
        )

    def _opens(self, subject: SubjectId, purpose: str) -> bool:
        (decision,) = self._gate.ask(Use(subject=subject, fields=(FIELD,), purpose=purpose))
        return decision.allowed

    # --- choosing ------------------------------------------------------------------------------

    def choose(
        self,
        given: Iterable[str],
        *,
        signal: bool,
        language: str,
        surface: str,
        network: str = "",
    ) -> Choice:
        """Take a choice about every category that is asked about, and record it without anybody.

        ``surface`` says where it was asked, ``network`` who is paced. Raises ``BadInput`` for a
        category nobody asks about, and ``TooMany`` where a yes cannot be recorded any more; a no
        holds all the same, without a receipt.
        """
        at, register, yes = self._gate.clock.now(), self.register(), frozenset(given)
        strange = sorted(yes - set(register.optional))
        if strange:
            raise BadInput(
                "nobody is asked about this category",
                clause="3.1",
                remedy=f"choose among {', '.join(register.optional)}",
                field="given",
            )
        if not self._receipts.may(network, at):
            if yes:
                raise TooMany(clause="3.1", remedy="choose again later; until then nothing is set")
            return self._counted(choose(register, (), signal=signal, at=at))
        choice = choose(register, yes, signal=signal, at=at, receipt=new_receipt())
        word = chosen(choice, language=language, surface=surface)
        outcome = self._gate.perform(word, by=VISITOR)
        self._receipts.keep(choice.receipt, outcome.entries[0], at)
        return self._counted(choice)

    def _counted(self, choice: Choice) -> Choice:
        self._tally.add(choice.said)
        return choice

    def choices(self) -> dict[tuple[str, Answer], int]:
        """Return how often each category was allowed and refused since the start, by nobody."""
        return self._tally.counts()

    def prove(self, receipt: str) -> Proof:
        """Return what a receipt proves, by the number that the browser holds.

        Raises ``NotFound`` for a number that is not ours, or too old.
        """
        found = self._receipts.find(receipt)
        if found is None:
            raise NotFound("no choice has this receipt", clause="3.1")
        home = self._gate.home
        entry = self._gate.regions[home].log.entry(found[0])
        said = entry.what.get("said")
        told = said if isinstance(said, dict) else {}
        return Proof(
            entry=entry.id,
            region=home,
            at=entry.at,
            edition=entry.edition,
            given=tuple(name for name, word in told.items() if word == "given"),
            refused=tuple(name for name, word in told.items() if word != "given"),
            signal=bool(entry.what.get("signal")),
            language=str(entry.what.get("language", "")),
            surface=str(entry.what.get("surface", "")),
        )

    # --- of somebody who is signed in ----------------------------------------------------------

    def bring(
        self, subject: SubjectId, choice: Choice, *, language: str, by: Actor
    ) -> tuple[str, ...]:
        """Bring a choice to the gate, as its subject's own word; return what was not taken.

        A yes is a consent where their law asks for one, and lifts an objection; a no takes the
        consent back, or refuses the purpose where it needs none. What they may not say (a child)
        is not taken: then it is not allowed either.
        """
        refused = []
        for purpose, yes in choice.said.items():
            try:
                self._say(subject, purpose, yes=yes, language=language, by=by)
            except Refused:
                refused.append(purpose)
        return tuple(refused)

    def _say(
        self, subject: SubjectId, purpose: str, *, yes: bool, language: str, by: Actor
    ) -> None:
        standing, policy = self._gate.standing(subject), self._gate.policy()
        stands = standing.consents_to(purpose, self._gate.clock.now())
        if stands and not yes:
            self._withdraw(subject, purpose, by=by)
        elif not yes and self._opens(subject, purpose):
            self._gate.perform(Object(subject=subject, purpose=purpose), by=by)
        elif not stands and self._wanted(subject, purpose, yes=yes):
            shown = Shown(edition=policy.hash, language=language, surface=SURFACE)
            tick = Tick(keys=(purpose,), ticked=yes, notice="cookies")
            self._give(subject, (tick,), shown=shown, means="button", by=by)

    def _wanted(self, subject: SubjectId, purpose: str, *, yes: bool) -> bool:
        """Tell whether a word about a purpose would change anything."""
        standing = self._gate.standing(subject)
        known = standing.consents.get(purpose)
        offered = any(
            offer.key == purpose for offer in self._gate.policy().offers(standing.regimes)
        )
        if yes:
            return offered or purpose in standing.objections
        return offered and known is None

    def heed(self, subject: SubjectId, *, by: Actor) -> tuple[str, ...]:
        """Take a browser's privacy signal as its subject's opt-out; return what is refused now.

        It is one from every purpose that it turns off and that their law lets go on without a
        consent (CCPA 1798.120, 11 CCR 7025). What they consented to themselves stays.
        """
        standing, at = self._gate.standing(subject), self._gate.clock.now()
        wanted = [
            purpose
            for purpose in self.register().signalled
            if purpose not in standing.objections
            and not standing.consents_to(purpose, at)
            and self._opens(subject, purpose)
        ]
        if wanted:
            acts = [Object(subject=subject, purpose=purpose) for purpose in sorted(wanted)]
            self._gate.perform(*acts, by=by)
        return tuple(sorted(wanted))

    # --- privacy signals, and the clock --------------------------------------------------------

    def hear(self) -> None:
        """Count a browser's privacy signal that was honoured (9.6)."""
        self._signals.hear(self._gate.clock.now())

    def heard(self) -> list[tuple[str, str, int]]:
        """List the counts of signals that are not in the ledger yet: day, signal, how often."""
        return self._signals.waiting()

    def tick(self) -> int:
        """Write each past day's count of signals into the ledger; drop receipts nobody asks for."""
        at = self._gate.clock.now()
        due = self._signals.put_down(at)
        for day, name, times in due:
            word = Event(
                subject=None, name=COUNTED, detail={"day": day, "signal": name, "times": times}
            )
            self._gate.perform(word, by=SYSTEM)
        self._receipts.purge(at)
        return len(due)
