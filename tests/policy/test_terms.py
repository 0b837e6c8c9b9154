"""The terms of a request: two starts, the earliest end, pauses where a law lets the clock stop."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.clock import DAY, Moment, date, iso, moment
from troth.policy.regimes import (
    Course,
    Pause,
    acknowledge_by,
    due_by,
    internal_by,
    later_by_months,
    longest_by,
    terms,
)

REGIMES = ("cn", "eu", "ca", "us")
SETS = [found for n in range(5) for found in combinations(REGIMES, n)]
moments = st.integers(moment("2024-01-01"), moment("2060-12-31")).map(Moment)
regimes = st.sampled_from(SETS)
spans = st.integers(-5 * DAY, 60 * DAY)


def every_day(year: int) -> list[Moment]:
    first = moment(f"{year}-01-01")
    return [Moment(first + n * DAY) for n in range((moment(f"{year + 1}-01-01") - first) // DAY)]


@pytest.mark.clause("9.7b")
def test_over_2027_a_month_is_shorter_on_30_days_equal_on_125_longer_on_210() -> None:
    spans = [
        (due_by(Course(regimes=("eu",), received=at, promised=99), at) - at) // DAY
        for at in every_day(2027)
    ]
    counted = [sum(n < 30 for n in spans), spans.count(30), sum(n > 30 for n in spans)]
    assert counted == [30, 125, 210]


@pytest.mark.parametrize("year", [2026, 2027, 2028])
@pytest.mark.parametrize("bound", SETS)
def test_on_every_day_the_earliest_rule_counts(year: int, bound: tuple[str, ...]) -> None:
    for at in every_day(year):
        due = due_by(Course(regimes=bound, received=at), at)
        month = later_by_months(at, 1)
        assert due == (min(month, at + 30 * DAY) if "eu" in bound else at + 30 * DAY)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2027-01-31", "2027-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2028-01-30", "2028-02-29"),
        ("2028-02-29", "2028-03-29"),
        ("2027-12-31", "2028-01-30"),
        ("2027-03-31", "2027-04-30"),
        ("2027-10-31T01:30:00", "2027-11-30"),
    ],
)
def test_a_month_ends_at_month_ends_leap_days_and_year_ends(received: str, due: str) -> None:
    assert date(due_by(Course(regimes=("eu",), received=moment(received)), Moment(0))) == due


def test_summer_time_moves_nothing() -> None:
    at = moment("2027-03-27T23:30:00+00:00")
    assert (due_by(Course(regimes=("cn",), received=at), at) - at) == 30 * DAY


# --- two starts --------------------------------------------------------------------------------


@pytest.mark.clause("11.2")
def test_receipt_and_proof_both_start_a_term_and_the_earlier_end_counts() -> None:
    at, proved = moment("2027-06-01"), moment("2027-06-20")
    course = Course(regimes=("cn",), received=at, verified=proved)
    told = {term.cite: term.due for term in terms(course, proved)}
    assert told["9.7"] == at + 30 * DAY
    assert told["11.2"] == proved + 30 * DAY
    assert due_by(course, proved) == told["9.7"]


def test_a_term_that_has_not_begun_has_no_end() -> None:
    found = terms(Course(regimes=(), received=Moment(0)), Moment(0))
    assert [(one.cite, one.due) for one in found][-1] == ("11.2", None)


@pytest.mark.clause("9.6a")
def test_in_california_receipt_counts_and_a_proof_stops_nothing() -> None:
    at = moment("2027-06-01")
    course = Course(
        regimes=("ca",),
        received=at,
        verified=moment("2027-06-30"),
        pauses=(Pause(at, moment("2027-06-30")),),
        promised=99,
    )
    (term,) = (one for one in terms(course, at) if one.regime == "ca")
    assert (term.start, term.due, term.moved) == ("received", at + 45 * DAY, 0)
    assert iso(acknowledge_by(["ca"], at) or Moment(0))[:10] == "2027-06-15"
    assert longest_by("ca", at) == at + 90 * DAY


def test_receipt_is_confirmed_by_a_day_only_where_a_law_says_so() -> None:
    assert acknowledge_by(["cn", "eu"], Moment(0)) is None


# --- pauses, and clocks that jump --------------------------------------------------------------


def test_waiting_for_a_proof_moves_only_the_term_of_a_law_that_lets_it() -> None:
    at = moment("2027-06-01")
    pauses = (Pause(moment("2027-06-05"), moment("2027-06-15")),)
    course = Course(regimes=("eu", "ca"), received=at, pauses=pauses, promised=99)
    told = {one.regime: one for one in terms(course, at) if one.regime}
    assert date(told["eu"].due or Moment(0)) == "2027-07-11"
    assert told["eu"].moved == 10 * DAY
    assert told["ca"].moved == 0


@given(moments, regimes, st.lists(st.tuples(spans, spans), max_size=3))
def test_no_pause_moves_a_day_earlier(
    received: Moment, bound: tuple[str, ...], waits: list[tuple[int, int]]
) -> None:
    pauses = tuple(Pause(Moment(received + a), Moment(received + b)) for a, b in waits)
    plain = Course(regimes=bound, received=received)
    paused = Course(regimes=bound, received=received, pauses=pauses)
    assert due_by(paused, received) >= due_by(plain, received)


@given(moments, regimes, spans, spans)
def test_a_clock_that_jumps_back_shortens_and_revives_nothing(
    received: Moment, bound: tuple[str, ...], early: int, late: int
) -> None:
    course = Course(regimes=bound, received=received)
    seen = {due_by(course, Moment(received + now)) for now in (early, late, 0)}
    assert len(seen) == 1
    open_ = Course(regimes=bound, received=received, pauses=(Pause(received),))
    before, after = sorted((early, late))
    assert due_by(open_, Moment(received + before)) <= due_by(open_, Moment(received + after))


@given(moments, st.integers(1, 90 * DAY), st.integers(1, 30))
def test_what_we_aim_for_lies_between_receipt_and_the_legal_day(
    received: Moment, span: int, days: int
) -> None:
    due = Moment(received + span)
    assert received <= internal_by(received, due, days) <= max(received, due)
