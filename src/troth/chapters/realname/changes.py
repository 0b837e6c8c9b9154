"""A confirmed identity changes through support alone: checked, entered twice, by two (6.2)."""

from collections.abc import Mapping

from troth.chapters.realname.checks import Checks
from troth.chapters.realname.desk import demand_desk, demand_second, once, second_person
from troth.chapters.realname.facts import FACT, confirmed
from troth.chapters.realname.outcomes import PURPOSE
from troth.chapters.realname.words import PROOFS
from troth.documents import ending
from troth.documents.cases import Case, Cases, not_open
from troth.documents.notice import Notices, language_of
from troth.documents.requests.answer import POLICY_DAYS
from troth.gate import Gate, Outcome
from troth.model.acts import SYSTEM, Act, Actor, Correct, Event, Record, Verified
from troth.model.clock import after
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.terms import SubjectId

CHECKED = "request/change_realname"
"""The fact that it was made sure who asks."""


class Changes:
    """Changes identities that are confirmed."""

    def __init__(self, gate: Gate, notices: Notices, cases: Cases, checks: Checks) -> None:
        self._gate = gate
        self._notices = notices
        self._cases = cases
        self._checks = checks

    def propose(
        self,
        subject: SubjectId,
        values: Mapping[str, Secret],
        *,
        ticket: str,
        checked: str,
        by: Actor,
    ) -> str:
        """Enter what is to change, as the first of two persons; return the case's number.

        ``ticket`` is the request, ``checked`` how support made sure who asks. The values are not
        kept: the second person enters them again. Raises ``Refused`` for another role, ``BadInput``
        for an identity that is not confirmed, a missing ticket or check, or a field not held.
        """
        demand_desk(self._gate, by)
        self._demand(subject, values, ticket, checked)
        at = self._gate.clock.now()
        case = self._cases.propose_change(
            subject,
            values,
            ticket=f"{ticket} {checked}",
            first=by.id,
            at=at,
            due=after(at, days=POLICY_DAYS),
        )
        detail: Record = {"case": case.id, "ticket": ticket, "fields": sorted(values)}
        self._gate.perform(
            Event(subject=subject, name="realname.change_proposed", detail=detail), by=by
        )
        return case.id

    def _demand(
        self, subject: SubjectId, values: Mapping[str, Secret], ticket: str, checked: str
    ) -> None:
        if not ticket or " " in ticket or checked not in PROOFS:
            raise BadInput(
                "a change names its ticket, and how it was made sure who asks",
                clause="6.2",
                remedy=f"use one of {', '.join(PROOFS)}",
                field="checked" if ticket else "ticket",
            )
        standing = self._gate.standing(subject)
        if not confirmed(standing) or not values:
            raise BadInput(
                "no identity is confirmed here, or nothing is to change",
                clause="6.2",
                remedy="what is not confirmed, people correct themselves",
            )
        # Weighed without being done: a value that is malformed is told to the first person.
        self._gate.weigh(Correct(subject=subject, values=values, purpose=PURPOSE), by=SYSTEM)

    def confirm(
        self, subject: SubjectId, case: str, values: Mapping[str, Secret], *, by: Actor
    ) -> Outcome:
        """Enter the same values as the second person; now they change, and the subject is told.

        Raises ``Refused`` for another role, ``BadInput`` for whoever proposed it, for a case that
        is over, and where the two entries differ; ``NotOfAge`` for a number that tells a minor.
        """
        demand_desk(self._gate, by)
        found = self._cases.one(subject, case)
        if found.kind != "change":
            raise not_open()
        demand_second(found, by)
        if not self._cases.same(found, values):
            raise BadInput(
                "the two entries differ",
                clause="6.2",
                remedy="compare both with the ticket; begin anew if the first is wrong",
            )
        self._checks.demand_grown(subject, values)
        standing = self._gate.standing(subject)
        outcome = once(self._gate, found, [second_person(found, by), *_changed(found, values)], by)
        self._cases.decided(found, second=by.id, at=self._gate.clock.now())
        named = ending.in_words(values, self._gate.policy().edition, language_of(standing))
        told = self._notices.tell(subject, standing, "correction", {"fields": named})
        if told and not outcome.replayed:
            self._gate.perform(*told, by=SYSTEM)
        return outcome

    def drop(self, subject: SubjectId, case: str, *, by: Actor) -> None:
        """Let a proposed change fall. Raises ``Refused``, ``BadInput`` for one that is over."""
        demand_desk(self._gate, by)
        found = self._cases.one(subject, case)
        if found.kind != "change" or found.state != "proposed":
            raise not_open()
        self._cases.decided(found, second="", at=self._gate.clock.now())
        detail = {"case": case}
        self._gate.perform(
            Event(subject=subject, name="realname.change_dropped", detail=detail), by=by
        )


def _changed(case: Case, values: Mapping[str, Secret]) -> list[Act]:
    """Return what a change does: it was made sure who asks, values change, facts stand anew."""
    ticket, _, checked = case.said.partition(" ")

    def fact(name: str, method: str) -> Verified:
        return Verified(
            subject=case.subject, fact=name, result="verified", method=method, reference=ticket
        )

    return [
        fact(CHECKED, checked),
        Correct(subject=case.subject, values=values, purpose=PURPOSE, reference=ticket),
        *(fact(name, "support") for name in (*sorted(values), FACT)),
    ]
