"""Many rows go in small steps that a crash may end anywhere; few go all at once or not at all."""

import tracemalloc

import pytest
import sqlalchemy as sa

from tests.egress.sql.conftest import AT
from tests.support import shop
from troth.egress.databases.port import Order
from troth.egress.sql import performing

ORDER = Order(id="1", task="erase", at=AT)


class Crash(BaseException):
    """The program ends here."""


def crash_at(engine, number):
    """Let a database's connections break at a statement; return how many were said."""
    said = []

    def listen(connection, cursor, statement, *_):
        said.append(statement)
        if len(said) == number:
            raise Crash

    sa.event.listen(engine, "before_cursor_execute", listen)
    return said, lambda: sa.event.remove(engine, "before_cursor_execute", listen)


@pytest.fixture
def small_steps(monkeypatch):
    """Let two rows be many, and two be a step."""
    monkeypatch.setattr(performing, "FEW", 2)
    monkeypatch.setattr(performing, "BATCH", 2)


def test_many_rows_go_in_steps_and_all_of_them_go(stand, small_steps):
    stood = stand(4)
    others = {n: stood.traces(n) for n in (2, 3, 4)}
    swept = stood.sweep(1)
    assert {one.state for one in swept.values()} == {"clean"}
    assert stood.traces(1) == {}
    assert {n: stood.traces(n) for n in (2, 3, 4)} == others


def test_each_step_is_a_transaction_of_a_limited_size(stand, small_steps):
    stood = stand(2)
    shop_of = stood.databases["shop"]
    with stood.engines["shop"].begin() as connection:
        for number in range(100, 107):
            connection.exec_driver_sql(f"INSERT INTO logins VALUES ({number}, 1, 'now', 'here')")
    deleted = []
    sa.event.listen(
        shop_of._engine,
        "after_cursor_execute",
        lambda c, cursor, said, *_: (
            deleted.append(cursor.rowcount) if said.startswith("DELETE FROM logins") else None
        ),
    )
    shop_of.perform(stood.reaches(1)["shop"], ORDER)
    assert deleted == [2, 2, 2, 2]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"], indirect=True)
def test_no_transaction_touches_more_than_a_piece_however_many_rows_there_are(stand):
    stood = stand(2)
    logins = sa.table("logins", *map(sa.column, ("id", "customer_id")))
    with stood.engines["shop"].begin() as connection:
        rows = [{"id": n, "customer_id": 1} for n in range(1_000, 1_000 + performing.FEW + 500)]
        connection.execute(logins.insert(), rows)
    reach, engine = stood.reaches(1)["shop"], stood.databases["shop"]._engine
    touched, pieces = [0], []

    def listen(connection, cursor, said, *_):
        touched[0] += 0 if said.startswith("SELECT") else max(0, cursor.rowcount)

    def end(connection):
        pieces.append(touched[0])
        touched[0] = 0

    sa.event.listen(engine, "after_cursor_execute", listen)
    sa.event.listen(engine, "commit", end)
    done = stood.databases["shop"].perform(reach, ORDER)
    assert max(pieces) <= performing.BATCH
    assert sum(pieces) == done > performing.FEW + 500


def test_a_crash_at_any_statement_is_made_good_by_the_next_try(stand, small_steps):
    stood = stand(2)
    reaches, database = stood.reaches(1), stood.databases["shop"]
    others = stood.traces(2)
    number, crashed = 3, 0
    while True:
        _, end = crash_at(database._engine, number)
        try:
            database.perform(reaches["shop"], ORDER)
        except Crash:
            crashed, number = crashed + 1, number + 5
        else:
            break
        finally:
            end()
    assert crashed > 3
    assert database.remains(reaches["shop"], ORDER) == ()
    assert set(stood.traces(1)) <= {"requests", "messages", "accounts"}
    assert stood.traces(2) == others


def test_few_rows_go_all_or_none(stand):
    stood = stand(2)
    reaches, database = stood.reaches(1), stood.databases["shop"]
    before = shop.dump(stood.engines["shop"])
    said, end = crash_at(database._engine, -1)
    list(database.plan(reaches["shop"], ORDER))
    end()
    _, end = crash_at(database._engine, len(said) + 8)
    with pytest.raises(Crash):
        database.perform(reaches["shop"], ORDER)
    end()
    assert shop.dump(stood.engines["shop"]) == before
    assert database.perform(reaches["shop"], ORDER) > 10


@pytest.mark.parametrize("kind", ["sqlite", "postgres"], indirect=True)
def test_a_subject_with_a_hundred_thousand_rows_is_copied_and_erased_in_flat_memory(stand):
    stood = stand(2)
    database = stood.databases["shop"]
    engine = stood.engines["shop"]
    logins = sa.table("logins", *map(sa.column, ("id", "customer_id", "time", "ip")))
    with engine.begin() as connection:
        for first in range(1_000, 101_000, 10_000):
            rows = [
                {"id": n, "customer_id": 1, "time": "2026-11-01", "ip": "10.1.1.1"}
                for n in range(first, first + 10_000)
            ]
            connection.execute(logins.insert(), rows)
    reach = stood.reaches(1)["shop"]
    assert sum(len(lead.values) for lead in reach) < 30
    list(zip(range(10), database.export(reach), strict=False))
    tracemalloc.start()
    try:
        assert sum(1 for _ in database.export(reach)) > 100_000
        assert database.perform(reach, ORDER) > 100_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * 1024 * 1024
    assert database.remains(reach, ORDER) == ()
    assert len(stood.run("shop", "SELECT id FROM logins")) == 1
