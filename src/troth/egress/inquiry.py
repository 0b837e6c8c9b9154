"""An identity authority at the gate's door: asked with a consent, within limits, once (2.1.1).

To the gate it is a recipient that is given values; what it answers is an outcome. Checks that end
later are begun here and ended by what the person found, by a signed call, or by the clock.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Final

import msgspec

from troth.egress.authorities import (
    ELEMENTS,
    FINAL,
    LATER,
    WAITING,
    Check,
    CheckOutcome,
    IdentityAuthority,
    Result,
)
from troth.egress.post import SigningKey
from troth.egress.questions import TRIES, Flow, Questions
from troth.egress.recipients import Reply
from troth.model.clock import Clock
from troth.model.errors import BadInput, ConsentMissing, NotFound, Unverifiable
from troth.model.secret import Secret
from troth.model.terms import SubjectId

STARTED: Final = "started"
"""What a check that ends later is answered at once."""
RATE_LIMIT: Final = "rate_limit"
"""The code of a question that was not asked, because it would have been one too many."""
AMOUNT: Final = re.compile(r"0?\.(\d{1,2})|0,(\d{1,2})", re.ASCII)
MEMO: Final = re.compile(r"\d{6}", re.ASCII)
MEMO_DIGITS: Final = 6
LONGEST_CALL: Final = 64 * 1024


class AuthorityPort:
    """An identity authority as the gate sees it: a recipient that is asked, not told.

    ``elements`` says which element each field is; ``calls`` is the key under which the authority
    signs its calls, if it makes any.
    """

    def __init__(
        self,
        authority: IdentityAuthority,
        elements: Mapping[str, str],
        questions: Questions,
        *,
        clock: Clock,
        calls: SigningKey | None = None,
        scene: str = "realname",
    ) -> None:
        self._authority = authority
        self._elements = elements
        self._questions = questions
        self._clock = clock
        self._calls = calls
        self._scene = scene

    @property
    def id(self) -> str:
        """The authority's id among the policy's recipients."""
        return self._authority.recipient_id

    @property
    def checks(self) -> frozenset[Check]:
        """What it can be asked."""
        return self._authority.checks

    # --- asking --------------------------------------------------------------------------------

    def task(self, fields: Mapping[str, object], task: str = "") -> Check:
        """Return the check that takes just these fields; ``task`` names one that ends later.

        Raises ``BadInput`` where this authority has none.
        """
        names = frozenset(self._element(field) for field in fields)
        for check in sorted(self._authority.checks):
            named = check == task if task else check not in LATER
            if named and ELEMENTS[check] == names and len(names) == len(fields):
                return check
        raise BadInput(
            f"`{self.id}` has no check{f' `{task}`' if task else ''} of just"
            f" `{'`, `'.join(sorted(names))}`",
            clause="2.1.1",
        )

    def _element(self, field: str) -> str:
        if field not in self._elements:
            raise BadInput(
                f"`{self.id}` takes no `{field}`", clause="4.1.4", remedy="send what it needs only"
            )
        return self._elements[field]

    def _of(self, values: Mapping[str, Secret]) -> dict[str, Secret]:
        return {self._element(field): value for field, value in values.items()}

    def over(self, subject: SubjectId, values: Mapping[str, Secret], task: str = "") -> bool:
        """Tell whether this question would be one too many; nothing is counted."""
        check = self.task(values, task)
        return self._questions.over(subject, check, self._of(values), self._clock.now())

    def known(
        self, subject: SubjectId, values: Mapping[str, Secret], task: str = ""
    ) -> Reply | None:
        """Return what is known of the same values already: an outcome, or a check that waits."""
        check, elements, at = self.task(values, task), self._of(values), self._clock.now()
        seen = self._questions.digest(elements)
        if check in LATER:
            flow = self._questions.open(subject, check, seen, at)
            return _begun(flow, seen) if flow else None
        outcome = self._questions.known(subject, check, seen, at)
        if outcome is None:
            return None
        return self._reply(msgspec.structs.replace(outcome, billed=False), tuple(values), seen)

    def deliver(
        self,
        purpose: str,
        values: Mapping[str, Secret],
        request_id: str,
        *,
        authorisation: str = "",
        task: str = "",
        subject: SubjectId | None = None,
    ) -> Reply:
        """Ask the one check that takes just these fields, for the purpose it is there for.

        Over a limit the answer is ``throttled`` and the authority hears nothing. Raises
        ``ConsentMissing`` without an authorisation (policy 2.1.1) and ``BadInput`` for fields that
        no check of this authority takes.
        """
        if not authorisation:
            raise ConsentMissing(
                f"`{self.id}` may not be asked without the recorded authorisation",
                clause="2.1.1",
                remedy="name the ledger entry of the subject's consent",
            )
        check, elements = self.task(values, task), self._of(values)
        if not self._questions.count(subject or "", check, elements, self._clock.now()):
            return Reply(result=Result.THROTTLED.value, code=RATE_LIMIT)
        told = {
            "request_id": request_id,
            "scene": self._scene or purpose,
            "authorisation": authorisation,
        }
        if check in LATER:
            return self._start(subject, check, elements, tuple(values), told)
        outcome = self._authority.verify(check, elements, **told)
        seen = self._questions.digest(elements)
        if subject is not None and outcome.billed and outcome.result in FINAL:
            self._questions.remember(subject, check, seen, outcome, self._clock.now())
        return self._reply(outcome, tuple(values), seen)

    def _start(
        self,
        subject: SubjectId | None,
        check: Check,
        elements: Mapping[str, Secret],
        fields: tuple[str, ...],
        told: Mapping[str, str],
    ) -> Reply:
        if subject is None:
            raise BadInput(f"`{check}` is about one subject", clause="2.1.1")
        questions, seen = self._questions, self._questions.digest(elements)
        flow_id = questions.begin(subject, check, fields, seen, self._clock.now())
        memo = _code() if self._authority.takes_memo(check) else ""
        started = self._authority.start(check, elements, memo=memo, **told)
        if started.refused is not None:
            questions.drop(subject, flow_id)
            return self._reply(started.refused, fields, seen)
        questions.started(subject, flow_id, started.reference, started.url, memo)
        flow = questions.one(subject, flow_id)
        if flow is None:
            # Erased while the authority was asked: there is nobody to wait for.
            return Reply(result=Result.EXPIRED.value)
        return _begun(flow, seen)

    def _reply(self, outcome: CheckOutcome, fields: tuple[str, ...], seen: str = "") -> Reply:
        return Reply(
            result=outcome.result.value,
            reference=outcome.provider_ref,
            code=outcome.code,
            fields={field: outcome.fields.get(self._elements[field]) for field in fields},
            status=outcome.business_status,
            billed=outcome.billed,
            digest=seen,
        )

    # --- checks that end later -----------------------------------------------------------------

    def flows(self, subject: SubjectId) -> list[Flow]:
        """List a subject's checks that end later, newest first."""
        return self._questions.of(subject)

    def answered(self, flow: Flow) -> Reply:
        """Return the outcome of a check that has one."""
        return self._reply(flow.outcome or _undecided(WAITING), flow.fields)

    def confirm(self, subject: SubjectId, flow_id: str, answer: Secret) -> Flow:
        """Hand in what the person found, or ask how it stands (an empty answer); see what follows.

        The try is counted before it is judged; three wrong ones lock the check. Raises ``NotFound``
        for a check the subject does not have, ``BadInput`` for what is no amount or code.
        """
        flow = self._questions.one(subject, flow_id)
        if flow is None or flow.state == "starting":
            raise NotFound("there is no such check", clause="2.1.1")
        if flow.state == "waiting":
            if flow.expires <= self._clock.now():
                self._end(flow, CheckOutcome(result=Result.EXPIRED))
            elif answer and flow.task is Check.DEPOSIT:
                self._judge(flow, _tidy(flow, answer))
            elif self._questions.may_look(flow, self._clock.now()):
                self._ask(flow)
        return self._questions.one(subject, flow_id) or flow

    def _judge(self, flow: Flow, answer: Secret) -> None:
        nth = self._questions.take_try(flow, self._clock.now())
        if not nth:
            # The last try is being judged; it locks the check if it is wrong.
            return
        if flow.memo:
            right = self._questions.memo_is(flow, answer)
            outcome = CheckOutcome(result=Result.MATCH if right else Result.MISMATCH)
        else:
            outcome = self._authority.confirm(
                flow.task, flow.provider, answer, request_id=f"{flow.id}-{nth}"
            )
        match outcome.result:
            case Result.MISMATCH if nth < TRIES:
                return
            case Result.MISMATCH:
                self._end(flow, CheckOutcome(result=Result.LOCKED, code=outcome.code))
            case Result.UNAVAILABLE | Result.THROTTLED | Result.BAD_INPUT:
                self._questions.give_back(flow)
            case _:
                self._end(flow, outcome)

    def _ask(self, flow: Flow) -> None:
        asked = f"{flow.id}-{secrets.token_hex(4)}"
        outcome = self._authority.confirm(flow.task, flow.provider, Secret(""), request_id=asked)
        if outcome.result not in (Result.UNAVAILABLE, Result.THROTTLED, Result.BAD_INPUT):
            self._end(flow, outcome)

    def _end(self, flow: Flow, outcome: CheckOutcome) -> None:
        self._questions.answer(flow, outcome, self._clock.now())

    def called(self, headers: Mapping[str, str], body: bytes) -> Flow | None:
        """Take a signed call of the authority; return the check it ends, if it ends one.

        ``headers`` by lower-case name. A call that came before, or late, changes nothing. Raises
        ``Unverifiable`` for a signature that is not the authority's over this body, id and time,
        ``NotFound`` for a check that is not ours, ``BadInput``.
        """
        if self._calls is None or len(body) > LONGEST_CALL:
            raise Unverifiable("no authority calls here", remedy="set `callback_secret`")
        at = self._clock.now()
        call = headers.get("webhook-id", "")
        stamp = headers.get("webhook-timestamp", "")
        self._calls.check(call, stamp, headers.get("webhook-signature", ""), body, at=at)
        told = self._authority.called(body)
        flow = self._questions.called(told.reference)
        if flow is None or not self._questions.first_time(call, at):
            return None
        if told.outcome.result in (*FINAL, Result.EXPIRED, Result.LOCKED):
            self._end(flow, told.outcome)
        else:
            self._ask(flow)
        return self._questions.one(flow.subject, flow.id)

    def ended(self, flow: Flow) -> None:
        """Note that an outcome was remembered and the person told."""
        self._questions.end(flow, self._clock.now())

    def due(self) -> list[Flow]:
        """Look at what waits: ask about it, end what is out of time; return what has an outcome.

        Counts and calls that say nothing any more are swept away.
        """
        at = self._clock.now()
        self._questions.purge(at)
        found = []
        for flow in self._questions.due(at):
            if flow.state == "waiting" and flow.expires <= at:
                self._end(flow, CheckOutcome(result=Result.EXPIRED))
            elif flow.state == "waiting" and flow.task is not Check.DEPOSIT:
                self._ask(flow)
            now = self._questions.one(flow.subject, flow.id)
            if now is not None and now.state == "answered":
                found.append(now)
        return found


def _begun(flow: Flow, seen: str) -> Reply:
    return Reply(result=STARTED, reference=flow.id, url=flow.url, digest=seen)


def _undecided(code: str) -> CheckOutcome:
    return CheckOutcome(result=Result.UNAVAILABLE, code=code)


def _tidy(flow: Flow, answer: Secret) -> Secret:
    """Return an amount as ``0.37``, or the code of a remark. Raises ``BadInput``."""
    told = answer.reveal().strip()
    if flow.memo:
        if MEMO.fullmatch(told):
            return Secret(told)
    elif (found := AMOUNT.fullmatch(told)) is not None:
        cents = int((found[1] or found[2]).ljust(2, "0"))
        if cents:
            return Secret(f"0.{cents:02}")
    raise BadInput(
        "this is no code from a payment's remark" if flow.memo else "this is no amount below 1",
        clause="2.1.1",
        remedy="enter the six digits" if flow.memo else "enter the amount as 0.37",
        field="answer",
    )


def _code() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(MEMO_DIGITS))
