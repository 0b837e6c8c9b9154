"""The terms of one request: every rule that binds it, from when it runs, when it ends (9.7, 11.2).

Some rules count from receipt and some from the moment it was proved who asks; both are kept, and
the earliest end counts. A law that lets the clock stand still while we wait for a proof moves its
own term alone. All of it is counted from moments that were kept: a clock that jumps back neither
shortens a term nor revives one.
"""

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import DAY, Moment
from troth.policy.regimes.calendar import Calendars
from troth.policy.regimes.clocks import Duty, Limit, ends_at, later_by_months, limits

Start = Literal["received", "verified"]
STOPS: Final = frozenset({"eu"})
"""Where the law lets the clock stand still while a needed proof of identity is waited for (GDPR
12(6), as its board reads it). In California verification stops nothing (11 CCR 7021(b)), and our
own promise of thirty days from receipt is kept as it was made."""
INTERNAL_LEAD: Final = 5
"""By how many days at least what we aim for lies before what is due by law."""


class Pause(Struct, frozen=True, array_like=True):
    """From when to when a proof was waited for; ``until`` is ``None`` while it is."""

    since: Moment
    until: Moment | None = None

    def length(self, now: Moment) -> int:
        """Return how many milliseconds it lasted by ``now``; a clock set back makes none."""
        return max(0, (now if self.until is None else self.until) - self.since)


class Course(Struct, frozen=True, kw_only=True):
    """What a request's terms are counted from: who it concerns by law, and what happened when.

    ``verified`` is ``None`` until it is proved who asks; ``promised`` the policy's own days;
    ``duties`` which terms of a law bind, some kinds of request have a shorter one beside.
    """

    regimes: tuple[str, ...]
    received: Moment
    verified: Moment | None = None
    pauses: tuple[Pause, ...] = ()
    promised: int = 30
    duties: tuple[Duty, ...] = ("answer",)


class Term(Struct, frozen=True, kw_only=True):
    """One rule's term: where it is written, from when it runs, and when it ends.

    ``begins`` and ``due`` are ``None`` where it has not begun. ``stops``: whether waiting for a
    proof moves it; ``moved`` by how many milliseconds it did.
    """

    cite: str
    regime: str
    start: Start
    begins: Moment | None
    due: Moment | None
    stops: bool = False
    moved: int = 0


def terms(course: Course, now: Moment, calendars: Calendars | None = None) -> tuple[Term, ...]:
    """Return every term that binds an answer, the earliest end first, those not begun last.

    >>> from troth.model.clock import iso, moment
    >>> asked = Course(regimes=("eu",), received=moment("2027-01-31"))
    >>> [(one.cite, iso(one.due)[:10]) for one in terms(asked, asked.received) if one.due]
    [('GDPR 12(3)', '2027-02-28'), ('9.7', '2027-03-02')]
    """
    # "At once" is a duty of whatever does it by itself; people have until the next term.
    bound = (
        limit
        for duty in course.duties
        for limit in limits(course.regimes, duty, course.received)
        if limit.count
    )
    found = [
        _promise("9.7", "received", course.received, course.promised),
        _promise("11.2", "verified", course.verified, course.promised),
        *(_of_law(limit, course, now, calendars) for limit in bound),
    ]
    return tuple(sorted(found, key=lambda one: (one.due is None, one.due or 0, one.cite)))


def _promise(cite: str, start: Start, begins: Moment | None, days: int) -> Term:
    due = None if begins is None else Moment(begins + days * DAY)
    return Term(cite=cite, regime="", start=start, begins=begins, due=due)


def _of_law(limit: Limit, course: Course, now: Moment, calendars: Calendars | None) -> Term:
    stops = limit.regime in STOPS
    moved = sum(pause.length(now) for pause in course.pauses) if stops else 0
    due = ends_at(course.received, limit, calendars)
    return Term(
        cite=limit.cite,
        regime=limit.regime,
        start="received",
        begins=course.received,
        due=Moment(due + moved),
        stops=stops,
        moved=moved,
    )


def due_by(course: Course, now: Moment, calendars: Calendars | None = None) -> Moment:
    """Return by when an answer is due: the earliest end of all terms (9.7b)."""
    ends = [term.due for term in terms(course, now, calendars) if term.due is not None]
    return min(ends)


def acknowledge_by(
    regimes: Iterable[str], received: Moment, calendars: Calendars | None = None
) -> Moment | None:
    """Return by when receipt has to be confirmed; ``None`` where no law says (11 CCR 7021(a)).

    >>> from troth.model.clock import iso, moment
    >>> iso(acknowledge_by(["ca"], moment("2027-11-22")))
    '2027-12-07T00:00:00Z'
    """
    bound = limits(regimes, "acknowledge", received)
    return min((ends_at(received, limit, calendars) for limit in bound), default=None)


def internal_by(received: Moment, due: Moment, days: int) -> Moment:
    """Return by when we mean to answer: after so many days, and well before it is due by law.

    >>> internal_by(Moment(0), Moment(30 * DAY), 20) // DAY
    20
    >>> internal_by(Moment(0), Moment(22 * DAY), 20) // DAY
    17
    """
    aimed = min(received + days * DAY, due - INTERNAL_LEAD * DAY)
    return Moment(max(received, aimed))


def longest_by(regime: str, received: Moment) -> Moment | None:
    """Return the last day to which a law lets an answer be put off; ``None``: not at all.

    Three months in all in Europe (GDPR 12(3)), ninety days from receipt in California (7021(b)).
    """
    if regime == "eu":
        return later_by_months(received, 3)
    return Moment(received + 90 * DAY) if regime == "ca" else None
