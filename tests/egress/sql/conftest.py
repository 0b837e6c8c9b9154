"""Real databases for one test each: SQLite, PostgreSQL and MariaDB, and a shop in them."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from tests.conftest import missing
from tests.support import mariadb as maria
from tests.support import postgres, shop
from troth.egress.databases.conductor import Sweep, Swept, sweep_each, trace_all
from troth.egress.databases.edges import edges
from troth.egress.databases.map import DataMap
from troth.egress.databases.port import Held, Order, Reach
from troth.egress.sql.database import SqlDatabase, engine_of
from troth.model.clock import Moment, moment

KINDS = ("sqlite", "postgres", "mariadb")
KEY = b"k" * 32
AT = moment("2026-11-22T12:00:00")
Urls = Callable[[], str]


@pytest.fixture(scope="session")
def mariadb() -> Iterator[maria.Server]:
    """Return this process's real MariaDB."""
    if reason := maria.why_not():
        missing(reason)
    server = maria.Server()
    yield server
    server.close()


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Say which database a test's are; ask for it to run a test on all three."""
    return str(request.param)


@pytest.fixture
def urls(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Urls]:
    """Return a function that makes one more empty database and returns its address."""
    ends: list[Callable[[], None]] = []
    count = itertools.count()

    def make() -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{next(count)}.db"
        if kind == "postgres":
            server: postgres.Server = request.getfixturevalue("server")
            name = server.create()
            ends.append(lambda: server.drop(name))
            folder = server.dsn().partition("host=")[2].partition(" ")[0]
            return f"postgresql://postgres@/{name}?host={folder}"
        database: maria.Server = request.getfixturevalue("mariadb")
        made = database.create()
        ends.append(lambda: database.drop(made))
        return database.url(made)

    yield make
    for end in reversed(ends):
        end()


class Shop(NamedTuple):
    """A shop and its desk, each open as the port and as an engine of the test's own."""

    data: DataMap
    databases: dict[str, SqlDatabase]
    engines: dict[str, sa.Engine]

    def reaches(self, who: int) -> dict[str, Reach]:
        """Trace somebody through both."""
        found = trace_all(list(self.databases.values()), shop.known(who), {})
        assert all(one.answered for one in found.values())
        return {name: one.reach for name, one in found.items()}

    def sweep(
        self, who: int, reaches: dict[str, Reach] | None = None, **order: object
    ) -> dict[str, Swept]:
        """Trace somebody and perform an order in both, as an errand does."""
        told = Order(**({"id": "1", "task": "erase", "at": AT, "values": shop.known(who)} | order))
        reaches = reaches or self.reaches(who)
        sweeps = [
            Sweep(database=each, order=told, reach=reaches[name], known=shop.known(who))
            for name, each in self.databases.items()
        ]
        return {one.name: one for one in sweep_each(sweeps)}

    def dumps(self) -> dict[str, list[str]]:
        """Return every row of both, by table."""
        return shop.dump(self.engines["shop"]) | shop.dump(self.engines["desk"])

    def traces(self, who: int) -> dict[str, list[str]]:
        """Return the rows in which something of somebody's still stands."""
        return shop.traces(self.engines["shop"], who) | shop.traces(self.engines["desk"], who)

    def run(self, store: str, statement: str) -> list[tuple[object, ...]]:
        """Say something to one of the two directly."""
        with self.engines[store].begin() as connection:
            told = connection.exec_driver_sql(statement)
            return [tuple(row) for row in told] if told.returns_rows else []


@pytest.fixture
def stand(urls: Urls) -> Iterator[Callable[..., Shop]]:
    """Return a function that builds the shop with so many people."""
    opened: list[Shop] = []

    def make(people: int = 4, data: DataMap | None = None) -> Shop:
        data = data or shop.shop_map()
        databases, engines = {}, {}
        for store in data.stores:
            url = urls()
            engines[store.name] = engine_of(store.name, url)
            shop.build(engines[store.name], desk=store.name == "desk")
            shop.fill(engines[store.name], range(1, people + 1), desk=store.name == "desk")
            databases[store.name] = SqlDatabase(store, url, key=KEY, ways=edges(data))
        opened.append(Shop(data, databases, engines))
        return opened[-1]

    yield make
    for one in opened:
        for each in (*one.databases.values(),):
            each.close()
        for engine in one.engines.values():
            engine.dispose()


@pytest.fixture
def at() -> Moment:
    """Return a fixed moment."""
    return AT


def shown(held: Held) -> dict[str, str]:
    """Return a record's values, opened."""
    return {name: str(secret.reveal_raw()) for name, secret in held.values.items()}
