"""A house that takes mail, agents and other controllers, for the tests of the intake."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chapters.intake.world import ENVIRONMENT, World
from tests.chapters.people import opened
from troth.app import Troth, settings
from troth.egress.channels import MemoryChannel
from troth.egress.sheet import ByHand
from troth.model.clock import Moment, SetClock


@pytest.fixture
def world(instance: Path, tmp_path: Path, at: Moment) -> Iterator[World]:
    """Return a house of the test's own, and what comes to it from outside."""
    folder = tmp_path / "house"
    shutil.copytree(instance, folder)
    clock = SetClock(at)
    channels = {name: MemoryChannel(name) for name in ("email", "sms", "letter")}
    named = settings.load(folder, ENVIRONMENT)
    with Troth(named, clock=clock, channels={**channels, "phone": ByHand("phone")}) as troth:
        yield World(opened(troth, clock, channels["email"], channels["sms"]), channels, folder)
