"""Age: exact on birthdays, where the subject lives; an ID number overrides a claim."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.editions import SMALL
from troth.documents.proof.age import (
    HOURS_FROM_UTC,
    Marks,
    band,
    beginnings,
    begins,
    local_day,
    state_of,
    turns,
    younger,
)
from troth.model.clock import DAY, HOUR, Moment, iso, moment
from troth.model.errors import BadValue
from troth.model.secret import Secret
from troth.model.terms import AgeBand
from troth.store.sql import Store

BEIJING_MIDNIGHT = moment("2026-11-21T16:00:00")


def of(born: str, at: Moment, residence: str = "CN", id_number: str = "") -> AgeBand:
    return band(
        SMALL,
        residence,
        born=Secret(born) if born else None,
        id_number=Secret(id_number) if id_number else None,
        at=at,
    )


def test_the_eighteenth_birthday_begins_at_midnight_where_they_live() -> None:
    assert of("2008-11-22", Moment(BEIJING_MIDNIGHT - 1)) is AgeBand.MINOR
    assert of("2008-11-22", BEIJING_MIDNIGHT) is AgeBand.ADULT


def test_the_fourteenth_birthday_ends_childhood_in_china() -> None:
    assert of("2012-11-22", Moment(BEIJING_MIDNIGHT - 1)) is AgeBand.CHILD
    assert of("2012-11-22", BEIJING_MIDNIGHT) is AgeBand.MINOR


@pytest.mark.parametrize(
    ("residence", "born", "told"),
    [
        ("EEA", "2010-11-23", AgeBand.CHILD),
        ("EEA", "2010-11-22", AgeBand.MINOR),
        ("US", "2013-11-23", AgeBand.CHILD),
        ("US", "2013-11-20", AgeBand.MINOR),
        ("CN", "2012-11-23", AgeBand.CHILD),
    ],
)
def test_a_child_is_what_their_law_says(residence: str, born: str, told: AgeBand) -> None:
    assert of(born, moment("2026-11-22T12:00:00"), residence) is told


def test_who_was_born_on_29_february_turns_on_1_march() -> None:
    assert of("2008-02-29", moment("2026-02-28T12:00:00")) is AgeBand.MINOR
    assert of("2008-02-29", moment("2026-02-28T16:00:00")) is AgeBand.ADULT
    assert of("2004-02-29", moment("2022-02-28T12:00:00")) is AgeBand.MINOR


def test_the_id_number_overrides_the_claim(at: Moment) -> None:
    assert of("1990-01-01", at, id_number="110101201001011234") is AgeBand.MINOR
    assert of("2010-01-01", at, id_number="11010119900101123X") is AgeBand.ADULT


def test_another_kind_of_number_leaves_the_claim(at: Moment) -> None:
    assert of("1990-01-01", at, id_number="C1234569") is AgeBand.ADULT


def test_without_either_the_age_is_unknown(at: Moment) -> None:
    assert of("", at) is AgeBand.UNKNOWN


@pytest.mark.parametrize(
    "born", ["2027-01-01", "1990-13-01", "1990-02-30", "1990/01/01", "yesterday", "１９９０-01-01"]
)
def test_what_is_no_past_date_is_refused_without_repeating_it(born: str, at: Moment) -> None:
    with pytest.raises(BadValue) as refused:
        of(born, at)
    assert refused.value.field == "identity.birth_date"
    assert born not in str(refused.value)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 11, 1)))
def test_nobody_grows_younger(born: object) -> None:
    order = [AgeBand.CHILD, AgeBand.MINOR, AgeBand.ADULT]
    bands = [of(str(born), moment(f"{year}-11-22")) for year in (2026, 2030, 2040, 2046)]
    assert [order.index(each) for each in bands] == sorted(order.index(each) for each in bands)


# --- when it changes ---------------------------------------------------------------------------

PLACES = st.sampled_from(["CN", "HK", "EEA", "DE", "US", "US-CA", "BR"])
NOON = moment("2026-11-22T12:00:00")


@given(st.dates(min_value=date(2008, 11, 23), max_value=date(2026, 11, 20)), PLACES)
def test_the_band_changes_at_the_moment_that_was_told_and_not_before(
    born: date, place: str
) -> None:
    told = Secret(born.isoformat())
    ends = turns(SMALL, place, told, at=NOON)
    assert ends is not None
    assert NOON < ends.next <= ends.grown
    before = of(born.isoformat(), Moment(ends.next - 1), place)
    assert before is of(born.isoformat(), NOON, place)
    assert before is not of(born.isoformat(), ends.next, place)
    assert of(born.isoformat(), Moment(ends.grown - 1), place) is not AgeBand.ADULT
    assert of(born.isoformat(), ends.grown, place) is AgeBand.ADULT


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2008, 11, 22)))
def test_nothing_changes_any_more_for_who_is_of_age(born: date) -> None:
    assert turns(SMALL, "CN", Secret(born.isoformat()), at=NOON) is None


@pytest.mark.parametrize(
    ("born", "place", "next_at", "grown_at"),
    [
        ("2014-05-01", "CN", "2028-04-30T16:00:00Z", "2032-04-30T16:00:00Z"),
        ("2012-02-29", "CN", "2030-02-28T16:00:00Z", "2030-02-28T16:00:00Z"),
        ("2014-05-01", "EEA", "2030-05-01T04:00:00Z", "2032-05-01T04:00:00Z"),
        ("2014-05-01", "US", "2027-05-01T11:00:00Z", "2032-05-01T11:00:00Z"),
    ],
)
def test_the_moments_are_those_of_birthdays_where_they_live(
    born: str, place: str, next_at: str, grown_at: str
) -> None:
    ends = turns(SMALL, place, Secret(born), at=NOON)
    assert ends is not None
    assert (iso(ends.next), iso(ends.grown)) == (next_at, grown_at)


@given(st.integers(0, 400 * 24), st.sampled_from([*HOURS_FROM_UTC, "BR"]))
def test_a_day_begins_once_and_is_the_local_day_from_then_on(hours: int, place: str) -> None:
    at = Moment(NOON + hours * HOUR)
    start = begins(local_day(at, place), place)
    assert start <= at < start + DAY
    assert local_day(Moment(start - 1), place) < local_day(start, place)
    assert start in set(beginnings(Moment(start - 1), start))


def test_beginnings_leave_out_where_they_start_and_hold_where_they_end() -> None:
    some = list(beginnings(NOON, Moment(NOON + DAY)))
    assert NOON not in some
    assert some == sorted(set(some))
    halves = [*beginnings(NOON, some[2]), *beginnings(some[2], Moment(NOON + DAY))]
    assert halves == some


@pytest.mark.parametrize(
    ("place", "state"), [("FR", "FR"), ("FR-GP", "FR"), ("EEA", ""), ("CN", ""), ("US-CA", "")]
)
def test_a_member_state_is_known_by_the_residence_that_names_it(place: str, state: str) -> None:
    assert state_of(place) == state


# --- marks -------------------------------------------------------------------------------------


def test_the_younger_word_of_a_browser_stands_for_a_day(data_store: Store) -> None:
    marks = Marks(data_store, b"k" * 32)
    mine, other = Secret("token"), Secret("another")
    told = [AgeBand.ADULT, AgeBand.MINOR, AgeBand.ADULT, AgeBand.CHILD, AgeBand.MINOR]
    held = [marks.hold(mine, age, at=NOON) for age in told]
    assert held == [AgeBand.ADULT, AgeBand.MINOR, AgeBand.MINOR, AgeBand.CHILD, AgeBand.CHILD]
    assert marks.hold(other, AgeBand.ADULT, at=NOON) is AgeBand.ADULT
    assert marks.hold(mine, AgeBand.ADULT, at=Moment(NOON + DAY)) is AgeBand.ADULT


def test_a_mark_holds_neither_the_token_nor_an_age(data_store: Store) -> None:
    Marks(data_store, b"k" * 32).hold(Secret("token-of-a-form"), AgeBand.CHILD, at=NOON)
    (row,) = data_store.query("SELECT what, used_until FROM paces")
    assert (len(bytes(row[0])), row[1]) == (32, NOON + DAY)


@given(st.sampled_from(AgeBand), st.sampled_from(AgeBand))
def test_the_younger_of_two_is_the_same_either_way(one: AgeBand, other: AgeBand) -> None:
    assert younger(one, other) is younger(other, one)
