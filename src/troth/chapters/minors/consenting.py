"""A guardian answers, is verified, and the account opens (policy 8.1, 8.3; COPPA 312.5).

Consent to collect and consent to disclose are asked apart. The answer counts for nothing until the
guardian was verified by the method they chose; what they sent for it is erased with the decision.
"""

from typing import Final

from msgspec import Struct

from troth.chapters.minors.ground import (
    GUARDIANSHIP,
    OPEN_DUE,
    PURPOSE,
    TOLD_AS,
    UNDER_AGE,
    Ground,
    actor,
)
from troth.documents.agreement import Shown, accept
from troth.documents.guardian.prospect import Method, method_of
from troth.documents.guardian.speakers import Speaker
from troth.documents.notice import language_of
from troth.documents.proof.age import band, turns
from troth.documents.upload import drawn
from troth.gate import Outcome
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Act,
    Actor,
    AgeLearned,
    Collect,
    ConsentGiven,
    ConsentRefused,
    Owe,
    Settle,
    Verified,
)
from troth.model.clock import HOUR, after, date, iso
from troth.model.errors import BadInput, NotProved, TrothError
from troth.model.secret import Secret
from troth.model.standing import GUARDIAN_COLLECTS, GUARDIAN_DISCLOSES
from troth.model.terms import SubjectId

PAPER: Final = "guardian.proof"
COLLECT: Final = "collect"
DISCLOSE: Final = "disclose"
OPENING: Final = "opening"
"""How the name of the duty ends that waits for the first password."""
AGAIN: Final = "password_again"
AGAIN_DAYS: Final = 1
"""What waits for another password, and for how long."""


class Answer(Struct, frozen=True, kw_only=True):
    """What a guardian answers.

    ``collect`` and ``disclose`` are two boxes, neither ticked before; ``born`` is the child's birth
    date, which is not kept; ``evidence`` a picture, for the methods that take one.
    """

    name: Secret
    relation: Secret
    born: Secret
    method: str
    collect: bool
    disclose: bool
    confirmed: bool
    shown: Shown
    means: str = "checkbox"
    pre_ticked: bool = False
    evidence: Secret | None = None


class Opened(Struct, frozen=True, kw_only=True):
    """A minor's account that was opened: who, signed in by which token."""

    subject: SubjectId
    token: Secret


