"""The controller's other databases: access and erasure over a shop's fifteen tables.

A real PostgreSQL from a wheel, as the tests have it. The floor is the same statements written by
hand with psycopg; what Troth costs beside it is the map, the look at the schema, and looking again
by value in every table. Then the same with many rows that are others', fifty people at once, and
one who has very many rows.
"""

import itertools
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import sqlalchemy as sa

from bench.harness import Args, Contender, interleave
from bench.plan import Plan
from bench.report import OURS, Fact, Findings, Goal, Skipped, rows_of, verdict
from bench.sketch.databases import ByHand
from tests.support import postgres, shop
from troth.egress.databases.conductor import Sweep, gather, sweep, trace_all
from troth.egress.databases.edges import edges
from troth.egress.databases.map import DataMap
from troth.egress.databases.port import Order
from troth.egress.sql.database import SqlDatabase
from troth.model.clock import moment

GROUP: Final = "databases"
AT: Final = moment("2026-11-22T12:00:00")
ACCESS: Final = Goal(of="us", bound="<=", limit=200_000)
ERASURE: Final = Goal(of="us", bound="<=", limit=400_000)
AT_ONCE: Final = 50
SETTLED: Final = Goal(of="s", bound="<=", limit=AT_ONCE * 0.4)
FIRST: Final = 2
"""Two neighbours and one more are there from the start."""
OTHERS: Final = 2_000_000
"""Where the numbers of others begin, whose rows fill the tables."""
PEER: Final = (
    "a well-known open platform, measured elsewhere on such a schema: access 1.4 s, erasure 2.6 s,"
    " with values left; it was not run here"
)
FILL: Final = (
    """INSERT INTO customers (id, email, name) SELECT {first} + n, 'other' || n || '@example.net',
       'Other ' || n FROM generate_series(1, {people}) n""",
    """INSERT INTO orders (id, customer_id, note) SELECT {first} + n,
       {first} + 1 + mod(n, {people}), 'x' FROM generate_series(1, {n}) n""",
    """INSERT INTO logins (id, customer_id, time, ip) SELECT {first} + n,
       {first} + 1 + mod(n, {people}), 'now', 'here' FROM generate_series(1, {n}) n""",
    "INSERT INTO visits SELECT 'other' || n || '@x.net', 'now' FROM generate_series(1, {n}) n",
    "INSERT INTO subscriptions SELECT {first} + n, '+85' || n, 'x' FROM generate_series(1, {n}) n",
    "ANALYZE",
)

MANY: Final = (
    "INSERT INTO logins (id, customer_id, time, ip)"
    " SELECT {first} + n, {who}, 'now', 'here' FROM generate_series(1, {n}) n"
)


def map_of(n: int) -> DataMap:
    """Return the shop's map; of a large one without documents, which no index helps to search."""
    data = shop.shop_map()
    stores = tuple(
        msgspec.structs.replace(
            store,
            tables=tuple(
                msgspec.structs.replace(
                    table,
                    columns=tuple(
                        msgspec.structs.replace(each, category="") if n and each.scan else each
                        for each in table.columns
                    ),
                )
                for table in store.tables
            ),
        )
        for store in data.stores
    )
    return DataMap(stores=stores)


