"""How sign-ins at applications end, and that each application concerned is told (policy 9.3c, 6.4).

A sign-in ends when its person says so, when what it rested on is gone (their session, the consent,
the account), or when a pass of it was used twice. Its codes and tokens end with it, at once; the
application hears of it at its back channel, if it has one. What ends with a session or an account
ends in the same transaction (``grants.RESTING``, ``grants.FORGET``), and so does all of it when a
password, a factor or a contact changes, because every other session ends then.
"""

from collections.abc import Callable
from typing import Final

from troth.chapters.applications.judging import Judging
from troth.documents.applications import Papers
from troth.documents.applications.grants import SignIn
from troth.documents.applications.logouts import Logout
from troth.documents.applications.register import Application
from troth.documents.applications.scopes import OPENID
from troth.gate import Gate
from troth.model.acts import SYSTEM, Event
from troth.model.errors import Erased, NotDelivered, NotFound, Refused, UnknownTerm
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

Stands = Callable[[SubjectId, str], bool]
"""Tells whether a session of a subject stands, by its id."""
Carry = Callable[[str, Secret], None]
"""Takes the signed word that somebody is signed out to an address; raises ``NotDelivered``."""
FIRST: Final = ("", "")


class Ending:
    """Ends sign-ins, and tells of it."""

    def __init__(
        self, gate: Gate, papers: Papers, judging: Judging, *, stands: Stands, carry: Carry
    ) -> None:
        self._gate = gate
        self._papers = papers
        self._judging = judging
        self._stands = stands
        self._carry = carry
        self._places: dict[Region, tuple[str, str]] = {}

    def stands(self, sign_in: SignIn) -> bool:
        """Tell whether the session that a sign-in rests on stands, unless it outlives that."""
        return sign_in.lasting or self._stands(sign_in.subject, sign_in.proved.session)

    # --- ending --------------------------------------------------------------------------------

    def end(self, sign_in: SignIn, *, tell: bool = True) -> None:
        """End a sign-in with everything that was handed out for it."""
        self._papers.grants.end_sign_in(sign_in, tell=tell)

    def end_all(self, subject: SubjectId, application: str = "") -> int:
        """End every sign-in of a subject, or those at one application; return how many."""
        found = [
            one
            for one in self._papers.grants.sign_ins(subject)
            if application in ("", one.application)
        ]
        for one in found:
            self.end(one)
        return len(found)

    # --- what the clock brings -----------------------------------------------------------------

    def sweep(self) -> int:
        """End some of the sign-ins whose ground is gone; return how many.

        Nothing was told for them since then anyway, because every release is judged. This is how
        their applications come to hear of it. Each call goes on where the last one stopped.
        """
        return sum(self._sweep(region) for region in self._papers.grants.regions())

    def _sweep(self, region: Region) -> int:
        page = self._papers.grants.page(region, self._places.get(region, FIRST))
        self._places[region] = (str(page[-1].subject), page[-1].id) if page else FIRST
        gone = [one for one in page if not self._has_ground(one)]
        for one in gone:
            self.end(one)
        return len(gone)

    def _has_ground(self, sign_in: SignIn) -> bool:
        try:
            application = self._papers.register.one(sign_in.application)
            missing = self._judging.missing(sign_in.subject, application, OPENID)
        except (Erased, NotFound, Refused, UnknownTerm):
            return False
        return missing == () and self.stands(sign_in)

    # --- telling -------------------------------------------------------------------------------

    def due(self) -> list[tuple[Logout, Application]]:
        """Take in hand the words that are due, each with the application it is for."""
        found = []
        for word in self._papers.logouts.due(at=self._gate.clock.now()):
            application = self._papers.register.any(word.application)
            if application is not None:
                found.append((word, application))
        return found

    def told(self, word: Logout, application: Application, token: Secret) -> bool:
        """Take a signed word to its application; tell whether it was taken there."""
        try:
            self._carry(application.backchannel, token)
            taken = True
        except NotDelivered:
            taken = False
        self._papers.logouts.settle(word, told=taken, at=self._gate.clock.now())
        if taken:
            heard = Event(
                subject=None, name="application.told", detail={"application": application.id}
            )
            self._gate.perform(heard, by=SYSTEM)
        return taken
