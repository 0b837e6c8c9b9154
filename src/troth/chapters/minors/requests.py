"""A guardian's request without an account: asked, proved, answered, forgotten (policy 8.4, 9.7).

The answer to the request says nothing of whether there is such an account, before people have seen
a proof of guardianship. Thirty days run from receipt. The proof is erased with the decision, and
everything about the guardian with the answer.
"""

from typing import Final

from msgspec import Struct

from troth.chapters.minors.consenting import PAPER, decided
from troth.chapters.minors.ground import GUARDIANSHIP, PURPOSE, Ground, actor, demand_desk
from troth.documents.guardian.speakers import Speaker
from troth.documents.proof.codes import field_of
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.requests.answer import owe_answer, request_id
from troth.documents.requests.grounds import GROUNDS
from troth.documents.upload import drawn
from troth.gate import Outcome
from troth.model.acts import (
    SYSTEM,
    Actor,
    Admit,
    Collect,
    Find,
    Notify,
    Settle,
    Verified,
)
from troth.model.clock import date
from troth.model.errors import BadValue, NotProved, TrothError
from troth.model.secret import Secret
from troth.model.terms import AgeBand, SubjectId

VISITOR: Final = Actor(kind="visitor")
PAPERS: Final = "papers"
"""How a guardian without an account is verified: people look at what they send."""
UNPROVED: Final = "insuf_verification"


class Request(Struct, frozen=True, kw_only=True):
    """A guardian's form. ``about`` is the child's user name, e-mail address or phone number."""

    residence: str
    about: Secret
    name: Secret
    email: Secret
    relation: Secret
    text: Secret
    language: str = "zh"


class Requests:
    """Takes guardians' requests and answers them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate

    def ask(self, form: Request, *, origin: Origin = NOWHERE) -> str:
        """Take a request and return its number; the way to prove it goes to the address given.

        Known and unknown children get one answer. Raises ``BadValue``, ``TooMany``.
        """
        at = self._gate.clock.now()
        self._ground.proof.codes.issue("confirm", form.email, at=at, real=False, origin=origin)
        ward = self._find(form.about)
        # A guardian's file lies where the child's does, so that both go through one door.
        place = self._gate.standing(ward).residence if ward else form.residence
        guardian, number = self._gate.new_subject(place), request_id()
        regimes = self._gate.policy().residence(place).regimes
        owed = owe_answer(guardian, "question", duty=number, regimes=regimes, received=at)
        values = {
            "guardian.name": form.name,
            "guardian.email": form.email,
            "guardian.relation": form.relation,
            "guardian.request": form.text,
        }
        speakers = self._ground.speakers
        speakers.enter(guardian, ward, number=number, kind="request", language=form.language, at=at)
        try:
            self._gate.perform(
                Admit(
                    subject=guardian,
                    residence=place,
                    regimes=regimes,
                    age=AgeBand.ADULT,
                    subject_kind="guardian",
                ),
                Collect(subject=guardian, values=values, purpose=PURPOSE),
                owed,
                self._received(guardian, number, date(owed.by), form.language),
                by=VISITOR,
            )
        except TrothError:
            speakers.drop(guardian)
            raise
        return number

    def _received(self, guardian: SubjectId, number: str, by: str, language: str) -> Notify:
        values = {
            "request": number,
            "by": by,
            "link": self._ground.link(guardian, number, "proof"),
        }
        return self._ground.notices.notify(
            guardian, "guardian_request", values, channels=("email",), language=language
        )

    def _find(self, about: Secret) -> SubjectId | None:
        asked = Find(subject=None, field=field_of(about), value=about, purpose="authenticate")
        try:
            found = self._gate.perform(asked, by=VISITOR).found
        except BadValue:
            return None
        return found[0] if found else None

    def prove(self, token: str, paper: Secret) -> None:
        """Take a proof of guardianship, by the link in the letter.

        Raises ``NotProved`` for another link, or where one was sent; ``BadFile`` for no picture.
        """
        one, _ = self._ground.read(token, "proof")
        sent = NotProved("a proof was sent", clause="8.4", remedy="wait for our letter")
        if (one.kind, one.state) != ("request", "asked"):
            raise sent
        kept = {PAPER: drawn(paper, PAPER)}
        at = self._gate.clock.now()
        if not self._ground.speakers.move(one, "checking", at=at, method=PAPERS):
            raise sent
        self._gate.perform(
            Collect(subject=one.guardian, values=kept, purpose=PURPOSE), by=actor(one)
        )

    # --- at the desk ---------------------------------------------------------------------------

    def about(self, guardian: SubjectId, ward: SubjectId, *, by: Actor) -> None:
        """Say whom a request is about, where the desk found out by other means.

        Raises ``NotFound`` for no such minor, or a request there is not, ``Refused``.
        """
        demand_desk(self._gate, by)
        self._gate.standing(ward)
        self._ground.speakers.about(self._ground.speakers.one(guardian).guardian, ward)

    def decide(self, one: Speaker, *, is_so: bool, ticket: str, by: Actor) -> None:
        """Say whether a paper proves guardianship; it is erased, whatever it shows."""
        at = self._gate.clock.now()
        if not self._ground.speakers.move(one, "verified" if is_so else "asked", at=at):
            raise decided()
        self._gate.perform(
            Verified(
                subject=one.guardian,
                fact=GUARDIANSHIP,
                result="verified" if is_so else "failed",
                method=PAPERS,
                reference=ticket,
            ),
            *self._ground.ended(one.guardian, "decided", (PAPER,)),
            by=by,
        )
        if not is_so:
            self._end(
                one, GROUNDS[UNPROVED].en if one.language == "en" else GROUNDS[UNPROVED].zh, by
            )

    def answer(self, guardian: SubjectId, words: str | Secret, *, by: Actor) -> Outcome:
        """Answer a request, and forget who asked.

        Raises ``NotProved`` before guardianship was proved, ``Refused`` for other staff.
        """
        demand_desk(self._gate, by)
        one = self._ground.speakers.one(guardian)
        if one.kind != "request" or one.state != "verified":
            raise NotProved(
                "nothing is told before guardianship was proved",
                clause="8.4",
                remedy="decide on the proof first, or refuse the request for want of one",
            )
        return self._end(one, words, by, denied=False)

    def _end(self, one: Speaker, words: str | Secret, by: Actor, *, denied: bool = True) -> Outcome:
        settled = Settle(
            subject=one.guardian,
            duty=one.number,
            state="denied" if denied else "fulfilled",
            code=UNPROVED if denied else "",
        )
        values = {"request": one.number, "answer": words}
        self._gate.perform(settled, by=by)
        return self._gate.perform(
            *self._ground.letter(one, "guardian_answer", values),
            *self._ground.ended(one.guardian, "answered"),
            by=SYSTEM,
        )
