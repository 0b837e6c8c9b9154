"""Letters and calls are entered as they came: from receipt, once, by who may (11.2, 11.3, 9.7a)."""

import pytest

from tests.chapters.intake.world import DESK, World
from tests.chapters.people import SUPPORT
from tests.documents.intake.hostile import bomb, picture
from troth.app import Company, Received
from troth.model.clock import DAY, Moment
from troth.model.errors import BadFile, BadInput, Refused
from troth.model.secret import Secret

ADDRESS = Secret("12 Harbour Road, Wan Chai, Hong Kong")


def letter(**changes: object) -> Received:
    told: dict[str, object] = {
        "channel": "letter",
        "kind": "copy",
        "values": {"identity.name": Secret("Chan Tai Man"), "contact.address": ADDRESS},
        "text": Secret("Please send me a copy of what you hold."),
        "reply": {"letter": ADDRESS},
        "residence": "HK",
        "language": "en",
        "register": "2026/0117",
    }
    return Received(**(told | changes))  # type: ignore[arg-type]


@pytest.mark.clause("11.3a")
def test_a_letter_to_legal_affairs_is_recorded_with_its_number_and_its_scan(world: World) -> None:
    number = world.intake.enter(letter(papers={"rights.letter": Secret(picture())}), by=DESK)
    came = world.intake.came(number)
    file = world.file_of(number)
    assert came is not None
    assert (came.way, came.register) == ("letter", "2026/0117")
    assert {"rights.letter", "rights.request"} <= set(world.house.gate.standing(file).held)
    assert [entry.kind for entry in world.house.gate.trail(file)].count("data.collected") >= 2


def test_the_clock_starts_when_it_was_received(world: World) -> None:
    week_ago = Moment(world.clock.now() - 7 * DAY)
    number = world.intake.enter(letter(received=week_ago), by=DESK)
    now = world.intake.enter(letter(register="2026/0118"), by=DESK)
    assert world.desk.status(number).received == week_ago
    assert world.desk.status(number).due < world.desk.status(now).due


def test_a_letter_is_answered_by_letter(world: World) -> None:
    number = world.intake.enter(letter(), by=DESK)
    world.house.deliver()
    (sent,) = world.channels["letter"].sent
    assert sent.address == ADDRESS
    assert number in sent.text.reveal()
    world.desk.deny(world.file_of(number), number, "insuf_verification", by=DESK)
    world.house.deliver()
    assert len(world.channels["letter"].sent) == 2


def test_one_number_of_the_register_is_one_letter(world: World) -> None:
    first = world.intake.enter(letter(), by=DESK)
    assert world.intake.enter(letter(text=Secret("typed twice")), by=DESK) == first
    assert sum(world.requests().values()) == 1


def test_a_call_is_entered_without_a_number_of_the_register(world: World) -> None:
    call = letter(channel="telephone", register="", reply={}, kind="question")
    assert world.intake.enter(call, by=DESK)
    assert world.requests() == {"question": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "pigeon"},
        {"register": ""},
        {"register": "a\nb"},
        {"values": {}},
        {"text": Secret("")},
        {"received": Moment(0)},
        {"papers": {"document.id_photo": Secret(b"x")}},
        {"papers": {"rights.business_licence": Secret(b"x")}},
        {"values": {"bank.number": Secret("6222")}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_not_whole_is_refused_by_its_field(
    world: World, changes: dict[str, object]
) -> None:
    with pytest.raises(BadInput):
        world.intake.enter(letter(**changes), by=DESK)
    assert not world.requests()


def test_a_day_that_is_yet_to_come_is_refused(world: World) -> None:
    with pytest.raises(BadInput):
        world.intake.enter(letter(received=Moment(world.clock.now() + DAY)), by=DESK)


def test_a_scan_that_is_no_picture_is_refused_before_anything_is_entered(world: World) -> None:
    with pytest.raises(BadFile):
        world.intake.enter(letter(papers={"rights.letter": Secret(bomb())}), by=DESK)
    assert not world.requests()


def test_other_staff_enter_no_letters(world: World) -> None:
    with pytest.raises(Refused):
        world.intake.enter(letter(), by=SUPPORT)


@pytest.mark.clause("11.3b")
def test_a_company_without_licence_and_power_waits_for_them(world: World) -> None:
    company = Company(
        name=Secret("Acme Trading Ltd"),
        address=ADDRESS,
        email=Secret("law@acme.example"),
        contact=Secret("Ms Wong"),
    )
    bare = world.intake.enter(letter(company=company), by=DESK)
    assert world.desk.status(bare).reason == "needs_documents"
    papers = {
        "rights.business_licence": Secret(picture()),
        "rights.power_of_attorney": Secret(picture()),
    }
    whole = world.intake.enter(
        letter(company=company, papers=papers, register="2026/0200"), by=DESK
    )
    assert world.desk.status(whole).reason == "need_user_verification"
