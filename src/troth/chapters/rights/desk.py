"""The desk: requests that people answer, in time and on lawful grounds (policy 9.1 to 9.7)."""

from troth.documents.answer import (
    GROUNDS,
    Kind,
    complain_to,
    owe_answer,
    refuse,
    request_id,
)
from troth.documents.notice import Notices
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, Act, Actor, Collect, Settle
from troth.model.clock import DAY, date
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId


class Desk:
    """Takes requests and answers them."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices

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
        number = request_id()
        owed = owe_answer(
            subject,
            kind,
            duty=number,
            regimes=standing.regimes,
            received=self._gate.clock.now(),
            ground=ground,
        )
        acts: list[Act] = [owed]
        if text:
            values = {"rights.request": text}
            acts.append(Collect(subject=subject, values=values, purpose="rights"))
        acts += self._notices.tell(
            subject, standing, "request_received", {"request": number, "by": date(owed.by)}
        )
        self._gate.perform(*acts, by=by)
        return number

    def answer(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Say that a request was fulfilled. Raises ``NotFound`` for one that is not open."""
        self._open(subject, number)
        return self._gate.perform(Settle(subject=subject, duty=number, state="fulfilled"), by=by)

    def deny(self, subject: SubjectId, number: str, code: str, *, by: Actor) -> Outcome:
        """Refuse a request on a ground the law lets stand; the subject is told why (9.5, 9.7).

        The letter names where to complain. Raises ``BadInput`` for another ground.
        """
        standing = self._open(subject, number)
        settled = refuse(subject, number, code, standing.regimes)
        authority = complain_to(standing.regimes)
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

    def overdue(self, subject: SubjectId, *, within_days: float = 0) -> list[str]:
        """List what is owed to a subject and due, or about to be, soonest first."""
        last = self._gate.clock.now() + within_days * DAY
        found = [
            (owed.by, name)
            for name, owed in self._gate.owed(subject).items()
            if owed.state == "open" and owed.by <= last
        ]
        return [name for _, name in sorted(found)]

    def _open(self, subject: SubjectId, number: str) -> Standing:
        standing = self._gate.standing(subject)
        owed = standing.owed.get(number)
        if owed is None or owed.state != "open":
            raise NotFound(f"no open request has the number `{number}`")
        return standing
