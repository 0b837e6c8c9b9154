"""Sweeping: plans in figures, then chunks of subjects, until nothing is due (policy 7.2e, 9.4-2).

A chunk is one short transaction; its size follows the clock, so that nobody waits long to write.
What was done is no longer due, so a sweep that was killed goes on where it was.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct

from troth.chapters.retention.ground import Ground
from troth.chapters.retention.pace import Pace
from troth.chapters.retention.warning import Warnings
from troth.documents import ending
from troth.documents.notice import channels_of, language_of
from troth.documents.retention.fates import UNUSED, Fate, fate
from troth.documents.retention.marks import OVER
from troth.documents.retention.plans import Figures, SweepPlan
from troth.documents.retention.schedule import promised
from troth.documents.retention.sweeps import SWEPT, Sums, SweepCertificate
from troth.gate import Looked, Terms
from troth.model.acts import SYSTEM, Act, Erase, Event, Record, Restrict
from troth.model.clock import DAY, HOUR, Moment
from troth.model.errors import Erased, NotFound, Refused
from troth.model.standing import Standing
from troth.model.terms import Region, SubjectId

PAGE: Final = 500
PUT_OFF: Final = 7 * DAY
"""When somebody is looked at again of whom something is due that cannot be done."""
PLAN_EVERY: Final = HOUR
"""How often those are looked through who wait for an approval."""

Progress = Callable[[int, int], None]
"""Hears how many subjects were looked at and how many values went, all in all."""


class Due(Struct, frozen=True, kw_only=True):
    """What a sweep would do, or did, to one subject; ``warned``: they were told, nothing went."""

    subject: SubjectId
    gone: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    complete: bool | None = None
    warned: bool = False


class Swept(Struct, kw_only=True):
    """What a sweep did, all in all; ``waiting`` are subjects of whom something is to be approved.

    ``longest_ms`` is how long a chunk held the write lock at most. ``certificate`` says what went
    and what a law holds; it stands in the ledger, too.
    """

    looked: int = 0
    subjects: int = 0
    values: int = 0
    warned: int = 0
    waiting: int = 0
    refused: int = 0
    chunks: int = 0
    longest_ms: float = 0.0
    plan: str = ""
    certificate: SweepCertificate | None = None


class Sweeping:
    """Looks through who is due. Safe from many threads and processes."""

    def __init__(self, ground: Ground, warnings: Warnings) -> None:
        self._ground = ground
        self._gate = ground.gate
        self._plans = ground.books.plans
        self._terms = Terms(ground.gate)
        self._warnings = warnings
        self._pace = Pace()
        self._looked: Moment | None = None

    # --- planning ------------------------------------------------------------------------------

    def approved(self) -> bool:
        """Tell whether somebody approved terms that are no longer than those in force."""
        return self._plans.covers(promised(self._gate.policy().edition))

    def plan(self, progress: Progress | None = None) -> SweepPlan:
        """Look at everybody who is due, do nothing, and keep the figures as a plan to approve."""
        policy, at = self._gate.policy(), self._gate.clock.now()
        figures, looked = Figures(), 0
        for page in self._pages(PAGE):
            for one in page:
                self._count(one.standing, fate(one.standing, policy, at, approved=True), figures)
            looked += len(page)
            if progress:
                progress(looked, 0)
        terms = promised(policy.edition)
        return self._plans.propose(figures.told(), terms, edition=policy.hash, at=at)

    def _count(self, standing: Standing, what: Fate, figures: Figures) -> None:
        figures.add(what.gone, "erase")
        figures.add(what.counted, "anonymise")
        figures.add(what.aside, "restrict")
        for held in what.new:
            figures.add([held.field], "hold", held.law)
        if what.warn:
            reached = bool(channels_of(standing))
            figures.add(["account"], "warn" if reached else "cannot_warn")

    # --- sweeping ------------------------------------------------------------------------------

    def run(self, *, most: int | None = None, progress: Progress | None = None) -> Swept:
        """Sweep whoever is due, chunk by chunk, at most so many subjects.

        While no plan is approved, only what its subject or a law decided goes; the rest is planned.
        """
        done, approved = Swept(), self.approved()
        if not approved:
            at = self._gate.clock.now()
            if most is not None and self._looked is not None and at - self._looked < PLAN_EVERY:
                return done
            self._looked = at
        began, sums = self._gate.clock.now(), Sums()
        for page in self._pages(lambda: self._pace.size):
            self._sweep(page, done, sums, approved=approved)
            if progress:
                progress(done.looked, done.values)
            if most is not None and done.looked >= most:
                break
        if sums:
            done.certificate = self._certify(sums, began, done, approved=approved)
        if done.waiting:
            done.plan = self._propose()
        return done

    def _certify(
        self, sums: Sums, began: Moment, done: Swept, *, approved: bool
    ) -> SweepCertificate:
        """Make out the certificate of a run and have it remembered."""
        plan = self._plans.newest("approved") if approved else None
        certificate = sums.certificate(
            self._gate.policy().edition,
            plan=plan.id if plan else "",
            began=began,
            ended=self._gate.clock.now(),
            subjects=done.subjects,
            refused=done.refused,
        )
        word = Event(subject=None, name=SWEPT, detail=certificate.record())
        self._gate.perform(word, by=SYSTEM)
        return certificate

    def _propose(self) -> str:
        waiting = self._plans.newest("proposed")
        plan = self.plan()
        if waiting is None or waiting.id != plan.id:
            told: Record = {"plan": plan.id, "values": plan.values}
            word = Event(subject=None, name="retention.planned", detail=told)
            self._gate.perform(word, by=SYSTEM)
        return plan.id

    def _sweep(self, page: Sequence[Looked], done: Swept, sums: Sums, *, approved: bool) -> None:
        policy, at = self._gate.policy(), self._gate.clock.now()
        many, counted, alone, again = list[Erase](), list[Erase](), list[Looked](), list[Looked]()
        for one in page:
            what = fate(one.standing, policy, at, approved=approved)
            done.waiting += bool(what.later)
            sums.held(what.held)
            if not what.something:
                again += [] if what.later else [one]
            elif not _together(what, one.standing):
                alone.append(one)
            else:
                many += _erasure(one.subject, what.gone, what.ground)
                counted += _erasure(one.subject, what.counted, what.ground, counted=True)
        done.looked += len(page)
        alone += self._end(many, page, done, sums) + self._end(counted, page, done, sums)
        for one in alone:
            self._alone(one, done, sums, approved=approved)
        if again:
            self._terms.look_again(again)

    def _end(
        self, acts: Sequence[Erase], page: Sequence[Looked], done: Swept, sums: Sums
    ) -> list[Looked]:
        """Erase together; return who has to go alone after all."""
        if not acts:
            return []
        ended = self._terms.end(acts)
        done.subjects += len(ended.subjects)
        done.values += ended.cells
        sums.gone(ended.fields)
        sums.alive += ended.alive
        done.chunks += 1
        done.longest_ms = max(done.longest_ms, ended.locked_ms)
        self._pace.took(len(acts), ended.locked_ms)
        left = set(ended.alone)
        return [one for one in page if one.subject in left]

    def _alone(self, one: Looked, done: Swept, sums: Sums, *, approved: bool) -> None:
        try:
            told = self.one(one.subject, approved=approved)
        except (NotFound, Erased):
            return
        except Refused:
            done.refused += 1
            told = None
        if told is None:
            at = Moment(self._gate.clock.now() + PUT_OFF)
            self._terms.look_again([one], least=at)
            return
        done.subjects += bool(told.gone)
        done.values += len(told.gone)
        sums.gone(told.gone)
        sums.alive += told.complete is False
        done.warned += told.warned

    def one(
        self, subject: SubjectId, *, approved: bool = True, dry_run: bool = False
    ) -> Due | None:
        """Do to one subject what is due; ``None``: there is nothing to do, or it cannot be done."""
        standing, at = self._gate.standing(subject), self._gate.clock.now()
        what = fate(standing, self._gate.policy(), at, approved=approved)
        if not what.something:
            return None
        gone = (*what.gone, *what.counted)
        told = Due(subject=subject, gone=gone, held=tuple(held.field for held in what.held))
        if dry_run:
            return told
        if (what.warn or what.ground == UNUSED) and self._warnings.heard(subject, standing):
            return Due(subject=subject)
        if what.warn:
            warned = self._warnings.warn(subject, standing, what.warn)
            return Due(subject=subject, warned=True) if warned else None
        outcome = self._gate.perform(*self._acts(subject, standing, what), by=SYSTEM)
        asked = outcome.certificate
        return Due(
            subject=subject, gone=gone, held=told.held, complete=asked.complete if asked else None
        )

    def _acts(self, subject: SubjectId, standing: Standing, what: Fate) -> list[Act]:
        acts: list[Act] = []
        if not what.whole and what.plan.gone:
            named = ending.in_words(
                what.plan.gone, self._gate.policy().edition, language_of(standing)
            )
            if _ours_to_tell(what.plan.gone, standing):
                acts += self._ground.notices.tell(
                    subject, standing, "ended_term", {"fields": named}
                )
        if what.aside:
            acts.append(Restrict(subject=subject, fields=what.aside, ground=what.ground))
        acts += _erasure(subject, what.counted, what.ground, counted=True)
        plan = ending.Plan(gone=what.gone, held=what.held)
        acts += ending.acts(
            subject, plan, ground=what.ground, close=what.whole, placed=standing.holds
        )
        return acts

    # --- going through -------------------------------------------------------------------------

    def _pages(self, size: int | Callable[[], int]) -> Iterable[Sequence[Looked]]:
        """Go through who is due, region by region, longest due first; nobody twice."""
        for region in self._gate.regions:
            page = self._terms.due(region, size if isinstance(size, int) else size())
            while page:
                yield page
                place = page[-1].place
                page = self._terms.due(region, size if isinstance(size, int) else size(), place)

    def remark(self, progress: Progress | None = None) -> int:
        """Work out due dates anew where another edition has other terms; return of how many."""
        marks, terms, moved = self._ground.books.marks, self._gate.policy().hash, 0
        for region in self._gate.regions:
            cursor = marks.cursor(region, terms)
            while cursor is not None:
                moved += self._mark_page(region, cursor, terms)
                cursor = marks.cursor(region, terms)
                if progress:
                    progress(moved, 0)
        return moved

    def _mark_page(self, region: Region, cursor: str, terms: str) -> int:
        page = self._terms.page(region, PAGE, cursor)
        if page:
            self._terms.look_again(page)
        last = str(page[-1].subject) if page else OVER
        self._ground.books.marks.reach(region, terms, last)
        return len(page)


def _together(what: Fate, standing: Standing) -> bool:
    """Tell whether a subject can be ended with others: nothing to place, to tell or to close."""
    if what.whole or what.new or what.aside or what.warn or what.ground == UNUSED:
        return False
    return standing.life == "active" and not _ours_to_tell(what.plan.gone, standing)


def _ours_to_tell(gone: Iterable[str], standing: Standing) -> bool:
    """Tell whether somebody is told: of what they gave us, not of what their visits left behind."""
    return any(standing.held[field].source == "provided" for field in gone) and bool(
        channels_of(standing)
    )


def _erasure(
    subject: SubjectId, fields: tuple[str, ...], ground: str, *, counted: bool = False
) -> list[Erase]:
    if not fields:
        return []
    if counted:
        return [Erase(subject=subject, fields=fields, ground=ground, method="anonymise")]
    return [Erase(subject=subject, fields=fields, ground=ground)]
