"""Age: exact on birthdays, where the subject lives; an ID number overrides a claim."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.editions import SMALL
from troth.documents.proof.age import band
from troth.model.clock import Moment, moment
from troth.model.errors import BadValue
from troth.model.secret import Secret
from troth.model.terms import AgeBand

BEIJING_MIDNIGHT = moment("2026-11-21T16:00:00")


def of(born: str, at: Moment, residence: str = "CN", id_number: str = "") -> AgeBand:
    return band(
        SMALL,
        residence,
        born=Secret(born) if born else None,
        id_number=Secret(id_number) if id_number else None,
        at=at,
    )


@pytest.mark.clause("8.1a")
def test_the_eighteenth_birthday_begins_at_midnight_where_they_live() -> None:
    assert of("2008-11-22", Moment(BEIJING_MIDNIGHT - 1)) is AgeBand.MINOR
    assert of("2008-11-22", BEIJING_MIDNIGHT) is AgeBand.ADULT


@pytest.mark.clause("8.2a")
def test_the_fourteenth_birthday_ends_childhood_in_china() -> None:
    assert of("2012-11-22", Moment(BEIJING_MIDNIGHT - 1)) is AgeBand.CHILD
    assert of("2012-11-22", BEIJING_MIDNIGHT) is AgeBand.MINOR


@pytest.mark.clause("8.2a")
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


@pytest.mark.clause("8.2a")
def test_who_was_born_on_29_february_turns_on_1_march() -> None:
    assert of("2008-02-29", moment("2026-02-28T12:00:00")) is AgeBand.MINOR
    assert of("2008-02-29", moment("2026-02-28T16:00:00")) is AgeBand.ADULT
    assert of("2004-02-29", moment("2022-02-28T12:00:00")) is AgeBand.MINOR


@pytest.mark.clause("8.1b")
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
