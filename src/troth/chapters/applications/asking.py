"""What a person is asked before an application learns anything, and what they say (4.1.1, 9.3).

One page for one application: who it is, what it wants to know, why, for how long, and how to take
it back. The identifier is what signing in means; every other scope has a box of its own that nobody
ticked before. The consents that the gate misses are given with it, each with a receipt; what was
declined is not asked for again by itself (PIPL 16).
"""

from collections.abc import Callable, Collection
from typing import Any

from msgspec import Struct

from troth.chapters.applications.ending import Ending
from troth.chapters.applications.judging import Judging
from troth.documents.agreement import Shown, Tick
from troth.documents.applications import Papers
from troth.documents.applications.grants import Grant, SignIn
from troth.documents.applications.register import Application
from troth.documents.applications.scopes import OPENID, fields_of, known
from troth.gate import Gate
from troth.model.acts import Actor, Event
from troth.model.errors import BadInput, NotFound
from troth.model.terms import Fields, SubjectId

Give = Callable[..., Any]
"""The consent chapter's ``give``."""
Withdraw = Callable[..., Any]
"""The consent chapter's ``withdraw``."""


class Question(Struct, frozen=True, kw_only=True):
    """What a person has to be asked before they are signed in to an application.

    ``granted`` is what they said yes to before, of what is asked for now; ``boxes`` are the scopes
    that wait for their word, ``keys`` the consents that are missing. ``settled``: nothing is to be
    asked.
    """

    application: Application
    granted: tuple[str, ...]
    boxes: tuple[str, ...]
    keys: tuple[str, ...]
    settled: bool


class Connected(Struct, frozen=True, kw_only=True):
    """One application as its person sees it: what it may learn, and where they are signed in.

    ``open``: it would be told at this moment; not so while an agreement has lapsed, or data is
    restricted.
    """

    application: Application
    grant: Grant
    fields: Fields
    sign_ins: tuple[SignIn, ...]
    open: bool


class Asking:
    """Asks people, keeps what they say, and takes it back."""

    def __init__(
        self,
        gate: Gate,
        papers: Papers,
        judging: Judging,
        ending: Ending,
        *,
        give: Give,
        withdraw: Withdraw,
    ) -> None:
        self._gate = gate
        self._papers = papers
        self._judging = judging
        self._ending = ending
        self._give = give
        self._withdraw = withdraw

    # --- asking --------------------------------------------------------------------------------

    def question(
        self,
        subject: SubjectId,
        application: Application,
        scopes: Collection[str],
        *,
        again: bool = False,
    ) -> Question:
        """Say what a person has to be asked; ``again``: everything, whatever they said before.

        Raises ``Refused`` where no word of theirs would open it: no agreement is in force, the
        account is restricted or a child's, the recipient is abroad and nothing lets data go there.
        """
        missing = self._judging.demand(subject, application)
        wanted = [
            scope for scope in known(scopes) if scope in application.scopes and scope != OPENID
        ]
        standing = self._gate.standing(subject)
        offered = self._judging.offered(subject, application, wanted, standing, missing)
        kept = self._papers.grants.one(subject, application.id)
        said = {*kept.scopes, *kept.declined} if kept and not again else set()
        boxes = tuple(scope for scope in offered if scope not in said)
        granted = tuple(s for s in offered if kept and s in kept.scopes and s not in boxes)
        return Question(
            application=application,
            granted=granted,
            boxes=boxes,
            keys=missing,
            settled=kept is not None and not (again or missing or boxes),
        )

    def agree(
        self,
        subject: SubjectId,
        question: Question,
        *,
        ticked: Collection[str],
        keys: Collection[str],
        shown: Shown,
        by: Actor,
    ) -> None:
        """Take a person's yes: the scopes and the consents that they ticked.

        Raises ``BadInput`` naming a consent that signing in takes and that was not given.
        """
        unsaid = [key for key in question.keys if key not in keys]
        if unsaid:
            raise BadInput(
                "signing in there takes this consent",
                clause="4.1.1",
                remedy="tick it, or do not sign in there",
                field=unsaid[0],
            )
        application = question.application
        if question.keys:
            notice = f"application/{application.id}"
            ticks = [Tick(keys=(key,), ticked=True, notice=notice) for key in question.keys]
            self._give(subject, ticks, shown=shown, means="button", by=by)
        self._keep(subject, question, set(ticked), by)

    def _keep(self, subject: SubjectId, question: Question, ticked: set[str], by: Actor) -> None:
        application = question.application
        kept = self._papers.grants.one(subject, application.id)
        before = set(kept.scopes) if kept else set()
        declined = set(kept.declined) if kept else set()
        boxes = set(question.boxes)
        yes = known({OPENID, *(before - boxes), *(ticked & boxes)})
        no = known({*(declined - boxes), *(boxes - ticked)})
        self._papers.grants.keep(subject, application.id, yes, no, at=self._gate.clock.now())
        self._note(subject, "application.connected", application, by, scopes=list(yes))

    def decline(self, subject: SubjectId, application: Application, *, by: Actor) -> None:
        """Take a person's no to signing in there. No consent that stands is touched."""
        self._note(subject, "application.declined", application, by)

    # --- knowing and taking back ---------------------------------------------------------------

    def mine(self, subject: SubjectId) -> list[Connected]:
        """List the applications that a person has let learn something, the oldest first."""
        sign_ins = self._papers.grants.sign_ins(subject)
        return [
            self._connected(subject, application, grant, sign_ins)
            for grant in self._papers.grants.of(subject)
            for application in (self._papers.register.any(grant.application),)
            if application is not None
        ]

    def _connected(
        self, subject: SubjectId, application: Application, grant: Grant, known_of: list[SignIn]
    ) -> Connected:
        living = application.ended_at is None
        return Connected(
            application=application,
            grant=grant,
            fields=fields_of(grant.scopes),
            sign_ins=tuple(one for one in known_of if one.application == application.id),
            open=living and self._judging.missing(subject, application, OPENID) == (),
        )

    def revoke(self, subject: SubjectId, name: str, *, by: Actor) -> None:
        """Disconnect an application: what it was handed ends at once, and it is told (9.3c).

        The consent to its recipient is taken back too, unless another application of the same
        recipient stays connected. Raises ``NotFound`` for one that is not connected.
        """
        application = self._papers.register.any(name)
        if application is None or not self._papers.grants.end(subject, name):
            raise NotFound("this application is not connected", remedy="see the list")
        self._ending.end_all(subject, name)
        for key in self._own_keys(subject, application):
            self._withdraw(subject, key, by=by)
        self._note(subject, "application.disconnected", application, by)

    def _own_keys(self, subject: SubjectId, application: Application) -> list[str]:
        """List the consents that only this application rested on, and that stand."""
        at, standing = self._gate.clock.now(), self._gate.standing(subject)
        others = {key for one in self.mine(subject) for key in self._judging.keys(one.application)}
        return [
            key
            for key in self._judging.keys(application)
            if key not in others and standing.consents_to(key, at)
        ]

    def _note(
        self, subject: SubjectId, name: str, application: Application, by: Actor, **more: Any
    ) -> None:
        detail = {"application": application.id, "recipient": application.recipient, **more}
        self._gate.perform(Event(subject=subject, name=name, detail=detail), by=by)
