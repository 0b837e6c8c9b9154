"""Mail becomes requests, once, and proves nobody (9.1b, 9.2, 11.2; A1, A21, F7)."""

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chapters.intake.world import DESK, World
from tests.chapters.people import EMAIL
from tests.documents.intake.hostile import READ, REFUSED, attached, bomb, mail, picture
from troth.model.clock import DAY
from troth.model.errors import BadInput, NotProved, TooMany, TrothError


@pytest.mark.clause("9.1b")
def test_a_mail_becomes_a_request_whose_clock_runs_and_rings_before_it_is_due(world: World) -> None:
    taken = world.write("请给我一份个人信息副本")
    known = world.desk.status(taken.number)
    assert taken.outcome == "opened"
    assert world.requests() == {"copy": 1}
    assert known.due <= known.received + 31 * DAY
    world.clock.forward(days=(known.due - known.received) / DAY - 1)
    world.troth.tick()
    (matter,) = world.desk.queue(by=DESK)
    assert matter.said.alarm


def test_what_was_written_lies_in_a_file_of_its_own_and_nobody_is_looked_up(world: World) -> None:
    world.house.register()
    before = world.found()
    taken = world.write("Please delete my account, my cat is called Mimi.", From=EMAIL.reveal())
    assert world.found() == before
    assert "Mimi" in world.words(taken.number)
    assert world.file_of(taken.number)


def test_known_and_unknown_senders_are_answered_alike(world: World) -> None:
    world.house.register()
    world.house.email.sent.clear()
    known = world.write(From=EMAIL.reveal(), Message_ID="<k@x.example>")
    (one,) = world.letters()
    unknown = world.write(From="nobody@mail.example", Message_ID="<u@x.example>")
    other = world.letters()[-1]
    for number in (known.number, unknown.number):
        mark = world.intake.mark(number)
        one, other = one.replace(mark, "MARK").replace(number, "N"), other.replace(mark, "MARK")
        other = other.replace(number, "N")
    # Each has a link of its own to prove their request by.
    one, other = (re.sub(r"/prove/\S+", "/prove/LINK", letter) for letter in (one, other))
    assert one == other


def test_a_forged_sender_moves_nothing_whatever_follows(world: World) -> None:
    who = world.house.register().subject
    before = len(world.house.kinds(who))
    taken = world.write(From=EMAIL.reveal())
    file = world.file_of(taken.number)
    with pytest.raises((NotProved, TrothError)):
        world.desk.answer(file, taken.number, by=DESK)
    world.write("I confirm it", From=EMAIL.reveal(), Message_ID="<3@x.example>")
    assert len(world.house.kinds(who)) == before
    assert world.house.gate.standing(who).life == "active"


# --- the same again ------------------------------------------------------------------------------


def test_the_same_mail_again_is_the_same_request(world: World) -> None:
    first, again = world.write(), world.write()
    assert (first.outcome, again.outcome) == ("opened", "again")
    assert first.number == again.number
    assert sum(world.requests().values()) == 1


def test_one_mail_that_comes_many_times_at_once_is_one_request(world: World) -> None:
    def send(_: int) -> str:
        try:
            return world.write().outcome
        except TrothError as error:
            return error.code

    with ThreadPoolExecutor(6) as hands:
        told = list(hands.map(send, range(6)))
    assert told.count("opened") == 1
    assert set(told) <= {"opened", "again", "store_busy"}
    assert sum(world.requests().values()) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_mails_of_a_thread_in_any_order_with_repetitions_are_one_request(
    world: World, order: tuple[int, ...]
) -> None:
    first = world.write()
    mark = world.intake.mark(first.number)
    thread = [
        mail(),
        mail("please hurry", Subject=f"Re: [{mark}]", Message_ID="<2@x.example>"),
        mail("thanks", Subject=f"Re: Re: [{mark}]", Message_ID="<3@x.example>"),
    ]
    for index in (*order, *order):
        world.intake.take_mail(thread[index])
    assert sum(world.requests().values()) == 1
    assert world.words(first.number).count("please hurry") == 1


def test_anothers_mail_under_a_message_id_that_was_used_is_not_passed_over(world: World) -> None:
    world.write("hello", From="thief@mail.example", Message_ID="<victim@x.example>")
    taken = world.write("delete my account", Message_ID="<victim@x.example>")
    assert taken.outcome == "opened"


def test_what_could_not_be_taken_can_be_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = world.desk.open_unproved

    def broken(*_: object, **__: object) -> None:
        raise BadInput("no")

    monkeypatch.setattr(world.desk, "open_unproved", broken)
    with pytest.raises(BadInput):
        world.write()
    monkeypatch.setattr(world.desk, "open_unproved", real)
    assert world.write().outcome == "opened"


