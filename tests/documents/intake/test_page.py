"""The words of an HTML mail, read in one pass (A11)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.intake.page import words

SLOW = {
    "comments": "<!--" * 100_000,
    "open tags": "<a " * 100_000,
    "scripts": "<script>" * 50_000,
    "styles that end nowhere": "<style>" + "x" * 400_000,
    "entities": "&#" * 200_000,
    "angle brackets": "<" * 400_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_no_page_takes_long(name: str) -> None:
    began = time.perf_counter()
    words(SLOW[name])
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<SCRIPT>x</SCRIPT>a", "a"),
        ("a<br>b", "a\nb"),
        ("1 < 2 &amp; 3", "1 < 2 & 3"),
        ("<!doctype html><html><head><title>t</title></head>a", "a"),
        ("a<!-- b -->c", "ac"),
        ("<style>p{}</style >a", "a"),
        ("<a href='javascript:x'>link</a>", "link"),
    ],
)
def test_tags_go_and_words_stay(page: str, told: str) -> None:
    assert words(page) == told


@given(st.text(max_size=600))
def test_any_page_is_read(page: str) -> None:
    assert "<script" not in words(f"<script>{page}").lower() or "<" in page


@given(st.text(alphabet="<>/!-sScriptaA &;#x0", max_size=200))
def test_any_tangle_of_tags_is_read(page: str) -> None:
    words(page)
