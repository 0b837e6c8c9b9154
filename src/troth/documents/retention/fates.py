"""What a sweep does with one subject, worked out and not done (policy 7.2d, 7.2e, 9.4-2, 9.4-5).

What is left of a closed account, or waited only for a law, goes without asking anybody: its subject
or a law has decided. What merely reached its term waits until a plan was approved (``plans``), and
so does every warning of it: nobody is told that data goes before somebody decided that it does.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from troth.documents import ending
from troth.documents.certificate import StillHeld
from troth.model.clock import Moment
from troth.model.standing import Held, Standing
from troth.policy.declared import Declared
from troth.policy.keeping.alike import Alike
from troth.policy.keeping.starts import began
from troth.policy.keeping.terms import Term, waits
from troth.policy.keeping.warnings import Step, step
from troth.policy.regimes.spans import later

TERM_OVER: Final = "term_over"
UNUSED: Final = "unused"
"""Grounds of an erasure: the term is over; nobody uses the account any more."""


class Fate(Struct, frozen=True, kw_only=True):
    """What is due of one subject: erased, counted without them, set aside, held, warned about.

    ``new`` are fields that a law holds and that are not set aside yet; ``later`` are due, or to be
    warned of, and wait for an approval. ``whole``: a closed account of which nothing stays.
    """

    gone: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    held: tuple[StillHeld, ...] = ()
    new: tuple[StillHeld, ...] = ()
    later: tuple[str, ...] = ()
    warn: Step | None = None
    ground: str = TERM_OVER
    whole: bool = False

    @property
    def something(self) -> bool:
        """Whether anything is to be done now."""
        return bool(self.gone or self.counted or self.aside or self.new or self.warn)

    @property
    def plan(self) -> ending.Plan:
        """The plan of the erasure."""
        return ending.Plan(gone=(*self.gone, *self.counted), held=self.held)


class _Due(Struct):
    """The fields of a subject that are due, by what becomes of them."""

    erase: list[str] = []
    count: list[str] = []
    aside: list[str] = []
    unused: list[str] = []
    warned: list[str] = []
    warn: list[Step] = []


def fate(standing: Standing, policy: Declared, at: Moment, *, approved: bool) -> Fate:
    """Return what a sweep does with a subject at a moment.

    Raises ``UnknownTerm`` where something is held that the edition does not know.
    """
    if standing.life == "closed":
        return _of_closed(standing, policy, at)
    free = [field for field in standing.restrictions if field in standing.held]
    free = [field for field in free if waits(field, standing)]
    alike = Alike(standing, policy)
    found = _due(standing, alike, at, set(free))
    ended = [*found.erase, *found.count, *found.unused]
    fields = sorted([*free, *(ended if approved else ())])
    what = ending.planned(fields, lambda field: alike.keeping(field, at))
    counted = set(found.count)
    return Fate(
        gone=tuple(field for field in what.gone if field not in counted),
        counted=tuple(field for field in what.gone if field in counted),
        aside=tuple(found.aside) if approved else (),
        held=what.held,
        new=_new(what.held, standing),
        later=() if approved else (*ended, *found.aside, *found.warned),
        warn=min(found.warn, key=lambda one: one.at, default=None) if approved else None,
        ground=UNUSED if found.unused and approved else TERM_OVER,
    )


def _of_closed(standing: Standing, policy: Declared, at: Moment) -> Fate:
    what = ending.plan(standing, ("*",), policy.edition, at)
    return Fate(
        gone=what.gone,
        held=what.held,
        new=_new(what.held, standing),
        whole=set(what.gone) == set(standing.held),
    )


def _due(standing: Standing, alike: Alike, at: Moment, free: set[str]) -> _Due:
    found = _Due()
    for field in standing.held:
        if field in free:
            continue
        one = alike.term(field)
        if one.ends is None:
            continue
        if one.warn:
            _unused(found, field, one, step(one, standing, one.ends), at)
        elif one.ends <= at:
            _over(found, field, one, standing)
    return found


def _unused(found: _Due, field: str, one: Term, next_step: Step, at: Moment) -> None:
    if next_step.at > at:
        return
    if next_step.warning:
        found.warned.append(field)
        found.warn.append(next_step)
    elif one.then == "anonymise":
        found.count.append(field)
    else:
        found.unused.append(field)


def _over(found: _Due, field: str, one: Term, standing: Standing) -> None:
    if one.then == "anonymise":
        found.count.append(field)
    elif one.then != "restrict":
        found.erase.append(field)
    elif field not in standing.restrictions:
        found.aside.append(field)


def _new(held: Iterable[StillHeld], standing: Standing) -> tuple[StillHeld, ...]:
    return tuple(one for one in held if one.field not in standing.restrictions)


def paper_due(
    category: str, standing: Standing | None, policy: Declared, since: Moment
) -> Moment | None:
    """Return when paper of a category is due, by the schedule of the category itself.

    Of somebody who is gone, of a closed account, or of what was erased already: at once. Paper of
    nobody we know counts from the day it came.
    """
    if standing is None:
        row = policy.retention_of(category)
        return later(since, row.keep)
    if standing.life != "active":
        return Moment(0)
    held = standing.held.get(category, Held(since, (), "provided"))
    row = policy.retention_of(category, held.purposes[0] if held.purposes else "")
    start = began(row.start, held, standing)
    return None if start is None else later(start, row.keep)
