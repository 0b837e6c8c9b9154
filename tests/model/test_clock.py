"""Moments are milliseconds in UTC, and time is told from outside."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model import clock
from troth.model.clock import DAY, Moment, SetClock, SystemClock, after, date, iso, moment

LATER = moment("9000-01-01")
MOMENTS = st.integers(0, LATER).map(Moment)


@given(at=MOMENTS)
def test_a_moment_to_the_second_survives_being_written(at: Moment) -> None:
    assert moment(iso(at)) == at - at % 1000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2024-02-29", "2024-02-29T00:00:00Z"),
        ("2026-11-22T08:00:00+08:00", "2026-11-22T00:00:00Z"),
        ("2026-11-22T00:00:00Z", "2026-11-22T00:00:00Z"),
        ("2026-12-31T23:59:59-01:00", "2027-01-01T00:59:59Z"),
    ],
)
def test_a_zone_is_taken_at_its_word_and_none_means_utc(text: str, told: str) -> None:
    assert iso(moment(text)) == told


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "31.05.2023"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        moment(text)


@given(at=MOMENTS, days=st.integers(0, 400))
def test_thirty_days_are_thirty_times_a_day(at: Moment, days: int) -> None:
    assert after(at, days=days) - at == days * DAY


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-01-31", 30, "2026-03-02"),
        ("2024-01-30", 30, "2024-02-29"),
        ("2026-12-15", 30, "2027-01-14"),
        ("2026-03-20", 30, "2026-04-19"),
    ],
)
def test_a_deadline_crosses_months_years_and_leap_days(start: str, days: int, end: str) -> None:
    assert date(after(moment(start), days=days)) == end


def test_minutes_can_be_told_too() -> None:
    assert after(Moment(0), minutes=1.5) == 90_000


def test_a_set_clock_stands_until_it_is_moved_even_back() -> None:
    told = SetClock(Moment(0))
    assert told.now() == told.now() == 0
    assert told.forward(days=1, seconds=1) == DAY + 1000
    assert told.forward(days=-1) == told.now() == 1000


def test_the_machines_clock_counts_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= SystemClock().now() <= before + 10_000


def test_the_units_are_what_they_say() -> None:
    assert (clock.SECOND, clock.MINUTE, clock.HOUR, clock.DAY) == (1e3, 6e4, 36e5, 864e5)
