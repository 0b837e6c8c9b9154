"""How a word about a consent is said: given, refused, taken back, found void (2.2.6, 9.3).

Each is written as steps: what is read first, which acts are wanted, and what their outcome means.
So many that come at once can be done together; see ``troth.gate.together``.
"""

import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from troth.chapters.consent.effects import Effect, Effects, Stays
from troth.chapters.consent.telling import told
from troth.documents.agreement import Shown, Tick, consents
from troth.documents.consents import states
from troth.documents.consents.states import Said
from troth.documents.notice import Notices
from troth.gate import Gate, Outcome, Steps, Wanted
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Act,
    Actor,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    ObjectionLifted,
)
from troth.model.clock import Moment
from troth.model.errors import KeyReused, NotFound
from troth.model.standing import Standing
from troth.model.terms import SubjectId


class Withdrawn(Struct, frozen=True, kw_only=True):
    """A withdrawal that was made, and what it did; ``told`` are recipients that have to hear it.

    ``replayed``: it had been made before under the same idempotency key.
    """

    key: str
    at: Moment
    effect: Effect
    entries: tuple[str, ...]
    told: tuple[str, ...] = ()
    replayed: bool = False

    @property
    def gone(self) -> tuple[str, ...]:
        """The fields that were erased."""
        return self.effect.gone

    @property
    def stays(self) -> dict[str, Stays]:
        """The fields that another purpose keeps, with the reason."""
        return self.effect.stays


class _End(Struct, frozen=True, kw_only=True):
    """What is done when a consent ends, and what that comes to."""

    effect: Effect
    acts: tuple[Act, ...]
    told: tuple[str, ...]


