"""What is due goes, what a law holds waits for its date, and a dry run changes nothing."""

import pytest

from tests.chapters.people import PRIVACY, PROVED, House
from troth.model.acts import SYSTEM, Collect, Erase
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, Erased, NotFound, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId


@pytest.fixture
def subject(house: House) -> SubjectId:
    found = house.register().subject
    values = {"usage.ip": Secret("203.0.113.7"), "usage.query": Secret("价格")}
    act = Collect(subject=found, values=values, purpose="security", source="observed")
    house.gate.perform(act, by=SYSTEM)
    return found


@pytest.mark.clause("7.2d", "2.1.4b")
def test_a_log_is_still_there_on_day_182(house: House, subject: SubjectId) -> None:
    house.clock.forward(days=182)
    assert house.retention.sweep([subject]) == []
    assert "usage.ip" in house.held(subject)


@pytest.mark.clause("7.2e", "9.4-2", "2.1.4b")
def test_a_log_whose_term_is_over_is_erased(house: House, subject: SubjectId) -> None:
    house.clock.forward(days=366)
    (swept,) = house.retention.sweep([subject])
    assert swept.gone == ("usage.ip", "usage.query")
    assert house.held(subject) == {"contact.email", "contact.phone", "account.password"}
    assert "data.erased" in house.kinds(subject)


def test_somebody_is_told_of_what_they_gave_us_themselves(house: House) -> None:
    subject = house.register().subject
    values = {"support.communication": Secret("服务器没有响应")}
    house.gate.perform(Collect(subject=subject, values=values, purpose="support"), by=SYSTEM)
    house.clock.forward(days=731)
    (swept,) = house.retention.sweep([subject])
    assert swept.gone
    assert house.last(house.email).title == "保存期满，信息已删除"


def test_a_dry_run_says_it_and_does_nothing(house: House, subject: SubjectId) -> None:
    house.clock.forward(days=366)
    (told,) = house.retention.sweep([subject], dry_run=True)
    assert told.gone
    assert "usage.ip" in house.held(subject)


@pytest.mark.clause("9.4-2", "9.4-5")
def test_what_a_law_held_of_a_closed_account_goes_when_the_law_lets_go(
    house: House, subject: SubjectId
) -> None:
    house.rights.erase(subject, by=PROVED)
    assert house.held(subject) == {"usage.ip", "usage.query"}
    house.clock.forward(days=400)
    (swept,) = house.retention.sweep([subject])
    assert swept.complete
    with pytest.raises(Erased):
        house.gate.standing(subject)


@pytest.mark.clause("9.4-5")
def test_a_hold_placed_by_staff_outlasts_the_term(house: House, subject: SubjectId) -> None:
    until = Moment(house.clock.now() + 500 * DAY)
    house.retention.hold(
        subject, "case-7", law="named case", fields=("usage.ip",), until=until, by=PRIVACY
    )
    house.clock.forward(days=366)
    (swept,) = house.retention.sweep([subject])
    assert (swept.gone, swept.held) == (("usage.query",), ("usage.ip",))
    assert house.retention.sweep([subject]) == []
    house.retention.lift(subject, "case-7", by=PRIVACY)
    (later,) = house.retention.sweep([subject])
    assert later.gone == ("usage.ip",)


@pytest.mark.parametrize("law", ["", "named case"])
def test_a_hold_names_its_law_and_its_end(house: House, subject: SubjectId, law: str) -> None:
    until = house.clock.now() if law else Moment(house.clock.now() + DAY)
    with pytest.raises(BadInput):
        house.retention.hold(subject, "x", law=law, fields=("*",), until=until, by=PRIVACY)
    with pytest.raises(NotFound):
        house.retention.lift(subject, "x", by=PRIVACY)


def test_somebody_erased_meanwhile_is_no_error(house: House, subject: SubjectId) -> None:
    house.clock.forward(days=184)
    house.rights.erase(subject, by=PROVED)
    assert house.retention.sweep([subject]) == []


@pytest.mark.clause("6.4c")
def test_the_gate_refuses_to_erase_what_is_held(house: House, subject: SubjectId) -> None:
    until = Moment(house.clock.now() + 500 * DAY)
    house.retention.hold(
        subject, "case-7", law="named case", fields=("contact.email",), until=until, by=PRIVACY
    )
    plan = house.rights.plan(subject, ("contact",))
    assert [held.field for held in plan.held] == ["contact.email"]
    with pytest.raises(Refused, match="may not be erased yet"):
        house.gate.perform(Erase(subject=subject, fields=("contact.email",)), by=SYSTEM)
