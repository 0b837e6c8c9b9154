"""Help is recorded whatever the way it came, used for help alone, and disputes are negotiated."""

import pytest

from tests.chapters.people import PRIVACY, PROVED, SUPPORT, House
from troth.model.acts import Actor, Use
from troth.model.clock import DAY
from troth.model.errors import BadInput, NotFound, Refused
from troth.model.secret import Secret
from troth.model.terms import SubjectId

TECHNICIAN = Actor(kind="staff", id="t1", role="technician")


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def read(house: House, subject: SubjectId, field: str) -> str:
    shown = house.staff.look(SUPPORT, subject, (field,), purpose="support", ticket="T-1")
    assert shown
    act = Use(subject=subject, fields=(field,), purpose="support")
    return house.gate.perform(act).values[field].reveal()


@pytest.mark.clause("2.1.6a", "Z.1")
def test_each_line_is_added_to_what_stood_there(house: House, subject: SubjectId) -> None:
    house.support.record(subject, "chat", Secret("登录不了"), way="chat")
    house.clock.forward(seconds=60)
    house.support.record(subject, "chat", Secret("请重启"), way="chat", by=SUPPORT)
    told = read(house, subject, "support.chat")
    assert told.splitlines() == [
        "[2026-11-22T12:00:00Z chat subject] 登录不了",
        "[2026-11-22T12:01:00Z chat staff] 请重启",
    ]
    assert "登录不了" not in str(house.gate.trail(subject))


@pytest.mark.clause("1.1b", "2.1.6a")
@pytest.mark.parametrize("way", ["phone", "onsite", "im", "email"])
def test_technicians_outside_the_website_record_by_channel(
    house: House, subject: SubjectId, way: str
) -> None:
    house.support.record(subject, "fault", Secret("更换硬盘"), way=way, by=TECHNICIAN)  # type: ignore[arg-type]
    assert f" {way} staff]" in read(house, subject, "support.fault")


@pytest.mark.clause("2.1.6b")
def test_support_records_are_for_nothing_else(house: House, subject: SubjectId) -> None:
    house.support.record(subject, "question", Secret("价格？"), way="web")
    for purpose in ("marketing", "analytics"):
        with pytest.raises(Refused):
            house.gate.perform(Use(subject=subject, fields=("support.question",), purpose=purpose))


@pytest.mark.parametrize(("kind", "way"), [("gossip", "chat"), ("chat", "pigeon")])
def test_an_unknown_kind_or_way_is_refused(
    house: House, subject: SubjectId, kind: str, way: str
) -> None:
    with pytest.raises(BadInput):
        house.support.record(subject, kind, Secret("x"), way=way)  # type: ignore[arg-type]


@pytest.mark.clause("11.3a", "11.2")
def test_a_letter_is_kept_and_its_answer_owed(house: House, subject: SubjectId) -> None:
    number = house.support.letter(subject, Secret(b"%PDF-1.7 letter"), by=PRIVACY)
    assert "rights.letter" in house.held(subject)
    assert house.gate.owed(subject)[number].by - house.clock.now() == 30 * DAY


@pytest.mark.clause("10.4a")
def test_a_dispute_is_negotiated_first(house: House, subject: SubjectId) -> None:
    number = house.support.dispute(subject, Secret("账单有误"))
    assert not house.support.negotiated(subject, number)
    house.rights.desk.answer(subject, number, by=PRIVACY)
    assert house.support.negotiated(subject, number)
    with pytest.raises(NotFound):
        house.support.negotiated(subject, "r-none")


@pytest.mark.clause("9.1c")
def test_support_records_are_in_the_copy(house: House, subject: SubjectId) -> None:
    house.support.record(subject, "question", Secret("价格？"), way="web")
    assert "support.question" in house.rights.copy(subject, by=PROVED).fields
