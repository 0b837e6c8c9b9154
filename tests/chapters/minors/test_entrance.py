"""The age gate: exact, neutral, not to be tried again, and about nobody."""

import pytest

from tests.chapters.minors.family import BORN, BROWSER, TEEN, Family, traces
from tests.chapters.people import House
from troth.model.errors import BadInput, BadValue, NotOfAge
from troth.model.secret import Secret
from troth.model.terms import AgeBand

ADULT = Secret("1990-01-01")
OTHER = Secret("another-browser")


@pytest.mark.parametrize(
    ("residence", "born", "told"),
    [
        ("CN", "2008-11-23", AgeBand.MINOR),
        ("CN", "2008-11-22", AgeBand.ADULT),
        ("CN", "2012-11-23", AgeBand.CHILD),
        ("CN", "2012-11-22", AgeBand.MINOR),
        ("EEA", "2010-12-01", AgeBand.CHILD),
        ("DE", "2010-12-01", AgeBand.CHILD),
        ("FR", "2010-12-01", AgeBand.MINOR),
        ("FR", "2011-12-01", AgeBand.CHILD),
        ("AT", "2011-12-01", AgeBand.MINOR),
        ("NO", "2011-12-01", AgeBand.CHILD),
        ("US-NY", "2013-12-01", AgeBand.CHILD),
        ("US-CA", "2012-12-01", AgeBand.CHILD),
    ],
)
def test_the_age_is_judged_by_the_law_of_the_residence(
    house: House, residence: str, born: str, told: AgeBand
) -> None:
    assert house.minors.band(residence, born=Secret(born)) is told


def test_whoever_is_a_day_short_of_eighteen_is_refused(house: House) -> None:
    with pytest.raises(NotOfAge):
        house.minors.enter("CN", browser=BROWSER, born=Secret("2008-11-23"))
    assert house.minors.enter("CN", browser=OTHER, born=Secret("2008-11-22")) is AgeBand.ADULT


def test_the_refusal_is_remembered_and_names_nobody(house: House) -> None:
    with pytest.raises(NotOfAge):
        house.minors.enter("CN", browser=BROWSER, born=BORN)
    (entry,) = house.recent("use.denied")
    assert entry.who == ""


def test_the_refusal_does_not_tell_which_age_would_do(house: House) -> None:
    told = set()
    for number, born in enumerate(("2008-11-23", "2012-11-23", "2026-11-20")):
        with pytest.raises(NotOfAge) as refused:
            house.minors.enter("CN", browser=Secret(f"b{number}"), born=Secret(born))
        told.add(str(refused.value))
    (words,) = told
    assert not any(character.isdigit() for character in words.replace("§8.1", ""))


def test_going_back_makes_nobody_older(house: House) -> None:
    for born in (BORN, ADULT):
        with pytest.raises(NotOfAge):
            house.minors.enter("CN", browser=BROWSER, born=born)
    assert house.minors.enter("CN", browser=OTHER, born=ADULT) is AgeBand.ADULT


def test_the_mark_is_over_after_a_day(house: House) -> None:
    with pytest.raises(NotOfAge):
        house.minors.enter("CN", browser=BROWSER, born=BORN)
    house.clock.forward(days=1)
    assert house.minors.enter("CN", browser=BROWSER, born=ADULT) is AgeBand.ADULT


def test_nothing_of_a_refused_person_is_kept_in_any_file(house: House) -> None:
    born = Secret("2009-08-17")
    with pytest.raises(NotOfAge):
        house.minors.enter("CN", browser=BROWSER, born=born)
    house.troth.tick()
    assert list(house.gate.subjects()) == []
    assert traces(house, born.reveal(), BROWSER.reveal()) == []


def test_the_date_in_an_id_number_overrides_the_claim_at_the_gate(house: House) -> None:
    child = Secret("110101201405011234")
    with pytest.raises(NotOfAge):
        house.minors.enter("CN", browser=BROWSER, born=ADULT, id_number=child)


@pytest.mark.parametrize(("language", "words"), [("zh", "未满十八周岁"), ("en", "under 18")])
def test_the_fields_after_the_gate_say_that_minors_give_nothing(
    house: House, language: str, words: str
) -> None:
    assert words in house.minors.note(language)


def test_no_date_or_a_wrong_one_is_asked_for_again(house: House) -> None:
    with pytest.raises(BadInput):
        house.minors.enter("CN", browser=BROWSER)
    with pytest.raises(BadValue):
        house.minors.enter("CN", browser=BROWSER, born=Secret("2030-01-01"))
    assert house.minors.enter("CN", browser=BROWSER, born=ADULT) is AgeBand.ADULT


def test_a_service_for_minors_shows_them_the_way_through_a_guardian(family: Family) -> None:
    enter = family.minors.enter
    assert enter("CN", browser=BROWSER, born=TEEN) is AgeBand.MINOR
    assert enter("CN", browser=BROWSER, born=ADULT) is AgeBand.MINOR
    assert enter("CN", browser=BROWSER, born=BORN) is AgeBand.CHILD
    assert enter("CN", browser=BROWSER, born=TEEN) is AgeBand.CHILD
