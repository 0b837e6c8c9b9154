"""Killed at any step of taking something in: it is one request, with its words once (F1, F7)."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.chapters.intake.test_letters import letter
from tests.chapters.intake.world import CONTROLLER, DESK, World, signed
from tests.documents.intake.hostile import attached, mail, picture
from tests.support.opendsr import request
from troth.documents.intake.papers import FIELD
from troth.model.errors import Refused, TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.store.sqlite import SqliteStore

WORDS = "my cat is called Mimi"
MOST = 60


class Killed(BaseException):
    """No error of ours: nothing tidies up after it."""


@contextmanager
def killed_at(step: int, *, done: bool) -> Iterator[list[int]]:
    """Die in the step-th transaction: before it, or just after it stands (``done``)."""
    real, here, seen = SqliteStore.transact, threading.get_ident(), [0]

    def transact(self: SqliteStore, work: Callable[[Any], Any], **more: bool) -> Any:
        if threading.get_ident() != here:
            return real(self, work, **more)
        seen[0] += 1
        if seen[0] == step and not done:
            raise Killed
        told = real(self, work, **more)
        if seen[0] == step:
            raise Killed
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteStore, "transact", transact)
        yield seen


def through(take: Callable[[int], object], again: Callable[[int], object], *, done: bool) -> int:
    """Take something new for every step there is, die there, and take it again; count the steps."""
    for step in range(1, MOST):
        try:
            with killed_at(step, done=done):
                take(step)
        except Killed:
            again(step)
        else:
            return step - 1
    raise AssertionError("there is no end to it")


def once(world: World, number: str, words: str = WORDS) -> None:
    """Demand that a request is whole: one row, one file, provisional, its words in it once."""
    matter = world.desk.find(number)
    assert world.words(number).count(words) == 1
    (row,) = [each for each in world.desk.queue(by=DESK) if each.number == number]
    assert (row.said.provisional, row.said.channel) == (True, "email")
    owed = world.house.gate.owed(matter)
    assert list(owed) == [number]
    assert owed[number].by == row.due


def files(world: World) -> set[SubjectId]:
    return set(world.house.gate.subjects())


def letters_to(world: World, who: str) -> int:
    world.house.deliver()
    sent = world.channels["email"].sent
    return sum(each.address == Secret(who) for each in sent)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("tick", [False, True])
def test_a_mail_is_one_request_wherever_its_taker_died(
    world: World, done: bool, tick: bool
) -> None:
    def raw(step: int) -> bytes:
        return mail(WORDS, From=f"p{step}@mail.example", Message_ID=f"<{step}@mail.example>")

    def again(step: int) -> None:
        before = sum(world.requests().values())
        if tick:
            world.clock.forward(seconds=120)
            world.troth.tick()
        world.clock.forward(seconds=360)
        taken = world.intake.take_mail(raw(step))
        once(world, taken.number)
        assert sum(world.requests().values()) <= max(before, 1) + 1
        assert len(files(world)) == sum(world.requests().values()) == step
        assert letters_to(world, f"p{step}@mail.example") == 1

    assert through(lambda step: world.intake.take_mail(raw(step)), again, done=done) > 5


@pytest.mark.parametrize("done", [False, True])
def test_a_reply_stands_on_its_request_once(world: World, done: bool) -> None:
    number = world.write().number
    mark = world.intake.mark(number)

    def raw(step: int) -> bytes:
        return mail(
            f"please hurry {step}.", Subject=f"Re: [{mark}]", Message_ID=f"<r{step}@mail.example>"
        )

    def again(step: int) -> None:
        world.clock.forward(seconds=2 * 3600)
        assert world.intake.take_mail(raw(step)).number == number
        assert world.words(number).count(f"please hurry {step}.") == 1

    assert through(lambda step: world.intake.take_mail(raw(step)), again, done=done) > 3
    assert sum(world.requests().values()) == 1


@pytest.mark.parametrize("done", [False, True])
def test_a_letter_with_its_scan_is_one_request(world: World, done: bool) -> None:
    def enter(step: int) -> str:
        scan = {"rights.letter": Secret(picture())}
        return world.intake.enter(letter(register=f"2026/{step}", papers=scan), by=DESK)

    def again(step: int) -> None:
        number = enter(step)
        assert enter(step) == number
        assert sum(world.requests().values()) == len(files(world)) == step
        assert "rights.letter" in world.house.gate.standing(world.file_of(number)).held

    assert through(enter, again, done=done) > 3


@pytest.mark.parametrize("done", [False, True])
def test_what_a_controller_asks_is_one_request(world: World, done: bool) -> None:
    def take(step: int) -> object:
        named = f"a7551968-d5d6-44b2-9831-{step:012x}"
        raw = json.dumps(request(subject_request_id=named)).encode()
        return world.intake.controllers.take(raw, by=CONTROLLER)

    def again(step: int) -> None:
        take(step)
        assert sum(world.requests().values()) == len(files(world)) == step

    assert through(take, again, done=done) > 2


@pytest.mark.parametrize("named", ["", "ours-{}"])
def test_what_an_agent_asks_is_one_request(world: World, named: str) -> None:
    agent = world.agent()
    told: dict[int, bytes] = {}

    def take(step: int) -> object:
        said = world.said(**({"agent-request-id": named.format(step)} if named else {}))
        message = told.setdefault(step, signed(said | {"name": f"Li Na {step}"}))
        return world.intake.delegates.exercise(agent, message)

    def again(step: int) -> None:
        world.clock.forward(seconds=360)
        with suppress(Refused):  # its last word stood: a message is taken once
            take(step)
        assert sum(world.requests().values()) == len(files(world)) == step

    assert through(take, again, done=True) > 3


def test_what_comes_twice_at_once_is_one_request_and_both_hear_of_it(world: World) -> None:
    raw = json.dumps(request()).encode()

    def take(_: int) -> str:
        try:
            told = world.intake.controllers.take(raw, by=CONTROLLER)
        except TrothError as error:
            return error.code
        return told.subject_request_id

    with ThreadPoolExecutor(6) as hands:
        heard = set(hands.map(take, range(6)))
    assert heard == {request()["subject_request_id"]}
    assert sum(world.requests().values()) == len(files(world)) == 1


def test_a_mail_with_pictures_is_one_request_that_has_them(world: World) -> None:
    raw = attached((picture(), "image/jpeg", "a.jpg"), text=WORDS)
    with pytest.raises(Killed), killed_at(8, done=True):
        world.intake.take_mail(raw)
    world.clock.forward(seconds=360)
    number = world.intake.take_mail(raw).number
    once(world, number)
    assert FIELD in world.house.gate.standing(world.file_of(number)).held
    assert len(files(world)) == 1
