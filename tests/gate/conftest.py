"""A house for each test, once on SQLite and once on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.gate.house import House, Houses, PostgresHouses, SqliteHouses, opened
from tests.support.postgres import Server
from tests.support.stores import Backend
from troth.model.clock import Moment, SetClock


@pytest.fixture(scope="session")
def sqlite_houses(tmp_path_factory: pytest.TempPathFactory) -> SqliteHouses:
    """Return the maker of houses in files."""
    return SqliteHouses(tmp_path_factory.mktemp("sqlite-houses"))


@pytest.fixture(scope="session")
def postgres_houses(server: Server, tmp_path_factory: pytest.TempPathFactory) -> PostgresHouses:
    """Return the maker of houses on the session's server."""
    return PostgresHouses(server, tmp_path_factory.mktemp("postgres-houses"))


@pytest.fixture
def build(
    backend: Backend, request: pytest.FixtureRequest, tmp_path: Path, at: Moment
) -> Iterator[Callable[..., House]]:
    """Return a function that opens the test's house, with other databases or recipients."""
    houses: Houses = request.getfixturevalue(f"{backend}_houses")
    folder = tmp_path / "house"
    shutil.copytree(houses.template, folder)
    stores, drop = houses.stores()
    with ExitStack() as stack:
        stack.callback(drop)

        def make(**more: Any) -> House:
            return stack.enter_context(opened(folder, SetClock(at), stores, **more))

        yield make


@pytest.fixture
def house(build: Callable[..., House]) -> House:
    """Return a house with the shipped policy and nobody in it."""
    return build()
