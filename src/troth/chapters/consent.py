"""Consent: asked apart, given, refused, withdrawn, receipted (policy 2.2.6, 2.3, 9.3).

Withdrawing is one step, as giving is. In the same passage the values that rested on that consent
alone are erased; what another basis keeps is named with its clause (walk 3).
"""

from collections.abc import Iterable
from typing import Literal, cast

from msgspec import Struct

from troth.documents import ending
from troth.documents.agreement import Asked, Shown, Tick, asked, consents, in_words
from troth.documents.notice import Notices, channels_of, language_of
from troth.documents.receipt import (
    ConsentReceipt,
    StillHeld,
    consent_receipt,
    opened_by,
    state_of,
)
from troth.gate import Gate, Outcome
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Act,
    Actor,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Notify,
    ObjectionLifted,
    Use,
)
from troth.model.clock import Moment, iso
from troth.model.errors import NotFound
from troth.model.standing import Consent as Kept
from troth.model.standing import Standing
from troth.model.terms import SubjectId

STATES = {
    "given": {"zh": "已同意", "en": "you consented"},
    "refused": {"zh": "未同意", "en": "you said no"},
    "withdrawn": {"zh": "已撤回同意", "en": "you took your consent back"},
    "expired": {"zh": "同意已到期", "en": "your consent expired"},
}


class Choice(Struct, frozen=True, kw_only=True):
    """One thing a subject can consent to, and what they said to it last."""

    key: str
    words: dict[str, str]
    state: str
    since: Moment | None = None
    expires: Moment | None = None
    sensitive: bool = False
    clauses: tuple[str, ...] = ()


class Stays(Struct, frozen=True, kw_only=True):
    """Why a field stays: the purpose that keeps it and the clauses that allow that."""

    purpose: str
    clauses: tuple[str, ...]


class Effect(Struct, frozen=True, kw_only=True):
    """What taking a consent back does to the data that was collected for it.

    ``gone`` rested on it alone and is erased; ``held`` would be, but a law holds it until a date;
    ``stays`` is kept for another purpose.
    """

    gone: tuple[str, ...] = ()
    held: tuple[StillHeld, ...] = ()
    stays: dict[str, Stays] = {}


class Withdrawn(Struct, frozen=True, kw_only=True):
    """A withdrawal that was made, and what it did."""

    key: str
    at: Moment
    effect: Effect
    entries: tuple[str, ...]

    @property
    def gone(self) -> tuple[str, ...]:
        """The fields that were erased."""
        return self.effect.gone

    @property
    def stays(self) -> dict[str, Stays]:
        """The fields that another purpose keeps, with the reason."""
        return self.effect.stays


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


class Said(Struct, frozen=True, kw_only=True):
    """One word of a subject about a consent, as the ledger remembers it."""

    at: Moment
    state: str
    key: str
    entry: str
    edition: str
    by: str
    expires: Moment | None = None


