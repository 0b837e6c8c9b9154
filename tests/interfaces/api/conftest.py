"""An office for each test: a house of its own behind the API, in files unless a test asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.house import House, SqliteHouses, lent, opened
from tests.interfaces.api.office import Office
from troth.model.clock import Moment, SetClock
from troth.model.terms import SubjectId


@pytest.fixture
def house(sqlite_houses: SqliteHouses, tmp_path: Path, at: Moment) -> Iterator[House]:
    """Return a house with the shipped policy and nobody in it."""
    with (
        lent(sqlite_houses, tmp_path / "house") as plot,
        opened(plot.folder, SetClock(at)) as house,
    ):
        yield house


@pytest.fixture
def office(house: House) -> Office:
    """Return the house behind its API."""
    return Office(house)


@pytest.fixture
def key(office: Office) -> str:
    """Return a key with every scope, for every purpose."""
    return office.key()


@pytest.fixture
def subject(house: House) -> SubjectId:
    """Return somebody in China, whose e-mail address and phone are held."""
    return house.admit()
