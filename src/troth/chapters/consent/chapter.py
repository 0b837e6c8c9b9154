"""What subjects agree to, one thing at a time: given, refused, taken back (2.2.6, 2.3, 9.3).

Withdrawing is one step, as giving is. In the same passage the values that rested on that consent
alone are erased, what waits on it is not sent, and whoever received data on it is told; what
another basis keeps is named with its clause (walk 3).
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from troth.chapters.consent.asking import Asking
from troth.chapters.consent.effects import Effect, Effects, Stays
from troth.chapters.consent.importing import Importing
from troth.chapters.consent.papers import Papers, Seed
from troth.chapters.consent.telling import told
from troth.documents.agreement import Shown, Tick, asked, consents
from troth.documents.consents.record import ConsentReceipt, opened_by
from troth.documents.consents.renewals import Renewals
from troth.documents.consents.states import Said, state_of
from troth.documents.imports.register import Imports
from troth.documents.notice import Notices
from troth.gate import Gate, Outcome
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


class Choice(Struct, frozen=True, kw_only=True):
    """One thing a subject can consent to, and how that stands: one of the ten states."""

    key: str
    words: dict[str, str]
    state: str
    since: Moment | None = None
    expires: Moment | None = None
    sensitive: bool = False
    clauses: tuple[str, ...] = ()


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


class Consequence(Struct, frozen=True, kw_only=True):
    """What a consent opens and what a no means, read from the policy (policy 2.2.1, 9.3).

    ``services`` are those that cannot be given without it; none: everything goes on as before.
    """

    key: str
    operation: str
    purpose: str
    fields: tuple[str, ...]
    recipient: str
    region: str
    services: tuple[str, ...]


class Consent:
    """What subjects agree to, one thing at a time.

    ``asking`` asks and asks to renew, ``papers`` signs receipts, ``importing`` takes in what was
    said elsewhere.
    """

    def __init__(
        self, gate: Gate, notices: Notices, renewals: Renewals, imports: Imports, seed: Seed
    ) -> None:
        self._gate = gate
        self._notices = notices
        self._effects = Effects(gate)
        self.asking = Asking(gate, notices, renewals)
        self.papers = Papers(gate, seed)
        self.importing = Importing(gate, imports)

    # --- saying --------------------------------------------------------------------------------

    def give(
        self,
        subject: SubjectId,
        ticks: Iterable[Tick],
        *,
        shown: Shown,
        means: str = "button",
        by: Actor = SUBJECT,
        once: str = "",
    ) -> Outcome:
        """Take what a subject said to each box: given where ticked, refused where not.

        A consent to a purpose lifts an earlier objection to it. Each consent given is told to the
        subject with its receipt's number. ``once`` is an idempotency key. Raises ``BadInput`` for
        bundled, pre-ticked or unknown boxes, ``KeyReused``.
        """
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
        return self._once(
            subject, numbers, once, lambda: self._gate.perform(*acts, by=_freed(by), key=once)
        )

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
    ) -> Outcome:
        """Take a subject's no; they are not asked again by themselves (PIPL 16).

        Where they had agreed, it is taken back.
        """
        number = _number(subject, key, once)
        act = ConsentRefused(subject=subject, to=key, receipt=number)
        standing = self._gate.standing(subject)
        if standing.consents_to(key, self._gate.clock.now()):
            done = self.withdraw(subject, key, by=by, once=once)
            return Outcome(at=done.at, entries=done.entries, replayed=done.replayed)
        return self._once(subject, [number], once, lambda: self._gate.perform(act, by=by, key=once))

    def withdraw(
        self, subject: SubjectId, key: str, *, by: Actor = SUBJECT, once: str = ""
    ) -> Withdrawn:
        """Take a consent back, and erase what rested on it alone, in one passage.

        Processing stops before the next use; what was done before stays valid. By anybody but the
        subject or a guardian, it is revoked. Raises ``NotFound`` when no such consent stands.
        """
        number = _number(subject, key, once)
        act = ConsentWithdrawn(subject=subject, to=key, receipt=number)
        try:
            return self._end(subject, act, by, once)
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

    def invalidate(self, subject: SubjectId, key: str, *, by: Actor) -> Withdrawn:
        """Find that a consent was never good, and undo it as a withdrawal does (GDPR 7).

        Staff find so: the text was wrong, or somebody else ticked. Raises ``NotFound``,
        ``BadInput`` for the subject's own word.
        """
        number = _number(subject, key, "")
        act = ConsentWithdrawn(subject=subject, to=key, receipt=number, invalid=True)
        return self._end(subject, act, by, "")

    def _end(self, subject: SubjectId, act: ConsentWithdrawn, by: Actor, once: str) -> Withdrawn:
        at, key = self._gate.clock.now(), act.to
        standing = self._gate.standing(subject)
        if not standing.consents_to(key, at):
            raise NotFound(f"no consent to `{key}` stands", remedy="see the list of your consents")
        end = self._ending(subject, standing, act)
        notes = self._told(subject, standing, {key: act.receipt}, _state_by(act, by))
        # A role of staff has no part in what the house tells people.
        apart = notes if by.kind == "staff" else ()
        beside = () if apart else notes
        outcome = self._gate.perform(*beside, *end.acts, by=_freed(by), key=once)
        if apart:
            self._gate.perform(*apart, by=SYSTEM)
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

    def would(self, subject: SubjectId, key: str) -> Effect:
        """Say what taking a consent back would do, before anything happens."""
        at = self._gate.clock.now()
        return self._effects.of(subject, self._gate.standing(subject), key, at)

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

    def _once(
        self,
        subject: SubjectId,
        numbers: Sequence[str],
        once: str,
        work: Callable[[], Outcome],
    ) -> Outcome:
        """Do something once under a key: asked again, say what was done then."""
        try:
            return work()
        except KeyReused:
            found = self._said_under(subject, numbers) if once else []
            if len(found) != len(numbers):
                raise
            entries = tuple(said.entry for said in found)
            return Outcome(at=found[0].at, entries=entries, replayed=True)

    def _said_under(self, subject: SubjectId, numbers: Sequence[str]) -> list[Said]:
        return [said for said in self.history(subject) if said.receipt in numbers]

    # --- knowing -------------------------------------------------------------------------------

    def choices(self, subject: SubjectId) -> list[Choice]:
        """List everything a subject can consent to, in words, and how each stands."""
        at = self._gate.clock.now()
        standing = self._gate.standing(subject)
        policy = self._gate.policy()
        offers = {offer.key: offer for offer in policy.offers(standing.regimes)}
        found = []
        for key in dict.fromkeys((*offers, *standing.consents, *standing.asked)):
            kept, open_ = standing.consents.get(key), standing.asked.get(key)
            since = open_ if kept is None else kept
            found.append(
                Choice(
                    key=key,
                    words=policy.describe(key),
                    state=state_of(kept, at, open_),
                    since=None if since is None else since.at,
                    expires=None if kept is None else kept.expires,
                    sensitive=key in offers and offers[key].sensitive,
                    clauses=offers[key].clauses if key in offers else (),
                )
            )
        return found

    def states(self, standing: Standing) -> dict[str, str]:
        """Return the state of every consent that somebody was asked for or spoke of, by its key."""
        at = self._gate.clock.now()
        return {
            key: state_of(standing.consents.get(key), at, standing.asked.get(key))
            for key in (*standing.consents, *(standing.asked.keys() - standing.consents.keys()))
        }

    def consequence(self, key: str) -> Consequence:
        """Say what a consent opens, and which services a no to it would stop."""
        edition, about = self._gate.policy().edition, asked(key)
        purpose = edition.purposes.get(about.purpose)
        needed = purpose is not None and purpose.necessary
        services = [
            name
            for name, service in edition.services.items()
            if about.purpose in (name, *service.requires)
        ]
        return Consequence(
            key=key,
            operation=about.operation,
            purpose=about.purpose,
            fields=opened_by(about, edition),
            recipient=about.recipient,
            region=about.region,
            services=tuple(services) if needed else (),
        )

    def history(self, subject: SubjectId) -> list[Said]:
        """List every word about a subject's consents, oldest first (policy 9.3)."""
        return self.papers.history(subject)

    def receipt(self, subject: SubjectId, key: str, entry: str = "") -> ConsentReceipt:
        """Return the receipt of a consent, or of one word said about it; see ``papers``."""
        return self.papers.receipt(subject, key, entry)


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
