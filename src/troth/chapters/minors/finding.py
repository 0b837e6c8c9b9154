"""An account is a child's: frozen at once, told, erased in time; or it was a mistake (8.2, 8.3).

From the finding on the account can do nothing. The contacts that are bound are told that, and how
to object; the clock erases when the time is over, whether or not anybody at the desk acts.
"""

from typing import Final

from troth.chapters.minors.consenting import decided
from troth.chapters.minors.ground import APPEAL_DUE, UNDER_AGE, Ground
from troth.documents import ending
from troth.documents.certificate import ErasureCertificate
from troth.documents.guardian.speakers import Speaker
from troth.documents.notice import language_of
from troth.documents.requests.answer import request_id
from troth.documents.upload import drawn
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Act,
    Actor,
    AgeLearned,
    Collect,
    Event,
    Notify,
    Owe,
    Release,
    Restrict,
    Settle,
)
from troth.model.clock import DAY, Moment, after, date
from troth.model.errors import BadInput, NotFound, NotProved
from troth.model.secret import Secret
from troth.model.standing import Owed, Standing
from troth.model.terms import ALL, AgeBand, SubjectId

PROOF: Final = "rights.identity_proof"


class Finding:
    """Findings, their end, and the way back from a wrong one."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate

    def found(self, subject: SubjectId, *, by: Actor, age: AgeBand = AgeBand.CHILD) -> None:
        """Note that an account is a child's: everything frozen, everybody signed out, all told.

        The account can do nothing from this moment on; the clock ends it within fifteen days.
        Finding it twice begins no second term.
        """
        if not is_frozen(self._gate.standing(subject)):
            days = self._ground.terms.erase_days
            acts = ending.child_found(subject, request_id(), self._gate.clock.now(), days=days)
            self._gate.perform(*acts, by=by)
            self._gate.perform(AgeLearned(subject=subject, age=age, method="finding"), by=SYSTEM)
        self.tell(subject)

    def tell(self, subject: SubjectId) -> None:
        """Tell the contacts that are bound of a finding, and end every session.

        A finding that another chapter noted is given this house's own term, where that is shorter.
        """
        standing = self._gate.standing(subject)
        duty, owed = _finding(standing) or ("", None)
        acts: list[Act] = [
            Settle(subject=subject, duty=name, state="fulfilled")
            for name, each in standing.owed.items()
            if each.what == ending.TELL_CHILD_FOUND and each.state == "open"
        ]
        if not acts or owed is None:
            return
        until = min(owed.by, Moment(owed.since + self._ground.terms.erase_days * DAY))
        if until < owed.by:
            acts.append(Owe(subject=subject, duty=duty, what=ending.ERASE_CHILD, by=until))
        if standing.age not in UNDER_AGE:
            acts.append(AgeLearned(subject=subject, age=AgeBand.MINOR, method="finding"))
        acts += self._letter(subject, standing, duty, until)
        self._gate.perform(*acts, by=SYSTEM)
        self._ground.proof.forget(subject)

    def _letter(
        self, subject: SubjectId, standing: Standing, duty: str, until: Moment
    ) -> list[Notify]:
        """Return the letter to the contacts that are bound; it tells nothing about the child."""
        values = {
            "until": date(until),
            "link": self._ground.link(subject, duty, "appeal"),
            "contact": self._ground.contact(),
        }
        return self._ground.notices.tell(subject, standing, "child_found", values)

    def erase(self, subject: SubjectId, *, by: Actor = SYSTEM) -> ErasureCertificate:
        """Erase a child's data that was found, or that no consent covers; what a law holds stays.

        Raises ``NotFound`` when nothing of the kind is owed.
        """
        if not _finding(self._gate.standing(subject)):
            raise NotFound("no finding of a child stands for this account")
        return self._ground.ways.erase(subject, ("*",), "child", by)

    # --- a mistake -----------------------------------------------------------------------------

    def appeal(self, token: str, proof: Secret) -> Moment:
        """Take a proof that somebody is of age, by the link in the letter; return by when it ends.

        The erasure waits for the decision. Raises ``NotProved`` for another link, or when the
        matter is over; ``BadFile`` for no picture.
        """
        subject, what = self._ground.proof.links.read(token)
        found = _finding(self._gate.standing(subject))
        if found is None or what != f"minors/{found[0]}/appeal":
            raise NotProved("this link is not valid any more", clause="8.2")
        duty, at = found[0], self._gate.clock.now()
        speakers = self._ground.speakers
        if speakers.find(subject) is not None:
            raise NotProved("a proof was sent", clause="8.2", remedy="wait for our answer")
        kept = {PROOF: drawn(proof, PROOF)}
        until = after(at, days=self._ground.terms.erase_days)
        language = language_of(self._gate.standing(subject))
        self._gate.perform(
            Collect(subject=subject, values=kept, purpose="rights"),
            Owe(subject=subject, duty=f"{duty}-appeal", what=APPEAL_DUE, by=until),
            by=SUBJECT,
        )
        one = speakers.enter(subject, None, number=duty, kind="appeal", language=language, at=at)
        speakers.move(one, "checking", at=at)
        return until

    def propose(self, one: Speaker, *, is_adult: bool, ticket: str, by: Actor) -> None:
        """Take the first word on an appeal. Raises ``BadInput`` where none waits for it."""
        at = self._gate.clock.now()
        said = ("adult",) if is_adult else ("minor",)
        if one.kind != "appeal" or one.state != "checking":
            raise decided()
        if not self._ground.speakers.move(one, "again", at=at, method=by.id, said=said):
            raise decided()
        self._gate.perform(_note("age_appeal.proposed", ticket, by), by=by)

    def confirm(self, one: Speaker, *, agrees: bool, ticket: str, by: Actor) -> None:
        """Take the second word; an appeal that two find right opens the account again.

        Raises ``BadInput`` for whoever said the first, or where none waits.
        """
        if one.kind != "appeal" or one.state != "again" or not by.id or one.method == by.id:
            raise BadInput(
                "this takes two different members of staff, one after the other",
                clause="8.2",
                remedy="have a colleague confirm it",
            )
        at = self._gate.clock.now()
        if not self._ground.speakers.move(
            one, "verified" if agrees else "checking", at=at, method="", said=one.said
        ):
            raise decided()
        self._gate.perform(_note("age_appeal.confirmed", ticket, by, agrees=agrees), by=by)
        if agrees:
            self._settle(one, by)

    def _settle(self, one: Speaker, by: Actor) -> None:
        subject, granted = one.guardian, "adult" in one.said
        standing = self._gate.standing(subject)
        acts: list[Act] = [*self._ground.ended(subject, "decided", (PROOF,))]
        for duty, owed in standing.owed.items():
            if owed.state == "open" and owed.what == APPEAL_DUE:
                state = "fulfilled" if granted else "denied"
                acts.append(Settle(subject=subject, duty=duty, state=state))  # type: ignore[arg-type]
        if granted:
            acts += _reopened(subject, standing)
        self._gate.perform(*acts, by=by)
        self._ground.speakers.drop(subject)
        found = _finding(standing)
        if granted:
            told = self._ground.notices.tell(subject, standing, "child_not")
        else:
            told = self._letter(subject, standing, found[0], found[1].by) if found else []
        self._gate.perform(*told, by=SYSTEM)

    def lapse(self, subject: SubjectId, duty: str) -> None:
        """End an appeal that nobody decided in time: what protects a child goes on."""
        acts: list[Act] = [Settle(subject=subject, duty=duty, state="expired")]
        if PROOF in self._gate.standing(subject).held:
            acts += self._ground.ended(subject, "decided", (PROOF,))
        self._gate.perform(*acts, by=SYSTEM)
        self._ground.speakers.drop(subject)


def is_frozen(standing: Standing) -> bool:
    """Tell whether a finding has set everything aside."""
    return any(each.ground == ending.CHILD_FOUND for each in standing.restrictions.values())


def waits_for_appeal(standing: Standing) -> bool:
    """Tell whether an erasure waits because an appeal is looked at."""
    return any(each.by_clock and each.what == APPEAL_DUE for each in standing.owed.values())


def _finding(standing: Standing) -> tuple[str, Owed] | None:
    """Return the duty to erase that a finding, or a consent taken back, left open."""
    found = (
        (name, owed)
        for name, owed in standing.owed.items()
        if owed.by_clock and owed.what == ending.ERASE_CHILD
    )
    return next(found, None)


def _reopened(subject: SubjectId, standing: Standing) -> list[Act]:
    """Return what undoes a finding: the age, the duty, the freezing, and nothing else."""
    others = [
        Restrict(subject=subject, fields=(field,), ground=each.ground, until=each.until)
        for field, each in standing.restrictions.items()
        if each.ground != ending.CHILD_FOUND and field != "*"
    ]
    duties = [
        Settle(subject=subject, duty=name, state="revoked", code="mistake")
        for name, owed in standing.owed.items()
        if owed.by_clock and owed.what == ending.ERASE_CHILD
    ]
    aged = AgeLearned(subject=subject, age=AgeBand.ADULT, method="document")
    return [aged, *duties, Release(subject=subject, fields=ALL), *others]


def _note(name: str, ticket: str, by: Actor, **more: bool) -> Event:
    return Event(subject=None, name=name, detail={"ticket": ticket, "by": str(by), **more})
