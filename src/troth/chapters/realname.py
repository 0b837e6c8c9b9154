"""Real names: proved before some services, shared with authorities only under consent (2.1.1, 6.2).

The number and the sharing are each asked apart. What the authority answers is an outcome, never the
number; "no record" goes to people, never to "false". A confirmed identity is changed by support
alone, two persons together.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from troth.documents import ending
from troth.documents.agreement import Shown, Tick, consents
from troth.documents.answer import owe_answer, request_id
from troth.documents.contract import Contracts
from troth.documents.notice import Notices
from troth.documents.proof.age import band
from troth.gate import Gate, Outcome
from troth.model.acts import (
    SUBJECT,
    SYSTEM,
    Act,
    Actor,
    Collect,
    Correct,
    Event,
    Settle,
    Share,
    Verified,
)
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotDelivered, NotOfAge, Refused, TooMany
from troth.model.secret import Secret
from troth.model.standing import Fact, Standing
from troth.model.terms import AgeBand, SubjectId

AUTHORITY: Final = "id-authority"
PURPOSE: Final = "realname"
FACT: Final = "realname"
PER_DAY: Final = 5
"""How often one subject may ask the authority in a day: it bills, and it could be used to guess."""

Result = Literal["verified", "failed", "pending"]
RESULTS: Final[Mapping[str, Result]] = {"match": "verified", "mismatch": "failed"}
"""What an authority's answers mean; every other answer leaves it open."""
WORDS: Final = {
    "verified": ("已通过", "confirmed"),
    "failed": ("未通过：信息与登记不一致", "not confirmed: it differs from the register"),
    "pending": ("待人工复核", "people will look at it"),
}


class Checked(Struct, frozen=True, kw_only=True):
    """How a check ended. ``code`` is the authority's own word; ``fields`` what it said of each."""

    result: Result
    code: str
    reference: str
    fields: Mapping[str, bool | None]
    entries: tuple[str, ...]


