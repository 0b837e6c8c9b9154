"""A confirmed identity changes through support alone: checked, entered twice, by two persons."""

import pytest

from tests.chapters.people import (
    AUTHORITY_KEYS,
    ID_NUMBER,
    IDENTITY,
    NAME,
    PROVED,
    SECOND,
    SUPPORT,
    House,
    ticks,
)
from troth.model.errors import BadInput, BadValue, NotOfAge, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

NEW = {"identity.name": Secret("李四")}


@pytest.fixture
def subject(house: House) -> SubjectId:
    """Return somebody whose identity is confirmed."""
    house.sign_with_authority()
    subject = house.register().subject
    values = {"identity.name": NAME, "identity.id_number": ID_NUMBER}
    house.realname.verify(subject, values, ticks(*AUTHORITY_KEYS), shown=house.shown())
    house.deliver()
    return subject


def propose(house: House, subject: SubjectId, **changes: object) -> str:
    told = {"ticket": "T-1", "checked": "call_back", "by": IDENTITY, "values": NEW} | changes
    values = told.pop("values")
    return house.realname.propose_change(subject, values, **told)  # type: ignore[arg-type]


@pytest.mark.clause("6.2")
def test_two_persons_a_ticket_and_a_check_of_who_asks_change_it(
    house: House, subject: SubjectId
) -> None:
    case = propose(house, subject)
    assert [waiting.kind for waiting in house.realname.queue(SECOND)] == ["change"]
    assert house.realname.status(subject).method == "id-authority/person_2"  # type: ignore[union-attr]
    house.clock.forward(seconds=60)
    house.realname.change(subject, case, NEW, by=SECOND)
    assert house.last(house.email).title == "您的信息已更正"
    status = house.realname.status(subject)
    assert status is not None
    assert (status.result, status.method) == ("verified", "support")
    fields = {each.field: (each.state, each.method) for each in house.realname.fields(subject)}
    assert fields["identity.name"] == ("verified", "support")
    facts = house.gate.standing(subject).facts
    assert facts["request/change_realname"].method == "call_back"
    (changed,) = [entry for entry in house.gate.trail(subject) if entry.kind == "data.corrected"]
    assert (changed.by, changed.what["reference"]) == (f"staff:{SECOND.id}", "T-1")
    assert house.realname.queue(SECOND) == []


@pytest.mark.clause("6.2")
def test_nobody_changes_it_alone_or_without_its_papers(house: House, subject: SubjectId) -> None:
    with pytest.raises(Refused, match="contact support"):
        house.rights.correct(subject, NEW, by=PROVED)
    for changes in ({"by": SUPPORT}, {"by": PROVED}):
        with pytest.raises(Refused):
            propose(house, subject, **changes)
    for changes in ({"ticket": ""}, {"checked": ""}, {"checked": "trusted"}, {"values": {}}):
        with pytest.raises(BadInput):
            propose(house, subject, **changes)
    case = propose(house, subject)
    with pytest.raises(BadInput, match="two different"):
        house.realname.change(subject, case, NEW, by=IDENTITY)
    with pytest.raises(Refused):
        house.realname.change(subject, case, NEW, by=SUPPORT)
    assert "data.corrected" not in house.kinds(subject)


def test_both_enter_the_same(house: House, subject: SubjectId) -> None:
    case = propose(house, subject)
    with pytest.raises(BadInput, match="entries differ"):
        house.realname.change(subject, case, {"identity.name": Secret("李思")}, by=SECOND)
    house.realname.change(subject, case, NEW, by=SECOND)
    with pytest.raises(BadInput, match="not open"):
        house.realname.change(subject, case, NEW, by=SECOND)


def test_a_value_that_is_malformed_is_told_to_the_first(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadValue):
        propose(house, subject, values={"identity.id_number": Secret("110105199003071803")})


def test_a_number_that_tells_a_minor_freezes_instead(house: House, subject: SubjectId) -> None:
    young = {"identity.id_number": Secret("110105201103010003")}
    case = propose(house, subject, values=young)
    with pytest.raises(NotOfAge):
        house.realname.change(subject, case, young, by=SECOND)
    assert "*" in house.gate.standing(subject).restrictions


def test_a_proposal_can_fall(house: House, subject: SubjectId) -> None:
    case = propose(house, subject)
    house.realname.drop_change(subject, case, by=SECOND)
    with pytest.raises(BadInput, match="not open"):
        house.realname.change(subject, case, NEW, by=SECOND)
    with pytest.raises(BadInput, match="not open"):
        house.realname.drop_change(subject, case, by=SECOND)


def test_what_is_not_confirmed_people_correct_themselves(house: House) -> None:
    subject = house.register(email=Secret("x@mail.example"), phone=Secret("+8613900009999")).subject
    with pytest.raises(BadInput, match="not confirmed|no identity"):
        propose(house, subject)
