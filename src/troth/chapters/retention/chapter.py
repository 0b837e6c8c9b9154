"""Retention: the terms of what is held, the sweep, holds, orders and paper (policy 7.2, 9.4).

The scheduler calls ``tick``. A field is due when the term that the policy gives it is over for the
purposes it was kept for, and no law demands that it stay; a held one is set aside and goes when its
hold ends. The first sweep only plans until somebody approved it.
"""

from collections.abc import Iterable
from typing import Final

from troth.chapters.retention.closing import Closing, contract_ended
from troth.chapters.retention.ground import Ground
from troth.chapters.retention.paper import Papers
from troth.chapters.retention.sweeping import Due, Progress, Sweeping, Swept
from troth.chapters.retention.warning import Warnings
from troth.documents import ending
from troth.documents.retention.ahead import MONTHS, Month, end_of, months
from troth.documents.retention.fates import fate
from troth.documents.retention.plans import SweepPlan
from troth.documents.retention.schedule import Line, promised, schedule
from troth.documents.retention.sweeps import SWEPT, SweepCertificate, read
from troth.gate import Outcome, Terms
from troth.model.acts import SYSTEM, Actor, Event, Hold, HoldLifted, Record
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, NotFound
from troth.model.terms import Fields, SubjectId

LOOKED_AT: Final = 1000
"""How many of the house's own entries are looked through for certificates."""


class Retention:
    """The terms of what is held."""

    def __init__(self, ground: Ground) -> None:
        self._gate = ground.gate
        self._books = ground.books
        self._terms = Terms(ground.gate)
        self.sweeping = Sweeping(ground, Warnings(ground))
        self.closing = Closing(ground)
        self.papers = Papers(ground)

    # --- knowing -------------------------------------------------------------------------------

    def schedule(self) -> tuple[Line, ...]:
        """Return every category's terms, the laws on them, and how each store forgets it."""
        return schedule(self._gate.policy().edition)

    def due(self, subject: SubjectId) -> ending.Plan:
        """Say what of a subject's data has reached its term, and what of that a law holds.

        Of a closed account everything has: its purposes ended with it.
        """
        at = self._gate.clock.now()
        return fate(self._gate.standing(subject), self._gate.policy(), at, approved=True).plan

    def overdue(self) -> int:
        """Return how many subjects have to be looked at now: after a sweep, none."""
        return self._terms.count()

    def ahead(self, many: int = MONTHS) -> list[Month]:
        """Return how many subjects have something that falls due, month by month."""
        at = self._gate.clock.now()
        return months(at, self._terms.ahead(end_of(at, many)), many)

    def anonymised(self) -> list[tuple[str, str, str, int]]:
        """Return what remains of values that were anonymised: field, month, value, how many."""
        return self._terms.anonymised()

    # --- planning and approving ----------------------------------------------------------------

    def plan(self, progress: Progress | None = None) -> SweepPlan:
        """Look at everybody who is due, do nothing, and keep the figures to be approved."""
        return self.sweeping.plan(progress)

    def approve(self, plan: str, *, by: Actor) -> SweepPlan:
        """Let sweeps go by a plan from now on, until an edition shortens a term.

        Raises ``BadInput`` unless staff does, and for a plan that is outdated; ``NotFound``.
        """
        if by.kind != "staff" or not by.id:
            raise BadInput("a plan is approved by staff", clause="7.2e", field="by")
        policy = self._gate.policy()
        at = self._gate.clock.now()
        approved = self._books.plans.approve(plan, terms=promised(policy.edition), by=by.id, at=at)
        detail: Record = {"plan": plan, "values": approved.values}
        self._gate.perform(Event(subject=None, name="retention.approved", detail=detail), by=by)
        return approved

    def plans(self, limit: int = 20) -> list[SweepPlan]:
        """Return the newest plans."""
        return self._books.plans.all(limit)

    @property
    def waiting(self) -> SweepPlan | None:
        """The plan that waits for an approval, if one does."""
        return None if self.sweeping.approved() else self._books.plans.newest("proposed")

    # --- sweeping ------------------------------------------------------------------------------

    def sweep(
        self,
        subjects: Iterable[SubjectId] | None = None,
        *,
        dry_run: bool = False,
        limit: int = 1000,
    ) -> list[Due]:
        """Erase what is due of the subjects given; say what was done, or would be (``dry_run``).

        Who is named was decided on: no plan has to be approved. Without names, those who are due
        are told of and nothing is done: ``run`` does. Somebody erased meanwhile is no error.
        """
        named = subjects is not None
        found = self._gate.due(limit) if subjects is None else subjects
        swept = []
        for subject in found:
            try:
                swept.append(self.sweeping.one(subject, dry_run=dry_run or not named))
            except (NotFound, Erased):
                continue
        return [each for each in swept if each is not None]

    def run(self, *, most: int | None = None, progress: Progress | None = None) -> Swept:
        """Sweep whoever is due, in short transactions; see ``Sweeping.run``."""
        return self.sweeping.run(most=most, progress=progress)

    def certificates(self, limit: int = 20) -> list[SweepCertificate]:
        """Return the certificates of the newest sweeps; each is provable by its ledger entry."""
        log = self._gate.regions[self._gate.home].log
        found = [entry for entry in log.recent("house.event", LOOKED_AT) if _is_sweep(entry.what)]
        return [read(entry.what) for entry in found[:limit]]

    def tick(self, most: int = 1000) -> int:
        """Do what the clock brings; return of how many subjects something went."""
        self.sweeping.remark()
        closed = self.closing.work()
        self.papers.review()
        return closed + self.run(most=most).subjects

    # --- holds and events ----------------------------------------------------------------------

    def hold(
        self,
        subject: SubjectId,
        name: str,
        *,
        law: str,
        fields: Fields,
        until: Moment,
        by: Actor,
    ) -> Outcome:
        """Place a hold on some fields: named, dated, by a member of staff (policy 9.4).

        Raises ``BadInput`` for one without a law or with a date that has passed.
        """
        if not law or until <= self._gate.clock.now() or by.kind != "staff":
            raise BadInput(
                "a hold names its law, ends later than now, and is placed by staff",
                clause="9.4",
                remedy="state law, fields and the last day",
                field="hold",
            )
        act = Hold(subject=subject, name=name, law=law, fields=fields, until=until)
        return self._gate.perform(act, by=by)

    def lift(self, subject: SubjectId, name: str, *, by: Actor) -> Outcome:
        """Lift a hold; what it held is due at the next sweep. Raises ``NotFound``."""
        if name not in self._gate.standing(subject).holds:
            raise NotFound(f"no hold is called `{name}`")
        return self._gate.perform(HoldLifted(subject=subject, name=name), by=by)

    def contract_ended(
        self, subject: SubjectId, *, since: Moment | None = None, by: Actor = SYSTEM
    ) -> None:
        """Note that the contract with a subject ended, now if no moment is given (7.2d)."""
        at = self._gate.clock.now() if since is None else since
        contract_ended(self._gate.perform, subject, at, by)


def _is_sweep(what: Record) -> bool:
    return what.get("event") == SWEPT
