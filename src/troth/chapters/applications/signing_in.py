"""Everything about applications as one attribute: entered, asked about, told, ended (4.1)."""

from collections.abc import Collection

from troth.chapters.applications.asking import Asking, Connected, Give, Question, Withdraw
from troth.chapters.applications.ending import Carry, Ending, Stands
from troth.chapters.applications.judging import Judging
from troth.chapters.applications.telling import Claims, Telling, Told
from troth.documents.agreement import Shown
from troth.documents.applications import Papers
from troth.documents.applications.grants import Proved
from troth.documents.applications.passes import Bound
from troth.documents.applications.register import Application, Said
from troth.documents.contract import Contracts
from troth.gate import Gate
from troth.model.acts import SUBJECT, SYSTEM, Actor, Event
from troth.model.secret import Secret
from troth.model.terms import SubjectId


class Applications:
    """Applications that people sign in to with their account, from being entered to being ended.

    ``give`` and ``withdraw`` are the consent chapter's; ``stands`` tells whether a session stands;
    ``carry`` takes a signed word to an application's back channel.
    """

    def __init__(
        self,
        gate: Gate,
        contracts: Contracts,
        papers: Papers,
        *,
        give: Give,
        withdraw: Withdraw,
        stands: Stands,
        carry: Carry,
    ) -> None:
        self._gate = gate
        self._papers = papers
        self.keys = papers.keys
        self._judging = Judging(gate, contracts)
        self.ending = Ending(gate, papers, self._judging, stands=stands, carry=carry)
        self._asking = Asking(
            gate, papers, self._judging, self.ending, give=give, withdraw=withdraw
        )
        self._telling = Telling(gate, papers, self._judging, self.ending)

    # --- the register --------------------------------------------------------------------------

    def add(self, said: Said, *, by: Actor = SYSTEM) -> tuple[Application, Secret | None]:
        """Enter an application; return it with its secret, shown this once (none: it keeps none).

        Raises ``UnknownTerm`` for a recipient that the policy does not let be given anything for
        that purpose, ``BadInput`` as ``Register.add``.
        """
        self._judging.demand_declared(said.recipient, said.purpose)
        made, secret = self._papers.register.add(said, at=self._gate.clock.now())
        self._note("application.entered", made, by)
        return made, secret

    def end(self, name: str, *, by: Actor = SYSTEM) -> None:
        """End an application for good: nothing is told to it from now on. Raises ``NotFound``."""
        ended = self._papers.register.one(name)
        self._papers.register.end(name, at=self._gate.clock.now())
        self._note("application.ended", ended, by)

    def renew(self, name: str, *, by: Actor = SYSTEM) -> Secret:
        """Give an application a new secret; the old one is worth nothing. Raises ``NotFound``."""
        secret = self._papers.register.renew(name)
        self._note("application.renewed", self._papers.register.one(name), by)
        return secret

    def all(self) -> list[Application]:
        """List every application, ended ones included."""
        return self._papers.register.all()

    def one(self, name: str) -> Application:
        """Return a living application. Raises ``NotFound``."""
        return self._papers.register.one(name)

    def proved(self, name: str, secret: Secret | None) -> Application:
        """Return the application that a program proves to be. Raises ``NotProved``."""
        return self._papers.register.proved(name, secret)

    def _note(self, name: str, application: Application, by: Actor) -> None:
        detail = {"application": application.id, "recipient": application.recipient}
        self._gate.perform(Event(subject=None, name=name, detail=detail), by=by)

    # --- people --------------------------------------------------------------------------------

    def question(
        self,
        subject: SubjectId,
        application: Application,
        scopes: Collection[str],
        *,
        again: bool = False,
    ) -> Question:
        """Say what somebody has to be asked; see ``Asking.question``."""
        return self._asking.question(subject, application, scopes, again=again)

    def agree(
        self,
        subject: SubjectId,
        question: Question,
        *,
        ticked: Collection[str],
        keys: Collection[str],
        shown: Shown,
        by: Actor = SUBJECT,
    ) -> None:
        """Take somebody's yes; see ``Asking.agree``."""
        self._asking.agree(subject, question, ticked=ticked, keys=keys, shown=shown, by=by)

    def decline(self, subject: SubjectId, application: Application, *, by: Actor = SUBJECT) -> None:
        """Take somebody's no."""
        self._asking.decline(subject, application, by=by)

    def mine(self, subject: SubjectId) -> list[Connected]:
        """List the applications that somebody has let learn something."""
        return self._asking.mine(subject)

    def revoke(self, subject: SubjectId, name: str, *, by: Actor = SUBJECT) -> None:
        """Disconnect an application at somebody's word; see ``Asking.revoke``."""
        self._asking.revoke(subject, name, by=by)

    def name_of(self, subject: SubjectId, application: Application) -> str:
        """Return the name that an application, and no other, has for somebody."""
        return self._papers.names.pairwise(application.sector, subject)

    # --- passes --------------------------------------------------------------------------------

    def issue(
        self,
        subject: SubjectId,
        application: Application,
        scopes: Collection[str],
        bound: Bound,
        proved: Proved,
    ) -> Secret:
        """Return a code; see ``Telling.issue``."""
        return self._telling.issue(subject, application, scopes, bound, proved)

    def exchange(
        self, application: Application, code: Secret, *, redirect: str, verifier: str
    ) -> Told:
        """Exchange a code; see ``Telling.exchange``."""
        return self._telling.exchange(application, code, redirect=redirect, verifier=verifier)

    def refresh(
        self, application: Application, token: Secret, scopes: Collection[str] = ()
    ) -> Told:
        """Exchange a refresh token; see ``Telling.refresh``."""
        return self._telling.refresh(application, token, scopes)

    def claims(self, access: Secret) -> Claims:
        """Tell what an access token opens; see ``Telling.claims``."""
        return self._telling.claims(access)

    def give_up(self, application: Application, token: Secret) -> None:
        """End a token that its application gives back."""
        self._telling.give_up(application, token)

    # --- what the clock brings -----------------------------------------------------------------

    def tick(self) -> int:
        """End what has no ground any more, forget what is over; return how many sign-ins ended."""
        self._papers.purge(self._gate.clock.now())
        return self.ending.sweep()
