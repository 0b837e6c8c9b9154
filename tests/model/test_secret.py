"""A personal value does not print, compare by guess, or travel by accident."""

import copy
import json
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.secret import HIDDEN, Secret, veiled

VALUES = st.text() | st.binary()


@given(value=VALUES, spec=st.sampled_from(["", ">40", "s"]))
def test_no_way_of_printing_shows_it(value: str | bytes, spec: str) -> None:
    secret = Secret(value)
    told = {repr(secret), str(secret), f"{secret:{spec}}", f"{secret!r}", "%s" % secret}  # noqa: UP031
    assert told == {HIDDEN}
    assert repr([secret, {"a": secret}]) == f"[{HIDDEN}, {{'a': {HIDDEN}}}]"


@pytest.mark.parametrize(
    "write", [pickle.dumps, json.dumps, copy.copy, copy.deepcopy, msgspec.json.encode, vars]
)
def test_no_way_of_writing_takes_it(write) -> None:
    with pytest.raises(TypeError):
        write(Secret("canary"))


@given(one=VALUES, other=VALUES)
def test_two_are_equal_when_their_octets_are(one: str | bytes, other: str | bytes) -> None:
    def octets(value: str | bytes) -> bytes:
        return value if isinstance(value, bytes) else value.encode()

    assert (Secret(one) == Secret(other)) == (octets(one) == octets(other))


def test_it_equals_nothing_but_a_secret() -> None:
    assert Secret("a") != "a"


def test_it_cannot_be_a_key() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Secret("a"))


def test_a_file_is_revealed_raw_and_a_text_either_way() -> None:
    assert Secret("a").reveal() == Secret("a").reveal_raw() == "a"
    assert Secret(b"a").reveal_raw() == b"a"
    with pytest.raises(TypeError, match="file"):
        Secret(b"a").reveal()


def test_an_empty_one_is_false() -> None:
    assert not Secret("")
    assert Secret("0")


def test_what_is_made_of_secrets_is_one() -> None:
    letter = veiled(lambda opened: f"dear {opened['name']}", {"name": Secret("canary")})
    assert "canary" not in repr(letter)
    assert letter == Secret("dear canary")
