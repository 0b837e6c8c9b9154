"""An instance in a folder that was built once, copied for each test that looks after one."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.app.files import twin
from tests.gate.house import House, SqliteHouses, opened
from troth.model.clock import SetClock, moment

NOON = moment("2026-11-02T12:00:00")
"""The day after the instance was built."""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an instance with the shipped policy and nobody in it; copy it."""
    return SqliteHouses(tmp_path_factory.mktemp("built")).template


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """Return an instance's folder of the test's own; nothing has it open."""
    return twin(built, tmp_path / "house")


@pytest.fixture
def clock() -> SetClock:
    """Return a clock that stands at noon of the day after the instance was built."""
    return SetClock(NOON)


@pytest.fixture
def enter(folder: Path, clock: SetClock) -> Callable[[], AbstractContextManager[House]]:
    """Return a function that opens the instance, again and again."""
    return lambda: opened(folder, clock)


@pytest.fixture
def house(folder: Path, clock: SetClock) -> Iterator[House]:
    """Return the instance, open."""
    with opened(folder, clock) as house:
        yield house
