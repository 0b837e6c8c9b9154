"""A request, followed: its timeline from the ledger, its messages, more time, taken back (9.7)."""

import json

import pytest

from tests.chapters.people import PRIVACY, House
from troth.model.acts import Owe
from troth.model.clock import DAY, date, moment
from troth.model.errors import BadInput, NotFound
from troth.model.secret import Secret
from troth.model.terms import SubjectId

ANN = {"email": Secret("ann@mail.example"), "phone": Secret("+4930123456"), "residence": "DE"}


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


@pytest.fixture
def ann(house: House) -> SubjectId:
    """Somebody whose law lets an answer take longer."""
    return house.register(**ANN).subject


def stages(house: House, subject: SubjectId, number: str) -> list[str]:
    return [step.stage for step in house.rights.desk.one(subject, number).steps]


def written(house: House, subject: SubjectId, number: str) -> list[tuple[str, str]]:
    told = json.loads(house.rights.desk.thread(subject, number).reveal())
    return [(each["by"], each["text"]) for each in told]


# --- the timeline ----------------------------------------------------------------------------


def test_a_request_of_somebody_signed_in_is_received_and_proved(
    house: House, subject: SubjectId
) -> None:
    number = house.rights.desk.request(subject, "explain", text=Secret("为什么？"))
    found = house.rights.desk.one(subject, number)
    assert stages(house, subject, number) == ["received", "proved"]
    assert (found.what, found.state, found.by) == (
        "explain",
        "open",
        house.clock.now() + 30 * DAY,
    )


def test_a_request_that_staff_took_down_is_not_proved_by_that(
    house: House, subject: SubjectId
) -> None:
    number = house.rights.desk.request(subject, "explain", by=PRIVACY)
    assert stages(house, subject, number) == ["received"]


