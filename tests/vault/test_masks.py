"""How much of a value is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.errors import Misconfigured
from troth.model.secret import Secret
from troth.vault.masks import MASKS, masked

SHOWN = [
    ("all", "anything", "***"),
    ("email", "zhang@example.com", "z***@example.com"),
    ("email", "z@example.com", "***@example.com"),
    ("email", "no address", "***"),
    ("phone", "+8613912345678", "***5678"),
    ("phone", "12345", "***"),
    ("bank", "4111111111111111", "***1111"),
    ("bank", "12345678", "***5678"),
    ("id_number", "11010519491231002X", "1***X"),
    ("id_number", "A12345", "***"),
    ("name", "张三丰", "张***"),
    ("name", "王", "***"),
    ("none", "CN", "CN"),
]


@pytest.mark.clause("2.1.1f")
@pytest.mark.parametrize(("mask", "value", "shown"), SHOWN)
def test_a_mask_shows_this_much(mask: str, value: str, shown: str):
    assert masked(Secret(value), mask).reveal() == shown


@pytest.mark.parametrize("mask", sorted(set(MASKS) - {"none"}))
def test_a_masked_file_shows_nothing(mask: str):
    assert masked(Secret(b"\x00file"), mask).reveal() == "***"


def test_a_file_without_a_mask_is_shown():
    assert masked(Secret(b"\x00file"), "none").reveal_raw() == b"\x00file"


@pytest.mark.parametrize("mask", sorted(set(MASKS) - {"none"}))
@given(value=st.text(max_size=40))
def test_no_mask_shows_all_of_a_value(mask: str, value: str):
    shown = masked(Secret(value), mask).reveal()
    assert "***" in shown
    assert len(shown.replace("***", "", 1)) < max(len(value), 1)


def test_an_unknown_mask_is_a_wrong_setting():
    with pytest.raises(Misconfigured, match="`half` is not known"):
        masked(Secret("x"), "half")