class Place:
    """One shop with three people, and ``n`` rows of others in its larger tables."""

    def __init__(self, server: postgres.Server, room: Path, n: int) -> None:
        name, data = server.create(), map_of(n)
        url = f"postgresql://postgres@/{name}?host={room / 'data'}"
        self.n = n
        self.database = SqlDatabase(data.store("shop"), url, key=b"k" * 32, ways=edges(data))
        self.engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        self.floor = ByHand(server.dsn(name))
        self.numbers = itertools.count(FIRST + 3, 2)
        shop.build(self.engine)
        shop.fill(self.engine, range(1, FIRST + 2))
        if n:
            for told in FILL:
                with self.engine.begin() as connection:
                    said = told.format(first=OTHERS, n=n, people=max(1, n // 10))
                    connection.exec_driver_sql(said)

    def access(self, who: int) -> int:
        """Find and copy everything of somebody."""
        known = shop.known(who)
        found = trace_all([self.database], known, {})
        return sum(1 for _ in gather([self.database], {"shop": found["shop"].reach}))

    def erase(self, who: int) -> None:
        """Find somebody, erase them, and look again."""
        known = shop.known(who)
        reach = trace_all([self.database], known, {})["shop"].reach
        order = Order(id="1", task="erase", at=AT, values=known)
        swept = sweep(Sweep(database=self.database, order=order, reach=reach, known=known))
        if swept.state != "clean":
            raise RuntimeError(f"somebody is not clean: {swept.remains}")

    def somebody(self, calls: int) -> list[Args]:
        """Return the people who are there, in turn."""
        return [(1 + number % (FIRST + 1),) for number in range(calls)]

    def newcomers(self, calls: int) -> list[Args]:
        """Bring people in, each without a neighbour."""
        numbers = list(itertools.islice(self.numbers, calls))
        shop.fill(self.engine, numbers)
        return [(number,) for number in numbers]

    def by_hand(self, people: list[Args]) -> list[Args]:
        """Say people as the floor knows them."""
        return [
            ({"id": who, "email": shop.email(who), "phone": shop.phone(who)},) for (who,) in people
        ]

    def close(self) -> None:
        """Let every connection go."""
        self.floor.close()
        self.database.close()
        self.engine.dispose()


def access(place: Place) -> list[Contender]:
    """Enter us and the floor for an access request."""
    return [
        Contender(name=OURS, n=place.n, call=place.access, supply=place.somebody),
        Contender(
            name="sketch",
            n=place.n,
            call=place.floor.access,
            supply=lambda calls: place.by_hand(place.somebody(calls)),
        ),
    ]


def erase(place: Place) -> list[Contender]:
    """Enter us and the floor for an erasure with another look."""
    return [
        Contender(name=OURS, n=place.n, call=place.erase, supply=place.newcomers, most=8),
        Contender(
            name="sketch",
            n=place.n,
            call=place.floor.erase,
            supply=lambda calls: place.by_hand(place.newcomers(calls)),
            most=8,
        ),
    ]


def at_once(place: Place, count: int) -> list[Fact]:
    """Erase many people at the same time, each by a request of their own."""
    people = [who for (who,) in place.newcomers(count)]
    laps: list[float] = []

    def one(who: int) -> None:
        start = time.perf_counter()
        place.erase(who)
        laps.append(time.perf_counter() - start)

    start = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, people))
    took = time.perf_counter() - start
    return [
        Fact(
            group=GROUP,
            operation=f"{count} erasures at once, the last clean",
            value=took,
            unit="s",
            n=place.n,
            verdicts=[verdict(SETTLED, took)] if count == AT_ONCE else [],
            note=f"each waited {median(laps):.2f} s (median)",
        )
    ]


def of_one(place: Place, rows: int) -> list[Fact]:
    """Copy and erase somebody who has very many rows; memory must not grow with them."""
    ((who,),) = place.newcomers(1)
    with place.engine.begin() as connection:
        connection.exec_driver_sql(MANY.format(first=OTHERS, who=who, n=rows))
    before = _peak()
    laps = []
    for call in (place.access, place.erase):
        start = time.perf_counter()
        call(who)
        laps.append(time.perf_counter() - start)
    grown = f"{(_peak() - before) / 1024:.0f} MB more resident at most"
    return [
        Fact(group=GROUP, operation=f"{name} all of one's rows", value=took, unit="s", n=rows,
             note=f"{rows / took:,.0f} rows/s; {grown}")
        for name, took in zip(("copy", "erase"), laps, strict=True)
    ]  # fmt: skip


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def run(plan: Plan, folder: Path) -> Findings:
    """Measure over fifteen tables with three people in them, then with many rows of others."""
    found = Findings(group=GROUP)
    if reason := postgres.why_not():
        found.skipped.append(Skipped("access and erasure in PostgreSQL", reason))
        return found
    room = postgres.open_room()
    server = postgres.Server(room)
    try:
        server.admin()
        places = [Place(server, room, n) for n in (0, *_sizes(plan))]
        for name, case, goal in (
            ("access over 15 tables", access, ACCESS),
            ("erase in 15 tables, look again", erase, ERASURE),
        ):
            contenders = [one for place in places for one in case(place)]
            timed = interleave(contenders, plan.pace, "wall")
            found.rows += rows_of(GROUP, name, timed, (goal,), PEER)
        found.facts += at_once(places[0], AT_ONCE if plan.mode != "tiny" else 4)
        for rows in _sizes(plan) if plan.mode in ("default", "full") else ():
            found.facts += of_one(places[0], rows)
        for place in places:
            place.close()
    finally:
        server.close()
        postgres.close_room(room)
    return found


def _sizes(plan: Plan) -> tuple[int, ...]:
    """Return how many rows of others there are: from ten thousand, up to a million by --full."""
    if plan.mode == "tiny":
        return (plan.sizes[0],)
    return tuple(n for n in (*plan.sizes, *plan.huge) if n >= 10_000)