class Consent:
    """What subjects agree to, one thing at a time."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices

    # --- saying --------------------------------------------------------------------------------

    def give(
        self,
        subject: SubjectId,
        ticks: Iterable[Tick],
        *,
        shown: Shown,
        means: str = "button",
        by: Actor = SUBJECT,
    ) -> Outcome:
        """Take what a subject said to each box: given where ticked, refused where not.

        A consent to a purpose lifts an earlier objection to it. Each consent given is told to the
        subject with its receipt's number. Raises ``BadInput`` for bundled, pre-ticked or unknown
        boxes.
        """
        standing = self._gate.standing(subject)
        known = self._gate.policy().consent_keys()
        said = consents(subject, ticks, shown=shown, means=means, known=known)
        lifted = [
            ObjectionLifted(subject=subject, purpose=act.to)
            for act in said
            if isinstance(act, ConsentGiven) and act.to in standing.objections
        ]
        outcome = self._gate.perform(*lifted, *said, by=by)
        self._tell(subject, [act.to for act in said if isinstance(act, ConsentGiven)])
        return outcome

    def refuse(self, subject: SubjectId, key: str, *, by: Actor = SUBJECT) -> Outcome:
        """Take a subject's no; they are not asked again by themselves (PIPL 16)."""
        return self._gate.perform(ConsentRefused(subject=subject, to=key), by=by)

    def withdraw(self, subject: SubjectId, key: str, *, by: Actor = SUBJECT) -> Withdrawn:
        """Take a consent back, and erase what rested on it alone, in one passage.

        Processing stops before the next use; what was done before stays valid. Raises ``NotFound``
        when no such consent stands.
        """
        at = self._gate.clock.now()
        standing = self._gate.standing(subject)
        if not standing.consents_to(key, at):
            raise NotFound(f"no consent to `{key}` stands", remedy="see the list of your consents")
        effect = self._effect(subject, standing, key, at)
        acts: list[Act] = [*self._receipts(subject, standing, [key], "withdrawn", at)]
        acts.append(ConsentWithdrawn(subject=subject, to=key))
        if effect.gone or effect.held:
            what = ending.Plan(gone=effect.gone, held=effect.held)
            acts += ending.acts(subject, what, ground="consent_withdrawn", placed=standing.holds)
        outcome = self._gate.perform(*acts, by=by)
        return Withdrawn(key=key, at=outcome.at, effect=effect, entries=outcome.entries)

    def would(self, subject: SubjectId, key: str) -> Effect:
        """Say what taking a consent back would do, before anything happens."""
        at = self._gate.clock.now()
        return self._effect(subject, self._gate.standing(subject), key, at)

    def _effect(self, subject: SubjectId, standing: Standing, key: str, at: Moment) -> Effect:
        about = asked(key)
        rested = self._rested(standing, about)
        kept = {field: self._kept_for(subject, standing, field, about) for field in rested}
        stays = {field: why for field, why in kept.items() if why is not None}
        alone = tuple(field for field in rested if field not in stays)
        if not alone:
            return Effect(stays=stays)
        what = ending.plan(standing, alone, self._gate.policy().edition, at)
        return Effect(gone=what.gone, held=what.held, stays=stays)

    @staticmethod
    def _rested(standing: Standing, about: Asked) -> list[str]:
        """List held fields that were collected for the purpose whose consent ends."""
        if about.operation != "use":
            return []
        return [
            field
            for field, held in standing.held.items()
            if about.purpose in held.purposes and about.field in ("", field)
        ]

    def _kept_for(
        self, subject: SubjectId, standing: Standing, field: str, about: Asked
    ) -> Stays | None:
        """Return the other purpose that keeps a field, if one does, with its clauses."""
        others = [name for name in standing.held[field].purposes if name != about.purpose]
        for purpose in others:
            (decision,) = self._gate.ask(Use(subject=subject, fields=(field,), purpose=purpose))
            if decision.allowed:
                return Stays(purpose=purpose, clauses=decision.clauses)
        return None

    # --- telling -------------------------------------------------------------------------------

    def _tell(self, subject: SubjectId, keys: Iterable[str]) -> None:
        standing = self._gate.standing(subject)
        at = self._gate.clock.now()
        told = self._receipts(subject, standing, keys, "given", at)
        if told:
            self._gate.perform(*told, by=SYSTEM)

    def _receipts(
        self,
        subject: SubjectId,
        standing: Standing,
        keys: Iterable[str],
        state: str,
        at: Moment,
    ) -> list[Notify]:
        ways = channels_of(standing)[:1]
        language = language_of(standing)
        edition = self._gate.policy().edition
        return [
            self._notices.notify(
                subject,
                "consent_receipt",
                {
                    "what": in_words(key, edition, language),
                    "state_zh": STATES[state]["zh"],
                    "state_en": STATES[state]["en"],
                    "when": iso(at),
                    "receipt": standing.consents[key].entry,
                },
                channels=ways,
                language=language,
            )
            for key in keys
            if ways
        ]

    # --- knowing -------------------------------------------------------------------------------

    def choices(self, subject: SubjectId) -> list[Choice]:
        """List everything a subject can consent to, in words, with what they said last."""
        at = self._gate.clock.now()
        standing = self._gate.standing(subject)
        policy = self._gate.policy()
        offers = {offer.key: offer for offer in policy.offers(standing.regimes)}
        return [
            _choice(
                key,
                policy.describe(key),
                standing.consents.get(key),
                at,
                sensitive=key in offers and offers[key].sensitive,
                clauses=offers[key].clauses if key in offers else (),
            )
            for key in dict.fromkeys((*offers, *standing.consents))
        ]

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
        """List every word of a subject about consents, oldest first (policy 9.3)."""
        return [
            Said(
                at=entry.at,
                state=entry.kind.removeprefix("consent."),
                key=str(entry.what.get("to", "")),
                entry=entry.id,
                edition=entry.edition,
                by=entry.by,
                expires=_moment(entry.what.get("expires")),
            )
            for entry in self._gate.trail(subject)
            if entry.kind.startswith("consent.")
        ]

    def receipt(self, subject: SubjectId, key: str, entry: str = "") -> ConsentReceipt:
        """Return the receipt of a consent as it stands, or of one word said about it before.

        A word of before is told under the edition it was said under. Raises ``NotFound``.
        """
        standing, at = self._gate.standing(subject), self._gate.clock.now()
        kept, edition = standing.consents.get(key), self._gate.policy().edition
        if entry:
            said = {one.entry: one for one in self.history(subject) if one.key == key}.get(entry)
            kept = None if said is None else _kept(said)
            if said is not None:
                edition, at = self._gate.policy(said.at).edition, said.at
        if kept is None:
            raise NotFound(f"nothing was said about `{key}`")
        return consent_receipt(
            key,
            kept,
            who=standing.pseudonym,
            regimes=standing.regimes,
            region=subject.region,
            language=language_of(standing),
            edition=edition,
            at=at,
        )


def _moment(told: object) -> Moment | None:
    return Moment(told) if isinstance(told, int) else None


def _kept(said: Said) -> Kept:
    """Return a word as it stood when it was said."""
    state = cast(Literal["given", "refused", "withdrawn"], said.state)
    return Kept(state, said.at, said.expires, said.entry)


def _choice(
    key: str,
    words: dict[str, str],
    kept: Kept | None,
    at: Moment,
    *,
    sensitive: bool,
    clauses: tuple[str, ...],
) -> Choice:
    return Choice(
        key=key,
        words=words,
        state="unknown" if kept is None else state_of(kept, at),
        since=None if kept is None else kept.at,
        expires=None if kept is None else kept.expires,
        sensitive=sensitive,
        clauses=clauses,
    )
