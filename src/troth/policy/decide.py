"""May this act be? A policy compiled so that the answer is a look-up (P.1, 4.1, 9.3c, 11.5).

Default is deny, forbid wins over permit, and every regime that binds the subject must agree. A
decision quotes its rules, its clauses and the edition, and says why in a sentence for people.

How it is fast: a subject's standing is reduced once to an integer (``state``). A question is
compiled once to the mask of the bits that can matter for it. The decision for (question, masked
bits) is made once by ``judge`` and handed out ever after; it is immutable, reason and all. A warm
question is three look-ups: the standing by identity, the question, the number of the state.
"""

import itertools
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import UnknownTerm
from troth.model.standing import Standing
from troth.model.terms import Effect, Fields, Operation
from troth.policy.case import Ask, Verdict
from troth.policy.declared import Declared
from troth.policy.edition import Edition, Names, Words
from troth.policy.judge import Judge
from troth.policy.reason import REMEDY, quoted, sentence
from troth.policy.state import State

EFFECTS: Final = {"allowed": Effect.ALLOW, "consent_missing": Effect.ASK}
"""What each code means; every other one denies."""

__all__ = ["Ask", "Decision", "Policy"]

SEEN: Final = 4096
KINDS: Final = 65_536
PLANS: Final = 4096
MADE: Final = 1024
"""How many standings, states, questions, and answers to a question are remembered at most."""

T = TypeVar("T")


class Decision(Struct, frozen=True, kw_only=True):
    """The judgement on one ask. ``missing`` are the consent keys that would open it.

    ``blocked`` are the fields that are not allowed, ``masked`` says that values are shown masked,
    ``duties`` are what ``require`` rules demand of the act.
    """

    effect: Effect
    operation: Operation
    purpose: str
    fields: Fields
    recipient: str | None = None
    rules: Names = ()
    clauses: Names = ()
    bases: Names = ()
    missing: Names = ()
    code: str = ""
    reason: Words
    edition: str
    remedy: str = ""
    blocked: Fields = ()
    masked: bool = False
    duties: Names = ()

    @property
    def allowed(self) -> bool:
        """Whether the act may be."""
        return self.effect is Effect.ALLOW


Subset = tuple[int, Fields]
"""Fields that are allowed: as bits, and by name."""
Seen = tuple[Standing, Moment, Moment, int]
"""A standing that was read: itself, from when until when that is good, the number of its state."""


class Plan:
    """One question, compiled: the bits that matter for it and the answers made so far."""

    __slots__ = ("made", "mask", "sets")

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self.made: dict[int, Decision] = {}
        self.sets: dict[int, Subset] = {}


