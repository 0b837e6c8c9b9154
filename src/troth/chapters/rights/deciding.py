"""Deciding otherwise: longer, for a fee that was told, refused on a ground, appealed (9.5, 9.7)."""

from typing import Final

import msgspec

from troth.chapters.rights.ground import WAITS_FOR_PROOF, Ground
from troth.chapters.rights.opening import MERGED, Opening
from troth.chapters.rights.timeline import ACCEPTED, APPEALED, EXTENDED, JOINED, LINKED, QUOTED
from troth.chapters.rights.writing import Writing
from troth.documents.requests import answer, fees
from troth.documents.requests.answer import REASONS
from troth.documents.requests.grounds import GROUNDS
from troth.documents.requests.register import Fee, Matter
from troth.gate import Outcome
from troth.model.acts import SYSTEM, Act, Actor, Notify, Settle
from troth.model.clock import date
from troth.model.errors import BadInput, NotFound
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId

OUTSIDE: Final = "outside_jurisdiction"
OTHER: Final = "other"


class Deciding:
    """Decisions on requests that are not to hand over what was asked."""

    def __init__(self, ground: Ground, opening: Opening, writing: Writing) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._opening = opening
        self._writing = writing

    # --- the same, asked twice -------------------------------------------------------------------

    def join(self, matter: Matter) -> Matter:
        """Link two requests from outside that ask the same of one subject (9.7; reliability A21).

        The later is linked to the earlier, which goes on under its own number and clock and is told
        of under both. One that was proposed or decided goes on by itself, and so does an agent's.
        Returns the request as it is then.
        """
        twin = self._twin(matter)
        if twin is None:
            return matter
        at, subject = self._ground.now, matter.subject
        before, later = sorted((twin, matter), key=lambda one: one.received)
        self._gate.perform(
            self._ground.event(before, JOINED, other=later.number),
            Settle(subject=subject, duty=later.number, state="revoked", code=LINKED),
            by=SYSTEM,
        )
        for one in self._ground.register.linked(subject, later.number):
            self._ground.register.change(one, at=at, merged_into=before.number)
        ended = self._ground.register.change(
            later, at=at, state="revoked", reason="", merged_into=before.number
        )
        return ended if later is matter else matter

    def _twin(self, matter: Matter) -> Matter | None:
        """Return the request that waits already, was proved, and asks the same; if any."""
        standing = self._gate.standing(matter.subject)
        if not _joins(matter, matter):
            return None
        for one in self._ground.register.of(matter.subject):
            owed = standing.owed.get(one.number)
            waits = owed is not None and owed.state == "open"
            proved = self._ground.proved(standing, one.number)
            if one.number != matter.number and waits and proved and _joins(one, matter):
                return one
        return None

    # --- longer --------------------------------------------------------------------------------

    def extend(self, subject: SubjectId, number: str, reason: str, *, by: Actor) -> Outcome:
        """Take longer for an answer, once, told in time; see ``Desk.extend``."""
        matter = self._ground.to_decide(subject, number, by)
        standing = self._gate.standing(subject)
        if matter.said.extended is not None or self._was_extended(subject, number):
            raise NotFound("this request has taken longer once before", clause="9.7")
        longer = answer.extend(
            subject, number, standing.owed[number].what, matter.due, reason, standing.regimes
        )
        if self._ground.now > matter.due:
            raise BadInput(
                "the day is over by which it had to be told that it takes longer",
                clause="9.7",
                remedy="answer at once",
                field="reason",
            )
        values: dict[str, str | Secret] = {
            "request": number,
            "by": date(longer.by),
            "reason_zh": REASONS[reason].zh,
            "reason_en": REASONS[reason].en,
        }
        told = self._ground.tell(matter, standing, "request_extended", values)
        why = self._ground.event(matter, EXTENDED, reason=reason)
        outcome = self._gate.perform(why, longer, *told, by=by)
        after = self._ground.timed(msgspec.structs.replace(matter, due=longer.by), standing.regimes)
        self._ground.register.change(
            matter,
            at=self._ground.now,
            due=longer.by,
            alarm=after.alarm,
            internal=after.said.internal,
            extended=self._ground.now,
        )
        return outcome

    def _was_extended(self, subject: SubjectId, number: str) -> bool:
        return any(
            entry.what.get("event") == EXTENDED and entry.what.get("duty") == number
            for entry in self._gate.trail(subject)
        )

    # --- what it costs -------------------------------------------------------------------------

    def quote(self, subject: SubjectId, number: str, amount: str, *, by: Actor) -> Outcome:
        """Tell what a repeated request would cost, before anything is done (9.7d).

        Raises ``BadInput`` where it has to be free: the first ones of a year are, everywhere.
        """
        matter = self._ground.to_decide(subject, number, by)
        standing, now = self._gate.standing(subject), self._ground.now
        before = fees.earlier(standing.owed.values(), matter.kind, matter.received)
        fees.demand_chargeable(standing.regimes, matter.kind, before)
        told_amount = fees.checked(amount)
        told = self._ground.tell(
            matter, standing, "request_fee", {"request": number, "amount": told_amount}
        )
        event = self._ground.event(matter, QUOTED, amount=told_amount)
        outcome = self._gate.perform(event, *told, by=by)
        fee = Fee(told_amount, "quoted", now)
        self._ground.register.change(
            matter, at=now, state="in_progress", reason="fee_quoted", fee=fee
        )
        return outcome

    def accept_fee(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Say yes to what it costs; a request that is taken back instead costs nothing."""
        matter = self._ground.live(subject, number)
        if by.kind not in ("subject", "guardian"):
            raise BadInput("only who asked accepts a cost", clause="9.7", field="do")
        if matter.said.fee is None or matter.said.reason != "fee_quoted":
            raise BadInput("no cost was told for this request", clause="9.7", field="do")
        outcome = self._gate.perform(self._ground.event(matter, ACCEPTED), by=by)
        fee = Fee(matter.said.fee.amount, "accepted", self._ground.now)
        self._ground.register.change(matter, at=self._ground.now, reason="", fee=fee)
        return outcome

    # --- refused, taken back -------------------------------------------------------------------

    def deny(
        self,
        subject: SubjectId,
        number: str,
        code: str,
        *,
        by: Actor,
        text: Secret | None = None,
    ) -> Outcome:
        """Refuse a request on a ground the law lets stand; see ``Desk.deny``."""
        matter = self._ground.to_decide(subject, number, by)
        standing = self._gate.standing(subject)
        settled = answer.refuse(subject, number, code, standing.regimes)
        self._demand_ground(matter, code, text)
        told = self._writing.replied(matter, text, by) if text else []
        told += self._refusal(matter, standing, code)
        return self._ended(matter, standing, settled, told, by=by)

    def _demand_ground(self, matter: Matter, code: str, text: Secret | None) -> None:
        """Raise ``BadInput`` where a ground needs more: words, or a proof that was asked for."""
        if code == OTHER and not text:
            raise BadInput(
                "another ground is told in words",
                clause="9.5",
                remedy="write why",
                field="text",
            )
        if code == OUTSIDE and matter.said.residence != "failed":
            raise BadInput(
                "it was not asked where they live",
                clause="9.5",
                remedy="ask for a proof of residence first, and decide on it",
                field="code",
            )

    def _refusal(self, matter: Matter, standing: Standing, code: str) -> list[Act]:
        authority = answer.complain_to(standing.regimes)
        values: dict[str, str | Secret] = {
            "request": matter.number,
            "ground_zh": GROUNDS[code].zh,
            "ground_en": GROUNDS[code].en,
            "authority_zh": authority["zh"],
            "authority_en": authority["en"],
        }
        return [*self._ground.tell(matter, standing, "request_refused", values)]

    def revoke(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Take a request back; see ``Desk.revoke``."""
        if by.kind == "staff":
            self._ground.demand_desk(by, subject)
        matter = self._ground.live(subject, number)
        settled = Settle(subject=subject, duty=number, state="revoked")
        return self._ended(matter, self._gate.standing(subject), settled, [], by=by)

    def expire(self, subject: SubjectId, number: str) -> Outcome:
        """End a request that nobody proved in time; who asked is told, and where to complain.

        Raises ``BadInput`` for one that does not wait for a proof, or whose day has not come.
        """
        matter = self._ground.live(subject, number)
        if matter.said.reason not in WAITS_FOR_PROOF or self._ground.now < matter.due:
            raise BadInput("this request does not expire", clause="9.7")
        standing = self._gate.standing(subject)
        code = "insuf_verification"
        settled = Settle(subject=subject, duty=number, state="expired", code=code)
        told = self._refusal(matter, standing, code)
        return self._ended(matter, standing, settled, told, by=SYSTEM)

    def _ended(
        self,
        matter: Matter,
        standing: Standing,
        settled: Settle,
        told: list[Act],
        *,
        by: Actor,
    ) -> Outcome:
        """Settle a request; its papers go, and a provisional file goes whole.

        What is told goes out with it: an erasure takes back what waits from before.
        """
        gone = (
            self._ground.forgotten(matter.subject, standing)
            if matter.said.provisional
            else self._ground.papers_gone(matter, standing)
        )
        before = [act for act in told if not isinstance(act, Notify)]
        if before:
            self._gate.perform(*before, by=by)
        letters = [act for act in told if isinstance(act, Notify)]
        outcome = self._gate.perform(settled, *letters, *gone, by=by)
        self._ground.settle_row(matter, settled.state, code=settled.code, by=by)
        return outcome

    # --- once more -----------------------------------------------------------------------------

    def appeal(self, subject: SubjectId, number: str, text: Secret, *, by: Actor) -> str:
        """Ask that somebody else looks at a refusal; return the new request's number.

        It is as much proved as the sign-in it is made from. Raises ``NotFound`` for no such
        request, ``BadInput`` for one that was not refused, or was appealed before.
        """
        standing = self._gate.standing(subject)
        owed = standing.owed.get(number)
        if owed is None:
            raise NotFound(f"no request has the number `{number}`")
        appealed = any(one.said.appeal_of == number for one in self._ground.register.of(subject))
        if owed.state != "denied" or appealed:
            raise BadInput(
                "only a refusal is appealed, and once",
                clause="9.7",
                remedy="make a new request, or complain to the authority",
                field="do",
            )
        kind, _, ground = owed.what.partition("/")
        again = self._opening.request(
            subject,
            kind,  # type: ignore[arg-type]  # checked where it is taken
            text=text,
            ground=ground,
            by=by,
            channel="centre",
            appeal_of=number,
            barred=self._deciders(subject, number),
        )
        matter = self._ground.live(subject, again)
        self._gate.perform(self._ground.event(matter, APPEALED, of=number), by=by)
        return again

    def _deciders(self, subject: SubjectId, number: str) -> tuple[str, ...]:
        """Return the random ids of who decided a request, and who proposed it."""
        found = dict[str, None]()
        for entry in self._gate.trail(subject):
            kind, _, who = entry.by.partition(":")
            decided = entry.kind == "duty.settled" and kind == "staff"
            if decided and entry.what.get("duty") == number:
                found[who] = None
        return tuple(found)


def _joins(one: Matter, other: Matter) -> bool:
    """Tell whether a request that waits asks the same as another, and nobody has decided on it."""
    said = one.said
    free = not (said.elsewhere or said.first or said.appeal_of or said.agent or said.decider)
    same = (one.kind, said.ground) == (other.kind, other.said.ground)
    return one.live and free and same and one.kind not in MERGED
