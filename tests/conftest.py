"""What every test may ask for: both stores, a fixed moment, a browser; and what none may do.

``data_store``, ``keys_store`` and ``store_pair`` run a test once on SQLite and once on a real
PostgreSQL. ``at`` is a fixed moment. ``page`` is a page of a real Chromium. A test that reaches for
the network outside this machine fails.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page

from tests.gate.house import Plot, PostgresHouses, SqliteHouses, lent
from tests.support import browser, clauses, network, postgres
from tests.support.stores import BACKENDS, Backend, Maker, PostgresMaker, SqliteMaker
from troth.documents.packages import printing
from troth.model.clock import Moment, moment
from troth.store.sql import Family, Store

ROOM = "TROTH_TESTS_ROOM"
RANDOM = re.compile(r"[a-z2-7]{26}|[0-9a-f]{32,}")
CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

settings.register_profile(
    "ci", deadline=None, derandomize=True, max_examples=100, suppress_health_check=list(HealthCheck)
)
settings.register_profile("dev", parent=settings.get_profile("ci"), max_examples=30)
settings.register_profile(
    "torture", parent=settings.get_profile("ci"), derandomize=False, max_examples=2000
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if CI else "dev"))


@pytest.fixture(autouse=True)
def _unprinted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the sheets out of copies, which take a second, but where they are what is tested."""
    if request.node.get_closest_marker("printed") is None:
        monkeypatch.setattr(printing, "possible", lambda: False)


# --- the session -------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say what to do with the proofs of clauses: nothing, check the shipped copy, or write it."""
    parser.addoption("--clauses", choices=("off", "check", "write"), default="off")


def pytest_configure(config: pytest.Config) -> None:
    """Guard the network; on the controller, open the session's room and gather proofs."""
    network.guard()
    if not hasattr(config, "workerinput"):
        os.environ[ROOM] = str(postgres.open_room())
        gatherer = clauses.Gatherer(config.getoption("--clauses"))
        config.pluginmanager.register(gatherer, "troth-clauses")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the session's PostgreSQL and remove its room."""
    if not hasattr(config, "workerinput") and ROOM in os.environ:
        postgres.close_room(Path(os.environ.pop(ROOM)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note clauses; keep the long fault tests for ``-m torture``."""
    clauses.mark_items(items)
    if "torture" not in (config.getoption("-m") or ""):
        long = [item for item in items if item.get_closest_marker("torture")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a variant without the random ids in it: every process must find the same tests."""
    if isinstance(val, str) and RANDOM.search(val):
        return RANDOM.sub("ID", val)
    return None


def missing(what: str) -> None:
    """Skip because something is not on this machine; in CI that is a failure."""
    if CI:
        pytest.fail(f"{what}, and CI must not go without it")
    pytest.skip(f"skipped, because {what}")


@pytest.fixture(autouse=True)
def _stays_home() -> Iterator[None]:
    """Fail a test that reached for the outside, even if it swallowed the refusal."""
    network.attempts.clear()
    yield
    assert not network.attempts, f"this test reached for the network: {network.attempts}"


# --- stores ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """Return the session's real PostgreSQL."""
    if reason := postgres.why_not():
        missing(reason)
    server = postgres.Server(Path(os.environ[ROOM]))
    yield server
    server.close()


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory) -> SqliteMaker:
    """Return the maker of SQLite stores."""
    return SqliteMaker(tmp_path_factory.mktemp("templates"))


@pytest.fixture(scope="session")
def postgres_maker(server: postgres.Server) -> PostgresMaker:
    """Return the maker of PostgreSQL stores."""
    return PostgresMaker(server)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Say which database the test's stores are; ask for it to run a test on both."""
    chosen: Backend = request.param
    return chosen


@pytest.fixture
def store_factory(
    backend: Backend, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[Family | None], Store]]:
    """Return a function that makes one more store of a family (``None``: an empty one)."""
    maker: Maker = request.getfixturevalue(f"{backend}_maker")
    ends: list[Callable[[], None]] = []

    def make(family: Family | None = "data") -> Store:
        store, end = maker.make(tmp_path, family)
        ends.append(end)
        return store

    yield make
    for end in reversed(ends):
        end()


@pytest.fixture
def data_store(store_factory: Callable[[Family | None], Store]) -> Store:
    """Return a fresh store with every table of the ``data`` family."""
    return store_factory("data")


@pytest.fixture
def keys_store(store_factory: Callable[[Family | None], Store]) -> Store:
    """Return a fresh store with every table of the ``keys`` family."""
    return store_factory("keys")


class StorePair(NamedTuple):
    """A region's two databases, of one kind."""

    data: Store
    keys: Store
    backend: Backend


@pytest.fixture
def store_pair(data_store: Store, keys_store: Store, backend: Backend) -> StorePair:
    """Return data and keys of one region."""
    return StorePair(data_store, keys_store, backend)


# --- houses ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def sqlite_houses(tmp_path_factory: pytest.TempPathFactory) -> SqliteHouses:
    """Return the maker of houses in files."""
    return SqliteHouses(tmp_path_factory.mktemp("sqlite-houses"))


@pytest.fixture(scope="session")
def postgres_houses(
    server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> PostgresHouses:
    """Return the maker of houses on the session's server."""
    return PostgresHouses(server, tmp_path_factory.mktemp("postgres-houses"))


@pytest.fixture
def plot(backend: Backend, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plot]:
    """Return where a house of the test's own can be opened, on either database."""
    with lent(request.getfixturevalue(f"{backend}_houses"), tmp_path / "house") as found:
        yield found


# --- time, pages -------------------------------------------------------------------------------


@pytest.fixture
def at() -> Moment:
    """Return a fixed moment: noon of 22 November 2026, UTC."""
    return moment("2026-11-22T12:00:00")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a running Chromium, shared by the tests of one file."""
    if browser.program() is None:
        missing("no Chromium is on this machine (as root on Debian, make test installs it)")
    with browser.launched() as running:
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Return a page with a profile of its own."""
    context = chromium.new_context(locale="zh-CN")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()
