"""What falls due when: the months ahead, as figures and for a picture (policy 7.2d)."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from troth.model.clock import Moment, iso, moment
from troth.policy.regimes import later_by_months

MONTHS: Final = 12
"""How far ahead one looks unless told otherwise."""


class Month(Struct, frozen=True, kw_only=True):
    """A month and how many subjects have something that falls due in it."""

    month: str
    subjects: int


def end_of(at: Moment, months: int = MONTHS) -> Moment:
    """Return the end of the month so many months after this one.

    >>> iso(end_of(moment("2026-11-22"), 1))
    '2027-01-01T00:00:00Z'
    """
    return later_by_months(moment(f"{iso(at)[:7]}-01"), months + 1)


def months(at: Moment, due: Iterable[tuple[Moment, int]], many: int = MONTHS) -> list[Month]:
    """Return this month and those after it, each with how many subjects; empty ones too.

    >>> found = months(moment("2026-11-22"), [(moment("2026-12-05"), 3)], 1)
    >>> [(one.month, one.subjects) for one in found]
    [('2026-11', 0), ('2026-12', 3)]
    """
    counted: Counter[str] = Counter()
    for day, subjects in due:
        counted[iso(day)[:7]] += subjects
    first = moment(f"{iso(at)[:7]}-01")
    names = [iso(later_by_months(first, number))[:7] for number in range(many + 1)]
    return [Month(month=name, subjects=counted[name]) for name in names]
