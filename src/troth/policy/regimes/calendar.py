"""Working days: which days count for a limit that is set in them (policy 9.7; 11 CCR 7021).

China moves its working days about every year and announces it the autumn before; what is known
stands in ``holidays.toml`` and in the operator's own file. For a year that is not known plain
weekdays count and the due date is rounded earlier, so that it is never later than the real calendar
makes it: what the fixed holidays would add is not taken, because weekends at work take it back.
California's business days leave out the weekends and the federal holidays, which follow from rules
for any year.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from msgspec import Struct

from troth.model.errors import Misconfigured

ONE: Final = timedelta(days=1)
MAKEUP_DAYS: Final = 3
"""By how many days a due date is rounded earlier where a year's working weekends are not known:
no month of 2008 to 2026 had more of them than this."""
MONDAY, THURSDAY = 0, 3


class Year(Struct, frozen=True):
    """What a year announces: weekdays ``off``, weekends at ``work``."""

    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()


class Calendar(Struct, frozen=True, kw_only=True):
    """The working days of one regime.

    ``years`` are those that were announced; for others ``holidays`` says what is off by rule.
    ``early``: by how many days a count that runs through a year nobody announced ends earlier.
    """

    years: Mapping[int, Year] = {}
    holidays: Callable[[int], frozenset[date]] = lambda _year: frozenset()
    early: int = 0

    def works(self, day: date) -> bool:
        """Tell whether people work on a day, as far as that is known."""
        year = self.years.get(day.year)
        if year is not None:
            return day in year.work or (day.weekday() < 5 and day not in year.off)
        return day.weekday() < 5 and day not in self.holidays(day.year)

    def after(self, start: date, count: int) -> date:
        """Return the day on which ``count`` working days after ``start`` are over.

        >>> CALIFORNIA.after(date(2026, 11, 20), 10).isoformat()
        '2026-12-07'
        """
        day, left = start, count
        while left > 0:
            day += ONE
            left -= self.works(day)
        guessed = self.early and not {start.year, day.year} <= self.years.keys()
        return max(start + ONE * min(count, 1), day - ONE * self.early) if guessed else day


Calendars = Mapping[str, Calendar]
"""By the name of the regime; one that is not here counts plain weekdays."""
PLAIN: Final = Calendar()


# --- rules --------------------------------------------------------------------------------------


def federal(year: int) -> frozenset[date]:
    """Return the federal holidays of the United States, on the days they are observed.

    >>> sorted(federal(2027))[-1].isoformat()
    '2027-12-31'
    """
    fixed = [date(year, month, day) for month, day in ((6, 19), (7, 4), (11, 11), (12, 25))]
    # New Year's Day of the next year is observed in this one where it falls on a Saturday.
    fixed += [date(year, 1, 1), date(year + 1, 1, 1)]
    moved = [
        *(nth(year, 1, MONDAY, 3), nth(year, 2, MONDAY, 3), nth(year, 5, MONDAY, -1)),
        *(nth(year, 9, MONDAY, 1), nth(year, 10, MONDAY, 2), nth(year, 11, THURSDAY, 4)),
    ]
    return frozenset(day for day in (*map(observed, fixed), *moved) if day.year == year)


def observed(day: date) -> date:
    """Return when a holiday is observed: on Friday for a Saturday, on Monday for a Sunday."""
    return day + ONE * {5: -1, 6: 1}.get(day.weekday(), 0)


def nth(year: int, month: int, weekday: int, which: int) -> date:
    """Return a month's first, second or last (-1) weekday of a kind.

    >>> nth(2026, 11, THURSDAY, 4).isoformat()
    '2026-11-26'
    """
    first = date(year, month, 1)
    days = [first + ONE * number for number in range(31)]
    found = [day for day in days if day.month == month and day.weekday() == weekday]
    return found[which - (which > 0)]


CALIFORNIA: Final = Calendar(holidays=lru_cache(federal))


# --- what is announced -------------------------------------------------------------------------


@lru_cache(maxsize=1)
def shipped() -> Calendars:
    """Return the calendars that ship with the house."""
    text = (resources.files("troth.policy.regimes") / "holidays.toml").read_text("utf-8")
    return read(text)


def read(text: str, known: Calendars | None = None, name: str = "holidays.toml") -> Calendars:
    """Read a file of years and put it over the calendars that are known.

    Raises ``Misconfigured`` naming the year and what is wrong with it: a regime whose years are not
    announced, a day of another year, a day off on a weekend or a day at work on a weekday.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"`{name}` is not TOML", remedy=str(error)) from error
    strangers = sorted(raw.keys() - {"cn"})
    if strangers:
        raise _wrong(name, strangers[0], "is no regime whose working days are announced")
    years = {
        int(year): _year(f"cn.{year}", int(year), said, name)
        for year, said in raw.get("cn", {}).items()
        if year.isdecimal() or _no_year(name, year)
    }
    before = known["cn"].years if known else {}
    china = Calendar(years={**before, **years}, early=MAKEUP_DAYS)
    return {"cn": china, "ca": CALIFORNIA, "us": CALIFORNIA}


def _no_year(name: str, year: str) -> bool:
    raise _wrong(name, f"cn.{year}", "is no year")


def _year(where: str, year: int, said: Mapping[str, Any], name: str) -> Year:
    unknown = sorted(said.keys() - {"off", "work"})
    if unknown:
        raise _wrong(name, where, f"knows no `{unknown[0]}`")
    off, work = (_days(where, year, said.get(key, ()), name) for key in ("off", "work"))
    for day in off:
        if day.weekday() > 4:
            raise _wrong(name, where, f"lists {day} as off, which is a weekend")
    for day in work:
        if day.weekday() < 5:
            raise _wrong(name, where, f"lists {day} as at work, which is a weekday")
    return Year(off, work)


def _days(where: str, year: int, said: Iterable[object], name: str) -> frozenset[date]:
    found = set[date]()
    for text in said:
        try:
            day = text if isinstance(text, date) else date.fromisoformat(str(text))
        except ValueError:
            raise _wrong(name, where, f"lists `{text}`, which is no day") from None
        if day.year != year:
            raise _wrong(name, where, f"lists {day}, a day of another year")
        found.add(day)
    return frozenset(found)


def _wrong(name: str, where: str, what: str) -> Misconfigured:
    return Misconfigured(f"{name}: `{where}` {what}", remedy="write days as 2027-01-04")
