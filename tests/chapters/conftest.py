"""A fresh house for each test: a copied instance, a clock that is set, deliveries caught."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chapters.people import House, opened
from troth.app import Troth, create, settings
from troth.egress.channels import MemoryChannel
from troth.egress.sheet import ByHand
from troth.model.clock import Moment, SetClock, moment


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an instance with the shipped policy and nobody in it."""
    folder = tmp_path_factory.mktemp("instance") / "house"
    create(folder, clock=SetClock(moment("2026-11-01"))).close()
    return folder


@pytest.fixture
def house(instance: Path, tmp_path: Path, at: Moment) -> Iterator[House]:
    """Return a house of the test's own."""
    folder = tmp_path / "house"
    shutil.copytree(instance, folder)
    clock, email, sms = SetClock(at), MemoryChannel("email"), MemoryChannel("sms")
    channels = {"email": email, "sms": sms, "phone": ByHand("phone")}
    named = settings.load(folder, {"TROTH_IDENTITY_AUTHORITY": "fake"})
    with Troth(named, clock=clock, channels=channels) as troth:
        yield opened(troth, clock, email, sms)
