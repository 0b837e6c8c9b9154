"""A choice about cookies: what it lets be set, how long, and what a privacy signal makes of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.clock import DAY, HOUR, Moment, moment
from troth.model.cookies import (
    AGAIN_DAYS,
    CONSENT_MODE,
    Choice,
    Register,
    Technology,
    choose,
    decide,
    header,
    new_receipt,
    read,
    signalled,
)

AT = moment("2026-11-22T12:00:00")


def entry(name: str, category: str, **more: str) -> Technology:
    return Technology(name=name, category=category, purpose=category, words={}, **more)


REGISTER = Register(
    edition="e",
    technologies=(
        entry("session", "essential"),
        entry("analytics", "analytics"),
        entry("interests", "personalise"),
        entry("ads.example", "measure", kind="pixel", party="third"),
    ),
)
OPTIONAL = ("analytics", "personalise", "measure")


def value(*yes: str, at: Moment = AT, signal: bool = False) -> str:
    return choose(REGISTER, yes, signal=signal, at=at, receipt=new_receipt()).written()


def allowed(told: str, *, signal: bool = False, at: Moment = AT) -> set[str]:
    return set(decide(REGISTER, told, signal=signal, at=at).allowed)


# --- before, and for how long ------------------------------------------------------------------


def test_before_a_choice_only_what_is_needed_is_allowed_and_everybody_is_asked() -> None:
    found = decide(REGISTER, "", signal=False, at=AT)
    assert found.allowed == {"essential"}
    assert found.ask
    assert found.choice is None


def test_a_yes_allows_what_it_names_and_nothing_else() -> None:
    assert allowed(value("analytics")) == {"essential", "analytics"}
    assert allowed(value()) == {"essential"}


@pytest.mark.parametrize("said", [(), OPTIONAL])
def test_nobody_is_asked_again_for_a_year_whatever_they_said(said: tuple[str, ...]) -> None:
    told, year = value(*said), AGAIN_DAYS * DAY
    assert not decide(REGISTER, told, signal=False, at=Moment(AT + year - HOUR)).ask
    over = decide(REGISTER, told, signal=False, at=Moment(AT + year))
    assert over.ask
    assert over.allowed == {"essential"}


def test_a_choice_from_the_future_counts_for_nothing() -> None:
    assert allowed(value("analytics", at=Moment(AT + DAY))) == {"essential"}
    assert allowed(value("analytics", at=Moment(AT + 1000))) == {"essential", "analytics"}


def test_what_the_register_gained_since_is_asked_and_not_allowed() -> None:
    small = Register(edition="old", technologies=REGISTER.technologies[:2])
    told = choose(small, ["analytics"], signal=False, at=AT).written()
    found = decide(REGISTER, told, signal=False, at=AT)
    assert found.ask
    assert found.allowed == {"essential", "analytics"}


def test_a_register_without_anything_optional_asks_nobody() -> None:
    bare = Register(edition="e", technologies=REGISTER.technologies[:1])
    assert not decide(bare, "", signal=True, at=AT).ask


# --- privacy signals ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        (["1"], True),
        (["1", "1"], True),
        (["0", "1"], True),
        (["1", "true"], True),
        (["0"], False),
        (["true"], False),
        (["01"], False),
        (["1;q=1"], False),
        (["1 1"], False),
        ([""], False),
        ([], False),
    ],
)
def test_the_signal_is_exactly_one_and_one_is_enough(values: list[str], counts: bool) -> None:
    assert signalled(values) is counts


def test_a_signal_turns_off_profiling_and_third_parties_and_says_so() -> None:
    found = decide(REGISTER, value(*OPTIONAL), signal=True, at=AT)
    assert found.allowed == {"essential", "analytics"}
    assert found.honoured == ("personalise", "measure")
    assert found.signal


def test_a_yes_in_sight_of_the_signal_wins_and_an_older_one_does_not() -> None:
    assert allowed(value(*OPTIONAL, signal=True), signal=True) == {"essential", *OPTIONAL}
    assert allowed(value(*OPTIONAL), signal=True) == {"essential", "analytics"}


def test_a_signal_alone_is_honoured_before_any_choice() -> None:
    found = decide(REGISTER, "", signal=True, at=AT)
    assert found.allowed == {"essential"}
    assert found.honoured == ("personalise", "measure")


# --- consent mode ------------------------------------------------------------------------------


def test_every_signal_of_consent_mode_is_denied_until_something_was_chosen() -> None:
    told = decide(REGISTER, "", signal=False, at=AT).consent_mode()
    assert len(told) == 7
    assert set(told.values()) == {"denied"}
    assert set(told) == set(CONSENT_MODE)


def test_consent_mode_follows_the_choice() -> None:
    told = decide(REGISTER, value("analytics"), signal=False, at=AT).consent_mode()
    granted = {name for name, word in told.items() if word == "granted"}
    assert granted == {"analytics_storage", "security_storage", "functionality_storage"}


# --- the cookie's value ------------------------------------------------------------------------

NAMES = st.from_regex(re.compile(r"[a-z][a-z0-9_-]{0,20}"), fullmatch=True)
CHOICES = st.builds(
    Choice,
    said=st.dictionaries(NAMES, st.booleans(), max_size=8),
    at=st.integers(0, 10**9).map(lambda seconds: Moment(seconds * 1000)),
    receipt=st.sampled_from(["", new_receipt()]),
    signal=st.booleans(),
)


@given(CHOICES)
def test_what_is_written_is_read_back(choice: Choice) -> None:
    told = choice.written()
    assert read(told) == choice
    assert re.fullmatch(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*", told), "no cookie value"


@given(st.text(max_size=60))
def test_what_is_no_choice_lets_nothing_in(text: str) -> None:
    found = decide(REGISTER, text, signal=False, at=AT)
    assert found.allowed == {"essential"} or read(text) is not None


@pytest.mark.parametrize(
    "told",
    [
        "1.5.0..+analytics;x",
        "2.5.0..+analytics",
        "1.5.0.zz.+analytics",
        "1.5.0..+ana lytics",
        "1.5.2..+analytics",
        "1.-5.0..+analytics",
        "1.5.0.." + ".+a" * 2000,
    ],
)
def test_a_value_of_another_form_is_no_choice(told: str) -> None:
    assert read(told) is None


def test_a_receipt_says_nothing_and_is_never_drawn_twice() -> None:
    drawn = {new_receipt() for _ in range(1000)}
    assert len(drawn) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in drawn)


# --- the register ------------------------------------------------------------------------------


def test_a_name_is_found_before_a_group_and_the_longer_group_first() -> None:
    register = Register(
        edition="e",
        technologies=(
            entry("_a*", "analytics"),
            entry("_ab*", "personalise"),
            entry("_abc", "essential"),
        ),
    )
    found = [register.find(name) for name in ("_abc", "_abd", "_ax", "b")]
    assert [one.category if one else "" for one in found] == [
        "essential",
        "personalise",
        "analytics",
        "",
    ]


def test_a_kind_is_part_of_what_is_looked_for() -> None:
    assert REGISTER.find("ads.example") is None
    assert REGISTER.find("ads.example", "pixel") is not None


def test_a_set_cookie_is_bound_to_the_path_and_the_site() -> None:
    line = header("a", "b", days=1, secure=True, script=False)
    assert line == "a=b; Path=/; Max-Age=86400; SameSite=Lax; Secure; HttpOnly"