class Realname:
    """The connector between a subject, an identity authority and those who decide by hand."""

    def __init__(self, gate: Gate, notices: Notices, contracts: Contracts) -> None:
        self._gate = gate
        self._notices = notices
        self._contracts = contracts

    # --- asking the authority ------------------------------------------------------------------

    def verify(
        self,
        subject: SubjectId,
        values: Mapping[str, Secret],
        ticks: Sequence[Tick] = (),
        *,
        shown: Shown | None = None,
        means: str = "checkbox",
        by: Actor = SUBJECT,
    ) -> Checked:
        """Keep the values, ask the authority, and remember the outcome.

        ``values`` are fields such as ``identity.name`` and ``identity.id_number``; ``ticks`` the
        separate consents, where they were not given before. Raises ``ConsentMissing`` while one is
        missing (nothing is kept then), ``NotOfAge`` for a number that tells a minor (the account
        is frozen), ``TooMany``, ``Refused`` for an identity already confirmed.
        """
        standing = self._gate.standing(subject)
        self._demand_open(subject, standing)
        self._demand_age(subject, standing, values)
        acts: list[Act] = []
        if shown is not None:
            known = self._gate.policy().consent_keys()
            acts += consents(subject, ticks, shown=shown, means=means, known=known)
        acts.append(Collect(subject=subject, values=values, purpose=PURPOSE))
        share = self._share(subject, tuple(values), standing)
        # Asked before anything is kept: without the consent to share, the number is not wanted.
        self._demand_share(share, ticks, by)
        kept = self._gate.perform(*acts, by=by)
        return self._ask(subject, share, kept, by)

    def _share(self, subject: SubjectId, fields: tuple[str, ...], standing: Standing) -> Share:
        facts = self._contracts.facts(AUTHORITY, PURPOSE, fields, at=self._gate.clock.now())
        consent = standing.consents.get(f"share/{AUTHORITY}/{PURPOSE}")
        return Share(
            subject=subject,
            recipient=AUTHORITY,
            fields=fields,
            purpose=PURPOSE,
            facts=facts,
            reference=consent.entry if consent else "",
        )

    def _demand_share(self, share: Share, ticks: Sequence[Tick], by: Actor) -> None:
        decision = self._gate.ask(share, by=by)[0]
        given = {key for tick in ticks if tick.ticked for key in tick.keys}
        opens = bool(decision.missing) and given.issuperset(decision.missing)
        if not decision.allowed and not opens:
            # The gate says no, so that the refusal is remembered with its clauses.
            self._gate.perform(share, by=by)

    def _ask(self, subject: SubjectId, share: Share, kept: Outcome, by: Actor) -> Checked:
        standing = self._gate.standing(subject)
        share = self._share(subject, share.fields, standing)
        entries = kept.entries
        result: Result = "pending"
        code, reference = "unavailable", ""
        fields: Mapping[str, bool | None] = {}
        try:
            outcome = self._gate.perform(share, by=by)
        except NotDelivered as error:
            code = error.code
        else:
            entries += outcome.entries
            reply = outcome.replies.get(AUTHORITY)
            if reply is not None:
                result = RESULTS.get(reply.result, "pending")
                code, reference, fields = reply.result, reply.reference, reply.fields
        told = self._remember(subject, standing, result, reference, f"{AUTHORITY}/{code}")
        return Checked(
            result=result,
            code=code,
            reference=reference,
            fields=fields,
            entries=(*entries, *told.entries),
        )

    def _remember(
        self, subject: SubjectId, standing: Standing, result: Result, reference: str, method: str
    ) -> Outcome:
        acts: list[Act] = [
            Verified(subject=subject, fact=FACT, result=result, method=method, reference=reference)
        ]
        if result == "pending":
            acts.append(
                owe_answer(
                    subject,
                    "human_review",
                    duty=request_id(),
                    regimes=standing.regimes,
                    received=self._gate.clock.now(),
                )
            )
        chinese, english = WORDS[result]
        values = {"result_zh": chinese, "result_en": english, "reference": reference or "-"}
        acts += self._notices.tell(subject, standing, "realname_result", values)
        return self._gate.perform(*acts, by=SYSTEM)

    def _demand_open(self, subject: SubjectId, standing: Standing) -> None:
        if confirmed(standing):
            raise locked()
        today = self._gate.clock.now() - DAY
        asked = [
            entry
            for entry in self._gate.trail(subject)
            if entry.kind == Share.kind
            and entry.at > today
            and entry.what.get("recipient") == AUTHORITY
        ]
        if len(asked) >= PER_DAY:
            raise TooMany(
                "the authority was asked too often today", clause="2.1.1", remedy="try tomorrow"
            )

    def _demand_age(
        self, subject: SubjectId, standing: Standing, values: Mapping[str, Secret]
    ) -> None:
        at: Moment = self._gate.clock.now()
        age = band(
            self._gate.policy().edition,
            standing.residence,
            id_number=values.get("identity.id_number"),
            at=at,
        )
        if age in (AgeBand.MINOR, AgeBand.CHILD):
            self._gate.perform(*ending.child_found(subject, request_id(), at), by=SYSTEM)
            raise NotOfAge(
                clause="8.1",
                remedy="the account is frozen; a guardian can write to the privacy desk",
            )

    # --- by hand -------------------------------------------------------------------------------

    def review(
        self,
        subject: SubjectId,
        result: Literal["verified", "failed"],
        *,
        ticket: str,
        first: Actor,
        second: Actor,
    ) -> Outcome:
        """Decide a check that is open, by two members of staff (policy 2.1.1, 2.2.5).

        Raises ``BadInput`` when they are not two, or nothing is open.
        """
        two_persons(first, second, ticket)
        standing = self._gate.standing(subject)
        fact = standing.facts.get(FACT)
        if fact is None or fact.result != "pending":
            raise BadInput("no identity waits for a review", clause="2.1.1")
        acts: list[Act] = [_second(ticket, second)]
        acts.append(
            Verified(subject=subject, fact=FACT, result=result, method="review", reference=ticket)
        )
        acts += [
            Settle(subject=subject, duty=name, state="fulfilled")
            for name, owed in standing.owed.items()
            if owed.what == "human_review" and owed.state == "open"
        ]
        chinese, english = WORDS[result]
        values = {"result_zh": chinese, "result_en": english, "reference": ticket}
        outcome = self._gate.perform(*acts, by=first)
        self._tell(subject, standing, "realname_result", values)
        return outcome

    def change(
        self,
        subject: SubjectId,
        values: Mapping[str, Secret],
        *,
        ticket: str,
        first: Actor,
        second: Actor,
    ) -> Outcome:
        """Change a confirmed identity: support alone, two persons, after their own checks (6.2)."""
        two_persons(first, second, ticket)
        standing = self._gate.standing(subject)
        edition = self._gate.policy().edition
        named = ending.in_words(values, edition, "zh")
        outcome = self._gate.perform(
            _second(ticket, second),
            Correct(subject=subject, values=values, purpose=PURPOSE, reference=ticket),
            Verified(
                subject=subject, fact=FACT, result="verified", method="support", reference=ticket
            ),
            by=first,
        )
        self._tell(subject, standing, "correction", {"fields": named})
        return outcome

    def _tell(
        self, subject: SubjectId, standing: Standing, notice: str, values: Mapping[str, str]
    ) -> None:
        """Have the house itself tell the subject: the staff's role may not write to them."""
        told = self._notices.tell(subject, standing, notice, values)
        if told:
            self._gate.perform(*told, by=SYSTEM)

    # --- what it opens -------------------------------------------------------------------------

    def require(self, subject: SubjectId, service: str) -> None:
        """Raise ``Refused`` (``realname_required``) while a service waits for a real name."""
        at = self._gate.clock.now()
        standing = self._gate.standing(subject)
        decision = self._gate.policy(at).service(service, standing, at)
        if not decision.allowed:
            raise Refused(
                decision.reason["en"],
                decision=decision,
                clause=", ".join(decision.clauses),
                remedy=decision.remedy,
            )

    def status(self, subject: SubjectId) -> Fact | None:
        """Return how the subject's identity stands: result, when, how; ``None``: never asked."""
        return self._gate.standing(subject).facts.get(FACT)


def confirmed(standing: Standing) -> bool:
    """Tell whether an identity is confirmed."""
    fact = standing.facts.get(FACT)
    return fact is not None and fact.result == "verified"


def locked() -> Refused:
    """Return the refusal to touch a confirmed identity alone."""
    return Refused(
        "this identity is confirmed: contact support",
        clause="6.2",
        remedy="call or write to support, who change it after their own checks",
    )


def two_persons(first: Actor, second: Actor, ticket: str) -> None:
    """Raise ``BadInput`` unless two different members of staff act under a ticket."""
    if first.kind != "staff" or second.kind != "staff" or first.id == second.id or not ticket:
        raise BadInput(
            "this takes two different members of staff and a ticket",
            clause="6.2",
            remedy="have a colleague confirm it",
        )


def _second(ticket: str, second: Actor) -> Event:
    detail = {"ticket": ticket, "by": str(second)}
    return Event(subject=None, name="second_person", detail=detail)
