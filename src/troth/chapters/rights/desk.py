"""The desk: requests that people answer, in time and on lawful grounds (policy 9.1 to 9.7)."""

from typing import Final

from troth.chapters.rights import timeline
from troth.chapters.rights.timeline import Request
from troth.documents import answer, thread
from troth.documents.answer import GROUNDS, REASONS, Authority, Kind
from troth.documents.notice import Notices
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, Act, Actor, Collect, Event, Settle, Show, Use
from troth.model.clock import DAY, date
from troth.model.errors import NotFound
from troth.model.secret import Secret, veiled
from troth.model.standing import Owed
from troth.model.terms import SubjectId

ASKED: Final = "rights.request"
REPLIES: Final = "rights.reply"
DISPUTES: Final = "rights.complaint"
"""The fields that hold what was written: by subjects, by us, in a dispute."""


class Desk:
    """Takes requests and answers them."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices

    # --- asking --------------------------------------------------------------------------------

    def request(
        self,
        subject: SubjectId,
        kind: Kind,
        *,
        text: Secret | None = None,
        ground: str = "",
        by: Actor = SUBJECT,
    ) -> str:
        """Take a request that people have to answer, and return its number (policy 9.1, 9.2, 9.7).

        The clock starts at receipt; its words are personal data and go to the vault. A deletion may
        name one of the three grounds of 6.3. It costs nothing.
        """
        standing = self._gate.standing(subject)
        number = answer.request_id()
        owed = answer.owe_answer(
            subject,
            kind,
            duty=number,
            regimes=standing.regimes,
            received=self._gate.clock.now(),
            ground=ground,
        )
        acts: list[Act] = [owed]
        if text:
            acts.append(self._put(subject, ASKED, number, text, by))
        acts += self._notices.tell(
            subject, standing, "request_received", {"request": number, "by": date(owed.by)}
        )
        self._gate.perform(*acts, by=by)
        return number

    def write(
        self, subject: SubjectId, number: str, text: Secret, *, by: Actor = SUBJECT
    ) -> Outcome:
        """Add a subject's message to an open request. Raises ``NotFound`` for one that is not."""
        self._open(subject, number)
        kept = self._put(subject, ASKED, number, text, by)
        return self._gate.perform(kept, _event(subject, timeline.WRITTEN, number), by=by)

    def revoke(self, subject: SubjectId, number: str, *, by: Actor = SUBJECT) -> Outcome:
        """Take a request back, as its subject may at any time. Raises ``NotFound``."""
        self._open(subject, number)
        return self._gate.perform(Settle(subject=subject, duty=number, state="revoked"), by=by)

    # --- answering -----------------------------------------------------------------------------

    def take(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Say that somebody works on a request; its subject is told. Raises ``NotFound``."""
        self._open(subject, number)
        standing = self._gate.standing(subject)
        told = self._notices.tell(subject, standing, "request_taken", {"request": number})
        return self._gate.perform(_event(subject, timeline.TAKEN, number), *told, by=by)

    def reply(self, subject: SubjectId, number: str, text: Secret, *, by: Actor) -> Outcome:
        """Write to the subject about an open request; they are told that there is a message.

        Raises ``NotFound``.
        """
        self._open(subject, number)
        standing = self._gate.standing(subject)
        told = self._notices.tell(subject, standing, "request_reply", {"request": number})
        kept = self._put(subject, REPLIES, number, text, by)
        return self._gate.perform(kept, _event(subject, timeline.REPLIED, number), *told, by=by)

    def extend(self, subject: SubjectId, number: str, reason: str, *, by: Actor) -> Outcome:
        """Take longer for an answer, once, where the law lets us; the subject is told why (9.7).

        ``reason`` is ``complex`` or ``many``. Raises ``NotFound``, and ``BadInput`` for another
        reason, a second time, or where no law allows it.
        """
        owed = self._open(subject, number)
        standing = self._gate.standing(subject)
        if any(step.stage == "extended" for step in self.one(subject, number).steps):
            raise NotFound("this request has taken longer once before", clause="9.7")
        longer = answer.extend(subject, number, owed.what, owed.by, reason, standing.regimes)
        told = self._notices.tell(
            subject,
            standing,
            "request_extended",
            {
                "request": number,
                "by": date(longer.by),
                "reason_zh": REASONS[reason].zh,
                "reason_en": REASONS[reason].en,
            },
        )
        why = _event(subject, timeline.EXTENDED, number, reason=reason)
        return self._gate.perform(why, longer, *told, by=by)

    def answer(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Say that a request was fulfilled. Raises ``NotFound`` for one that is not open."""
        self._open(subject, number)
        return self._gate.perform(Settle(subject=subject, duty=number, state="fulfilled"), by=by)

    def deny(self, subject: SubjectId, number: str, code: str, *, by: Actor) -> Outcome:
        """Refuse a request on a ground the law lets stand; the subject is told why (9.5, 9.7).

        The letter names where to complain. Raises ``BadInput`` for another ground.
        """
        self._open(subject, number)
        standing = self._gate.standing(subject)
        settled = answer.refuse(subject, number, code, standing.regimes)
        authority = answer.complain_to(standing.regimes)
        told = self._notices.tell(
            subject,
            standing,
            "request_refused",
            {
                "request": number,
                "ground_zh": GROUNDS[code].zh,
                "ground_en": GROUNDS[code].en,
                "authority_zh": authority["zh"],
                "authority_en": authority["en"],
            },
        )
        return self._gate.perform(settled, *told, by=by)

    # --- knowing -------------------------------------------------------------------------------

    def requests(self, subject: SubjectId) -> list[Request]:
        """List what a subject asked for, newest first, and how far each is."""
        return timeline.requests(self._gate.trail(subject))

    def one(self, subject: SubjectId, number: str) -> Request:
        """Return one request of a subject. Raises ``NotFound``."""
        found = [each for each in self.requests(subject) if each.number == number]
        if not found:
            raise NotFound(f"no request has the number `{number}`")
        return found[0]

    def thread(self, subject: SubjectId, number: str, *, by: Actor = SUBJECT) -> Secret:
        """Show what was written on a request, by both sides, as JSON; recorded first."""
        held = self._gate.standing(subject).held
        fields = tuple(field for field in (ASKED, REPLIES, DISPUTES) if field in held)
        if not fields:
            return Secret("[]")
        act = Show(subject=subject, fields=fields, purpose="rights")
        shown = self._gate.perform(act, by=by).values
        return veiled(
            lambda opened: thread.about(number, [str(text) for text in opened.values()]), shown
        )

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

    def _open(self, subject: SubjectId, number: str) -> Owed:
        owed = self._gate.owed(subject).get(number)
        if owed is None or owed.state != "open":
            raise NotFound(f"no open request has the number `{number}`")
        return owed

    def _put(self, subject: SubjectId, field: str, number: str, text: Secret, by: Actor) -> Collect:
        """Return the act that puts a message after those before it."""
        at = self._gate.clock.now()
        line = veiled(
            lambda opened: thread.added(
                str(opened["before"]), number, at, by.kind, str(opened["text"])
            ),
            {"before": self._before(subject, field, by), "text": text},
        )
        return Collect(
            subject=subject,
            values={field: line},
            purpose="rights",
            source="observed" if field == REPLIES else "provided",
        )

    def _before(self, subject: SubjectId, field: str, by: Actor) -> Secret:
        if field not in self._gate.standing(subject).held:
            return Secret("")
        act = Use(subject=subject, fields=(field,), purpose="rights")
        return self._gate.perform(act, by=by).values[field]


def _event(subject: SubjectId, name: str, number: str, **more: str) -> Event:
    return Event(subject=subject, name=name, detail={"duty": number, **more})
