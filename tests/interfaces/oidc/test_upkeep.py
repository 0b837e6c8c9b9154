"""What the clock brings: keys before they are needed, words until they are heard."""

import threading
from typing import Any

from tests.interfaces.oidc.stand import Stand
from troth import app
from troth.interfaces.oidc.upkeep import Upkeep
from troth.interfaces.scheduler import Scheduler
from troth.model.clock import Moment, SetClock
from troth.model.errors import NotDelivered
from troth.model.secret import Secret


class Ear:
    """A back channel that hears, or does not."""

    def __init__(self, *, deaf: int = 0) -> None:
        self.deaf = deaf
        self.heard: list[tuple[str, str]] = []

    def __call__(self, address: str, token: Secret) -> None:
        """Take a word."""
        if self.deaf:
            self.deaf -= 1
            raise NotDelivered("not now")
        self.heard.append((address, token.reveal()))


def listen(stand: Stand, ear: Ear) -> None:
    stand.troth.applications.ending._carry = ear


def disconnected(stand: Stand) -> None:
    who = stand.person()
    stand.agrees("email")
    stand.troth.applications.revoke(who, stand.made.id)


def test_a_house_without_applications_makes_no_key(at: Moment) -> None:
    with app.memory(clock=SetClock(at)) as troth:
        assert Upkeep(troth).tick() == {"keys": 0, "told": 0}
        assert troth.applications.keys.published() == []


def test_keys_are_made_and_turned_by_the_clock(alone: Stand) -> None:
    upkeep = Upkeep(alone.troth)
    assert upkeep.tick()["keys"] == 1
    assert upkeep.tick()["keys"] == 0
    alone.clock.forward(days=90)
    assert upkeep.tick()["keys"] == 1
    assert len(alone.troth.applications.keys.published()) == 2


def test_a_word_is_told_once_and_remembered(alone: Stand) -> None:
    ear = Ear()
    listen(alone, ear)
    disconnected(alone)
    upkeep = Upkeep(alone.troth)
    assert [upkeep.tick()["told"] for _ in range(2)] == [1, 0]
    assert [address for address, _ in ear.heard] == [alone.made.backchannel]
    events: list[Any] = [
        entry.what for entry in alone.gate.regions[alone.gate.home].log.recent("house.event", 20)
    ]
    assert {"event": "application.told", "application": alone.made.id} in events


def test_a_word_that_was_not_heard_is_told_later(alone: Stand) -> None:
    ear = Ear(deaf=2)
    listen(alone, ear)
    disconnected(alone)
    upkeep = Upkeep(alone.troth)
    told = []
    for _ in range(3):
        told.append(upkeep.tick()["told"])
        alone.clock.forward(seconds=20 * 60)
    assert told == [0, 0, 1]


def test_a_scheduler_does_all_of_its_works_in_turn() -> None:
    done: list[str] = []
    ended = threading.Event()
    works = (lambda: done.append("tick"), lambda: (done.append("upkeep"), ended.set()))
    with Scheduler(*works, every=0.001):
        assert ended.wait(10)
    assert done[:2] == ["tick", "upkeep"]
