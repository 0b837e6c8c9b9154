"""Calls at the desk: listed by the end of a number, taken, read out, reported (2.1.2c, 7.1d)."""

import re

import pytest

from tests.interfaces.console.office import call, officer, someone
from tests.interfaces.visitor import Visitor, hidden
from troth.app import Troth
from troth.model.terms import Region


@pytest.fixture
def member(troth: Troth) -> Visitor:
    return someone(troth)


@pytest.fixture(scope="module")
def caller(troth: Troth) -> Visitor:
    return officer(troth, "telephone")


def test_the_list_shows_the_end_of_a_number_alone(
    troth: Troth, member: Visitor, caller: Visitor
) -> None:
    call(troth, member)
    text = caller.get("/desk/calls").text
    assert member.phone not in text
    assert member.phone[-4:] in text


def test_a_call_is_taken_read_out_and_reported(
    troth: Troth, member: Visitor, caller: Visitor
) -> None:
    place = f"/desk/calls/{call(troth, member)}"
    page = caller.send(caller.get("/desk/calls"), place)
    assert member.phone in page.text
    assert re.search(r"\d{6}", page.text.partition("<blockquote")[2])
    [look] = troth.gate.regions[Region("cn")].log.recent("data.shown", 1)
    assert (look.what["purpose"], look.what["ticket"]) == ("call", place.rpartition("/")[2])
    done = caller.send(page, f"{place}/outcome", outcome="reached")
    assert "they were reached" in done.text
    assert place not in done.text


def test_a_call_in_a_colleagues_hands_is_not_shown(
    troth: Troth, member: Visitor, caller: Visitor
) -> None:
    place = f"/desk/calls/{call(troth, member)}"
    caller.send(caller.get("/desk/calls"), place)
    other = officer(troth, "telephone")
    page = other.send(other.get("/desk/calls"), place)
    assert page.status_code == 404
    assert "This call is not yours" in page.text
    assert member.phone not in page.text


def test_an_outcome_that_is_none_is_refused(troth: Troth, member: Visitor, caller: Visitor) -> None:
    place = f"/desk/calls/{call(troth, member)}"
    page = caller.send(caller.get("/desk/calls"), place)
    token = hidden(page.text, "/sign-out")
    assert caller.post(f"{place}/outcome", {**token, "outcome": "perhaps"}).status_code == 422
