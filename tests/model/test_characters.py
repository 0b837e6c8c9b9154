"""Names that people would take for one another are one, and no letter hides in them (A20)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.characters import login, skeleton
from troth.model.errors import BadValue
from troth.model.secret import Secret
from troth.vault.forms import Form, canonical, comparable

NAMES = ("paypal", "li-na.1990", "coco", "scope", "axis", "monica", "open_air", "office")
LOOKS = {
    "a": "\u0430\u03b1",
    "c": "\u0441",
    "e": "\u0435\u03b5",
    "i": "1l\u0456\u0131\u03b9",
    "l": "1i\u04cf",
    "n": "\u03b7",
    "o": "0\u043e\u03bf\u03c3",
    "p": "\u0440\u03c1",
    "s": "\u0455",
    "x": "\u0445\u03c7",
    "0": "o",
    "1": "li",
}
"""What each letter is drawn like."""


def lookalikes() -> list[tuple[str, str]]:
    """Return names, each with one that people would take for it."""
    found = []
    for name in NAMES:
        ways = [letter + LOOKS.get(letter, "") for letter in name]
        others = itertools.islice(itertools.product(*ways), 1, 80)
        found += [(name, "".join(other)) for other in others]
        found += [(name, name.upper()), (name, name.title()), (name, f"{name[0]}\u0301{name[1:]}")]
    return found


LOGIN, EMAIL = Form("login", unique=True), Form("email", unique=True)


def same(form: Form, one: str, other: str) -> bool:
    """Tell whether two values are one to the index."""
    kept = [comparable(canonical("f", Secret(each), form), form) for each in (one, other)]
    return kept[0] == kept[1]


def test_five_hundred_lookalikes_are_the_name_they_look_like() -> None:
    pairs = lookalikes()
    assert len(pairs) >= 500
    assert [pair for pair in pairs if skeleton(pair[0]) != skeleton(pair[1])] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("lina", "li-na"), ("lina", "lena"), ("lina1", "lina2"), ("anna", "ana"), ("wei", "wie")],
)
def test_names_that_nobody_confuses_are_two(one: str, other: str) -> None:
    assert not same(LOGIN, one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("PayPal", "paypaI"), ("modern", "modem"), ("li_na.1990", "LI_NA.l99O"), ("José", "jose")],
)
def test_lookalikes_are_one_to_the_index(one: str, other: str) -> None:
    assert same(LOGIN, one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Li.Na@mail.example", "li.na@MAIL.example"),
        ("a@b\u00fccher.example", "a@xn--bcher-kva.example"),
    ],
)
def test_one_mailbox_is_one_address(one: str, other: str) -> None:
    assert same(EMAIL, one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("li.na@mail.example", "lina@mail.example"),
        ("lina+news@mail.example", "lina@mail.example"),
        ("lina@mail.example", "l\u0456na@mail.example"),
        ("1ina@mail.example", "lina@mail.example"),
    ],
)
def test_what_can_be_two_mailboxes_is_two_addresses(one: str, other: str) -> None:
    assert not same(EMAIL, one, other)


@given(st.text(max_size=45))
def test_a_user_name_that_is_taken_reads_back_as_it_is(text: str) -> None:
    try:
        name = login(text)
    except BadValue:
        return
    assert login(name) == name
    assert name.isprintable()
    assert "@" not in name
    assert any(map(str.isalpha, name))
