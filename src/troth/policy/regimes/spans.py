"""Durations as policies and laws write them: ``P365D``, ``P3Y``, ``PT10M`` (ISO 8601)."""

import re
from functools import lru_cache
from typing import Final

from troth.model.clock import DAY, HOUR, MINUTE, SECOND, Moment
from troth.policy.regimes.clocks import later_by_months

MONTH_DAYS: Final = 365.2425 / 12
_SPAN: Final = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)


@lru_cache(maxsize=256)
def span(text: str) -> tuple[int, int]:
    """Read an ISO 8601 duration as (months, milliseconds). Raises ``ValueError``.

    >>> span("P3Y"), span("P183D") == (0, 183 * DAY), span("PT10M") == (0, 10 * MINUTE)
    ((36, 0), True, True)
    """
    found = _SPAN.fullmatch(text)
    if not found or not any(found.groups()):
        raise ValueError(f"`{text}` is no duration such as P365D, P3Y or PT10M")
    years, months, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    rest = days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND
    return years * 12 + months, rest


@lru_cache(maxsize=4096)
def later(start: Moment, duration: str) -> Moment:
    """Return the moment a duration after another; a year is a calendar year.

    >>> from troth.model.clock import iso, moment
    >>> iso(later(moment("2024-02-29"), "P3Y"))
    '2027-02-28T00:00:00Z'
    """
    months, rest = span(duration)
    return Moment((later_by_months(start, months) if months else start) + rest)


def in_days(duration: str) -> float:
    """Return about how many days a duration has, to compare two of them.

    >>> in_days("P1Y") > in_days("P365D") > in_days("P11M")
    True
    """
    months, rest = span(duration)
    return months * MONTH_DAYS + rest / DAY
