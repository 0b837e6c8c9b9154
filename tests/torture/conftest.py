"""An instance in a folder that was built once, copied for each test that maltreats it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.house import House, SqliteHouses, opened
from troth.model.clock import Moment, SetClock


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an instance with the shipped policy and nobody in it; copy it."""
    return SqliteHouses(tmp_path_factory.mktemp("built")).template


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """Return an instance's folder of the test's own; nothing has it open."""
    return Path(shutil.copytree(built, tmp_path / "house"))


@pytest.fixture
def house(folder: Path, at: Moment) -> Iterator[House]:
    """Return that instance, open."""
    with opened(folder, SetClock(at)) as house:
        yield house
