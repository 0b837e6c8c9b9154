"""An erasure's plan: every field goes or is held, never both, and the acts stand in one order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.documents.editions import SMALL
from troth.documents import ending
from troth.documents.requests.answer import owe_answer
from troth.model.acts import Close, Erase, Hold, Owe, Restrict, Settle
from troth.model.clock import DAY, Moment, moment
from troth.model.standing import Held, HoldOn, Standing
from troth.model.terms import ALL, Region, SubjectId
from troth.policy.edition import HoldRule

AT = moment("2026-11-22")
SUBJECT = SubjectId.new(Region("cn"))
LAW = HoldRule(law="log rule", categories=("identity",), keep="P183D")
EDITION = replace(SMALL, holds={"log": LAW})


def standing(*fields: str, since: Moment = AT, **changes: object) -> Standing:
    held = {field: Held(since, ("register",), "provided") for field in fields}
    return replace(Standing(pseudonym="w", life="active", held=held), **changes)


def test_everything_that_no_law_holds_goes() -> None:
    what = ending.plan(standing("contact.email"), ALL, EDITION, AT)
    assert (what.gone, what.everything) == (("contact.email",), True)


@pytest.mark.clause("6.4c")
def test_a_law_holds_a_field_until_its_day_and_not_longer() -> None:
    kept = standing("identity.id_number", since=Moment(AT - 182 * DAY))
    (held,) = ending.plan(kept, ALL, EDITION, AT).held
    assert (held.hold, held.law, held.until) == ("log", "log rule", Moment(AT + DAY))
    assert ending.plan(kept, ALL, EDITION, Moment(AT + DAY)).everything


def test_a_hold_that_was_placed_counts_before_the_laws_own() -> None:
    case = {"case": HoldOn("named case", ("*",), Moment(AT + 900 * DAY))}
    what = ending.plan(standing("contact.email", holds=case), ALL, EDITION, AT)
    assert [held.hold for held in what.held] == ["case"]


def test_a_plan_for_some_fields_leaves_the_others_alone() -> None:
    what = ending.plan(standing("contact.email", "contact.phone"), ("contact.email",), EDITION, AT)
    assert what.gone == ("contact.email",)


@pytest.mark.clause("9.4-5")
def test_the_acts_stand_in_their_one_order() -> None:
    what = ending.plan(standing("contact.email", "identity.id_number"), ALL, EDITION, AT)
    duty = owe_answer(SUBJECT, "delete", duty="r-1", regimes=["cn"], received=AT)
    acts = ending.acts(SUBJECT, what, ground="request", duty=duty, close=True)
    assert [type(act) for act in acts] == [Owe, Settle, Hold, Restrict, Close, Erase]
    assert acts[-1] == Erase(subject=SUBJECT, fields=("contact.email",), ground="request")


def test_the_end_of_everything_is_one_erasure_of_all() -> None:
    what = ending.plan(standing("contact.email"), ALL, EDITION, AT)
    acts = ending.acts(SUBJECT, what, ground="request", close=True)
    assert acts == (Close(subject=SUBJECT), Erase(subject=SUBJECT, ground="request"))


def test_a_hold_that_stands_is_not_placed_again() -> None:
    what = ending.plan(standing("identity.id_number"), ALL, EDITION, AT)
    acts = ending.acts(SUBJECT, what, ground="request", placed=["log"])
    assert [type(act) for act in acts] == [Restrict]


FIELDS = ("contact.email", "contact.phone", "identity.id_number", "identity.name")


@given(st.sets(st.sampled_from(FIELDS)), st.integers(0, 400))
def test_every_field_goes_or_is_held_and_never_both(fields: set[str], days: int) -> None:
    kept = standing(*fields, since=Moment(AT - days * DAY))
    what = ending.plan(kept, ALL, EDITION, AT)
    held = {each.field for each in what.held}
    assert held | set(what.gone) == fields
    assert not held & set(what.gone)


def test_a_plan_is_told_in_the_policys_words() -> None:
    what = ending.plan(standing("contact.email", "identity.id_number"), ALL, EDITION, AT)
    assert ending.in_words(what.gone, EDITION, "zh") == "电子邮箱"
    assert ending.in_words((), EDITION, "en") == "nothing"
    assert ending.held_in_words(what.held, EDITION, "en") == "ID number (log rule, 2027-05-24)"
