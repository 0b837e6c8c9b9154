"""The identity desk: what a register cannot say, two people decide in turn (2.1.1, 2.2.5).

A review waits in a queue, is looked at through the gate, is proposed by one member of staff and
decided by another, at two moments. The subject is told the reason in words, and can appeal: then
neither of the two decides again.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from troth.chapters.realname.facts import FACT, GROUPS, confirmed, in_scope
from troth.chapters.realname.outcomes import PAPERS, PURPOSE, Outcomes
from troth.chapters.realname.words import RESULTS, Verdict, reason
from troth.documents.cases import Case, Cases, another_person, not_open
from troth.documents.notice import Notices
from troth.documents.proof.references import referred
from troth.gate import Gate, Outcome
from troth.model.acts import SYSTEM, Act, Actor, Event, Settle, Show, Use, Verified
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, KeyReused, NotFound, Refused
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import SubjectId, matches

ROLES: Final[Mapping[str, str]] = {
    "enterprise.legal_rep_ref": "legal_rep",
    "enterprise.handler_ref": "handler",
}
"""Where a company's file says whose record belongs to each role."""
WRONG: Final[Mapping[str, tuple[str, ...]]] = {
    "name_differs": (".name",),
    "number_differs": (".id_number", ".uscc", ".number", ".phone"),
}
"""Which fields a reason calls wrong, by how they end; others say nothing of a single field."""


class Review(Struct, frozen=True, kw_only=True):
    """One case as the queue shows it: nothing of the person but a random id.

    ``said`` is what it came from, ``papers`` what was given, ``mine`` whether whoever asks proposed
    it, ``barred`` whether they decided before and may not touch it.
    """

    subject: SubjectId
    case: str
    kind: str
    said: str
    state: str
    proposal: str
    reason: str
    since: Moment
    due: Moment
    moved: Moment
    papers: tuple[str, ...]
    mine: bool
    barred: bool


class Seen(Struct, frozen=True, kw_only=True):
    """What a member of staff looked at: values as their role sees them, papers as pictures.

    ``people`` are those who stand for a company, by role: what is held of them lies with them.
    """

    review: Review
    values: Mapping[str, Secret]
    papers: Mapping[str, Secret]
    people: Mapping[str, Mapping[str, Secret]]


