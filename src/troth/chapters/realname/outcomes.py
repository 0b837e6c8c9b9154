"""Outcomes: what an authority's answer means, remembered field by field and told (2.1.1, 2.1.3)."""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Protocol

from msgspec import Struct

from troth.chapters.realname.facts import FACT, IDENTITY, Kind, about, confirmed, confirms
from troth.chapters.realname.words import RESULTS, why
from troth.documents import ending
from troth.documents.cases import Case, Cases
from troth.documents.notice import Notices
from troth.documents.requests.answer import owe_answer, request_id
from troth.gate import Gate
from troth.model.acts import SYSTEM, Act, Owe, Settle, Verified
from troth.model.clock import date
from troth.model.standing import Standing
from troth.model.terms import SubjectId

AUTHORITY: Final = "id-authority"
PURPOSE: Final = "realname"
PAPERS: Final = "document"
"""The group of fields that papers for a review lie in."""
OPERATING: Final = ("", "in_operation")
"""What a register says of a company that exists and works."""

Result = Literal["verified", "failed", "pending"]
Asked = Mapping[SubjectId, tuple[str, ...]]
"""Whose fields a question was about; the first is whose check it is."""


class Reply(Protocol):
    """What an authority answered."""

    @property
    def result(self) -> str:
        """One word."""
        ...

    @property
    def reference(self) -> str:
        """Its own number for the check."""
        ...

    @property
    def code(self) -> str:
        """Its own word."""
        ...

    @property
    def status(self) -> str:
        """Whether a company is in operation."""
        ...

    @property
    def fields(self) -> Mapping[str, bool | None]:
        """Which field is right; None where it does not say."""
        ...


class Checked(Struct, frozen=True, kw_only=True):
    """How a check ended. ``code`` is the authority's own word; ``fields`` what it said of each.

    ``task`` names the check, ``case`` the review that people owe where the result is ``pending``.
    """

    result: Result
    code: str
    reference: str
    fields: Mapping[str, bool | None]
    entries: tuple[str, ...]
    task: str = ""
    case: str = ""