# --- threads -------------------------------------------------------------------------------------


def test_a_reply_with_the_mark_of_our_letter_is_put_on_its_request(world: World) -> None:
    first = world.write()
    reply = f"Re: {world.titles()[-1]}"
    again = world.write("it is urgent", Subject=reply, Message_ID="<2@x.example>")
    assert (again.outcome, again.number) == ("written", first.number)
    assert "it is urgent" in world.words(first.number)


def test_a_reply_by_its_references_counts_only_from_the_same_sender(world: World) -> None:
    first = world.write()
    lines = {"In_Reply_To": "<1@mail.example>", "Subject": "Re: My data"}
    own = world.write("and hurry", **lines, Message_ID="<2@x.example>")
    other = world.write(
        "send it to me", **lines, From="thief@mail.example", Message_ID="<3@x.example>"
    )
    assert own.number == first.number
    assert other.number != first.number


def test_a_mark_that_was_guessed_opens_a_request_of_its_own(world: World) -> None:
    first = world.write()
    forged = f"{first.number}.aaaaaaaaaaaaaaaa"
    assert world.write(Subject=f"Re: [{forged}]", Message_ID="<2@x.example>").outcome == "opened"


def test_a_reply_to_what_has_ended_opens_a_new_request(world: World) -> None:
    first = world.write()
    mark = world.intake.mark(first.number)
    world.desk.deny(world.file_of(first.number), first.number, "insuf_verification", by=DESK)
    again = world.write("why?", Subject=f"Re: [{mark}]", Message_ID="<2@x.example>")
    assert (again.outcome, again.number == first.number) == ("opened", False)


# --- programs, lists, floods ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines", [{"Auto_Submitted": "auto-replied"}, {"Return_Path": "<>"}], ids=str
)
def test_what_a_program_wrote_opens_nothing_and_is_not_answered(
    world: World, lines: dict[str, str]
) -> None:
    assert world.write(**lines).outcome == "set_aside"
    assert not world.requests()
    assert world.letters() == []


def test_what_a_list_sent_on_is_a_request_that_no_program_answers(world: World) -> None:
    assert world.write(Precedence="bulk").outcome == "opened"
    assert world.letters() == []


def test_a_mail_from_ourselves_is_set_aside(world: World) -> None:
    assert world.write(From=world.troth.settings.intake.address).outcome == "set_aside"


def test_who_writes_too_often_is_told_to_wait(world: World) -> None:
    for number in range(5):
        world.write(f"question {number}", Message_ID=f"<{number}@x.example>")
    with pytest.raises(TooMany):
        world.write("one more", Message_ID="<9@x.example>")
    world.clock.forward(days=1)
    assert world.write("one more", Message_ID="<9@x.example>").outcome == "opened"


# --- papers --------------------------------------------------------------------------------------


def test_a_picture_is_kept_sealed_and_what_is_refused_is_said(world: World) -> None:
    taken = world.intake.take_mail(
        attached((picture(), "image/jpeg", "id.jpg"), (bomb(), "application/zip", "x.zip"))
    )
    held = world.house.gate.standing(world.file_of(taken.number)).held
    assert "rights.letter" in held
    told = world.letters()[-1]
    assert "packed files" in told
    assert world.intake.mark(taken.number) in told


def test_a_picture_that_cannot_be_read_is_said(world: World) -> None:
    world.intake.take_mail(attached((b"\xff\xd8\xff" + b"x" * 5000, "image/jpeg", "id.jpg")))
    assert "could not be read" in world.letters()[-1]


# --- hostile -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_leaves_nothing_behind(world: World, name: str) -> None:
    with pytest.raises(BadInput):
        world.intake.take_mail(REFUSED[name])
    assert not world.requests()


def test_what_is_strange_is_a_request_all_the_same(world: World) -> None:
    for name, raw in itertools.islice(READ.items(), 4):
        assert world.intake.take_mail(raw).number, name


def test_nobodys_words_or_address_lie_in_the_clear(world: World) -> None:
    secret = "the-colour-of-my-door-is-vermilion"
    world.write(f"delete my account: {secret}", From="zoe.quill@mail.example")
    world.house.deliver()
    world.troth.gate.close()
    for path in Path(world.folder).rglob("*"):
        if path.is_file():
            octets = path.read_bytes()
            assert secret.encode() not in octets, path
            assert b"zoe.quill" not in octets, path