class Desk:
    """What staff do about a review."""

    def __init__(self, gate: Gate, notices: Notices, cases: Cases, outcomes: Outcomes) -> None:
        self._gate = gate
        self._notices = notices
        self._cases = cases
        self._outcomes = outcomes

    # --- looking -------------------------------------------------------------------------------

    def queue(self, by: Actor) -> list[Review]:
        """List what waits, soonest due first. Raises ``Refused`` for another role."""
        demand_desk(self._gate, by)
        found = []
        for case in self._cases.waiting():
            try:
                standing = self._gate.standing(case.subject)
            except (Erased, NotFound):
                continue  # the subject goes, and the case with them
            found.append(_row(case, standing, by))
        return found

    def open(self, subject: SubjectId, case: str, *, by: Actor, papers: bool = True) -> Seen:
        """Show the values and papers of a case; it is recorded before anything is shown.

        Values are masked where the role's are; a paper is a picture and shown whole. Whoever shows
        each picture by itself leaves them out here (``papers``). Raises ``Refused``, ``NotFound``.
        """
        demand_desk(self._gate, by)
        found = self._cases.one(subject, case)
        standing = self._gate.standing(subject)
        groups = (*GROUPS, PAPERS) if papers else GROUPS
        values = self._shown(subject, standing, case, by, groups)
        return Seen(
            review=_row(found, standing, by),
            values={name: one for name, one in values.items() if not matches(PAPERS, name)},
            papers={name: one for name, one in values.items() if matches(PAPERS, name)},
            people={
                role: self._shown(who, self._gate.standing(who), case, by, groups)
                for role, who in self._people(subject, standing).items()
            },
        )

    def _shown(
        self,
        subject: SubjectId,
        standing: Standing,
        case: str,
        by: Actor,
        groups: tuple[str, ...],
    ) -> Mapping[str, Secret]:
        """Show what the role may see of somebody for this purpose; the rest is not asked for."""
        asked = (
            Show(subject=subject, fields=(field,), purpose=PURPOSE, ticket=case)
            for field in standing.held
            if any(matches(group, field) for group in groups)
        )
        fields = tuple(act.fields[0] for act in asked if self._gate.ask(act, by=by)[0].allowed)
        act = Show(subject=subject, fields=fields, purpose=PURPOSE, ticket=case)
        return self._gate.perform(act, by=by).values if fields else {}

    def _people(self, subject: SubjectId, standing: Standing) -> Mapping[str, SubjectId]:
        """Return who stands for a company, by role; who is gone is left out."""
        held = tuple(field for field in ROLES if field in standing.held)
        if not held:
            return {}
        asked = Use(subject=subject, fields=held, purpose=PURPOSE)
        opened = self._gate.perform(asked, by=SYSTEM).values
        return {
            ROLES[field]: who
            for field, kept in opened.items()
            for who in (referred(kept),)
            if self._lives(who)
        }

    def _lives(self, who: SubjectId) -> bool:
        try:
            return self._gate.standing(who).life == "active"
        except (Erased, NotFound):
            return False

    # --- deciding ------------------------------------------------------------------------------

    def propose(
        self, subject: SubjectId, case: str, result: Verdict, why: str, *, by: Actor
    ) -> Review:
        """Propose how a review is decided, and why: the first of two persons.

        Raises ``Refused`` for another role, ``BadInput`` for a reason that does not fit, a case
        that is not open, or somebody who decided before.
        """
        demand_desk(self._gate, by)
        reason(why, result)
        found = self._review(subject, case)
        self._cases.propose(found, result, why, first=by.id, at=self._gate.clock.now())
        self._note(found, "realname.proposed", by, {"result": result, "reason": why})
        return _row(self._cases.one(subject, case), self._gate.standing(subject), by)

    def send_back(self, subject: SubjectId, case: str, *, by: Actor) -> Review:
        """Disagree with a proposal: the review begins anew. Raises as ``decide``."""
        demand_desk(self._gate, by)
        found = self._review(subject, case)
        if found.state != "proposed":
            raise not_open()
        self._cases.send_back(found, second=by.id, at=self._gate.clock.now())
        self._note(found, "realname.sent_back", by, {})
        return _row(self._cases.one(subject, case), self._gate.standing(subject), by)

    def decide(self, subject: SubjectId, case: str, *, by: Actor) -> Outcome:
        """Confirm what a colleague proposed: facts, papers and the duty end in one passage.

        Raises ``Refused`` for another role, ``BadInput`` for whoever proposed it, for somebody who
        decided before, and for a case that nobody proposed.
        """
        demand_desk(self._gate, by)
        found = self._review(subject, case)
        demand_second(found, by)
        standing = self._gate.standing(subject)
        chinese, english = reason(found.reason, found.proposal)
        acts: list[Act] = [second_person(found, by), *_facts(found, standing)]
        if found.id in standing.owed and standing.owed[found.id].state == "open":
            acts.append(Settle(subject=subject, duty=found.id, state="fulfilled"))
        if found.kind == "identity":
            acts += self._outcomes.papers_gone(subject, standing)
        outcome = once(self._gate, found, acts, by)
        self._cases.decided(found, second=by.id, at=self._gate.clock.now())
        result_zh, result_en = RESULTS[found.proposal]
        values = {
            "result_zh": result_zh.partition("：")[0],
            "result_en": result_en.partition(":")[0],
            "reason_zh": chinese,
            "reason_en": english,
            "case": found.id,
        }
        # The house itself tells the subject: the staff's role may not write to them.
        told = self._notices.tell(subject, standing, "realname_decided", values)
        if told and not outcome.replayed:
            self._gate.perform(*told, by=SYSTEM)
        return outcome

    def _review(self, subject: SubjectId, case: str) -> Case:
        found = self._cases.one(subject, case)
        if found.kind == "change":
            raise not_open()
        return found

    def _note(self, case: Case, name: str, by: Actor, more: Mapping[str, str]) -> None:
        act = Event(subject=case.subject, name=name, detail={"case": case.id, **more})
        self._gate.perform(act, by=by)

    # --- asking for it -------------------------------------------------------------------------

    def appeal(self, subject: SubjectId, *, by: Actor) -> str:
        """Ask for people to look, also at what people decided; return the case's number.

        Whoever decided before does not decide this one. Raises ``BadInput`` for an identity that is
        confirmed.
        """
        standing = self._gate.standing(subject)
        if confirmed(standing):
            raise BadInput(
                "this identity is confirmed: there is nothing to review",
                clause="6.2",
                remedy="contact support to change it",
            )
        barred = {
            who
            for case in self._cases.of(subject)
            if case.state == "decided" and case.second
            for who in (case.first, case.second)
        }
        fact = standing.facts.get(FACT)
        said = f"appeal/{fact.method}" if fact and fact.result == "failed" else "asked"
        case, acts = self._outcomes.review(
            subject,
            standing,
            kind="identity",
            said=said,
            code="asked",
            barred=" ".join(sorted(barred)),
        )
        if fact is None or fact.result != "pending":
            acts.append(Verified(subject=subject, fact=FACT, result="pending", method="people"))
        if acts:
            self._gate.perform(*acts, by=by)
        return case


