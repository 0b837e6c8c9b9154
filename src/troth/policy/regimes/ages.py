"""Ages as dated rows: who is a child in which law, and which day ends that (policy 8.1 to 8.5).

A child is somebody for whom a guardian decides. None of the states' rows was read in the act
itself: most stand as others report them, and those marked ``remembered`` were read nowhere. A
policy that follows one of these is warned.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from troth.model.terms import AgeBand
from troth.policy.words import Dated

MAJORITY: Final = 18


class ChildAge(Dated, frozen=True, kw_only=True):
    """Under ``years`` a guardian decides; ``state`` is a member state of the EEA, else empty."""

    years: int
    state: str = ""
    remembered: bool = False


def _states(
    years: int,
    *states: str,
    since: str = "2018-05-25",
    until: str = "",
    remembered: bool = False,
) -> list[ChildAge]:
    return [
        ChildAge(
            regime="eu",
            state=state,
            years=years,
            cite="GDPR 8(1) and the state's own act",
            since=since,
            until=until,
            remembered=remembered,
        )
        for state in states
    ]


CHILD_AGES: Final[tuple[ChildAge, ...]] = (
    ChildAge(regime="cn", years=14, cite="PIPL 31", since="2021-11-01"),
    ChildAge(regime="eu", years=16, cite="GDPR 8(1)", since="2018-05-25"),
    ChildAge(regime="ca", years=13, cite="CCPA 1798.120(c)", since="2020-01-01"),
    ChildAge(regime="us", years=13, cite="COPPA 312.2", since="2000-04-21"),
    *_states(13, "BE", "EE", "FI", "LV", "MT", "PT", "SE"),
    *_states(13, "DK", until="2024-01-01"),
    *_states(15, "DK", since="2024-01-01"),
    *_states(14, "AT", "BG", "CY", "ES", "IT", "LT"),
    *_states(15, "CZ", "FR", "GR"),
    *_states(16, "DE", "HR", "HU", "IE", "LU", "NL", "PL", "RO", "SK"),
    *_states(13, "IS", "NO", remembered=True),
    *_states(15, "SI", since="2023-01-26", remembered=True),
    *_states(16, "LI", remembered=True),
)
"""Ages in law; the states' as told of the Commission's SWD(2020) 115, and Denmark's of 2024."""

OPT_IN_UNDER: Final[Mapping[str, int]] = {"ca": 16}
"""Under this age a sale needs an opt-in, from 13 on the minor's own (CCPA 1798.120(c))."""

STATES: Final = frozenset(row.state for row in CHILD_AGES if row.state)
CHILD_UNDER: Final[Mapping[str, int]] = {
    row.regime: row.years for row in CHILD_AGES if not (row.state or row.until)
}
"""The age of each regime where no member state is named; a policy may set it higher."""
CHILD_UNDER_EU: Final[Mapping[str, int]] = {
    row.state: row.years for row in CHILD_AGES if row.state and not row.until
}
"""GDPR 8(1) lets a state set it lower than 16, not under 13."""


def child_age(regime: str, on: str = "", *, state: str = "") -> ChildAge | None:
    """Return the row of law that says who is a child, on an ISO date (today's when empty).

    >>> child_age("eu", "2023-06-01", state="DK").years, child_age("eu", state="DK").years
    (13, 15)
    """
    rows = [row for row in CHILD_AGES if (row.regime, row.state) == (regime, state)]
    in_force = [row for row in rows if (row.in_force(on) if on else not row.until)]
    return in_force[-1] if in_force else None


def child_under(
    regimes: Iterable[str], ages: Mapping[str, int] = CHILD_UNDER, *, state: str = ""
) -> int:
    """Return the age under which somebody is a child: the strictest of their regimes wins.

    ``ages`` are by regime, and by member state where a policy follows one; without a state named,
    or for one the policy does not follow, the regime's own counts.

    >>> child_under(["eu"], {"eu": 16, "FR": 15}, state="FR"), child_under(["eu"], state="FR")
    (15, 16)
    """
    named = [state if regime == "eu" and state in ages else regime for regime in regimes]
    return max((ages.get(name, 0) for name in named), default=0)


def counted(ages: Mapping[str, int], name: str) -> int:
    """Return the age that a policy's table has under a name: a regime's, or a member state's.

    >>> counted({"eu": 16, "FR": 15}, "FR"), counted({"eu": 16}, "FR")
    (15, 16)
    """
    return child_under(["eu"], ages, state=name) if name in STATES else ages.get(name, 0)


def age_on(birth: date, on: date) -> int:
    """Return full years on a day; who was born on 29 February is older from 1 March.

    >>> age_on(date(2008, 2, 29), date(2026, 2, 28)), age_on(date(2008, 2, 29), date(2026, 3, 1))
    (17, 18)
    """
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def birthday(birth: date, years: int) -> date:
    """Return the day on which somebody is so many years old.

    >>> birthday(date(2008, 2, 29), 18).isoformat(), birthday(date(2008, 2, 29), 16).isoformat()
    ('2026-03-01', '2024-02-29')
    """
    if (birth.month, birth.day) == (2, 29):
        return date.fromordinal(date(birth.year + years, 2, 28).toordinal() + 1)
    return birth.replace(year=birth.year + years)


def age_band(
    birth: date,
    on: date,
    regimes: Iterable[str],
    ages: Mapping[str, int] = CHILD_UNDER,
    admit: int = MAJORITY,
    *,
    state: str = "",
) -> AgeBand:
    """Return the age band of a person born on ``birth``: the strictest of their regimes wins.

    A birth date in the future counts as a child's.

    >>> age_band(date(2013, 1, 1), date(2027, 1, 1), ["cn"])
    <AgeBand.MINOR: 'minor'>
    >>> age_band(date(2013, 1, 1), date(2027, 1, 1), ["cn", "eu"])
    <AgeBand.CHILD: 'child'>
    """
    age = age_on(birth, on)
    if age < child_under(regimes, ages, state=state):
        return AgeBand.CHILD
    return AgeBand.MINOR if age < max(MAJORITY, admit) else AgeBand.ADULT


def next_change(
    birth: date,
    on: date,
    regimes: Iterable[str],
    ages: Mapping[str, int] = CHILD_UNDER,
    admit: int = MAJORITY,
    *,
    state: str = "",
) -> date | None:
    """Return the day on which somebody's age band changes next; ``None`` for an adult.

    >>> next_change(date(2014, 5, 1), date(2027, 1, 1), ["cn"]).isoformat()
    '2028-05-01'
    """
    turns = (child_under(regimes, ages, state=state), max(MAJORITY, admit))
    days = (birthday(birth, years) for years in sorted(turns))
    return next((day for day in days if day > on), None)
