"""The words of the house: subject ids and category patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.terms import Region, SubjectId, matches

PARTS = st.lists(st.sampled_from(["contact", "email", "log", "ip"]), min_size=1, max_size=3)
NAMES = PARTS.map(".".join)


def test_a_new_id_is_random_and_names_its_region() -> None:
    drawn = {SubjectId.new(Region("cn")) for _ in range(1000)}
    assert len(drawn) == 1000
    assert {each.region for each in drawn} == {"cn"}


@given(region=st.from_regex(r"[a-z]{2,12}", fullmatch=True))
def test_an_id_is_read_back_as_it_was(region: str) -> None:
    drawn = SubjectId.new(Region(region))
    assert SubjectId(str(drawn)) == drawn
    assert len(drawn) == len(region) + 27


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cn",
        "cn-",
        "CN-" + "a" * 26,
        "cn-" + "1" * 26,
        "cn-" + "a" * 27,
        "cn-" + "a" * 26 + "\n",
    ],
)
def test_what_is_no_id_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^not a subject id$"):
        SubjectId(text)


@given(pattern=NAMES, field=NAMES)
def test_a_pattern_covers_itself_and_what_is_below(pattern: str, field: str) -> None:
    parts, told = pattern.split("."), field.split(".")
    assert matches(pattern, field) == (told[: len(parts)] == parts)


@given(field=NAMES)
def test_a_star_covers_everything(field: str) -> None:
    assert matches("*", field)


def test_a_name_that_merely_begins_alike_is_not_covered() -> None:
    assert not matches("contact", "contacts.email")
