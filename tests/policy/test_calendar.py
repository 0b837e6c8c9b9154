"""Working days: the announced years exactly, the others never too late, holidays by their rules."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.errors import Misconfigured
from troth.policy.regimes.calendar import (
    CALIFORNIA,
    MAKEUP_DAYS,
    PLAIN,
    Calendar,
    federal,
    read,
    shipped,
)

CHINA = shipped()["cn"]
STRANGER = Calendar(early=MAKEUP_DAYS)
"""China's calendar, were nothing of it announced."""
KNOWN = [date(year, 1, 1) + timedelta(days=n) for year in CHINA.years for n in range(365)]
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 12, 31))


def test_announced_weekends_are_worked_and_announced_weekdays_are_not() -> None:
    assert CHINA.works(date(2026, 10, 10))
    assert not CHINA.works(date(2026, 10, 6))
    assert CHINA.works(date(2026, 11, 23))
    assert not CHINA.works(date(2026, 11, 21))


@pytest.mark.parametrize("count", [1, 5, 10, 15, 30])
def test_a_year_nobody_announced_is_never_due_later_than_it_turns_out(count: int) -> None:
    last = date(max(CHINA.years), 12, 31)
    for day in KNOWN:
        real = CHINA.after(day, count)
        if real <= last and real.year in CHINA.years:
            assert STRANGER.after(day, count) <= real, day


@given(days, st.integers(1, 60))
def test_a_due_day_lies_ahead_and_more_days_never_end_earlier(day: date, count: int) -> None:
    for calendar in (CHINA, STRANGER, CALIFORNIA, PLAIN):
        assert day < calendar.after(day, count) <= calendar.after(day, count + 1)


@given(days, st.integers(1, 60))
def test_so_many_working_days_lie_between(day: date, count: int) -> None:
    end = CALIFORNIA.after(day, count)
    between = (day + timedelta(days=n) for n in range(1, (end - day).days + 1))
    assert sum(map(CALIFORNIA.works, between)) == count
    assert CALIFORNIA.works(end)


@pytest.mark.parametrize(
    ("year", "off"),
    [
        (2026, "2026-07-03"),  # Independence Day falls on a Saturday
        (2027, "2027-07-05"),  # on a Sunday
        (2027, "2027-12-31"),  # New Year's Day of 2028 on a Saturday
        (2026, "2026-11-26"),
        (2026, "2026-05-25"),
        (2026, "2026-06-19"),
        (2027, "2027-01-18"),
    ],
)
def test_federal_holidays_are_observed_where_they_fall(year: int, off: str) -> None:
    assert date.fromisoformat(off) in federal(year)


@given(st.integers(2021, 2100))
def test_a_year_has_about_eleven_federal_holidays_on_weekdays(year: int) -> None:
    found = federal(year)
    assert 10 <= len(found) <= 12
    assert all(day.year == year and day.weekday() < 5 for day in found)


# --- the operator's file -----------------------------------------------------------------------

NEW = '[cn.2027]\noff = ["2027-01-01"]\nwork = ["2027-01-03"]\n'


def test_an_operators_year_stands_beside_those_that_ship() -> None:
    calendar = read(NEW, shipped())["cn"]
    assert calendar.works(date(2027, 1, 3))
    assert calendar.works(date(2026, 10, 10))
    exact = calendar.after(date(2027, 3, 1), 15)
    assert exact > CHINA.after(date(2027, 3, 1), 15)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[cn.2027]\noff = [", "is not TOML"),
        ("[eu.2027]\noff = []", "no regime"),
        ("[cn.soon]\noff = []", "is no year"),
        ('[cn.2027]\nshut = ["2027-01-01"]', "knows no `shut`"),
        ('[cn.2027]\noff = ["2026-01-01"]', "another year"),
        ('[cn.2027]\noff = ["2027-01-02"]', "a weekend"),
        ('[cn.2027]\nwork = ["2027-01-04"]', "a weekday"),
        ('[cn.2027]\noff = ["tomorrow"]', "no day"),
    ],
)
def test_a_file_that_is_wrong_says_what(text: str, what: str) -> None:
    with pytest.raises(Misconfigured, match=what):
        read(text, shipped(), "days.toml")
