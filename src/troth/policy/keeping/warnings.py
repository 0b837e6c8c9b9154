"""Warned before: what nobody uses any more goes only after its subject was told (policy 7.2e).

A row with ``start: last_activity`` says in ``warn`` how long before the end each warning goes out.
A warning counts when it is on record and nothing was heard since; whoever could not be warned keeps
their data. Any activity begins the term anew, and the warnings with it.
"""

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.standing import Standing
from troth.policy.edition import Names
from troth.policy.keeping.starts import WARNED, active
from troth.policy.keeping.terms import Term
from troth.policy.regimes.spans import in_days, later, span


class Step(Struct, frozen=True, kw_only=True):
    """The next thing to do about unused data: warn (by the name of the warning), or erase ("")."""

    warning: str
    at: Moment
    erased_on: Moment


def next_step(term: Term, standing: Standing, ends: Moment) -> Moment:
    """Return when somebody has to be looked at whose data ends with their last activity."""
    return step(term, standing, ends).at


def step(term: Term, standing: Standing, ends: Moment) -> Step:
    """Return the next step, and the day on which the data goes if nothing is heard.

    The last warning leaves as much time as it promises, however late it went out.
    """
    since = active(standing)
    goes = ends
    for name in ordered(term.warn):
        warned = standing.marks.get(WARNED + name, Moment(0))
        if warned <= since:
            day = max(goes, ends)
            return Step(warning=name, at=before(day, name), erased_on=day)
        goes = max(goes, later(warned, name))
    return Step(warning="", at=goes, erased_on=goes)


def ordered(warn: Names) -> Names:
    """Put warnings in their order, the earliest first.

    >>> ordered(("P7D", "P1M"))
    ('P1M', 'P7D')
    """
    return tuple(sorted(warn, key=in_days, reverse=True))


def before(day: Moment, duration: str) -> Moment:
    """Return the moment a duration before a day.

    >>> before(Moment(10 * 86_400_000), "P7D") == 3 * 86_400_000
    True
    """
    months, rest = span(duration)
    return Moment(day - rest - round(months * 30.44) * 86_400_000)