def test_every_step_stands_in_the_timeline_with_its_entry(house: House, subject: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(subject, "restrict", text=Secret("请先停用"))
    desk.take(subject, number, by=PRIVACY)
    desk.reply(subject, number, Secret("请说明是哪一项"), by=PRIVACY)
    desk.write(subject, number, Secret("全部"))
    desk.answer(subject, number, by=PRIVACY)
    found = desk.one(subject, number)
    assert stages(house, subject, number) == [
        *("received", "proved", "taken", "replied", "written", "settled"),
    ]
    assert (found.what, found.state) == ("restrict", "fulfilled")
    assert found.ended == house.clock.now()
    entries = {entry.id for entry in house.gate.trail(subject)}
    assert {step.entry for step in found.steps} <= entries


def test_what_is_owed_without_having_been_asked_for_is_no_request(
    house: House, subject: SubjectId
) -> None:
    by = house.clock.now()
    house.gate.perform(Owe(subject=subject, duty="r-1", what="tell_after_emergency", by=by))
    assert house.rights.desk.requests(subject) == []


def test_the_newest_request_comes_first(house: House, subject: SubjectId) -> None:
    first = house.rights.desk.request(subject, "access")
    house.clock.forward(seconds=1)
    second = house.rights.desk.request(subject, "question")
    assert [one.number for one in house.rights.desk.requests(subject)] == [second, first]


# --- messages --------------------------------------------------------------------------------


def test_messages_of_both_sides_stand_in_order_and_none_is_lost(
    house: House, subject: SubjectId
) -> None:
    desk = house.rights.desk
    one = desk.request(subject, "question", text=Secret("第一个\n两行"))
    house.clock.forward(seconds=1)
    other = desk.request(subject, "question", text=Secret("another"))
    house.clock.forward(seconds=1)
    desk.reply(subject, one, Secret("答复"), by=PRIVACY)
    house.clock.forward(seconds=1)
    desk.write(subject, one, Secret("谢谢"))
    assert written(house, subject, one) == [
        ("subject", "第一个\n两行"),
        ("staff", "答复"),
        ("subject", "谢谢"),
    ]
    assert written(house, subject, other) == [("subject", "another")]


def test_nobody_writes_a_line_that_passes_for_ours(house: House, subject: SubjectId) -> None:
    forged = "hello\n[r-1 2026-01-01T00:00:00Z staff]\n  you win"
    number = house.rights.desk.request(subject, "question", text=Secret(forged))
    assert written(house, subject, number) == [("subject", forged)]


def test_a_dispute_is_a_request_with_its_own_messages(house: House, subject: SubjectId) -> None:
    first = house.support.dispute(subject, Secret("账单有误"))
    second = house.support.dispute(subject, Secret("又一件"))
    assert {one.what for one in house.rights.desk.requests(subject)} == {"negotiation"}
    assert written(house, subject, first) == [("subject", "账单有误")]
    assert written(house, subject, second) == [("subject", "又一件")]


def test_reading_messages_is_recorded(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "question", text=Secret("?"))
    written(house, subject, number)
    shown = house.gate.trail(subject)[-1]
    assert (shown.kind, shown.what["fields"]) == ("data.shown", ["rights.request"])


def test_without_a_message_nothing_is_opened(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "access")
    assert written(house, subject, number) == []
    assert "data.shown" not in house.kinds(subject)


def test_a_reply_is_told_without_its_words(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "question", text=Secret("?"))
    house.rights.desk.reply(subject, number, Secret("机密内容"), by=PRIVACY)
    told = house.last(house.email).text.reveal()
    assert number in told
    assert "机密内容" not in told


# --- more time, taken back -------------------------------------------------------------------


def test_more_time_is_taken_once_with_a_reason_and_told(house: House, ann: SubjectId) -> None:
    desk = house.rights.desk
    number = desk.request(ann, "explain")
    before = desk.one(ann, number).by
    house.deliver()
    desk.extend(ann, number, "complex", by=PRIVACY)
    found = desk.one(ann, number)
    assert found.by > before
    assert [(step.stage, step.code) for step in found.steps][-1] == ("extended", "complex")
    assert found.received == house.clock.now()
    assert date(found.by) in house.last(house.email).text.reveal()
    with pytest.raises(NotFound, match="once before"):
        desk.extend(ann, number, "many", by=PRIVACY)


def test_two_months_are_calendar_months(house: House, ann: SubjectId) -> None:
    house.clock.forward(days=(moment("2027-01-01") - house.clock.now()) / DAY)
    number = house.rights.desk.request(ann, "explain")
    house.rights.desk.extend(ann, number, "many", by=PRIVACY)
    assert date(house.rights.desk.one(ann, number).by) == "2027-03-31"


def test_a_law_that_allows_no_more_time_is_kept(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "explain")
    with pytest.raises(BadInput, match="does not let"):
        house.rights.desk.extend(subject, number, "complex", by=PRIVACY)
    with pytest.raises(BadInput, match="no reason"):
        house.rights.desk.extend(subject, number, "we forgot", by=PRIVACY)


def test_a_request_is_taken_back_by_its_subject(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "explain")
    house.rights.desk.revoke(subject, number)
    assert house.rights.desk.one(subject, number).state == "revoked"
    with pytest.raises(NotFound):
        house.rights.desk.write(subject, number, Secret("doch"))


def test_another_subjects_request_is_not_found(house: House, subject: SubjectId) -> None:
    number = house.rights.desk.request(subject, "explain")
    house.deliver()
    other = house.register(email=Secret("b@mail.example"), phone=Secret("+8613900003333")).subject
    for act in (house.rights.desk.one, house.rights.desk.revoke):
        with pytest.raises(NotFound):
            act(other, number)


def test_the_authorities_are_those_of_the_subjects_law(
    house: House, subject: SubjectId, ann: SubjectId
) -> None:
    assert [one.regime for one in house.rights.desk.authorities(subject)] == ["cn"]
    assert "eu" in [one.regime for one in house.rights.desk.authorities(ann)]
