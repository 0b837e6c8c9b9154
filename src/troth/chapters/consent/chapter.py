"""What subjects agree to, one thing at a time: given, refused, taken back (2.2.6, 2.3, 9.3).

Withdrawing is one step, as giving is. In the same passage the values that rested on that consent
alone are erased, what waits on it is not sent, and whoever received data on it is told; what
another basis keeps is named with its clause (walk 3).
"""

from collections.abc import Iterable

from msgspec import Struct

from troth.chapters.consent.asking import Asking
from troth.chapters.consent.effects import Effect, Effects
from troth.chapters.consent.importing import Importing
from troth.chapters.consent.papers import Papers, Seed
from troth.chapters.consent.saying import Saying, Withdrawn
from troth.documents.agreement import Shown, Tick, asked
from troth.documents.consents.record import ConsentReceipt, opened_by
from troth.documents.consents.renewals import Renewals
from troth.documents.consents.states import Said, state_of
from troth.documents.imports.register import Imports
from troth.documents.notice import Notices
from troth.gate import Gate, Outcome, alone
from troth.model.acts import SUBJECT, Actor
from troth.model.clock import Moment
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

    ``saying`` takes a word step by step, ``asking`` asks and asks to renew, ``papers`` signs
    receipts, ``importing`` takes in what was said elsewhere.
    """

    def __init__(
        self, gate: Gate, notices: Notices, renewals: Renewals, imports: Imports, seed: Seed
    ) -> None:
        self._gate = gate
        self._effects = Effects(gate)
        self.saying = Saying(gate, notices, self._effects)
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
        return alone(
            self._gate,
            self.saying.give(subject, ticks, shown=shown, means=means, by=by, once=once),
        )

    def refuse(
        self, subject: SubjectId, key: str, *, by: Actor = SUBJECT, once: str = ""
    ) -> Outcome:
        """Take a subject's no; they are not asked again by themselves (PIPL 16).

        Where they had agreed, it is taken back.
        """
        return alone(self._gate, self.saying.refuse(subject, key, by=by, once=once))

    def withdraw(
        self, subject: SubjectId, key: str, *, by: Actor = SUBJECT, once: str = ""
    ) -> Withdrawn:
        """Take a consent back, and erase what rested on it alone, in one passage.

        Processing stops before the next use; what was done before stays valid. By anybody but the
        subject or a guardian, it is revoked. Raises ``NotFound`` when no such consent stands.
        """
        return alone(self._gate, self.saying.withdraw(subject, key, by=by, once=once))

    def invalidate(self, subject: SubjectId, key: str, *, by: Actor) -> Withdrawn:
        """Find that a consent was never good, and undo it as a withdrawal does (GDPR 7).

        Staff find so: the text was wrong, or somebody else ticked. Raises ``NotFound``,
        ``BadInput`` for the subject's own word.
        """
        return alone(self._gate, self.saying.invalidate(subject, key, by=by))

    def would(self, subject: SubjectId, key: str) -> Effect:
        """Say what taking a consent back would do, before anything happens."""
        at = self._gate.clock.now()
        return self._effects.of(subject, self._gate.standing(subject), key, at)

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
