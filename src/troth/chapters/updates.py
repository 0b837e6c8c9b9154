"""Updates: an edition published, told before it binds, accepted by going on (policy 10.2, 11.5).

A material change waits: it is published to take effect later, announced at once, and told to each
subject (walk 6). Going on to use the service accepts terms; what is new asks for consent by itself.
"""

from collections.abc import Iterable

from msgspec import Struct

from troth.documents.agreement import Shown, accept
from troth.documents.amendment import Amendment, amend, compared
from troth.documents.notice import Notices, language_of
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, SYSTEM, Actor
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, NotFound, Refused
from troth.model.terms import SubjectId

CHANGE = "policy_change"


class Edition(Struct, frozen=True, kw_only=True):
    """One published edition; ``in_force`` at the moment it was asked for."""

    hash: str
    edition: str
    effective: Moment
    published: Moment
    in_force: bool


class Published(Struct, frozen=True, kw_only=True):
    """What a publication did: the edition, whether it was material, and how many were told."""

    edition: str
    material: bool
    told: int
    unreached: tuple[SubjectId, ...]


class Since(Struct, frozen=True, kw_only=True):
    """What changed since a subject agreed, in words by language."""

    accepted: str
    now: str
    material: bool
    changes: tuple[dict[str, str], ...]
    clauses: tuple[str, ...]


class Updates:
    """The editions of the policy."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices

    def propose(self, source: str, name: str = "policy.yaml") -> Amendment:
        """Say what a new edition would change; nothing is done. Raises ``PolicyBroken``."""
        return amend(source, self._gate.policy().edition, name)

    def publish(
        self,
        source: str,
        *,
        reference: str = "/policy",
        subjects: Iterable[SubjectId] = (),
        name: str = "policy.yaml",
        by: Actor = SYSTEM,
    ) -> Published:
        """Publish an edition, announce it where it stands (``reference``), tell each subject.

        Raises ``PolicyBroken`` for a document that does not compile, and for a material change
        that would bind in less than seven days; nothing is published then.
        """
        amendment = self.propose(source, name)
        amendment.demand_lead(self._gate.clock.now())
        announced = self._notices.announce(CHANGE, reference=reference)
        self._gate.perform(amendment.publish(), announced, by=by)
        told, unreached = 0, list[SubjectId]()
        for subject in subjects:
            if self._tell(subject, amendment):
                told += 1
            else:
                unreached.append(subject)
        return Published(
            edition=amendment.hash,
            material=amendment.material,
            told=told,
            unreached=tuple(unreached),
        )

    def _tell(self, subject: SubjectId, amendment: Amendment) -> bool:
        try:
            standing = self._gate.standing(subject)
            told = self._notices.tell(subject, standing, CHANGE, amendment.letter())
            if told:
                self._gate.perform(*told, by=SYSTEM)
        except (NotFound, Erased, Refused):
            return False
        return bool(told)

    def go_on(self, subject: SubjectId, *, by: Actor = SUBJECT) -> Outcome:
        """Record that a subject goes on using the service under the edition in force.

        It accepts the terms and gives no consent (preamble, 10.2). Raises ``BadInput`` when they
        accepted this edition before.
        """
        standing = self._gate.standing(subject)
        digest = self._gate.policy().hash
        if standing.accepted and standing.accepted[-1].edition == digest:
            raise BadInput("this edition was accepted before", clause="10.2")
        shown = Shown(edition=digest, language=language_of(standing), surface="notice")
        act = accept(subject, shown, means="continued_use", confirmed=True)
        return self._gate.perform(act, by=by)

    def editions(self) -> list[Edition]:
        """List every published edition, oldest first."""
        now = self._gate.policy().hash
        return [
            Edition(
                hash=slot.hash,
                edition=slot.edition,
                effective=slot.effective,
                published=slot.published,
                in_force=slot.hash == now,
            )
            for slot in self._gate.editions()
        ]

    def since(self, subject: SubjectId) -> Since:
        """Say what changed since a subject last agreed. Raises ``NotFound`` if they never did."""
        accepted = self._gate.standing(subject).accepted
        if not accepted:
            raise NotFound("no edition was accepted")
        last = accepted[-1]
        old, new = self._gate.policy(last.at).edition, self._gate.policy().edition
        found = compared(old, new)
        return Since(
            accepted=old.policy.edition,
            now=new.policy.edition,
            material=found.material,
            changes=tuple(change.how for change in (*found.widened, *found.narrowed)),
            clauses=tuple(dict.fromkeys(text.clause for text in found.texts)),
        )
