"""Time limits as dated rows, and one engine that counts them (policy 7.4, 7.5, 9.1, 9.7)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from troth.model.clock import DAY, HOUR, Moment
from troth.policy.regimes.calendar import MAKEUP_DAYS as MAKEUP_DAYS
from troth.policy.regimes.calendar import PLAIN, Calendars, shipped
from troth.policy.words import Dated

Unit = Literal["hours", "days", "months", "working_days"]
Duty = Literal[
    "acknowledge",
    "answer",
    "cancel",
    "opt_out",
    "breach_authority",
    "breach_persons",
    "policy_review",
]


class Limit(Dated, frozen=True, kw_only=True):
    """A time limit: ``count`` units from receipt; ``when`` names the circumstance it needs."""

    duty: Duty
    count: int
    unit: Unit
    when: str = ""


def _limits(
    regime: str, *rows: tuple[Duty, int, Unit, str, str] | tuple[Duty, int, Unit, str, str, str]
) -> list[Limit]:
    return [
        Limit(
            regime=regime,
            duty=duty,
            count=count,
            unit=unit,
            cite=cite,
            since=since,
            when="".join(when),
        )
        for duty, count, unit, cite, since, *when in rows
    ]


LIMITS: Final[tuple[Limit, ...]] = (
    *_limits(
        "cn",
        ("answer", 30, "days", "GB/T 35273-2020 8.7", "2020-10-01"),
        ("cancel", 15, "working_days", "GB/T 35273-2020 8.5", "2020-10-01"),
        ("opt_out", 0, "hours", "Consumer Law 29(3)", "2014-03-15"),
        ("breach_authority", 0, "hours", "PIPL 57", "2021-11-01"),
        ("breach_persons", 0, "hours", "PIPL 57", "2021-11-01"),
        ("breach_authority", 4, "hours", "incident measures", "2025-11-01", "relatively_large"),
        ("breach_authority", 1, "hours", "incident measures", "2025-11-01", "critical"),
    ),
    *_limits(
        "eu",
        ("answer", 1, "months", "GDPR 12(3)", "2018-05-25"),
        ("opt_out", 0, "hours", "GDPR 21(3)", "2018-05-25"),
        ("breach_authority", 72, "hours", "GDPR 33", "2018-05-25"),
        ("breach_persons", 0, "hours", "GDPR 34", "2018-05-25", "high_risk"),
    ),
    *_limits(
        "ca",
        ("acknowledge", 10, "working_days", "11 CCR 7021(a)", "2020-08-14"),
        ("answer", 45, "days", "11 CCR 7021(b)", "2020-08-14"),
        ("opt_out", 15, "working_days", "11 CCR 7026(f)", "2020-08-14"),
        ("breach_persons", 30, "days", "Civil Code 1798.82", "2026-01-01"),
        ("policy_review", 12, "months", "CCPA 1798.130(a)(5)", "2020-01-01"),
    ),
)
"""Every time limit that the program counts; one engine for all of them."""


def answer_by(
    received: Moment, regimes: Iterable[str], policy_days: int, *, duty: Duty = "answer"
) -> Moment:
    """Return when a request received at a moment must be answered: the earliest limit (9.7b).

    ``policy_days`` is what the policy itself promises. A month is a calendar month, not 30 days.

    >>> from troth.model.clock import iso, moment
    >>> iso(answer_by(moment("2027-02-01"), ["eu"], 30))
    '2027-03-01T00:00:00Z'
    >>> iso(answer_by(moment("2027-03-01"), ["eu"], 30))
    '2027-03-31T00:00:00Z'
    """
    ends = [Moment(received + policy_days * DAY)]
    ends += [ends_at(received, limit) for limit in limits(regimes, duty, received)]
    return min(ends)


def limits(
    regimes: Iterable[str], duty: Duty, at: Moment, circumstances: Iterable[str] = ()
) -> list[Limit]:
    """Return the limits that bind a duty under some regimes at a moment.

    A limit with a ``when`` counts only if that circumstance is named.
    """
    asked, known, on = set(regimes), set(circumstances), _day(at).isoformat()
    return [
        row
        for row in LIMITS
        if row.regime in asked
        and row.duty == duty
        and row.in_force(on)
        and (not row.when or row.when in known)
    ]


def ends_at(start: Moment, limit: Limit, calendars: Calendars | None = None) -> Moment:
    """Return the moment at which a limit that starts at ``start`` ends.

    A limit in working days is counted by its regime's calendar (``calendar``), of those that ship
    unless others are given.
    """
    match limit.unit:
        case "hours":
            return Moment(start + limit.count * HOUR)
        case "days":
            return Moment(start + limit.count * DAY)
        case "months":
            return later_by_months(start, limit.count)
        case "working_days":
            calendar = (calendars or shipped()).get(limit.regime, PLAIN)
            ahead = calendar.after(_day(start), limit.count) - _day(start)
            return Moment(start + ahead.days * DAY)


def later_by_months(start: Moment, months: int) -> Moment:
    """Return the same day so many months later, or that month's last day.

    >>> from troth.model.clock import iso, moment
    >>> iso(later_by_months(moment("2027-01-31"), 1))
    '2027-02-28T00:00:00Z'
    """
    day = _day(start)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    ahead = date(year, month + 1, min(day.day, last)) - day
    return Moment(start + ahead.days * DAY)


def working_days(start: date, count: int) -> date:
    """Return the day after ``count`` weekdays have passed.

    >>> working_days(date(2026, 11, 20), 1).isoformat()
    '2026-11-23'
    """
    return PLAIN.after(start, count)


def _day(at: Moment) -> date:
    return datetime.fromtimestamp(at / 1000, UTC).date()
