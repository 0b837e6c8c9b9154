"""What a subject has said, asked at a moment."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.clock import Moment
from troth.model.standing import Consent, HoldOn, Standing

TIMES = st.integers(0, 100).map(Moment)


def with_consent(state: str, expires: int | None = None) -> Standing:
    return Standing(pseudonym="p", consents={"marketing": Consent(state, Moment(0), expires)})


@pytest.mark.parametrize(("state", "stands"), [("given", 1), ("refused", 0), ("withdrawn", 0)])
def test_only_a_given_consent_stands(state: str, stands: int) -> None:
    assert with_consent(state).consents_to("marketing", Moment(5)) == bool(stands)


@given(now=TIMES, end=TIMES)
def test_a_consent_ends_at_its_moment_not_after_it(now: Moment, end: Moment) -> None:
    assert with_consent("given", end).consents_to("marketing", now) == (now < end)


def test_what_was_never_asked_is_no_consent() -> None:
    assert not Standing(pseudonym="p").consents_to("marketing", Moment(0))


def test_of_two_holds_the_longer_one_counts() -> None:
    holds = {
        "short": HoldOn("law a", ("log",), Moment(10)),
        "long": HoldOn("law b", ("*",), Moment(20)),
        "past": HoldOn("law c", ("log",), Moment(5)),
    }
    standing = Standing(pseudonym="p", holds=holds)
    assert standing.holding("log", Moment(5)) == ("long", holds["long"])
    assert standing.holding("log", Moment(20)) is None


def test_a_hold_is_on_the_fields_it_names() -> None:
    standing = Standing(pseudonym="p", holds={"h": HoldOn("law", ("log",), Moment(9))})
    assert standing.holding("contact.email", Moment(0)) is None


def test_a_standing_survives_being_stored() -> None:
    standing = with_consent("given", 7)
    packed = msgspec.msgpack.encode(standing)
    assert msgspec.msgpack.decode(packed, type=Standing) == standing
    assert len(packed) < 60