def demand_desk(gate: Gate, by: Actor) -> None:
    """Raise ``Refused`` unless a member of staff's role is for real-name checks (policy 7.1)."""
    if by.kind != "staff" or PURPOSE not in gate.policy().role(by.role).purposes:
        raise Refused(
            "this is for the identity desk",
            clause="7.1",
            remedy="ask a colleague whose role is for it",
        )


def demand_second(case: Case, by: Actor) -> None:
    """Raise ``BadInput`` unless a case was proposed, by somebody else, and ``by`` may decide it."""
    if case.state != "proposed":
        raise not_open()
    if case.first == by.id:
        raise another_person()
    if by.id in case.barred:
        raise BadInput(
            "who decided before does not decide the appeal",
            clause="2.2.5",
            remedy="leave it to a colleague",
        )


def second_person(case: Case, by: Actor) -> Event:
    """Return the word for the ledger of who proposed what another now confirms."""
    detail = {"case": case.id, "first": f"staff:{case.first}", "second": str(by)}
    return Event(subject=case.subject, name="second_person", detail=detail)


def once(gate: Gate, case: Case, acts: list[Act], by: Actor) -> Outcome:
    """Do the acts of a decision; asked twice, they are done once. Raises ``BadInput``."""
    try:
        return gate.perform(*acts, by=by, key=f"case/{case.id}")
    except KeyReused:
        raise not_open() from None


def _facts(case: Case, standing: Standing) -> list[Act]:
    """Return what a decision says of each field, and of the whole where the case is about it."""
    about = [field for field in standing.held if in_scope(case.kind, field)]
    if case.proposal != "verified":
        about = [field for field in about if field.endswith(WRONG.get(case.reason, ()))]
    return [
        Verified(
            subject=case.subject,
            fact=fact,
            result="verified" if case.proposal == "verified" else "failed",
            method="review",
            reference=case.id,
        )
        for fact in (*about, *((FACT,) if case.kind == "identity" else ()))
    ]


def _row(case: Case, standing: Standing, by: Actor) -> Review:
    return Review(
        subject=case.subject,
        case=case.id,
        kind=case.kind,
        said=case.said,
        state=case.state,
        proposal=case.proposal,
        reason=case.reason,
        since=case.opened,
        due=case.due,
        moved=case.moved,
        papers=tuple(field for field in standing.held if matches(PAPERS, field)),
        mine=bool(case.first) and case.first == by.id,
        barred=by.id in case.barred,
    )