class Saying:
    """The words that a subject says about their consents, step by step."""

    def __init__(self, gate: Gate, notices: Notices, effects: Effects) -> None:
        self._gate = gate
        self._notices = notices
        self._effects = effects

    def give(
        self,
        subject: SubjectId,
        ticks: Iterable[Tick],
        *,
        shown: Shown,
        means: str = "button",
        by: Actor = SUBJECT,
        once: str = "",
    ) -> Steps[Outcome]:
        """Take what a subject said to each box; see ``Consent.give``."""
        known = self._gate.policy().consent_keys()
        said = [
            msgspec.structs.replace(act, receipt=_number(subject, act.to, once))
            for act in consents(subject, ticks, shown=shown, means=means, known=known)
        ]
        standing = self._gate.standing(subject)
        lifted = [
            ObjectionLifted(subject=subject, purpose=act.to)
            for act in said
            if isinstance(act, ConsentGiven) and act.to in standing.objections
        ]
        given = {act.to: act.receipt for act in said if isinstance(act, ConsentGiven)}
        ended = [self._refused(subject, standing, act) for act in said if act.to not in given]
        agreed = [act for act in said if act.to in given]
        notes = self._told(subject, standing, given, "given")
        acts = (*lifted, *agreed, *(act for each in ended for act in each), *notes)
        numbers = [act.receipt for act in said]
        return (yield from self._once(subject, numbers, Wanted(acts, _freed(by), once)))

    def _refused(
        self, subject: SubjectId, standing: Standing, said: ConsentGiven | ConsentRefused
    ) -> Sequence[Act]:
        """Return what a no comes to: where the consent stood, it is taken back."""
        if not standing.consents_to(said.to, self._gate.clock.now()):
            return (said,)
        act = ConsentWithdrawn(subject=subject, to=said.to, receipt=said.receipt)
        return self._ending(subject, standing, act).acts

    def refuse(
        self, subject: SubjectId, key: str, *, by: Actor = SUBJECT, once: str = ""
    ) -> Steps[Outcome]:
        """Take a subject's no; see ``Consent.refuse``."""
        number = _number(subject, key, once)
        act = ConsentRefused(subject=subject, to=key, receipt=number)
        standing = self._gate.standing(subject)
        if standing.consents_to(key, self._gate.clock.now()):
            done = yield from self.withdraw(subject, key, by=by, once=once)
            return Outcome(at=done.at, entries=done.entries, replayed=done.replayed)
        return (yield from self._once(subject, [number], Wanted((act,), by, once)))

    def withdraw(
        self, subject: SubjectId, key: str, *, by: Actor = SUBJECT, once: str = ""
    ) -> Steps[Withdrawn]:
        """Take a consent back, with what rested on it; see ``Consent.withdraw``."""
        number = _number(subject, key, once)
        act = ConsentWithdrawn(subject=subject, to=key, receipt=number)
        try:
            return (yield from self._end(subject, act, by, once))
        except (KeyReused, NotFound):
            found = self._said_under(subject, [number]) if once else []
            if not found:
                raise
            return Withdrawn(
                key=key,
                at=found[0].at,
                effect=Effect(),
                entries=tuple(said.entry for said in found),
                replayed=True,
            )

    def invalidate(self, subject: SubjectId, key: str, *, by: Actor) -> Steps[Withdrawn]:
        """Find that a consent was never good; see ``Consent.invalidate``."""
        number = _number(subject, key, "")
        act = ConsentWithdrawn(subject=subject, to=key, receipt=number, invalid=True)
        return self._end(subject, act, by, "")

    def _end(
        self, subject: SubjectId, act: ConsentWithdrawn, by: Actor, once: str
    ) -> Steps[Withdrawn]:
        at, key = self._gate.clock.now(), act.to
        standing = self._gate.standing(subject)
        if not standing.consents_to(key, at):
            raise NotFound(f"no consent to `{key}` stands", remedy="see the list of your consents")
        end = self._ending(subject, standing, act)
        notes = self._told(subject, standing, {key: act.receipt}, _state_by(act, by))
        # A role of staff has no part in what the house tells people.
        apart = notes if by.kind == "staff" else ()
        beside = () if apart else notes
        outcome = yield Wanted((*beside, *end.acts), _freed(by), once)
        if apart:
            yield Wanted((*apart,), SYSTEM)
        return Withdrawn(
            key=key,
            at=outcome.at,
            effect=end.effect,
            entries=outcome.entries,
            told=end.told,
            replayed=outcome.replayed,
        )

    def _ending(self, subject: SubjectId, standing: Standing, act: ConsentWithdrawn) -> _End:
        at = self._gate.clock.now()
        effect = self._effects.of(subject, standing, act.to, at)
        owed = self._effects.owed(subject, act.to, at)
        return _End(
            effect=effect,
            acts=(act, *self._effects.acts(subject, standing, effect), *owed),
            told=tuple(duty.what.partition("/")[2] for duty in owed),
        )

    def _told(
        self, subject: SubjectId, standing: Standing, numbers: dict[str, str], state: str
    ) -> Sequence[Act]:
        notes = told(self._gate, self._notices, subject, standing, numbers, state=state)
        # Where notices may not be sent, the word itself must still get through.
        doubtful = standing.restrictions or not standing.accepted or standing.life != "active"
        if doubtful and notes:
            decided = self._gate.ask(*notes)
            return notes if all(decision.allowed for decision in decided) else ()
        return notes

    def _once(self, subject: SubjectId, numbers: Sequence[str], wanted: Wanted) -> Steps[Outcome]:
        """Do something once under a key: asked again, say what was done then."""
        try:
            return (yield wanted)
        except KeyReused:
            found = self._said_under(subject, numbers) if wanted.key else []
            if len(found) != len(numbers):
                raise
            entries = tuple(said.entry for said in found)
            return Outcome(at=found[0].at, entries=entries, replayed=True)

    def _said_under(self, subject: SubjectId, numbers: Sequence[str]) -> list[Said]:
        words = states.history(self._gate.trail(subject))
        return [said for said in words if said.receipt in numbers]


def _number(subject: SubjectId, key: str, once: str) -> str:
    """Return a receipt's number: drawn, or the same again for the same idempotency key."""
    if not once:
        return secrets.token_hex(8)
    return sha256(f"{subject}\x1f{key}\x1f{once}".encode()).hexdigest()[:16]


def _state_by(act: ConsentWithdrawn, by: Actor) -> str:
    """Return the state in which a consent ends, by whoever ends it."""
    if act.invalid:
        return "invalidated"
    return "withdrawn" if by.kind in ("subject", "guardian") else "revoked"


def _freed(by: Actor) -> Actor:
    """Return who acts, where the house does more with it than their key is for: it tells them."""
    return by if by.purposes is None else msgspec.structs.replace(by, purposes=None)
