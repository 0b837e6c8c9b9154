"""A confirmed identity is changed by two members of staff who enter the same (policy 6.2)."""

import pytest
from httpx import Response

from tests.interfaces.console.office import checked, known, officer, someone
from tests.interfaces.visitor import Visitor, hidden
from troth.app import Troth

FIELDS = {"ticket": "T-31", "checked": "call_back", "identity.name": "李建国"}


@pytest.fixture
def member(troth: Troth) -> Visitor:
    """Return somebody whose identity is confirmed."""
    visitor = someone(troth)
    checked(troth, visitor.subject, known())
    return visitor


@pytest.fixture(scope="module")
def first(troth: Troth) -> Visitor:
    return officer(troth, "identity")


@pytest.fixture(scope="module")
def second(troth: Troth) -> Visitor:
    return officer(troth, "identity")


def entered(first: Visitor, member: Visitor, **changed: str) -> Response:
    place = f"/desk/changes/{member.subject}"
    return first.send(first.get(place), place, **FIELDS | changed)


def case_of(member: Visitor, by: Visitor) -> str:
    """Return the address of the change that waits, as the list links to it."""
    root = f"/desk/changes/{member.subject}/"
    text = by.get("/desk/changes").text
    return root + text.partition(f'href="{root}')[2].partition('"')[0]


def name_of(member: Visitor) -> str:
    return member.step_up(member.send(member.get("/me"), "/me/show"), "/me/show").text


def test_two_enter_the_same_and_then_it_changes_and_the_person_is_told(
    first: Visitor, second: Visitor, member: Visitor
) -> None:
    page = entered(first, member)
    assert "Proposed" in page.text
    assert "李建国" not in page.text
    place = case_of(member, second)
    assert "李建国" not in second.get(place).text
    done = second.send(second.get(place), place, do="confirm", **{"identity.name": "李建国"})
    assert "Changed" in done.text
    assert "李建国" in name_of(member)
    assert "notice.queued" in [e.kind for e in member.troth.gate.trail(member.subject)][-3:]


def test_whoever_entered_it_first_is_offered_no_second_entry(
    first: Visitor, member: Visitor
) -> None:
    entered(first, member)
    place = case_of(member, first)
    page = first.get(place)
    assert 'value="confirm"' not in page.text
    token = hidden(page.text, "/sign-out")
    tried = first.post(place, {**token, "do": "confirm", "identity.name": "李建国"})
    assert tried.status_code == 422


def test_entries_that_differ_change_nothing(
    first: Visitor, second: Visitor, member: Visitor
) -> None:
    entered(first, member)
    place = case_of(member, second)
    page = second.send(second.get(place), place, do="confirm", **{"identity.name": "李建军"})
    assert page.status_code == 422
    assert "the two entries differ" in page.text
    assert "李建" not in name_of(member)


@pytest.mark.parametrize("field", ["ticket", "checked"])
def test_without_ticket_or_check_nothing_is_entered(
    first: Visitor, member: Visitor, field: str
) -> None:
    page = entered(first, member, **{field: ""})
    assert page.status_code == 422
    assert f'id="e-{field}"' in page.text


def test_a_change_can_be_dropped(first: Visitor, second: Visitor, member: Visitor) -> None:
    entered(first, member)
    place = case_of(member, second)
    assert "dropped" in second.send(second.get(place), place, do="drop").text
    assert second.get(place).status_code == 404


def test_an_identity_that_is_not_confirmed_has_no_form(troth: Troth, first: Visitor) -> None:
    page = first.get(f"/desk/changes/{someone(troth).subject}")
    assert "people correct themselves" in page.text
    assert 'name="identity.name"' not in page.text
