"""Law as dated tables: clocks, ages, rights, and what is abroad."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.clock import DAY, HOUR, Moment, iso, moment
from troth.model.terms import AgeBand, Regime
from troth.policy import regimes
from troth.policy.regimes import (
    CHILD_UNDER_EU,
    EEA,
    LIMITS,
    MAKEUP_DAYS,
    RIGHTS,
    abroad,
    age_band,
    answer_by,
    ends_at,
    gdpr_applies,
    later_by_months,
    limits,
    of_regimes,
    refusals,
    working_days,
)

days = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1))
moments = st.integers(min_value=moment("2021-12-01"), max_value=moment("2090-01-01")).map(Moment)


# --- clocks ------------------------------------------------------------------------------------


@pytest.mark.clause("9.7b")
@pytest.mark.parametrize(
    ("received", "bound", "due"),
    [
        ("2027-02-01", ["eu"], "2027-03-01"),
        ("2027-03-01", ["eu"], "2027-03-31"),
        ("2027-01-31", ["eu"], "2027-02-28"),
        ("2028-01-31", ["eu"], "2028-02-29"),
        ("2027-01-31", ["cn"], "2027-03-02"),
        ("2027-02-01", ["ca"], "2027-03-03"),
        ("2027-02-01", ["ca", "us", "eu", "cn"], "2027-03-01"),
        ("2027-02-01", [], "2027-03-03"),
    ],
)
def test_the_earliest_limit_counts(received, bound, due):
    assert iso(answer_by(moment(received), bound, 30))[:10] == due


@pytest.mark.clause("9.7b")
def test_thirty_days_and_a_month_are_different_terms():
    starts = [Moment(moment("2027-01-01") + number * DAY) for number in range(365)]
    spans = [(later_by_months(start, 1) - start) // DAY for start in starts]
    counted = [sum(span < 30 for span in spans), spans.count(30), sum(span > 30 for span in spans)]
    assert counted == [30, 125, 210]


@given(moments, st.lists(st.sampled_from(list(Regime)), unique=True), st.integers(1, 60))
def test_no_regime_makes_an_answer_later(received, bound, promised):
    due = answer_by(received, bound, promised)
    assert received < due <= received + promised * DAY
    assert due <= answer_by(received, bound[:1], promised)


def test_a_breach_has_a_clock_for_each_regime():
    at = moment("2026-11-22")
    (eu,) = limits(["eu"], "breach_authority", at)
    assert ends_at(at, eu) == at + 72 * HOUR
    hours = {
        row.count
        for row in limits(["cn"], "breach_authority", at, {"relatively_large", "critical"})
    }
    assert hours == {0, 1, 4}


def test_a_limit_binds_only_from_its_day_on():
    before, after = moment("2025-10-31"), moment("2025-11-01")
    grave = {"relatively_large"}
    assert len(limits(["cn"], "breach_authority", before, grave)) == 1
    assert len(limits(["cn"], "breach_authority", after, grave)) == 2


def test_working_days_jump_over_the_weekend():
    assert working_days(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert working_days(date(2026, 11, 20), 10) == date(2026, 12, 4)


def test_in_china_a_limit_in_working_days_leaves_room_for_working_weekends():
    (cancel,) = limits(["cn"], "cancel", moment("2027-11-19"))
    plain = working_days(date(2027, 11, 19), 15) - date(2027, 11, 19)
    due = ends_at(moment("2027-11-19"), cancel)
    assert due == moment("2027-11-19") + (plain.days - MAKEUP_DAYS) * DAY


def test_in_a_year_that_was_announced_the_calendar_itself_counts():
    (cancel,) = limits(["cn"], "cancel", moment("2026-09-14"))
    # Mid-autumn and the national week are off, 20 September and 10 October are worked.
    assert iso(ends_at(moment("2026-09-14"), cancel))[:10] == "2026-10-10"


@given(moments, st.integers(0, 60))
def test_months_end_within_the_month_meant(start, months):
    due = later_by_months(start, months)
    first, last = date.fromisoformat(iso(start)[:10]), date.fromisoformat(iso(due)[:10])
    assert (last.year * 12 + last.month) - (first.year * 12 + first.month) == months
    assert last.day <= first.day
    assert due % DAY == start % DAY


# --- ages --------------------------------------------------------------------------------------


@given(days.filter(lambda day: day.year < 2080), st.integers(0, 18))
def test_a_birthday_is_the_first_day_of_an_age(birth, years):
    day = regimes.birthday(birth, years)
    assert regimes.age_on(birth, day) == years
    assert regimes.age_on(birth, day - timedelta(days=1)) == years - 1


def test_a_states_age_counts_from_the_day_of_its_act():
    asked = [regimes.child_age("eu", on, state="DK") for on in ("2023-12-31", "2024-01-01", "")]
    assert [row.years for row in asked] == [13, 15, 15]
    assert regimes.child_age("cn", "2020-01-01") is None
    assert regimes.child_age("mars") is None


def test_what_was_only_remembered_is_marked():
    remembered = {row.state for row in regimes.CHILD_AGES if row.remembered}
    assert remembered == {"IS", "LI", "NO", "SI"}
    assert len(regimes.STATES) == 30


@pytest.mark.parametrize(
    ("state", "years"), [("FR", 15), ("AT", 14), ("DE", 16), ("NO", 16), ("", 16)]
)
def test_a_member_state_counts_where_the_policy_follows_it(state, years):
    ages = {"cn": 14, "eu": 16, "FR": 15, "AT": 14}
    assert regimes.child_under(["eu"], ages, state=state) == years
    assert regimes.child_under(["cn", "eu"], ages, state=state) == max(14, years)
    assert regimes.child_under(["cn"], ages, state=state) == 14


@given(days.filter(lambda day: day.year < 2080), st.lists(st.sampled_from(list(Regime))))
def test_nothing_changes_between_the_days_on_which_the_band_changes(birth, bound):
    day = regimes.next_change(birth, birth, bound)
    assert age_band(birth, day, bound) is not age_band(birth, day - timedelta(days=1), bound)
    assert regimes.next_change(birth, regimes.birthday(birth, 18), bound) is None


def test_the_methods_are_those_of_the_rule_and_two_let_nothing_go():
    assert set(regimes.PARENTAL_METHODS) == {
        *("signed_form", "payment", "toll_free_call", "video_call", "government_id"),
        *("knowledge_questions", "face_match", "email_plus", "text_plus"),
    }
    told = {row.name: row.discloses for row in regimes.METHODS}
    assert [name for name, discloses in told.items() if not discloses] == [
        "email_plus",
        "text_plus",
    ]
    assert all(row.en and row.zh and row.cite for row in regimes.METHODS)


@pytest.mark.parametrize("on", ["2025-06-22", "2025-06-23"])
def test_methods_of_2025_count_from_their_day(on):
    new = {"knowledge_questions", "face_match", "text_plus"}
    known = {name for name in regimes.PARENTAL_METHODS if regimes.method_of(name, on)}
    assert new <= known if on >= "2025-06-23" else not new & known


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        ("2008-11-22", "2026-11-21", 17),
        ("2008-11-22", "2026-11-22", 18),
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
        ("2008-02-29", "2028-02-28", 19),
        ("2008-02-29", "2028-02-29", 20),
    ],
)
def test_a_birthday_counts_from_its_day(birth, on, age):
    assert regimes.age_on(date.fromisoformat(birth), date.fromisoformat(on)) == age


@pytest.mark.clause("9.5a")
@pytest.mark.parametrize(
    ("years", "bound", "band"),
    [
        (12, ["us"], AgeBand.CHILD),
        (13, ["us"], AgeBand.MINOR),
        (13, ["cn"], AgeBand.CHILD),
        (14, ["cn"], AgeBand.MINOR),
        (15, ["eu"], AgeBand.CHILD),
        (15, ["cn"], AgeBand.MINOR),
        (15, ["cn", "eu"], AgeBand.CHILD),
        (17, ["eu"], AgeBand.MINOR),
        (18, ["cn", "eu", "us", "ca"], AgeBand.ADULT),
    ],
)
def test_who_is_a_child_depends_on_the_regime(years, bound, band):
    assert age_band(date(2000, 6, 1), date(2000 + years, 6, 1), bound) is band


def test_a_policy_may_admit_later_than_majority():
    assert age_band(date(2000, 1, 1), date(2019, 1, 1), ["cn"], admit=21) is AgeBand.MINOR


@given(days, days)
def test_who_is_born_later_is_never_older(birth, on):
    assert regimes.age_on(birth, on) <= regimes.age_on(min(birth, date(1950, 1, 1)), on)


def test_europe_lets_states_choose_between_13_and_16():
    assert len(EEA) == 30
    assert set(CHILD_UNDER_EU.values()) == {13, 14, 15, 16}


# --- rights, borders, refusals -----------------------------------------------------------------


@pytest.mark.clause("9.5-1", "9.5-2", "9.5-3")
def test_the_european_law_applies_in_any_of_its_three_cases():
    cases = ("in_eea", "offers_or_monitors", "state_law_abroad")
    assert [gdpr_applies(**{case: True}) for case in cases] == [True, True, True]
    assert not gdpr_applies()


@pytest.mark.parametrize(
    ("regime", "residence", "country", "crosses"),
    [
        ("cn", "CN", "CN", False),
        ("cn", "CN", "HK", True),
        ("cn", "HK", "HK", False),
        ("eu", "EEA", "DE", False),
        ("eu", "EEA", "JP", False),
        ("eu", "EEA", "CN", True),
        ("ca", "US-CA", "CN", False),
    ],
)
def test_abroad_is_what_the_regime_says(regime, residence, country, crosses):
    assert abroad(regime, residence, country) is crosses


@pytest.mark.clause("9.0")
def test_every_regime_gives_rights_and_names_an_authority():
    for regime in Regime:
        assert of_regimes(RIGHTS, [regime])
        assert of_regimes(regimes.AUTHORITIES, [regime])


@pytest.mark.clause("9.7e")
def test_no_regime_lets_too_much_technology_stand_as_a_refusal():
    assert "too_technical" not in refusals(["us"])
    assert refusals(["us", "cn"]) == {"repetitive", "others_at_risk", "too_many_requests"}
    assert refusals([]) == frozenset()


@pytest.mark.clause("10.1")
def test_every_row_says_where_it_stands_in_the_law_and_since_when():
    for row in (*LIMITS, *RIGHTS, *regimes.AUTHORITIES):
        assert row.cite
        assert date.fromisoformat(row.since)


def test_a_right_that_came_later_does_not_bind_earlier():
    names = {row.name for row in of_regimes(RIGHTS, ["ca"], "2021-01-01")}
    assert "correct" not in names
    assert "correct" in {row.name for row in of_regimes(RIGHTS, ["ca"], "2024-01-01")}
