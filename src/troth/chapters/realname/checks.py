"""Checks: asked with two consents, within limits, never twice for the same values (2.1.1, 2.3)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from troth.chapters.realname.facts import IDENTITY, confirmed, locked
from troth.chapters.realname.outcomes import AUTHORITY, PURPOSE, Asked, Checked, Outcomes, Reply
from troth.documents import ending
from troth.documents.agreement import Shown, Tick, consents
from troth.documents.contract import Contracts
from troth.documents.proof.age import band
from troth.documents.proof.references import referred
from troth.documents.requests.answer import request_id
from troth.gate import Asking, Gate
from troth.model.acts import SYSTEM, Act, Actor, Collect, ConsentGiven, Share, Use
from troth.model.errors import (
    BadInput,
    ConsentMissing,
    Erased,
    NotDelivered,
    NotFound,
    NotOfAge,
    Refused,
    TooMany,
)
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import AgeBand, Fields, SubjectId

CONSENT: Final = f"share/{AUTHORITY}/{PURPOSE}"
"""The consent without which nothing goes to an authority, whatever the law (policy 2.1.1)."""
NUMBERS: Final = ("identity.id_number", "handler.id_number")
"""Fields that tell when somebody was born."""
COMPANY: Final = ("enterprise.name", "enterprise.uscc")
REFERENCE: Final = "enterprise.legal_rep_ref"
HANDLER: Final = "enterprise.handler_ref"
HANDLERS: Final = ("handler.name", "handler.id_number")
REPRESENTATIVE: Final = ("legal_rep.name", "legal_rep.id_number")
PEOPLE: Final = "people"
"""The way that is always there: papers, looked at by staff."""


class Way(Struct, frozen=True, kw_only=True):
    """One way to be confirmed: a check an authority offers, or people; and what it is asked with.

    ``later`` ends hours or days after it began.
    """

    task: str
    later: bool = False


class Nothing(Struct, frozen=True, kw_only=True):
    """What is answered where nobody was asked."""

    result: str
    reference: str = ""
    code: str = ""
    status: str = ""
    fields: Mapping[str, bool | None] = {}


class Question(Struct, frozen=True, kw_only=True):
    """What is to be asked: the values of the subject and of others, and by which check."""

    subject: SubjectId
    values: Mapping[str, Secret]
    fields: Fields
    others: Mapping[SubjectId, Fields]
    task: str

    @property
    def asked(self) -> Asked:
        """Whose fields it is about; the subject's first."""
        return {self.subject: self.fields, **self.others}


