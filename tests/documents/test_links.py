"""A link does the one thing it was signed for, for the one subject."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.proof.links import Links
from troth.model.errors import NotProved
from troth.model.terms import Region, SubjectId

LINKS = Links(b"k" * 32)
SUBJECT = SubjectId.new(Region("cn"))


def test_a_link_is_read_back() -> None:
    assert LINKS.read(LINKS.write(SUBJECT, "stop/marketing")) == (SUBJECT, "stop/marketing")


def test_another_key_signs_nothing_of_ours() -> None:
    with pytest.raises(NotProved):
        LINKS.read(Links(b"x" * 32).write(SUBJECT, "stop/marketing"))


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_changed_link_is_no_link(place: int, letter: str) -> None:
    token = LINKS.write(SUBJECT, "stop/marketing")
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    try:
        assert LINKS.read(changed) == (SUBJECT, "stop/marketing")
    except NotProved:
        assert changed != token


@given(st.text())
def test_any_other_text_is_no_link(text: str) -> None:
    with pytest.raises(NotProved):
        LINKS.read(text)
