"""Real names as a program and a page use them: one class, and what it is made of (2.1.1, 6.2)."""

from collections.abc import Mapping, Sequence

from troth.chapters.realname.changes import Changes
from troth.chapters.realname.checks import COMPANY, CONSENT, HANDLERS, Checks, Way
from troth.chapters.realname.desk import Desk, Review, Seen
from troth.chapters.realname.facts import FACT, FieldStatus, statuses
from troth.chapters.realname.later import TASKS, Later, Pending, Progress
from troth.chapters.realname.outcomes import AUTHORITY, PURPOSE, Checked, Outcomes
from troth.chapters.realname.papers import Papers
from troth.chapters.realname.words import Verdict
from troth.documents.agreement import Shown, Tick
from troth.documents.cases import Cases
from troth.documents.contract import Contracts
from troth.documents.notice import Notices
from troth.gate import Asking, Gate, Outcome
from troth.model.acts import SUBJECT, Actor
from troth.model.errors import Refused
from troth.model.secret import Secret
from troth.model.standing import Fact
from troth.model.terms import Fields, SubjectId


class Realname:
    """The connector between a subject, an identity authority and those who decide by hand."""

    def __init__(self, gate: Gate, notices: Notices, contracts: Contracts, cases: Cases) -> None:
        self._gate = gate
        self._cases = cases
        asking = self._asking = Asking(gate, AUTHORITY)
        outcomes = self._outcomes = Outcomes(gate, notices, cases)
        self._checks = Checks(gate, contracts, asking, outcomes)
        self._later = Later(gate, notices, asking, self._checks, outcomes)
        self._papers = Papers(gate, outcomes)
        self._desk = Desk(gate, notices, cases, outcomes)
        self._changes = Changes(gate, notices, cases, self._checks)

    # --- asking the authority ------------------------------------------------------------------

    def verify(
        self,
        subject: SubjectId,
        values: Mapping[str, Secret],
        ticks: Sequence[Tick] = (),
        *,
        held: Fields = (),
        others: Mapping[SubjectId, Fields] | None = None,
        shown: Shown | None = None,
        means: str = "checkbox",
        by: Actor = SUBJECT,
    ) -> Checked:
        """Keep the values, ask the authority, and remember the outcome.

        ``values`` are fields such as ``identity.name`` and ``identity.id_number``; ``held`` names
        further ones that are held already, ``others`` those of other subjects in the same question
        (each has authorised it themselves). Which check is asked follows from the fields. ``ticks``
        are the separate consents, where they were not given before. The same values are not asked
        twice. Raises ``ConsentMissing`` while a consent is missing (nothing is kept then),
        ``BadValue``, ``NotOfAge`` for a number that tells a minor (the account is frozen),
        ``TooMany``, ``BadInput`` for fields no check takes, ``Refused`` for an identity confirmed.
        """
        return self._checks.verify(
            subject,
            values,
            ticks,
            held=held,
            others=others or {},
            shown=shown,
            means=means,
            by=by,
        )

    def verify_company(
        self,
        subject: SubjectId,
        ticks: Sequence[Tick] = (),
        *,
        shown: Shown | None = None,
        means: str = "checkbox",
        by: Actor = SUBJECT,
    ) -> Checked:
        """Check a company by what is held of it: name, credit code, and who represents it.

        The legal representative's own fields go along once they authorised it themselves; without
        that, name and code alone are asked. Raises as ``verify``.
        """
        others = self._checks.company(subject)
        return self._checks.verify(
            subject, {}, ticks, held=COMPANY, others=others, shown=shown, means=means, by=by
        )

    def verify_handler(self, company: SubjectId, *, by: Actor = SUBJECT) -> Checked:
        """Check who handles a company's matters, by what they gave and authorised themselves.

        The outcome lies with them, not with the company. Raises ``NotFound`` for a company without
        a handler, ``ConsentMissing`` until they authorised it, and as ``verify``.
        """
        return self.verify(self._checks.handler(company), {}, held=HANDLERS, by=by)

    def start(
        self,
        subject: SubjectId,
        task: str,
        values: Mapping[str, Secret],
        ticks: Sequence[Tick] = (),
        *,
        held: Fields = (),
        shown: Shown | None = None,
        means: str = "checkbox",
        by: Actor = SUBJECT,
    ) -> Pending | Checked:
        """Begin a check that ends later: ``face``, ``deposit`` or ``reverse_deposit``.

        What comes back waits (``Pending``; for a face, ``url`` is where the person goes on), unless
        the authority did not begin it (``Checked``). Begun twice for the same values it is the same
        check. Raises as ``verify``.
        """
        return self._later.start(
            subject, task, values, ticks, held=held, shown=shown, means=means, by=by
        )

    def answer(
        self, subject: SubjectId, check: str, answer: Secret | None = None
    ) -> Pending | Checked:
        """Hand in the amount or the digits that arrived; without one, ask how the check stands.

        Three wrong answers lock it, and a week ends it. Raises ``NotFound``, ``BadInput`` for what
        is no amount or code, ``TooMany`` where no try is left.
        """
        return self._later.answer(subject, check, answer or Secret(""))

    def called(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Take a signed call of the authority; tell whether it ended a check.

        ``headers`` by lower-case name (``webhook-id``, ``webhook-timestamp``,
        ``webhook-signature``). Repeated, late or out of order, it changes nothing. Raises
        ``Unverifiable``, ``NotFound`` where no authority is connected, ``BadInput``.
        """
        return self._later.called(headers, body)

    def tick(self) -> int:
        """Do what the clock brings: end checks out of time, ask about silent ones; return how many.

        Cases that were decided a year ago are forgotten.
        """
        self._cases.purge(self._gate.clock.now())
        return self._later.tick()

    # --- where somebody stands -----------------------------------------------------------------

    def status(self, subject: SubjectId) -> Fact | None:
        """Return how the subject's identity stands: result, when, how; ``None``: never asked."""
        return self._gate.standing(subject).facts.get(FACT)

    def fields(self, subject: SubjectId) -> list[FieldStatus]:
        """Say of every field that could be checked: unverified, verified or failed, how, since."""
        categories = self._gate.policy().edition.categories
        provided = (name for name, each in categories.items() if each.source == "provided")
        return statuses(self._gate.standing(subject), provided)

    def progress(self, subject: SubjectId) -> Progress:
        """Say what waits: the checks that end later, and the numbers of reviews people owe."""
        return Progress(
            checks=self._later.pending(subject),
            reviews=tuple(case.id for case in self._outcomes.waiting(subject)),
        )

    def ways(self, subject: SubjectId) -> list[Way]:
        """List every way to be confirmed; beside a face there is always another, and people."""
        return self._checks.ways(subject, TASKS.__contains__)

    def missing(self, subject: SubjectId, fields: Fields) -> tuple[str, ...]:
        """Return the consents that a check of some fields still takes, each to be asked apart.

        The authorisation to ask is among them in every law; those for numbers where the law asks.
        """
        at = self._gate.clock.now()
        standing = self._gate.standing(subject)
        offered = {offer.key for offer in self._gate.policy().offers(standing.regimes)}
        own = [f"{PURPOSE}/{field}" for field in fields]
        share = [CONSENT] if self._asking.connected(subject) else []
        return tuple(
            key
            for key in (*(key for key in own if key in offered), *share)
            if not standing.consents_to(key, at)
        )

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

    # --- by hand -------------------------------------------------------------------------------

    def ask_people(self, subject: SubjectId, *, by: Actor = SUBJECT) -> str:
        """Ask for people to look, also as an appeal; return the case's number. See ``Desk.appeal``.

        This is the way for whoever will not show their face or has no card a register knows.
        """
        return self._desk.appeal(subject, by=by)

    def attach(
        self,
        subject: SubjectId,
        field: str,
        file: Secret,
        ticks: Sequence[Tick] = (),
        *,
        shown: Shown | None = None,
        means: str = "checkbox",
        by: Actor = SUBJECT,
    ) -> Outcome:
        """Keep a picture of a paper for the review that waits; see ``Papers.attach``.

        Raises ``BadInput``, ``ConsentMissing``, ``BadFile`` with its ``reason``.
        """
        return self._papers.attach(subject, field, file, ticks, shown=shown, means=means, by=by)

    def queue(self, by: Actor) -> list[Review]:
        """List what waits for staff, soonest due first. Raises ``Refused`` for another role."""
        return self._desk.queue(by)

    def open(self, subject: SubjectId, case: str, *, by: Actor, papers: bool = True) -> Seen:
        """Show what a case is about, recorded first. Raises ``Refused``, ``NotFound``."""
        return self._desk.open(subject, case, by=by, papers=papers)

    def propose(
        self, subject: SubjectId, case: str, result: Verdict, reason: str, *, by: Actor
    ) -> Review:
        """Propose a decision, as the first of two persons. Raises ``Refused``, ``BadInput``.

        ``reason`` is a key of ``words.REASONS``; the subject is told its words.
        """
        return self._desk.propose(subject, case, result, reason, by=by)

    def send_back(self, subject: SubjectId, case: str, *, by: Actor) -> Review:
        """Disagree with a colleague's proposal. Raises ``Refused``, ``BadInput``."""
        return self._desk.send_back(subject, case, by=by)

    def decide(self, subject: SubjectId, case: str, *, by: Actor) -> Outcome:
        """Confirm a colleague's proposal, as the second. Raises ``Refused``, ``BadInput``."""
        return self._desk.decide(subject, case, by=by)

    def propose_change(
        self,
        subject: SubjectId,
        values: Mapping[str, Secret],
        *,
        ticket: str,
        checked: str,
        by: Actor,
    ) -> str:
        """Enter a change of a confirmed identity, as the first of two persons (policy 6.2).

        ``checked`` says how support made sure who asks: ``call_back``, ``code``, ``documents`` or
        ``in_person``. Returns the case's number. Raises ``Refused``, ``BadInput``, ``BadValue``.
        """
        return self._changes.propose(subject, values, ticket=ticket, checked=checked, by=by)

    def change(
        self, subject: SubjectId, case: str, values: Mapping[str, Secret], *, by: Actor
    ) -> Outcome:
        """Enter the same values as the second person, at another moment: now they change (6.2).

        Raises ``Refused``, ``BadInput`` where the entries differ, ``NotOfAge``.
        """
        return self._changes.confirm(subject, case, values, by=by)

    def drop_change(self, subject: SubjectId, case: str, *, by: Actor) -> None:
        """Let a proposed change fall. Raises ``Refused``, ``BadInput``."""
        self._changes.drop(subject, case, by=by)
