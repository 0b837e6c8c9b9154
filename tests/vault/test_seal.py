"""What is sealed opens where it was put, and nowhere else."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from troth.model.errors import Sealed
from troth.vault.seal import (
    Cipher,
    Contents,
    fresh_key,
    pack,
    place,
    seal,
    seal_many,
    unpack,
    unseal,
)

HERE = place("tenant", "subject", "cell", "contact", "key")
CIPHER = Cipher(bytes(32))
PARTS = st.lists(st.text(max_size=5), max_size=5)


@pytest.mark.clause("7.1b")
@given(st.binary(max_size=200), PARTS)
def test_what_is_sealed_opens_in_its_place(payload: bytes, parts: list[str]):
    assert unseal(CIPHER, seal(CIPHER, payload, place(*parts)), place(*parts)) == payload


@given(PARTS, PARTS)
def test_two_places_are_never_one(parts: list[str], others: list[str]):
    assume(parts != others)
    assert place(*parts) != place(*others)


def test_the_border_between_parts_counts():
    assert place("ab", "c") != place("a", "bc") != place("abc")


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_changed_bit_is_noticed(payload: bytes, data: st.DataObject):
    sealed = bytearray(seal(CIPHER, payload, HERE))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Sealed):
        unseal(CIPHER, bytes(sealed), HERE)


def test_anything_cut_short_is_noticed():
    sealed = seal(CIPHER, b"payload", HERE)
    for length in range(len(sealed)):
        with pytest.raises(Sealed):
            unseal(CIPHER, sealed[:length], HERE)


def test_another_key_opens_nothing():
    with pytest.raises(Sealed):
        unseal(Cipher(fresh_key()), seal(CIPHER, b"payload", HERE), HERE)


def test_nothing_is_sealed_twice_alike():
    assert len({seal(CIPHER, b"same", HERE) for _ in range(1000)}) == 1000


def test_a_batch_draws_a_nonce_for_each():
    sealed = seal_many(CIPHER, [(b"same", HERE)] * 1000)
    assert len({one[1:13] for one in sealed}) == 1000
    assert {unseal(CIPHER, one, HERE) for one in sealed} == {b"same"}


def test_an_empty_batch_is_empty():
    assert seal_many(CIPHER, []) == []


def test_a_failure_says_nothing_of_the_value():
    with pytest.raises(Sealed) as refused:
        unseal(CIPHER, b"\x01" + bytes(60), HERE)
    assert str(refused.value).startswith("a value could not be opened")
    assert refused.value.__suppress_context__


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.binary(max_size=8), max_size=4),
    st.dictionaries(st.text(max_size=8), st.binary(max_size=16), max_size=4),
    st.lists(st.text(max_size=8), max_size=3),
)
def test_contents_come_back_as_they_were(
    values: dict[str, str | bytes], blind: dict[str, bytes], apart: list[str]
):
    contents = Contents(values, blind, apart)
    assert unpack(pack(contents)) == contents


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x2a", b"\x94\x01\x02\x03\x04"])
def test_an_opened_payload_that_is_no_cell_is_refused(payload: bytes):
    with pytest.raises(Sealed):
        unpack(payload)


def test_without_takes_a_field_from_every_part():
    contents = Contents({"a": "1", "b": "2"}, {"a": b"x"}, ["c"])
    assert contents.without({"a", "c"}) == Contents({"b": "2"})
    assert contents
    assert not contents.without({"a", "b", "c"})


def test_one_key_seals_many_fields_apart():
    places = [
        place("t", subject, "cell", group) for subject, group in itertools.product("ab", "cd")
    ]
    sealed = [seal(CIPHER, b"x", where) for where in places]
    for one, where in itertools.product(sealed, places):
        if sealed.index(one) != places.index(where):
            with pytest.raises(Sealed):
                unseal(CIPHER, one, where)