class Checks:
    """Asks identity authorities, and remembers what they say."""

    def __init__(
        self, gate: Gate, contracts: Contracts, asking: Asking, outcomes: Outcomes
    ) -> None:
        self._gate = gate
        self._contracts = contracts
        self._asking = asking
        self._outcomes = outcomes

    # --- asking --------------------------------------------------------------------------------

    def verify(
        self,
        subject: SubjectId,
        values: Mapping[str, Secret],
        ticks: Sequence[Tick],
        *,
        held: Fields,
        others: Mapping[SubjectId, Fields],
        shown: Shown | None,
        means: str,
        by: Actor,
    ) -> Checked:
        """Keep the values, ask the authority, and remember the outcome; see ``Realname.verify``."""
        self.prepare(subject, values, ticks, shown=shown, means=means, by=by)
        question = self.question(subject, (*values, *held), others, "")
        known = self._known(question)
        reply = known or self.ask(question, by)
        return self._outcomes.remember(question.asked, question.task, reply)

    def prepare(
        self,
        subject: SubjectId,
        values: Mapping[str, Secret],
        ticks: Sequence[Tick],
        *,
        shown: Shown | None,
        means: str,
        by: Actor,
    ) -> None:
        """Take consents and values, once it is sure that they may be used for the check.

        An identity that is confirmed is not entered anew (6.2). Nothing is kept while a consent is
        missing, a value is malformed, or a number tells a minor.
        """
        standing = self._gate.standing(subject)
        if confirmed(standing) and not IDENTITY.isdisjoint(values):
            raise locked()
        acts: list[Act] = []
        if shown is not None:
            known = self._gate.policy().consent_keys()
            acts += consents(subject, ticks, shown=shown, means=means, known=known)
        if values:
            acts.append(Collect(subject=subject, values=values, purpose=PURPOSE))
        share = self._share(subject, (*values,), "")
        wanted = self._asking.connected(subject)
        if wanted:
            self._demand_authorised(subject, acts)
        # Weighed first: without the consent to share, the number is not wanted; a number that is
        # mistyped says nothing about an age.
        self._weigh([*acts, share] if wanted and values else acts, by)
        self._demand_age(subject, standing, values)
        if acts:
            self._gate.perform(*acts, by=by)

    def question(
        self, subject: SubjectId, fields: Fields, others: Mapping[SubjectId, Fields], task: str
    ) -> Question:
        """Open what is to be asked. Raises ``BadInput`` where no check takes just these fields."""
        values = self._opened(subject, fields)
        for who, named in others.items():
            values |= self._opened(who, named)
        return Question(
            subject=subject,
            values=values,
            fields=tuple(dict.fromkeys(fields)),
            others=others,
            task=self._asking.task(subject, values, task),
        )

    def _opened(self, subject: SubjectId, fields: Fields) -> dict[str, Secret]:
        asked = Use(subject=subject, fields=tuple(dict.fromkeys(fields)), purpose=PURPOSE)
        opened = self._gate.perform(asked, by=SYSTEM).values
        missing = next((field for field in asked.fields if field not in opened), None)
        if missing is not None:
            raise BadInput(
                f"`{missing}` is not held", clause="2.1.1", remedy="enter it first", field=missing
            )
        return opened

    def _known(self, question: Question) -> Reply | None:
        """Return what was said of the same values before: they are not sent and paid for twice."""
        return self._asking.known(question.subject, question.values, question.task)

    def ask(self, question: Question, by: Actor) -> Reply:
        """Let the values go to the authority, and return its answer. Raises ``TooMany``."""
        subject = question.subject
        if not self._asking.connected(subject):
            return Nothing(result="no_authority")
        if self._asking.over(subject, question.values, question.task):
            raise too_many()
        shares = [self._share(who, fields, question.task) for who, fields in question.asked.items()]
        for who in question.others:
            self._demand_authorised(who, [])
        try:
            outcome = self._gate.perform(*shares, by=by)
        except NotDelivered as error:
            return Nothing(result="unavailable", code=error.reason)
        reply = outcome.replies[AUTHORITY]
        if (reply.result, reply.code) == ("throttled", "rate_limit"):
            raise too_many()
        return reply

    def _share(self, subject: SubjectId, fields: Fields, task: str) -> Share:
        facts = self._contracts.facts(AUTHORITY, PURPOSE, fields, at=self._gate.clock.now())
        consent = self._gate.standing(subject).consents.get(CONSENT)
        return Share(
            subject=subject,
            recipient=AUTHORITY,
            fields=fields,
            purpose=PURPOSE,
            facts=facts,
            reference=consent.entry if consent else "",
            task=task,
        )

    # --- what has to be so first -----------------------------------------------------------------

    def _demand_authorised(self, subject: SubjectId, acts: Sequence[Act]) -> None:
        """Raise ``ConsentMissing`` without the recorded authorisation, in every law (2.1.1)."""
        at = self._gate.clock.now()
        now = any(isinstance(act, ConsentGiven) and act.to == CONSENT for act in acts)
        if not now and not self._gate.standing(subject).consents_to(CONSENT, at):
            raise ConsentMissing(
                "nobody may be asked without the recorded authorisation",
                clause="2.1.1",
                remedy="tick the box that lets the authority be asked, or let people check papers",
            )

    def _weigh(self, acts: Sequence[Act], by: Actor) -> None:
        try:
            self._gate.weigh(*acts, by=by)
        except Refused:
            # The gate says no itself, so that the refusal is remembered with its clauses.
            self._gate.perform(*acts, by=by)
            raise

    def _demand_age(
        self, subject: SubjectId, standing: Standing, values: Mapping[str, Secret]
    ) -> None:
        """Freeze the account of a minor; the date in a number beats whatever was claimed (8.1)."""
        at = self._gate.clock.now()
        number = next((values[field] for field in NUMBERS if field in values), None)
        edition = self._gate.policy().edition
        age = band(edition, standing.residence, id_number=number, at=at)
        if edition.ages.minors_service and standing.guardian:
            return  # a service meant for them, and a guardian who stands by
        if age in (AgeBand.MINOR, AgeBand.CHILD):
            self._gate.perform(*ending.child_found(subject, request_id(), at), by=SYSTEM)
            raise NotOfAge(
                clause="8.1",
                remedy="the account is frozen; a guardian can write to the privacy desk",
            )

    def demand_grown(self, subject: SubjectId, values: Mapping[str, Secret]) -> None:
        """Raise ``NotOfAge`` for a number that tells a minor, and freeze the account."""
        self._demand_age(subject, self._gate.standing(subject), values)

    # --- companies -----------------------------------------------------------------------------

    def company(self, subject: SubjectId) -> Mapping[SubjectId, Fields]:
        """Return whose fields a check of a company takes besides its own.

        The legal representative is a subject of their own: what is held of them goes along once
        they have authorised it themselves. Without that, name and code are asked alone.
        """
        who = self._person(subject, REFERENCE)
        standing = self._gate.standing(who) if who else None
        if standing is None or not standing.consents_to(CONSENT, self._gate.clock.now()):
            return {}
        held = tuple(field for field in REPRESENTATIVE if field in standing.held)
        return {who: held} if who and held else {}

    def handler(self, subject: SubjectId) -> SubjectId:
        """Return whose record is that of a company's handler. Raises ``NotFound``."""
        who = self._person(subject, HANDLER)
        if who is None:
            raise NotFound("this company has no handler", clause="2.1.1", remedy="name one first")
        return who

    def _person(self, subject: SubjectId, reference: str) -> SubjectId | None:
        """Return whom a company's file refers to; ``None`` for nobody, or somebody who is gone."""
        if reference not in self._gate.standing(subject).held:
            return None
        asked = Use(subject=subject, fields=(reference,), purpose=PURPOSE)
        who = referred(self._gate.perform(asked, by=SYSTEM).values[reference])
        try:
            self._gate.standing(who)
        except (Erased, NotFound):
            return None
        return who

    # --- ways ----------------------------------------------------------------------------------

    def ways(self, subject: SubjectId, later: Callable[[str], bool]) -> list[Way]:
        """List every way to be confirmed; a face is never the only one (and people always are)."""
        checks = sorted(self._asking.checks(subject))
        return [*(Way(task=task, later=later(task)) for task in checks), Way(task=PEOPLE)]


def too_many() -> TooMany:
    """Return the refusal of a question that would be one too many."""
    return TooMany(
        "the authority was asked too often of late",
        clause="2.1.1",
        remedy="try tomorrow, or let people check papers",
    )
