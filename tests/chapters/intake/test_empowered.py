"""Powers of attorney: entered by staff, told to the subject, stopped by them (11.3b; A21)."""

import re

import pytest

from tests.chapters.intake.world import DESK, World
from tests.chapters.people import PROVED, SUPPORT
from tests.documents.intake.hostile import picture
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound, NotProved, Refused
from troth.model.secret import Secret

LINK = re.compile(r"/powers/(\S+)")


def until(world: World, days: int = 90) -> Moment:
    return Moment(world.clock.now() + days * DAY)


def test_a_power_is_entered_with_its_paper_and_the_subject_is_told(world: World) -> None:
    who = world.house.register().subject
    made = world.intake.powers.enter(
        who,
        "PERMISSION",
        ("delete", "access"),
        until=until(world),
        by=DESK,
        paper=Secret(picture()),
    )
    assert made.scope == ("access", "delete")
    assert "rights.power_of_attorney" in world.house.gate.standing(who).held
    assert world.intake.powers.covers(who, "PERMISSION", "delete")
    assert not world.intake.powers.covers(who, "PERMISSION", "copy")
    assert not world.intake.powers.covers(who, "OTHER", "delete")
    assert "PERMISSION" in world.letters()[-1]


def test_the_subject_stops_it_by_the_link_and_twice_is_no_error(world: World) -> None:
    who = world.house.register().subject
    world.intake.powers.enter(who, "PERMISSION", ("delete",), until=until(world), by=DESK)
    found = LINK.search(world.letters()[-1])
    assert found is not None
    for _ in range(2):
        world.intake.powers.stop_by(found[1])
    assert not world.intake.powers.covers(who, "PERMISSION", "delete")
    assert "house.event" in world.house.kinds(who)


def test_a_link_that_is_not_ours_stops_nothing(world: World) -> None:
    who = world.house.register().subject
    made = world.intake.powers.enter(who, "A", ("delete",), until=until(world), by=DESK)
    other = world.troth.proof.links.write(who, f"stop/{made.id}")
    for wrong in ("x.y", other):
        with pytest.raises(NotProved):
            world.intake.powers.stop_by(wrong)


def test_a_power_runs_out(world: World) -> None:
    who = world.house.register().subject
    world.intake.powers.enter(who, "A", ("delete",), until=until(world, 10), by=DESK)
    world.clock.forward(days=11)
    assert not world.intake.powers.covers(who, "A", "delete")
    world.intake.tick()
    assert [one.state for one in world.intake.powers.of(who)] == ["over"]


@pytest.mark.parametrize(("scope", "days"), [((), 9), (("everything",), 9), (("delete",), 400)])
def test_a_power_says_what_and_until_when(world: World, scope: tuple[str, ...], days: int) -> None:
    who = world.house.register().subject
    with pytest.raises(BadInput):
        world.intake.powers.enter(who, "A", scope, until=until(world, days), by=DESK)


def test_other_staff_enter_no_powers(world: World) -> None:
    who = world.house.register().subject
    with pytest.raises(Refused):
        world.intake.powers.enter(who, "A", ("delete",), until=until(world), by=SUPPORT)


def test_what_was_stopped_cannot_be_stopped(world: World) -> None:
    who = world.house.register().subject
    made = world.intake.powers.enter(who, "A", ("delete",), until=until(world), by=DESK)
    world.intake.powers.stop(who, made.id)
    with pytest.raises(NotFound):
        world.intake.powers.stop(who, made.id)


def test_an_erasure_takes_powers_along(world: World) -> None:
    who = world.house.register().subject
    world.intake.powers.enter(who, "A", ("delete",), until=until(world), by=DESK)
    world.house.rights.erase(who, by=PROVED)
    assert world.intake.powers.of(who) == []