class Consenting:
    """Takes a guardian's answer to its end."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate

    # --- the answer ----------------------------------------------------------------------------

    def answer(self, token: str, given: Answer) -> str:
        """Take a guardian's answer; return how far it is: ``checking``, or ``refused``.

        A guardian who does not consent has everything erased at once. Raises ``NotProved`` for
        another link, ``BadInput`` for an answer that is not whole, a method that does not fit it or
        a child who is none, ``BadFile``.
        """
        one, _ = self._ground.read(token, "answer")
        ward = _ward(one)
        if one.state != "asked":
            raise NotProved("this was answered", clause="8.3", remedy="wait for our letter")
        if not given.collect:
            self._ground.ways.erase(ward, ("*",), "no_consent", SYSTEM)
            return "refused"
        method = self._method(one, given)
        words = (COLLECT, DISCLOSE) if given.disclose else (COLLECT,)
        theirs, ours = self._acts(one, ward, given, method)
        at = self._gate.clock.now()
        moved = self._ground.speakers.move(one, "checking", at=at, method=method.name, said=words)
        if not moved:
            raise NotProved("this was answered", clause="8.3", remedy="wait for our letter")
        try:
            self._gate.perform(*theirs, by=actor(one))
            self._gate.perform(*ours, by=SYSTEM)
        except TrothError:
            self._back(one)
            raise
        return "checking"

    def _back(self, one: Speaker) -> None:
        now = self._ground.speakers.one(one.guardian)
        at = self._gate.clock.now()
        self._ground.speakers.move(now, "asked", at=at, method="", said=())

    def _method(self, one: Speaker, given: Answer) -> Method:
        at = self._gate.clock.now()
        method = method_of(given.method, at)
        if method is None:
            raise BadInput(
                f"`{given.method[:40]}` is no way to verify a guardian",
                clause="8.3",
                remedy="choose one of the ways that are offered",
                field="method",
            )
        if given.disclose and not method.discloses:
            raise BadInput(
                "this way is good only while nothing goes to third parties",
                clause="8.3",
                remedy="choose another way, or do not consent to that",
                field="method",
            )
        held = self._gate.standing(one.guardian).held
        closed = "text_plus" if "guardian.email" in held else "email_plus"
        if method.name == closed or method.evidence != (given.evidence is not None):
            raise BadInput(
                "this way does not fit what was sent",
                clause="8.3",
                remedy="send a picture for the ways that ask for one, and for no other",
                field="evidence",
            )
        return method

    def _acts(
        self, one: Speaker, ward: SubjectId, given: Answer, method: Method
    ) -> tuple[list[Act], list[Act]]:
        """Return what the guardian says and sends, and what the house learns from it."""
        values = {"guardian.name": given.name, "guardian.relation": given.relation}
        if given.evidence is not None and method.evidence:
            values[PAPER] = drawn(given.evidence, PAPER)
        theirs: list[Act] = [
            accept(
                ward,
                given.shown,
                means=given.means,
                confirmed=given.confirmed,
                pre_ticked=given.pre_ticked,
            ),
            Collect(subject=one.guardian, values=values, purpose=PURPOSE),
        ]
        return theirs, self._aged(ward, given.born)

    def _aged(self, ward: SubjectId, born: Secret) -> list[Act]:
        """Return the age band that a guardian's date tells, and the moments at which it changes."""
        edition, at = self._gate.policy().edition, self._gate.clock.now()
        place = self._gate.standing(ward).residence
        age, ends = band(edition, place, born=born, at=at), turns(edition, place, born, at=at)
        if age not in UNDER_AGE or ends is None:
            raise BadInput(
                "by this date they need no guardian",
                clause="8.1",
                remedy="let them register themselves",
                field="born",
            )
        moments = {
            "identity.turns": Secret(iso(ends.next)),
            "identity.grown": Secret(iso(ends.grown)),
        }
        return [
            AgeLearned(subject=ward, age=age, method="guardian"),
            Collect(subject=ward, values=moments, purpose="age", source="derived"),
        ]

    # --- the second letter ---------------------------------------------------------------------

    def write_again(self, one: Speaker) -> None:
        """Send the second letter to a guardian who answers by mail or text alone."""
        ward, at = _ward(one), self._gate.clock.now()
        if self._ground.speakers.move(one, "again", at=at):
            values = {
                "controller": self._gate.policy().edition.controller.legal_name,
                "link": self._ground.link(one.guardian, one.number, "again"),
                "until": date(self._gate.owed(ward)[one.number].by),
            }
            self._gate.perform(*self._ground.letter(one, "guardian_again", values), by=SYSTEM)

    def confirm(self, token: str) -> None:
        """Take the second answer of a guardian, by the link of the second letter.

        Raises ``NotProved`` for another link, and before the second letter was sent.
        """
        one, _ = self._ground.read(token, "again")
        if one.state != "again":
            raise NotProved("nothing waits to be confirmed", clause="8.3")
        self.verified(one, by=actor(one), reference=one.number)

    def waits_long_enough(self, one: Speaker) -> bool:
        """Tell whether a second letter is due."""
        at = self._gate.clock.now()
        method = method_of(one.method, at)
        waited = at - one.changed
        by_guardian = method is not None and method.by == "guardian"
        return by_guardian and waited >= self._ground.terms.again_hours * HOUR

    # --- the decision --------------------------------------------------------------------------

    def verified(self, one: Speaker, *, by: Actor, reference: str) -> None:
        """Note that a guardian was verified, erase what they sent, and enter their consents.

        Raises ``BadInput`` where somebody else decided first.
        """
        ward, at = _ward(one), self._gate.clock.now()
        if not self._ground.speakers.move(one, "verified", at=at):
            raise decided()
        self._decide(one, ward, "verified", by, reference)
        self.finish(self._ground.speakers.one(one.guardian))

    def failed(self, one: Speaker, *, by: Actor, reference: str) -> None:
        """Note that a guardian could not be verified; what they sent is erased, they may try again.

        Raises ``BadInput`` where somebody else decided first.
        """
        ward, at = _ward(one), self._gate.clock.now()
        if not self._ground.speakers.move(one, "asked", at=at, method="", said=()):
            raise decided()
        self._decide(one, ward, "failed", by, reference)
        values = {
            "link": self._ground.link(one.guardian, one.number, "answer"),
            "until": date(self._gate.owed(ward)[one.number].by),
            "contact": self._ground.contact(),
        }
        self._gate.perform(*self._ground.letter(one, "guardian_failed", values), by=SYSTEM)

    def _decide(
        self, one: Speaker, ward: SubjectId, result: str, by: Actor, reference: str
    ) -> None:
        acts: list[Act] = [
            Verified(
                subject=subject,
                fact=GUARDIANSHIP,
                result=result,  # type: ignore[arg-type]  # one of two words, both from this file
                method=one.method,
                reference=reference,
            )
            for subject in (ward, one.guardian)
        ]
        if PAPER in self._gate.standing(one.guardian).held:
            acts += self._ground.ended(one.guardian, "decided", (PAPER,))
        self._gate.perform(*acts, by=by)

    def finish(self, one: Speaker) -> None:
        """Enter the consents of a guardian who was verified, and send the way to open the account.

        Done again after a crash it does what was left.
        """
        ward, at = _ward(one), self._gate.clock.now()
        standing = self._gate.standing(ward)
        language = language_of(standing)
        if not standing.consents_to(GUARDIAN_COLLECTS, at):
            self._gate.perform(*self._said(one, ward, language), by=actor(one))
        opening = f"{one.number}-{OPENING}"
        if self._ground.speakers.move(one, "stands", at=at):
            until = after(at, days=self._ground.terms.consent_days)
            self._gate.perform(
                Settle(subject=ward, duty=one.number, state="fulfilled"),
                Owe(subject=ward, duty=opening, what=OPEN_DUE, by=until),
                *self.invite(one),
                by=SYSTEM,
            )

    def _said(self, one: Speaker, ward: SubjectId, language: str) -> list[Act]:
        shown = f"{TOLD_AS}/{self._gate.standing(ward).accepted[-1].edition[:16]}"
        method = f"guardian:{one.method}"

        def given(key: str) -> ConsentGiven:
            return ConsentGiven(
                subject=ward, to=key, notice=shown, language=language, method=method
            )

        disclosed = DISCLOSE in one.said
        return [
            given(GUARDIAN_COLLECTS),
            given(GUARDIAN_DISCLOSES)
            if disclosed
            else ConsentRefused(subject=ward, to=GUARDIAN_DISCLOSES),
        ]

    def invite(self, one: Speaker) -> list[Act]:
        """Return the letter with the way to set a password, and the way back for the guardian."""
        ward, ground = _ward(one), self._ground
        values: dict[str, str | Secret] = {
            "login": ground.login(ward, actor(one)),
            "link": ground.link(one.guardian, one.number, "open"),
            "manage": ground.link(one.guardian, one.number, "manage"),
            "contact": ground.contact(),
        }
        return list(ground.letter(one, "guardian_verified", values))

    # --- opening -------------------------------------------------------------------------------

    def open(self, token: str, password: Secret, confirm: Secret) -> Opened:
        """Set a minor's password, by the link in their guardian's letter, and sign them in.

        Raises ``NotProved`` for another link or one that was used, ``WeakPassword``.
        """
        one, _ = self._ground.read(token, "open")
        ward = _ward(one)
        at = self._gate.clock.now()
        waiting = [
            duty
            for duty, owed in self._gate.owed(ward).items()
            if owed.state == "open" and owed.what in (OPEN_DUE, AGAIN) and at < owed.by
        ]
        if one.state != "stands" or not waiting:
            raise NotProved("this link was used", clause="8.1", remedy="ask for another")
        login = self._ground.login(ward, actor(one))
        self._ground.proof.passwords.judge(password, confirm, about=[login])
        kept = {"account.password": self._ground.proof.passwords.hash(password)}
        outcome = self._gate.perform(
            Collect(subject=ward, values=kept, purpose="register"),
            *(Settle(subject=ward, duty=duty, state="fulfilled") for duty in waiting),
            by=SUBJECT,
        )
        return self._signed_in(ward, outcome)

    def _signed_in(self, ward: SubjectId, outcome: Outcome) -> Opened:
        self._ground.proof.forget(ward)
        token = self._ground.proof.sessions.start(ward, at=outcome.at)
        return Opened(subject=ward, token=token)

    def open_again(self, one: Speaker) -> None:
        """Send a guardian a new link to set their minor's password, where the old one is lost."""
        ward, at = _ward(one), self._gate.clock.now()
        duty = f"{one.number}-{OPENING}-{at}"
        # Not by the clock: an account that stands open is not ended for a password not set.
        owed = Owe(subject=ward, duty=duty, what=AGAIN, by=after(at, days=AGAIN_DAYS))
        self._gate.perform(owed, *self.invite(one), by=SYSTEM)


def _ward(one: Speaker) -> SubjectId:
    if one.ward is None:
        raise NotProved("this matter is over", clause="8.1", remedy="ask anew")
    return one.ward


def decided() -> BadInput:
    """Return the refusal of a decision that somebody else has made."""
    return BadInput("this was decided, or waits for somebody else", clause="8.3")
