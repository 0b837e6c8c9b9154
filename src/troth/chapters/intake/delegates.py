"""Agents: what they ask in somebody's name by the Data Rights Protocol (policy 9.6, 9.7, 11.3b).

A signature says which agent asks, and nothing of whether somebody told it to. So its request is
opened as any stranger's is: until the person themselves has proved it, nothing is released.
"""

from typing import Final

from troth.chapters.intake.ground import LIVE, Ground, Opened, kind_of, residence_of
from troth.documents.intake import drp
from troth.documents.intake.agents import Agent, demand_origin
from troth.documents.intake.drp import Exercise, Told
from troth.documents.intake.register import Came, Sealing
from troth.documents.requests.claims import Agent as Named
from troth.documents.requests.claims import Claim
from troth.model.acts import Actor
from troth.model.errors import BadInput, KeyReused, NotFound, NotProved, Refused, TrothError
from troth.model.secret import Secret

WAY: Final = "agent"
LONGEST_REFERENCE: Final = 128


class Delegates:
    """Takes what agents sign, and tells them how far it is."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @property
    def business(self) -> str:
        """Our id among businesses. Raises ``NotFound`` where no agents are taken."""
        if not self._ground.terms.business:
            raise NotFound("no agents are taken here", remedy="set `business` under [intake]")
        return self._ground.terms.business

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be asked, in the protocol's words."""
        return drp.SUPPORTED

    @property
    def verifications(self) -> tuple[str, ...]:
        """What of a person's identity is compared."""
        return drp.VERIFIES

    # --- who calls -----------------------------------------------------------------------------

    def pair(self, agent: str, message: bytes) -> Secret:
        """Give an agent a token for what it signed. Raises ``NotProved``, whatever is wrong."""
        business, at = self.business, self._ground.gate.clock.now()
        try:
            found = self._ground.agents.one(agent)
            drp.pairing(found, message, business=business, at=at)
        except (NotFound, BadInput):
            raise NotProved("this agent is not known, or did not sign this") from None
        token = self._ground.agents.pair(found, at)
        self._ground.note("agent.paired", _actor(found), agent=found.id)
        return token

    def known(self, token: str) -> Agent:
        """Return which agent a token is of. Raises ``NotProved``."""
        return self._ground.agents.known(token)

    # --- requests ------------------------------------------------------------------------------

    def exercise(self, agent: Agent, message: bytes) -> Told:
        """Take a request that an agent signed; say how far it is.

        The same ``agent-request-id`` leads to the same request. Raises ``NotProved`` for another's
        signature or a message that is over, ``Refused`` for one that was used, ``BadInput``.
        """
        ground, at = self._ground, self._ground.gate.clock.now()
        told = drp.exercise(agent, message, business=self.business, at=at)
        if told.status_callback:
            demand_origin(told.status_callback, agent.origins)
        if len(told.agent_request_id) > LONGEST_REFERENCE:
            raise BadInput("an id is at most 128 characters", field="agent-request-id")
        used = ground.register.digest("drp", agent.id, message.decode("ascii", "replace").strip())
        if ground.register.claim(used, at) is not None:
            raise Refused(
                "this message was used before",
                clause="9.7",
                remedy="sign anew; the same agent-request-id leads to the same request",
            )
        try:
            came = self._known(agent, told) or self._open(agent, told, used)
        except TrothError:
            ground.register.let_go(used)
            raise
        ground.register.settle(used, came.number)
        return self._told(came)

    def _known(self, agent: Agent, told: Exercise) -> Came | None:
        if not told.agent_request_id:
            return None
        found = self._ground.register.by_reference(self._reference(agent, told))
        if found is not None and found.sealing.kind != told.exercise:
            raise KeyReused("this agent-request-id is another request's", field="agent-request-id")
        return found

    def _open(self, agent: Agent, told: Exercise, used: bytes) -> Came:
        named = self._reference(agent, told) if told.agent_request_id else b""
        opened = self._ask(agent, told, named or used)
        self._ground.enter(
            opened,
            WAY,
            party=agent.id,
            reference=named,
            sealing=Sealing(
                callbacks=(told.status_callback,) if told.status_callback else (),
                reference=told.agent_request_id,
                kind=told.exercise,
            ),
        )
        return self._ground.came(opened.number, agent.id)

    def _ask(self, agent: Agent, told: Exercise, reference: bytes) -> Opened:
        claimed = told.claimed()
        # The person is asked, at their own address: never the agent in their stead.
        reply = {"email": claimed["contact.email"]} if "contact.email" in claimed else {}
        return self._ground.ways.open(
            kind_of(drp.ACTIONS[told.exercise]),
            Claim(
                values=claimed,
                reply=reply,
                agent=Named(
                    id=agent.id,
                    name=Secret(agent.name),
                    email=Secret(""),
                    authority=Secret(told.power_of_attorney[:500]),
                ),
            ),
            channel=WAY,
            text=Secret(told.words()),
            language="en",
            residence=residence_of(self._ground.gate, drp.RESIDENCES.get(told.regime, "")),
            received=None,
            once=self._ground.once(reference),
            by=_actor(agent),
        )

    def _reference(self, agent: Agent, told: Exercise) -> bytes:
        return self._ground.register.digest("drp id", agent.id, told.agent_request_id)

    def status(self, agent: Agent, number: str) -> Told:
        """Say how far an agent's request is. Raises ``Refused`` for what is not its own."""
        return self._told(self._own(agent, number))

    def revoke(self, agent: Agent, number: str, message: bytes) -> Told:
        """Take a request back, at its agent's signed word; taken back before, it stays so.

        Raises ``NotProved``, ``Refused`` for what is not its own or has ended otherwise.
        """
        drp.revoking(agent, message)
        came = self._own(agent, number)
        state = self._ground.ways.status(number).state
        if state in LIVE:
            self._ground.ways.revoke(self._ground.ways.find(number), number, _actor(agent))
        elif state != "revoked":
            raise Refused("this request has ended", clause="9.7", remedy="ask how it ended")
        return self._told(came)

    def _own(self, agent: Agent, number: str) -> Came:
        try:
            return self._ground.came(number, agent.id)
        except NotFound:
            raise Refused("this request is not yours", clause="9.7") from None

    def _told(self, came: Came) -> Told:
        return told_of(self._ground, came)


def told_of(ground: Ground, came: Came) -> Told:
    """Say how far a request is, in the protocol's words."""
    known = ground.ways.status(came.number)
    return drp.status_of(
        number=came.number,
        state=known.state,
        reason=known.reason,
        received=known.received,
        due=known.due,
        reference=came.sealing.reference,
    )


def _actor(agent: Agent) -> Actor:
    return Actor(kind="service", id=agent.id)
