"""Checks that end hours or days later: a face, an amount on an account (policy 2.1.1, 2.3).

They are begun with the same consents, shown while they wait, and end by what the person finds, by a
signed call of the authority, or by the clock; however often that is told, they end once. A face
never reaches us: the person goes to the authority's page, and what comes back is an outcome.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from troth.chapters.realname.checks import Checks, Question, too_many
from troth.chapters.realname.outcomes import Checked, Outcomes, Reply
from troth.chapters.realname.words import NEXT
from troth.documents.agreement import Shown, Tick
from troth.documents.notice import Notices
from troth.gate import Asking, Flow, Gate
from troth.model.acts import SYSTEM, Actor
from troth.model.clock import Moment, iso
from troth.model.errors import BadInput, Erased, NotFound
from troth.model.secret import Secret
from troth.model.terms import Fields, SubjectId

TASKS: Final = ("deposit", "face", "reverse_deposit")
WITHOUT_RESULT: Final = ("expired", "locked")
"""How a check can end that says nothing of the person: they begin again, or ask for people."""
TRIES: Final = 3
"""Wrong answers that lock a check."""


class Pending(Struct, frozen=True, kw_only=True):
    """A check that waits, or has ended: where it stands, as the person sees it.

    ``url`` is where they go on (a face), ``memo`` says that digits from a payment's remark are
    asked for and not its amount, ``tries`` how many are left, ``until`` by when.
    """

    id: str
    task: str
    state: Literal["waiting", "ended"]
    code: str
    url: str
    memo: bool
    tries: int
    since: Moment
    until: Moment


class Progress(Struct, frozen=True, kw_only=True):
    """Where somebody's real name stands: the checks that wait, and the reviews people owe."""

    checks: tuple[Pending, ...]
    reviews: tuple[str, ...]


class Later:
    """Begins checks that end later, and ends them."""

    def __init__(
        self, gate: Gate, notices: Notices, asking: Asking, checks: Checks, outcomes: Outcomes
    ) -> None:
        self._gate = gate
        self._notices = notices
        self._asking = asking
        self._checks = checks
        self._outcomes = outcomes

    def start(
        self,
        subject: SubjectId,
        task: str,
        values: Mapping[str, Secret],
        ticks: Sequence[Tick],
        *,
        held: Fields,
        shown: Shown | None,
        means: str,
        by: Actor,
    ) -> Pending | Checked:
        """Begin a check, or return the one that waits for the same values.

        What the authority does not begin is remembered like any other answer, and people look.
        """
        if task not in TASKS or task not in self._asking.checks(subject):
            raise BadInput(
                f"`{task}` is no check that begins here",
                clause="2.1.1",
                remedy="see the ways there are",
                field="task",
            )
        self._checks.prepare(subject, values, ticks, shown=shown, means=means, by=by)
        question = self._checks.question(subject, (*values, *held), {}, task)
        waits = self._asking.known(subject, question.values, task)
        reply = waits or self._checks.ask(question, by)
        if reply.result != "started":
            return self._outcomes.remember(question.asked, task, reply)
        return self._begun(question, reply, told=waits is not None)

    def _begun(self, question: Question, reply: Reply, *, told: bool) -> Pending:
        flow = self._flow(question.subject, reply.reference)
        if not told:
            chinese, english = NEXT[question.task]
            values = {"next_zh": chinese, "next_en": english, "until": iso(flow.expires)}
            standing = self._gate.standing(question.subject)
            notices = self._notices.tell(question.subject, standing, "realname_begun", values)
            if notices:
                self._gate.perform(*notices, by=SYSTEM)
        return _pending(flow)

    def answer(self, subject: SubjectId, check: str, answer: Secret) -> Pending | Checked:
        """Hand in what the person found, or ask how it stands (an empty answer).

        Three wrong answers lock it. Raises ``NotFound``, ``BadInput`` for what is no amount or
        code, ``TooMany`` where no try is left.
        """
        before = self._flow(subject, check)
        if before.state == "waiting" and answer and before.tries >= TRIES:
            raise too_many()
        flow = self._asking.confirm(subject, check, answer)
        return self._ended(flow) or _pending(flow)

    def called(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a signed call of an authority; tell whether it ended a check.

        Raises ``Unverifiable``, ``NotFound``, ``BadInput``.
        """
        flow = self._asking.called(headers, body)
        return flow is not None and self._ended(flow) is not None

    def tick(self) -> int:
        """End what is out of time, ask about what is silent; return how many have ended."""
        return sum(self._ended(flow) is not None for flow in self._asking.due())

    def _ended(self, flow: Flow) -> Checked | None:
        """Remember an outcome that nobody was told yet; ``None`` where there is none.

        Noted as told after it was: a crash in between tells twice, and never not at all.
        """
        if flow.state != "answered":
            return None
        try:
            reply = self._asking.reply(flow)
            if reply.result in WITHOUT_RESULT:
                checked = self._outcomes.over(flow.subject, flow.task.value, reply)
            else:
                asked = {flow.subject: flow.fields}
                checked = self._outcomes.remember(asked, flow.task.value, reply)
        except (Erased, NotFound):
            return None  # the subject has gone, and the check with them
        self._asking.ended(flow)
        return checked

    def pending(self, subject: SubjectId) -> tuple[Pending, ...]:
        """List a subject's checks that end later, newest first, those that ended included."""
        return tuple(_pending(flow) for flow in self._asking.flows(subject))

    def _flow(self, subject: SubjectId, check: str) -> Flow:
        for flow in self._asking.flows(subject):
            if flow.id == check:
                return flow
        raise NotFound("there is no such check", clause="2.1.1")


def _pending(flow: Flow) -> Pending:
    outcome = flow.outcome
    return Pending(
        id=flow.id,
        task=flow.task.value,
        state="waiting" if flow.state == "waiting" else "ended",
        code=outcome.result.value if outcome else "",
        url=flow.url,
        memo=flow.memo,
        tries=max(TRIES - flow.tries, 0),
        since=flow.made,
        until=flow.expires,
    )