class Policy(Declared):
    """One edition, compiled. Safe from many threads: what it remembers is only ever recomputed."""

    def __init__(self, edition: Edition, digest: str = "") -> None:
        """Compile an edition; ``digest`` is its hash where that is known already."""
        super().__init__(edition)
        self.hash = digest or edition.hash
        self._judge = Judge(edition)
        self._consent_keys = frozenset(self._judge.alphabet.consents)
        self._plans: dict[Ask, Plan] = {}
        # Standings of the same bits share a number, drawn once and never given again, so that
        # whoever still holds a forgotten one finds nothing rather than somebody else's answer.
        self._draw = itertools.count()
        self._kinds: dict[int, int] = {}
        self._seen: dict[int, Seen] = {}
        self._answers: dict[Ask, dict[int, Decision]] = {}
        self._subsets: dict[Ask, dict[int, Subset]] = {}
        self._numbers = {field: 1 << number for number, field in enumerate(edition.categories)}

    # --- deciding ------------------------------------------------------------------------------

    def decide(self, ask: Ask, standing: Standing, at: Moment) -> Decision:
        """Judge an ask for a subject at a moment.

        >>> from troth.policy import packs, reader
        >>> policy = Policy(reader.load(*packs.source("itnio")))
        >>> ask = Ask(operation=Operation.USE, purpose="marketing", fields=("contact.email",))
        >>> policy.decide(ask, Standing(pseudonym="p", residence="CN"), Moment(0)).missing
        ('marketing',)
        """
        try:
            known, since, until, kind = self._seen[id(standing)]
            if known is standing and since <= at < until:
                return self._answers[ask][kind]
        except KeyError:
            pass
        bits, kind = self._look(standing, at)
        decision = self.judge(ask, bits)
        _remember(self._answers, ask, kind, decision)
        return decision

    def allowed(self, ask: Ask, standing: Standing, at: Moment) -> Fields:
        """Return those of the fields asked for that are allowed, all in one call."""
        return self._set(ask, standing, at)[1]

    def mask(self, ask: Ask, standing: Standing, at: Moment) -> int:
        """Return the fields that are allowed as bits (see ``fields_in``), all in one call."""
        return self._set(ask, standing, at)[0]

    def fields_in(self, mask: int) -> Fields:
        """Return the fields that a mask of ``mask()`` names."""
        return tuple(field for field, bit in self._numbers.items() if mask & bit)

    def state(self, standing: Standing, at: Moment) -> State:
        """Reduce a standing to its bits at a moment, for ``judge``."""
        return self._judge.alphabet.read(standing, at)

    def judge(self, ask: Ask, bits: int) -> Decision:
        """Judge an ask for a subject in a state: ``decide`` without reading the standing."""
        plan = self._plans.get(ask) or self._plan(ask)
        bits &= plan.mask
        decision = plan.made.get(bits)
        if decision is None:
            decision = self._decision(ask, bits)
            if len(plan.made) >= MADE:
                plan.made.clear()
            plan.made[bits] = decision
        return decision

    def _look(self, standing: Standing, at: Moment) -> tuple[int, int]:
        """Read a standing and remember it for the next ask; return its bits and their number."""
        state = self.state(standing, at)
        if len(self._kinds) >= KINDS:
            self._kinds.clear()
        kind = self._kinds.setdefault(state.bits, next(self._draw))
        if len(self._seen) >= SEEN:
            self._seen.clear()
        # What is remembered holds its standing, so that no other object takes the id meanwhile.
        self._seen[id(standing)] = (standing, state.since, state.until, kind)
        return state.bits, kind

    def _set(self, ask: Ask, standing: Standing, at: Moment) -> Subset:
        try:
            known, since, until, kind = self._seen[id(standing)]
            if known is standing and since <= at < until:
                return self._subsets[ask][kind]
        except KeyError:
            pass
        bits, kind = self._look(standing, at)
        plan = self._plans.get(ask) or self._plan(ask)
        bits &= plan.mask
        found = plan.sets.get(bits)
        if found is None:
            if len(plan.sets) >= MADE:
                plan.sets.clear()
            found = plan.sets[bits] = self._subset(ask, bits)
        _remember(self._subsets, ask, kind, found)
        return found

    def _subset(self, ask: Ask, bits: int) -> Subset:
        fields = tuple(
            field
            for field in self._judge.leaves(ask.fields)
            if self._judge.verdict(msgspec.structs.replace(ask, fields=(field,)), bits).code
            == "allowed"
        )
        return sum(self._numbers[field] for field in set(fields)), fields

    def _plan(self, ask: Ask) -> Plan:
        if len(self._plans) >= PLANS:
            self._plans.clear()
        plan = self._plans[ask] = Plan(self._judge.mask(ask))
        return plan

    def _decision(self, ask: Ask, bits: int) -> Decision:
        verdict = self._judge.verdict(ask, bits)
        duties = self._judge.duties(ask, bits) if verdict.code == "allowed" else ()
        return self._told(ask, verdict, duties)

    def service(self, name: str, standing: Standing, at: Moment) -> Decision:
        """Judge whether a service may be given: what it requires must be checked first (2.1.2a).

        Raises ``UnknownTerm`` when no such service is declared.
        """
        service = self.edition.services.get(name)
        if service is None:
            raise UnknownTerm(f"service `{name}` is not declared", clause="A.4")
        bits, facts = self.state(standing, at).bits, self._judge.alphabet.facts
        unmet = tuple(word for word in service.requires if not bits & facts[word])
        code = "realname_required" if "realname" in unmet else "condition" if unmet else "allowed"
        ask = Ask(operation=Operation.PROCESS, purpose=name, fields=service.needs)
        verdict = Verdict(code=code, fields=service.needs, clauses=service.clause, unmet=unmet)
        return self._told(ask, verdict, ())

    def consent_keys(self) -> frozenset[str]:
        """Return every consent key that a rule of the edition can ask for."""
        return self._consent_keys

    def _told(self, ask: Ask, verdict: Verdict, duties: Names) -> Decision:
        clauses = quoted(self.edition, ask, verdict)
        role = self.edition.staff.get(ask.role)
        return Decision(
            effect=_effect(verdict),
            operation=ask.operation,
            purpose=ask.purpose,
            fields=ask.fields,
            recipient=ask.recipient,
            rules=verdict.rules,
            clauses=clauses,
            bases=verdict.bases,
            missing=verdict.missing,
            code=verdict.code,
            reason=sentence(self.edition, ask, verdict, clauses),
            edition=self.hash,
            remedy=REMEDY.get(verdict.code, ""),
            blocked=() if verdict.code == "allowed" else verdict.fields,
            masked=role.masked if role else False,
            duties=duties,
        )


def _remember(table: dict[Ask, dict[int, T]], ask: Ask, kind: int, answer: T) -> None:
    answers = table.get(ask)
    if answers is None:
        if len(table) >= PLANS:
            table.clear()
        answers = table[ask] = {}
    if len(answers) >= MADE:
        answers.clear()
    answers[kind] = answer


def _effect(verdict: Verdict) -> Effect:
    return EFFECTS.get(verdict.code, Effect.DENY)