class Outcomes:
    """Turns answers into facts, cases and notices."""

    def __init__(self, gate: Gate, notices: Notices, cases: Cases) -> None:
        self._gate = gate
        self._notices = notices
        self._cases = cases

    def remember(self, asked: Asked, task: str, reply: Reply) -> Checked:
        """Remember an answer field by field, decide what it decides, and tell the subject.

        What the authority cannot say becomes a case for people, with their term to answer.
        """
        subject = next(iter(asked))
        fields = tuple(field for own in asked.values() for field in own)
        result, code = judged(reply)
        kind = about(task, fields)
        standing = self._gate.standing(subject)
        acts = _facts(asked, f"{AUTHORITY}/{task}", reply, result)
        if confirmed(standing):
            # Who is confirmed stays so: what a card's number says of it is about the card.
            acts = [act for act in acts if act.fact not in (*IDENTITY, FACT)]
        more: Sequence[Act] = ()
        case = ""
        if result == "pending":
            case, more = self.review(subject, standing, kind=kind, said=f"{task}/{code}", code=code)
        elif result == "verified":
            more = self._overtaken(subject, standing, kind)
        told = self._told(subject, standing, result, reply.reference)
        outcome = self._gate.perform(*acts, *more, *told, by=SYSTEM)
        if result == "verified":
            self._close(subject, kind)
        return Checked(
            result=result,
            code=code,
            reference=reply.reference,
            fields=dict(reply.fields),
            entries=outcome.entries,
            task=task,
            case=case,
        )

    def _told(
        self, subject: SubjectId, standing: Standing, result: Result, reference: str
    ) -> Sequence[Act]:
        if result == "pending":
            return ()
        chinese, english = RESULTS[result]
        values = {"result_zh": chinese, "result_en": english, "reference": reference or "-"}
        return self._notices.tell(subject, standing, "realname_result", values)

    def over(self, subject: SubjectId, task: str, reply: Reply) -> Checked:
        """Tell the subject that a check ended without a result; nothing is decided by it."""
        chinese, english = why(reply.result)
        standing = self._gate.standing(subject)
        values = {"why_zh": chinese, "why_en": english}
        told = self._notices.tell(subject, standing, "realname_over", values)
        outcome = self._gate.perform(*told, by=SYSTEM) if told else None
        return Checked(
            result="pending",
            code=reply.result,
            reference=reply.reference,
            fields={},
            entries=outcome.entries if outcome else (),
            task=task,
        )

    # --- cases ---------------------------------------------------------------------------------

    def review(
        self,
        subject: SubjectId,
        standing: Standing,
        *,
        kind: Kind,
        said: str,
        code: str,
        barred: str = "",
    ) -> tuple[str, list[Act]]:
        """Open a case for people, or find the one that waits; return it and the acts that owe it.

        The subject is told why, by when, and that a register can lag behind.
        """
        at = self._gate.clock.now()
        number = request_id()
        owe = owe_answer(
            subject, "human_review", duty=number, regimes=standing.regimes, received=at
        )
        case = self._cases.open(
            subject, number, kind=kind, said=said, at=at, due=owe.by, barred=barred
        )
        if case.id in standing.owed:
            return case.id, []
        chinese, english = why(code)
        values = {
            "why_zh": chinese,
            "why_en": english,
            "case": case.id,
            "by": date(case.due),
        }
        owed = owe if case.id == number else _owed(owe.subject, case)
        return case.id, [owed, *self._notices.tell(subject, standing, "realname_waiting", values)]

    def waiting(self, subject: SubjectId) -> list[Case]:
        """List the reviews of a subject that are not decided."""
        return [
            case
            for case in self._cases.of(subject)
            if case.kind != "change" and case.state != "decided"
        ]

    def _overtaken(self, subject: SubjectId, standing: Standing, kind: Kind) -> list[Act]:
        """Return the acts that end what waited for people: their duties, and the papers given."""
        acts: list[Act] = [
            Settle(subject=subject, duty=case.id, state="fulfilled")
            for case in self.waiting(subject)
            if case.kind == kind
            and case.id in standing.owed
            and standing.owed[case.id].state == "open"
        ]
        gone = self.papers_gone(subject, standing) if kind == "identity" else []
        return [*acts, *gone]

    def papers_gone(self, subject: SubjectId, standing: Standing) -> list[Act]:
        """Return the acts that erase a decided review's papers; what a law holds is set aside."""
        at = self._gate.clock.now()
        what = ending.plan(standing, (PAPERS,), self._gate.policy().edition, at)
        if not (what.gone or what.held):
            return []
        return list(ending.acts(subject, what, ground="decided", placed=standing.holds))

    def _close(self, subject: SubjectId, kind: Kind) -> None:
        at = self._gate.clock.now()
        for case in self.waiting(subject):
            if case.kind == kind:
                self._cases.decided(case, second="", at=at)


def judged(reply: Reply) -> tuple[Result, str]:
    """Return what an answer means, and the code that says why.

    Only a match confirms and only a mismatch denies; all else is for people. A register that knows
    a company which is not in operation has not said that it is false.
    """
    if reply.result == "match":
        if reply.status in OPERATING:
            return "verified", "match"
        return "pending", "not_in_operation"
    return ("failed" if reply.result == "mismatch" else "pending"), reply.result


def _facts(asked: Asked, method: str, reply: Reply, result: Result) -> list[Verified]:
    """Say what an answer means for each field, and for the whole where it is about who they are."""
    subject, fields = next(iter(asked)), [field for own in asked.values() for field in own]
    about_whom = [
        (who, field, found)
        for who, own in asked.items()
        for field, found in _by_field(own, reply, result)
    ]
    found: list[tuple[SubjectId, str, Result]] = [*about_whom]
    if confirms(fields):
        found.append((subject, FACT, result))
    return [
        Verified(subject=who, fact=fact, result=said, method=method, reference=reply.reference)
        for who, fact, said in found
    ]


def _by_field(
    fields: Sequence[str], reply: Reply, result: Result
) -> list[tuple[str, Literal["verified", "failed"]]]:
    """Say what an answer means for each field; one that it says nothing of stays as it was."""
    if result == "pending":
        return []
    if result == "verified":
        return [(field, "verified") for field in fields]
    said = {field: reply.fields.get(field) for field in fields}
    if all(right is None for right in reply.fields.values()):
        # They do not belong together, and nobody says which of them is wrong.
        return [(field, "failed") for field in fields]
    return [
        (field, "verified" if right else "failed")
        for field, right in said.items()
        if right is not None
    ]


def _owed(subject: SubjectId | None, case: Case) -> Act:
    """Return the duty of a case that was opened before and whose duty was never written."""
    return Owe(subject=subject, duty=case.id, what="human_review", by=case.due)
