"""Support: what people ask and what was done, whatever the way it came (policy 2.1.6, 1.1).

A question, a fault, a call, a chat: each line goes to the subject's own cells and stands in the
ledger without its words. A dispute is negotiated first (10.4); letters are kept alike (11.3).
"""

from collections.abc import Mapping
from typing import Final, Literal

from troth.documents.requests import thread
from troth.documents.requests.answer import owe_answer, request_id
from troth.gate import Gate, Outcome
from troth.model.acts import SUBJECT, Act, Actor, Collect, Owe, Use
from troth.model.clock import after, iso
from troth.model.errors import BadInput, NotFound
from troth.model.secret import Secret, veiled
from troth.model.terms import SubjectId

Way = Literal["phone", "onsite", "im", "email", "chat", "letter", "web"]
WAYS: Final = ("phone", "onsite", "im", "email", "chat", "letter", "web")
Kind = Literal["question", "fault", "troubleshooting", "communication", "chat"]
KINDS: Final = ("question", "fault", "troubleshooting", "communication", "chat")
NEGOTIATE_DAYS: Final = 30
NEGOTIATION: Final = "negotiation"
DISPUTES: Final = "rights.complaint"


class Support:
    """Help, asked for and given."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def record(
        self,
        subject: SubjectId,
        kind: Kind,
        text: Secret,
        *,
        way: Way,
        by: Actor = SUBJECT,
    ) -> Outcome:
        """Add a line to one kind of a subject's support record.

        ``way`` is how it came: by telephone, on site, by message; staff outside the website record
        here too. What stood there before stays. Raises ``BadInput`` for an unknown kind or way.
        """
        if kind not in KINDS or way not in WAYS:
            wrong = kind if kind not in KINDS else way
            raise BadInput(f"`{wrong}` is no support record of ours", clause="2.1.6", field="kind")
        field = f"support.{kind}"
        before = self._before(subject, field, "support", by)
        head = f"[{iso(self._gate.clock.now())} {way} {by.kind}] "
        line = veiled(lambda opened: _added(opened, head), {"before": before, "text": text})
        return self._gate.perform(
            Collect(
                subject=subject,
                values={field: line},
                purpose="support",
                source="provided" if by.kind == "subject" else "observed",
            ),
            by=by,
        )

    def _before(self, subject: SubjectId, field: str, purpose: str, by: Actor) -> Secret:
        if field not in self._gate.standing(subject).held:
            return Secret("")
        act = Use(subject=subject, fields=(field,), purpose=purpose)
        return self._gate.perform(act, by=by).values[field]

    def letter(self, subject: SubjectId, scan: Secret, *, by: Actor) -> str:
        """Keep a letter that came by post and owe its answer; return its number (policy 11.3)."""
        number = request_id()
        regimes = self._gate.standing(subject).regimes
        self._gate.perform(
            Collect(subject=subject, values={"rights.letter": scan}, purpose="rights"),
            owe_answer(
                subject,
                "question",
                duty=number,
                regimes=regimes,
                received=self._gate.clock.now(),
            ),
            by=by,
        )
        return number

    def dispute(self, subject: SubjectId, text: Secret, *, by: Actor = SUBJECT) -> str:
        """Open a dispute: friendly negotiation comes first, and is owed (policy 10.4).

        What was written in an earlier one stays.
        """
        number, at = request_id(), self._gate.clock.now()
        before = self._before(subject, DISPUTES, "rights", by)
        line = veiled(
            lambda opened: thread.added(
                str(opened["before"]), number, at, by.kind, str(opened["text"])
            ),
            {"before": before, "text": text},
        )
        acts: list[Act] = [
            Collect(subject=subject, values={DISPUTES: line}, purpose="rights"),
            Owe(
                subject=subject,
                duty=number,
                what=NEGOTIATION,
                by=after(at, days=NEGOTIATE_DAYS),
            ),
        ]
        self._gate.perform(*acts, by=by)
        return number

    def negotiated(self, subject: SubjectId, number: str) -> bool:
        """Tell whether a dispute's negotiation has ended. Raises ``NotFound`` for no dispute."""
        owed = self._gate.owed(subject).get(number)
        if owed is None or owed.what != NEGOTIATION:
            raise NotFound(f"no dispute has the number `{number}`")
        return owed.state != "open"


def _added(opened: Mapping[str, str | bytes], head: str) -> str:
    """Put a new line after what stood there."""
    return f"{opened['before']!s}\n{head}{opened['text']!s}".lstrip("\n")
