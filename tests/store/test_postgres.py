"""Many machines: what is run again, what is refused, what stays unknown."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.support.postgres import Server
from troth.model.errors import Misconfigured, StoreBusy
from troth.store import postgres
from troth.store.postgres import PostgresStore
from troth.store.sql import Tx

SET = "UPDATE things SET n = n + 1 WHERE id = ?"
SUM = "SELECT n FROM things ORDER BY id"


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    name = server.create()
    yield name
    server.drop(name)


@pytest.fixture
def store(server: Server, database: str) -> Iterator[PostgresStore]:
    store = PostgresStore(server.dsn(database))
    store.transact(lambda tx: tx.run("CREATE TABLE things (id TEXT PRIMARY KEY, n INTEGER)"))
    store.transact(lambda tx: tx.run("INSERT INTO things (id, n) VALUES ('a', 0), ('b', 0)"))
    yield store
    store.close()


def both(store: PostgresStore, first: Callable[[Tx], None], second: Callable[[Tx], None]) -> None:
    """Run two transactions at the same time."""
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(store.transact, first), pool.submit(store.transact, second)]:
            done.result()


def meeting(how: str) -> tuple[Callable[[str, str], Callable[[Tx], None]], list[str]]:
    """Return transactions that read or write one row, wait for each other once, and write another.

    The list tells every time one was begun.
    """
    together, begun = threading.Barrier(2, timeout=10), []

    def crossing(mine: str, other: str) -> Callable[[Tx], None]:
        def work(tx: Tx) -> None:
            first = mine not in begun
            begun.append(mine)
            if how == "serialisable":
                tx.run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                tx.run("SELECT n FROM things WHERE id = ?", (mine,))
            else:
                tx.run(SET, (mine,))
            if first:
                together.wait()
            tx.run(SET, (other,))

        return work

    return crossing, begun


def test_two_that_cannot_be_put_in_an_order_are_run_again(store: PostgresStore) -> None:
    crossing, begun = meeting("serialisable")
    both(store, crossing("a", "b"), crossing("b", "a"))
    assert store.query(SUM) == [(1,), (1,)]
    assert len(begun) == 3


def test_two_that_wait_for_each_other_are_run_again(store: PostgresStore) -> None:
    crossing, begun = meeting("deadlock")
    both(store, crossing("a", "b"), crossing("b", "a"))
    assert store.query(SUM) == [(2,), (2,)]
    assert len(begun) == 3


def test_a_connection_lost_before_the_end_is_no_loss(store: PostgresStore, server: Server) -> None:
    tries: list[int] = []

    def work(tx: Tx) -> None:
        tx.run(SET, ("a",))
        tries.append(1)
        if len(tries) == 1:
            ((pid,),) = tx.run("SELECT pg_backend_pid()")
            server.admin().execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            tx.run(SET, ("b",))

    store.transact(work)
    assert (len(tries), store.query(SUM)) == (2, [(1,), (0,)])


def test_a_commit_that_nobody_confirmed_is_not_run_again(
    store: PostgresStore, server: Server
) -> None:
    def work(tx: Tx) -> None:
        tx.run(SET, ("a",))
        ((pid,),) = tx.run("SELECT pg_backend_pid()")
        server.admin().execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    with pytest.raises(StoreBusy, match="idempotency key"):
        store.transact(work)
    assert store.query(SUM) == [(0,), (0,)]


def test_one_that_never_gets_through_gives_up(store: PostgresStore, monkeypatch) -> None:
    monkeypatch.setattr(postgres, "WAIT_S", 0.0)
    tries: list[int] = []

    def work(tx: Tx) -> None:
        tries.append(1)
        raise psycopg.errors.SerializationFailure

    with pytest.raises(StoreBusy):
        store.transact(work)
    assert len(tries) == postgres.TRIES


@pytest.mark.parametrize("setting", ["synchronous_commit"])
def test_a_server_that_may_lose_what_it_acknowledged_is_refused(
    server: Server, database: str, setting: str
) -> None:
    server.admin().execute(f'ALTER DATABASE "{database}" SET {setting} = off')
    with pytest.raises(Misconfigured, match=f"{setting}=off"):
        PostgresStore(server.dsn(database))


@pytest.mark.parametrize("setting", postgres.MUST_BE_ON)
def test_the_server_of_these_tests_loses_nothing(store: PostgresStore, setting: str) -> None:
    assert store.query("SELECT current_setting(?)", (setting,)) == [("on",)]


def test_a_server_that_is_not_there_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(postgres, "OPEN_S", 0.2)
    with pytest.raises(Misconfigured, match="cannot be reached"):
        PostgresStore(f"host={tmp_path} user=nobody dbname=nothing password=canary")


def test_a_copy_is_left_to_the_servers_own_tools(store: PostgresStore) -> None:
    with pytest.raises(Misconfigured, match="pg_dump"):
        store.backup("copy.db")


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("SELECT a FROM b WHERE c = ?", "SELECT a FROM b WHERE c = %s"),
        ("CREATE TABLE a (b BLOB, c INTEGER)", "CREATE TABLE a (b BYTEA, c BIGINT)"),
        (
            "CREATE TABLE a (b TEXT PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE a (b TEXT PRIMARY KEY)",
        ),
        ("SELECT 'INTEGER'", "SELECT 'INTEGER'"),
    ],
)
def test_the_little_that_differs_is_translated(sql: str, translated: str) -> None:
    assert postgres.portable(sql) == translated
