"""What every store promises, asked of SQLite and of a real PostgreSQL."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.model.errors import Misconfigured
from troth.store.sql import Family, Store, Tx
from troth.store.sqlite import SqliteStore

MAKE = "CREATE TABLE things (id TEXT PRIMARY KEY, n INTEGER, b BLOB)"
PUT = "INSERT INTO things (id, n, b) VALUES (?, ?, ?)"
ALL = "SELECT id, n, b FROM things ORDER BY id"


@pytest.fixture
def store(store_factory: Callable[[Family | None], Store]) -> Store:
    store = store_factory(None)
    store.transact(lambda tx: tx.run(MAKE))
    return store


def test_what_a_transaction_wrote_is_there_after_it(store: Store) -> None:
    assert store.transact(lambda tx: tx.change(PUT, ("a", 1, b"x"))) == 1
    assert store.query(ALL) == [("a", 1, b"x")]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.run(PUT, ("a", 1, None))
        raise LookupError

    with pytest.raises(LookupError):
        store.transact(work)
    assert store.query(ALL) == []


def test_a_transaction_that_is_interrupted_leaves_nothing(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.run(PUT, ("a", 1, None))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.transact(work)
    assert store.query(ALL) == []


def test_a_transaction_inside_another_is_refused_and_both_leave_nothing(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.run(PUT, ("outer", 1, None))
        store.transact(lambda inner: inner.run(PUT, ("inner", 1, None)))

    with pytest.raises(Misconfigured, match="inside another"):
        store.transact(work)
    assert store.query(ALL) == []


def test_after_a_refused_one_the_store_still_works(store: Store) -> None:
    with pytest.raises(Misconfigured):
        store.transact(lambda tx: store.transact(lambda inner: None))
    store.transact(lambda tx: tx.run(PUT, ("a", 1, None)))
    assert len(store.query(ALL)) == 1


def test_a_transaction_reads_what_it_wrote_and_others_do_not_yet(store: Store) -> None:
    def work(tx: Tx) -> tuple[int, int]:
        tx.run(PUT, ("a", 1, None))
        return len(tx.run(ALL)), len(store.query(ALL))

    assert store.transact(work) == (1, 0)


def test_change_counts_rows(store: Store) -> None:
    store.transact(lambda tx: tx.run_many(PUT, [(str(n), n, None) for n in range(5)]))
    assert store.transact(lambda tx: tx.change("UPDATE things SET n = 0 WHERE n > ?", (2,))) == 2


def test_a_conflict_can_be_stepped_over_or_updated(store: Store) -> None:
    more = " ON CONFLICT (id) DO UPDATE SET n = excluded.n RETURNING n"
    store.transact(lambda tx: tx.run(PUT, ("a", 1, None)))
    assert store.transact(lambda tx: tx.run(PUT + more, ("a", 2, None))) == [(2,)]
    assert (
        store.transact(lambda tx: tx.change(f"{PUT} ON CONFLICT DO NOTHING", ("a", 3, None))) == 0
    )


def test_a_percent_sign_in_a_statement_is_a_percent_sign(store: Store) -> None:
    store.transact(lambda tx: tx.run_many(PUT, [("50%", 1, None), ("50", 1, None)]))
    assert store.query("SELECT id FROM things WHERE id LIKE '50_' AND n = ?", (1,)) == [("50%",)]


NUMBERS = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=50)


@given(text=TEXTS, number=NUMBERS | st.none(), octets=st.binary(max_size=50) | st.none())
def test_every_value_comes_back_as_it_went_in(store, text, number, octets) -> None:
    def work(tx: Tx) -> list[tuple[object, ...]]:
        tx.run("DELETE FROM things")
        tx.run(PUT, (text, number, octets))
        return tx.run(ALL)

    assert store.transact(work) == [(text, number, octets)]


def test_many_threads_lose_no_update(store: Store) -> None:
    def add(_: int) -> None:
        def work(tx: Tx) -> None:
            ((n,),) = tx.run("SELECT n FROM things WHERE id = 'a' FOR UPDATE")
            tx.run("UPDATE things SET n = ? WHERE id = 'a'", (n + 1,))

        store.transact(work)

    store.transact(lambda tx: tx.run(PUT, ("a", 0, None)))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(60)))
    assert store.query("SELECT n FROM things") == [(60,)]


def test_a_reader_is_not_held_up_by_a_writer(store: Store) -> None:
    begun, read = threading.Event(), threading.Event()

    def work(tx: Tx) -> bool:
        tx.run(PUT, ("a", 1, None))
        begun.set()
        return read.wait(10)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(store.transact, work)
        begun.wait(10)
        assert store.query(ALL) == []
        read.set()
        assert writing.result()


def test_a_scrubbed_store_still_holds_its_rows(store: Store) -> None:
    store.transact(lambda tx: tx.run(PUT, ("a", 1, None)))
    store.scrub()
    assert len(store.query(ALL)) == 1


def test_a_store_in_memory_keeps_the_same_promises() -> None:
    store = SqliteStore(":memory:")
    store.transact(lambda tx: tx.run(MAKE))
    test_a_transaction_that_fails_leaves_nothing(store)
    test_a_transaction_inside_another_is_refused_and_both_leave_nothing(store)
    test_change_counts_rows(store)
    store.close()
