"""A guardian without an account: asked, proved, answered in time, and forgotten."""

import msgspec
import pytest

from tests.chapters.minors.family import FIRST, Family, paper, traces
from tests.chapters.people import EMAIL, House
from troth.chapters.minors import Request
from troth.documents.guardian.speakers import Speaker
from troth.model.clock import DAY
from troth.model.errors import BadFile, Erased, NotProved, TooMany
from troth.model.secret import Secret

FATHER = Secret("li.ming@mail.example")
FORM = Request(
    residence="CN",
    about=EMAIL,
    name=Secret("李明远"),
    email=FATHER,
    relation=Secret("父亲"),
    text=Secret("请告诉我你们保存了什么"),
)


@pytest.fixture
def desk(house: House) -> Family:
    """Return the people around a house in which a child has registered as somebody older."""
    house.register()
    return Family(house)


def asked(desk: Family, **changes: object) -> Speaker:
    number = desk.minors.requests.ask(msgspec.structs.replace(FORM, **changes))
    desk.house.deliver()
    found = desk.speakers.since("asked", desk.now())
    return next(one for one in found if one.number == number)


def proved(desk: Family) -> Speaker:
    one = asked(desk)
    desk.minors.requests.prove(desk.link(one, "proof"), paper())
    desk.minors.desk.decide(one.guardian, is_so=True, ticket="T-1", by=FIRST)
    return desk.speakers.one(one.guardian)


def test_a_request_is_taken_without_an_account_and_owed_in_thirty_days(desk: Family) -> None:
    one = asked(desk)
    owed = desk.house.gate.owed(one.guardian)[one.number]
    assert owed.by == desk.now() + 30 * DAY
    told = desk.letters(FATHER)[-1]
    assert one.number in told
    assert "2026-12-22" in told


def test_the_answer_does_not_tell_whether_there_is_such_an_account(desk: Family) -> None:
    asked(desk)
    known = desk.letters(FATHER)[-1]
    asked(desk, about=Secret("nobody@mail.example"))
    unknown = desk.letters(FATHER)[-1]
    asked(desk, about=Secret("\x00no name at all"))
    shapes = {len(known), len(unknown), len(desk.letters(FATHER)[-1])}
    assert len(shapes) == 1


def test_nothing_is_told_before_guardianship_was_proved(desk: Family) -> None:
    one = asked(desk)
    for _ in range(2):
        with pytest.raises(NotProved):
            desk.minors.requests.answer(one.guardian, "…", by=FIRST)
        with pytest.raises(NotProved):
            desk.minors.guardian.begin(one.guardian)
        with pytest.raises(NotProved):
            desk.minors.guardian.review(one.guardian, by=desk.actor(one))
        if "guardian.proof" not in desk.held(one.guardian):
            desk.minors.requests.prove(desk.link(one, "proof"), paper())


@pytest.mark.parametrize("is_so", [True, False])
def test_the_proof_is_erased_with_the_decision(desk: Family, is_so: bool) -> None:
    one = asked(desk)
    desk.minors.requests.prove(desk.link(one, "proof"), paper())
    assert "guardian.proof" in desk.held(one.guardian)
    desk.minors.desk.decide(one.guardian, is_so=is_so, ticket="T-1", by=FIRST)
    if is_so:
        assert "guardian.proof" not in desk.held(one.guardian)
    else:
        with pytest.raises(Erased):
            desk.house.gate.standing(one.guardian)


def test_who_proved_it_sees_copies_and_deletes_what_is_held_of_the_child(desk: Family) -> None:
    one = proved(desk)
    by = desk.proved(one)
    fields = {each.field for each in desk.minors.guardian.review(one.guardian, by=by)}
    assert "contact.email" in fields
    assert desk.minors.guardian.copy(one.guardian, by=by)
    desk.minors.guardian.delete(one.guardian, by=by)
    with pytest.raises(Erased):
        desk.house.gate.standing(desk.child(one))
    assert desk.speakers.one(one.guardian).ward is None


def test_with_the_answer_everything_about_the_guardian_goes(desk: Family) -> None:
    one = proved(desk)
    desk.minors.requests.answer(one.guardian, Secret("我们保存了邮箱和手机号码"), by=FIRST)
    assert "我们保存了邮箱和手机号码" in desk.letters(FATHER)[-1]
    with pytest.raises(Erased):
        desk.house.gate.standing(one.guardian)
    desk.house.troth.tick()
    assert traces(desk.house, FATHER.reveal(), "李明远", "请告诉我你们保存了什么") == []


def test_a_refusal_for_want_of_proof_is_told_and_recorded(desk: Family) -> None:
    one = asked(desk)
    desk.minors.requests.prove(desk.link(one, "proof"), paper())
    desk.minors.desk.decide(one.guardian, is_so=False, ticket="T-1", by=FIRST)
    settled = desk.house.recent("duty.settled")[0]
    assert (settled.what["state"], settled.what["code"]) == ("denied", "insuf_verification")
    assert "无法核实" in desk.letters(FATHER)[-1]


def test_a_proof_is_a_picture_and_is_sent_once(desk: Family) -> None:
    one = asked(desk)
    with pytest.raises(BadFile):
        desk.minors.requests.prove(desk.link(one, "proof"), Secret(b"%PDF-1.4"))
    desk.minors.requests.prove(desk.link(one, "proof"), paper())
    with pytest.raises(NotProved):
        desk.minors.requests.prove(desk.link(one, "proof"), paper())


def test_the_desk_says_whom_a_request_is_about_where_the_form_did_not(desk: Family) -> None:
    one = asked(desk, about=Secret("the girl with the fox"))
    assert one.ward is None
    child = asked(desk).ward
    assert child is not None
    desk.minors.requests.about(one.guardian, child, by=FIRST)
    assert desk.speakers.one(one.guardian).ward == child


def test_nobody_is_written_to_again_and_again(desk: Family) -> None:
    for _ in range(8):
        asked(desk)
    with pytest.raises(TooMany):
        asked(desk)
