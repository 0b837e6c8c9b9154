"""Who was given what is read off the trail: numbers and names, and nobody who is never told."""

import pytest

from troth.ledger.entry import Entry
from troth.ledger.fold import after
from troth.ledger.given import TELL, of_fields, owed
from troth.model.clock import DAY, Moment
from troth.model.standing import GIVEN, Standing
from troth.model.terms import Region, SubjectId


def given(number: str, recipient: str, *fields: str, kind: str = "data.shared") -> Entry:
    what = {"recipient": recipient, "fields": list(fields)}
    return Entry(id=number, kind=kind, at=Moment(7), by="system", who="w", what=what)


TRAIL = (
    given("e1", "partners", "contact.email", "contact.phone"),
    given("e2", "partners", "contact.email", kind="data.entrusted"),
    given("e3", "courts", "contact.email", kind="data.disclosed"),
    given("e4", "partners", "contact.address", kind="data.used"),
)


def test_a_recipient_is_named_once_with_the_numbers_it_knows() -> None:
    (found,) = of_fields(TRAIL, ["contact.email"], deaf={"courts"})
    assert (found.recipient, found.fields) == ("partners", ("contact.email",))
    assert found.entries == ("e1", "e2")


@pytest.mark.parametrize("fields", [(), ("contact.address",), ("identity.name",)])
def test_who_was_given_none_of_it_is_not_told(fields: tuple[str, ...]) -> None:
    assert of_fields(TRAIL, fields) == []


def test_what_is_owed_says_who_by_when_and_under_which_numbers() -> None:
    subject = SubjectId.new(Region("cn"))
    to = of_fields(TRAIL, ["contact.phone"])
    (duty,) = owed(subject, to, Moment(0), event="data.erased", told={})
    assert (duty.what, duty.by) == (f"{TELL}/partners", 30 * DAY)
    assert duty.word == {
        "event": "data.erased",
        "fields": ["contact.phone"],
        "references": ["e1"],
    }
    assert "word" not in duty.record()


def test_a_standing_remembers_since_when_anything_was_given() -> None:
    standing = after(Standing(pseudonym="w"), given("e1", "partners", "contact.email"))
    later = after(standing, given("e2", "partners", "contact.phone"))
    assert (standing.marks, later.marks) == ({GIVEN: Moment(7)}, {GIVEN: Moment(7)})
