"""What there is to know of requests: by their subject, by staff, by number alone (9.1, 9.7)."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from troth.chapters.rights import timeline
from troth.chapters.rights.ground import Ground
from troth.chapters.rights.timeline import Request
from troth.chapters.rights.working import Working
from troth.documents.requests import answer, fees
from troth.documents.requests.answer import Authority
from troth.documents.requests.grounds import protocol
from troth.documents.requests.register import Matter
from troth.documents.requests.times import Term
from troth.model.acts import Actor
from troth.model.clock import DAY, Moment
from troth.model.errors import NotFound
from troth.model.terms import SubjectId

MOST: Final = 1000


class Status(Struct, frozen=True, kw_only=True):
    """How far a request is, in the words of the Data Rights Protocol 1.0.

    ``reason`` is what one in progress waits for, or why one was denied.
    """

    number: str
    state: str
    reason: str
    received: Moment
    due: Moment


class Around(Struct, frozen=True, kw_only=True):
    """What staff have to know to work on a request, besides what was asked.

    ``level`` is how sure one must be of who asks, ``terms`` every rule's day, ``grounds`` those on
    which the law lets it be refused, ``chargeable`` whether it may cost something, ``two`` whether
    it takes two to hand over, ``cools`` until when it waits for an objection.
    """

    matter: Matter
    proved: bool
    level: int
    terms: tuple[Term, ...]
    grounds: tuple[str, ...]
    chargeable: bool
    two: bool
    cools: Moment | None
    longer: bool


class Knowing:
    """Says how far requests are."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._working = Working(ground)

    def requests(self, subject: SubjectId) -> list[Request]:
        """List what a subject asked for, newest first, and how far each is."""
        found = {one.number: one for one in timeline.requests(self._gate.trail(subject))}
        return [self._linked(one, found) for one in found.values()]

    def _linked(self, one: Request, found: Mapping[str, Request]) -> Request:
        """Let a request that was linked to an earlier one tell how far that is."""
        if one.code != timeline.LINKED:
            return one
        before = found.get(self._ground.register.first(one.number).number)
        return one if before is None else timeline.same(one, before)

    def one(self, subject: SubjectId, number: str) -> Request:
        """Return one request of a subject. Raises ``NotFound``."""
        found = [each for each in self.requests(subject) if each.number == number]
        if not found:
            raise NotFound(f"no request has the number `{number}`")
        return found[0]

    def find(self, number: str) -> SubjectId:
        """Say whose file a request lies in now. Raises ``NotFound``."""
        return self._ground.register.find(number).subject

    def status(self, number: str) -> Status:
        """Say how far a request is by its number alone, even after its file has gone."""
        matter, told = self._ground.register.any(number), self._ground.register.first(number)
        reason = protocol(told.said.code) if told.said.code else told.said.reason
        return Status(
            number=number,
            state=told.state,
            reason=reason,
            received=matter.received,
            due=told.due,
        )

    def matters(self, subject: SubjectId) -> list[Matter]:
        """List a subject's requests as the register has them, newest first."""
        return self._ground.register.of(subject)

    def around(self, subject: SubjectId, number: str, *, by: Actor) -> Around:
        """Return what staff have to know to work on a request. Raises ``Refused``, ``NotFound``."""
        self._ground.demand_desk(by, subject)
        standing = self._gate.standing(subject)
        known = self._ground.register.maybe(subject, number)
        matter = known or self._ground.adopt(subject, number, standing)
        before = fees.earlier(standing.owed.values(), matter.kind, matter.received)
        return Around(
            matter=matter,
            proved=self._ground.proved(standing, number),
            level=self._ground.needed(matter.kind, standing),
            terms=self._ground.terms(matter, standing.regimes),
            grounds=tuple(sorted(answer.lawful(standing.regimes))),
            chargeable=fees.may_charge(standing.regimes, matter.kind, before),
            two=self._working.takes_two(matter, standing),
            cools=self._working.cools_until(matter),
            longer=matter.said.extended is None and answer.extensible(standing.regimes),
        )

    def queue(self, *, by: Actor, limit: int = MOST) -> list[Matter]:
        """List what waits for people, soonest due first, where they work. Raises ``Refused``."""
        self._ground.demand_role(by)
        self._ground.reconcile()
        return [
            one
            for one in self._ground.register.waiting(limit)
            if by.region in (None, one.subject.region) and not one.said.elsewhere
        ]

    def decided(self, since: Moment, *, by: Actor) -> list[Matter]:
        """List what was decided since a moment, newest first. Raises ``Refused``."""
        self._ground.demand_role(by)
        return [
            one
            for one in self._ground.register.since(since)
            if not one.live and by.region in (None, one.subject.region)
        ]

    def counts(self, *, by: Actor) -> dict[tuple[str, str], int]:
        """Count requests by kind and state. Raises ``Refused``."""
        self._ground.demand_role(by)
        return self._ground.register.counts()

    def authorities(self, subject: SubjectId) -> tuple[Authority, ...]:
        """Return where a subject can complain under the laws that protect them (policy 10.4)."""
        return answer.authorities(self._gate.standing(subject).regimes)

    def overdue(self, subject: SubjectId, *, within_days: float = 0) -> list[str]:
        """List what is owed to a subject and due, or about to be, soonest first."""
        last = self._gate.clock.now() + within_days * DAY
        found = [
            (owed.by, name)
            for name, owed in self._gate.owed(subject).items()
            if owed.state == "open" and owed.by <= last
        ]
        return [name for _, name in sorted(found)]
