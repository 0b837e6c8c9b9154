"""The minors desk: what waits for people, looked at, decided, and nothing kept of it (8.3, 8.4).

Staff see what a guardian sent only for this purpose and under a ticket; with the decision it is
erased. Whoever was taken for a child wrongly is let back in by two members of staff, one after the
other.
"""

from typing import Final

from troth.chapters.minors.consenting import PAPER, Consenting, decided
from troth.chapters.minors.finding import PROOF, Finding
from troth.chapters.minors.ground import PURPOSE, Ground, demand_desk
from troth.chapters.minors.requests import Requests
from troth.documents.guardian.prospect import method_of
from troth.documents.guardian.speakers import Speaker
from troth.model.acts import Actor, Show
from troth.model.clock import Moment
from troth.model.errors import BadInput, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

SHOWN: Final = ("guardian.name", "guardian.relation", "guardian.email", "guardian.phone", PAPER)


class Desk:
    """What staff and services decide about guardians and ages."""

    def __init__(
        self, ground: Ground, consenting: Consenting, requests: Requests, finding: Finding
    ) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._consenting = consenting
        self._requests = requests
        self._finding = finding

    def waiting(self, *, by: Actor) -> list[Speaker]:
        """List what waits for the desk, longest first. Raises ``Refused`` for other staff."""
        demand_desk(self._gate, by)
        now = self._gate.clock.now()
        speakers = self._ground.speakers
        found = [one for one in speakers.since("checking", now) if self._ours(one, now)]
        found += [one for one in speakers.since("again", now) if one.kind == "appeal"]
        found += [one for one in speakers.since("verified", now) if one.kind == "request"]
        return sorted(found, key=lambda one: (one.changed, one.guardian))

    def _ours(self, one: Speaker, at: Moment) -> bool:
        method = method_of(one.method, at)
        return one.kind != "consent" or (method is not None and method.by == "staff")

    def look(self, guardian: SubjectId, *, by: Actor, ticket: str) -> dict[str, Secret]:
        """Show what somebody sent, to staff who have to decide; recorded before it is shown."""
        demand_desk(self._gate, by)
        one = self._ground.speakers.one(guardian)
        held = self._gate.standing(guardian).held
        appeal = one.kind == "appeal"
        wanted = (PROOF,) if appeal else (*SHOWN, "guardian.request")
        fields = tuple(field for field in wanted if field in held)
        purpose = "rights" if appeal else PURPOSE
        act = Show(subject=guardian, fields=fields, purpose=purpose, ticket=ticket)
        return self._gate.perform(act, by=by).values

    def decide(self, guardian: SubjectId, *, is_so: bool, ticket: str, by: Actor) -> None:
        """Say whether somebody is the guardian they say they are; what they sent is erased.

        Raises ``BadInput`` where nothing waits for the desk, ``Refused`` for other staff.
        """
        demand_desk(self._gate, by)
        one = self._ground.speakers.one(guardian)
        if one.state != "checking" or not self._ours(one, self._gate.clock.now()):
            raise decided()
        if one.kind == "consent":
            step = self._consenting.verified if is_so else self._consenting.failed
            step(one, by=by, reference=ticket)
        elif one.kind == "request":
            self._requests.decide(one, is_so=is_so, ticket=ticket, by=by)
        else:
            raise BadInput("an appeal is proposed and confirmed", clause="8.2", field="guardian")

    def report(self, guardian: SubjectId, *, is_so: bool, reference: str, by: Actor) -> None:
        """Take the word of a service: a payment of which the bank tells, or answered questions.

        ``reference`` is the transaction's or the questionnaire's number. Raises ``BadInput`` where
        no service was asked, ``Refused`` for who is none.
        """
        one = self._ground.speakers.one(guardian)
        method = method_of(one.method, self._gate.clock.now())
        if by.kind != "service":
            raise Refused("this is a service's to say", clause="8.3")
        if one.state != "checking" or method is None or method.by != "service" or not reference:
            raise decided()
        step = self._consenting.verified if is_so else self._consenting.failed
        step(one, by=by, reference=reference)

    # --- appeals -------------------------------------------------------------------------------

    def propose(self, subject: SubjectId, *, is_adult: bool, ticket: str, by: Actor) -> None:
        """Say first what an appeal's proof shows; a colleague confirms it or sends it back."""
        demand_desk(self._gate, by)
        self._finding.propose(
            self._ground.speakers.one(subject), is_adult=is_adult, ticket=ticket, by=by
        )

    def confirm(self, subject: SubjectId, *, agrees: bool, ticket: str, by: Actor) -> None:
        """Confirm what a colleague proposed, or send it back; recorded with both.

        Raises ``BadInput`` for whoever proposed it.
        """
        demand_desk(self._gate, by)
        self._finding.confirm(
            self._ground.speakers.one(subject), agrees=agrees, ticket=ticket, by=by
        )
