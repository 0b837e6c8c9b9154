"""Intake, all of it: what comes from outside and ends at the desk (9.1b, 9.2, 11.2, 11.3)."""

from collections.abc import Iterable
from pathlib import Path

from troth.chapters.intake.batch import Batch, Tally
from troth.chapters.intake.controllers import Controllers
from troth.chapters.intake.delegates import Delegates
from troth.chapters.intake.empowered import Empowered
from troth.chapters.intake.forms import Forms, Sent
from troth.chapters.intake.ground import Ground, Opened
from troth.chapters.intake.letters import Letters, Received
from troth.chapters.intake.mails import Mails, Taken
from troth.chapters.intake.telling import Telling
from troth.documents.intake import seals
from troth.documents.intake.agents import Agent
from troth.documents.intake.register import Came
from troth.model.acts import SYSTEM, Actor


class Intake:
    """Takes what came by mail, letter, telephone, from agents and other controllers.

    ``delegates`` speaks the Data Rights Protocol, ``controllers`` OpenDSR; ``powers`` are powers of
    attorney.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._mails = Mails(ground)
        self._letters = Letters(ground)
        self._forms = Forms(ground)
        self._batch = Batch(ground)
        self._telling = Telling(ground)
        self.delegates = Delegates(ground)
        self.controllers = Controllers(ground)
        self.powers = Empowered(ground)

    # --- what comes ----------------------------------------------------------------------------

    def take_mail(self, raw: bytes, *, envelope: str | None = None) -> Taken:
        """Take a mail as it came; see ``Mails.take``."""
        return self._mails.take(raw, envelope=envelope)

    def enter(self, told: Received, *, by: Actor) -> str:
        """Enter a letter or a call; return its request's number; see ``Letters.enter``."""
        return self._letters.enter(told, by=by)

    sent = staticmethod(Sent)

    def take_form(self, sent: Sent, *, network: str) -> Opened:
        """Take a form of somebody who is not signed in; see ``Forms.take``."""
        return self._forms.take(sent, network=network)

    def take_list(self, path: Path, *, dry_run: bool = False) -> Tally:
        """Bring in a list of requests; see ``Batch.take``."""
        return self._batch.take(path, dry_run=dry_run)

    def came(self, number: str) -> Came | None:
        """Say how a request came, if it came from outside."""
        return self._ground.register.find(number)

    def mark(self, number: str) -> str:
        """Return the mark that brings a reply to a request; empty where no mail is taken."""
        return self._ground.threads.mark(number) if self._ground.terms.address else ""

    # --- who may ask for others ----------------------------------------------------------------

    def add_agent(self, agent: str, name: str, key: str, origins: Iterable[str] = ()) -> Agent:
        """Enter an agent with its public key; raises ``BadInput``, ``Taken``."""
        made = self._ground.agents.add(agent, name, key, origins, self._ground.gate.clock.now())
        self._ground.note("agent.entered", SYSTEM, agent=made.id, key=made.verify_key.hex())
        return made

    def agents(self) -> list[Agent]:
        """List every agent, oldest first."""
        return self._ground.agents.all()

    def end_agent(self, agent: str) -> None:
        """End an agent: nothing is taken from it any more. Raises ``NotFound``."""
        self._ground.agents.end(agent, self._ground.gate.clock.now())
        self._ground.note("agent.ended", SYSTEM, agent=agent)

    @property
    def voice(self) -> str:
        """The public key that signs what agents are told, base64."""
        return self._ground.voice.public

    def trial(self, domain: str) -> tuple[bytes, bytes]:
        """Make a certificate and its key for trials, both PEM."""
        return seals.trial(domain, self._ground.gate.clock.now())

    # --- the clock -----------------------------------------------------------------------------

    def tick(self) -> int:
        """Tell of states that changed; end powers whose day has come, and records that are old.

        Return how much was done.
        """
        at = self._ground.gate.clock.now()
        done = self._telling.tick() + self._ground.powers.lapse(at)
        return done + self._ground.register.purge(at)
