"""A pace gives so many at once and so many an hour, whoever takes them and however fast."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from troth.documents.proof import pace
from troth.documents.proof.pace import Share
from troth.model.clock import DAY, HOUR, MINUTE, Moment
from troth.store.sql import Store
from troth.store.sqlite import SqliteStore

WHAT = b"w" * 32
SIX = Share(6, 60)


def took(store: Store, at: Moment, share: Share = SIX, what: bytes = WHAT) -> bool:
    return store.transact(lambda tx: pace.take(tx, what, share, at))


def test_so_many_at_once_and_then_one_by_one(data_store: Store, at: Moment) -> None:
    assert [took(data_store, at) for _ in range(8)] == [True] * 6 + [False] * 2
    assert not took(data_store, Moment(at + MINUTE - 1))
    assert [took(data_store, Moment(at + MINUTE)) for _ in range(2)] == [True, False]


def test_time_gives_back_no_more_than_all(data_store: Store, at: Moment) -> None:
    took(data_store, at)
    later = Moment(at + DAY)
    assert [took(data_store, later) for _ in range(7)] == [True] * 6 + [False]


def test_one_that_is_given_back_can_be_taken_again(data_store: Store, at: Moment) -> None:
    for _ in range(6):
        took(data_store, at)
    data_store.transact(lambda tx: pace.give_back(tx, WHAT, SIX))
    assert [took(data_store, at), took(data_store, at)] == [True, False]


def test_one_thing_does_not_pace_another(data_store: Store, at: Moment) -> None:
    for _ in range(6):
        took(data_store, at)
    assert took(data_store, at, what=b"o" * 32)


def test_clocks_that_differ_a_little_refuse_nobody(data_store: Store, at: Moment) -> None:
    assert took(data_store, at)
    assert took(data_store, Moment(at - 500))


def test_many_at_once_take_no_more_than_there_is(data_store: Store, at: Moment) -> None:
    got: list[bool] = []

    def take() -> None:
        got.extend(took(data_store, at) for _ in range(4))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 6


def test_a_mark_stands_until_its_moment_and_is_renewed(data_store: Store, at: Moment) -> None:
    def mark(now: Moment) -> None:
        data_store.transact(lambda tx: pace.mark(tx, WHAT, now, lasts=DAY, renew=HOUR))

    def marked(now: int) -> bool:
        return data_store.transact(lambda tx: pace.is_marked(tx, WHAT, Moment(now)))

    assert not marked(at)
    mark(at)
    mark(Moment(at + MINUTE))
    assert marked(at + DAY - 1)
    assert not marked(at + DAY)
    mark(Moment(at + DAY - MINUTE))
    assert marked(at + 2 * DAY - 2 * MINUTE)


@given(st.lists(st.integers(0, 5 * MINUTE), max_size=60))
def test_no_hour_ever_gives_more_than_its_share(waits: list[int]) -> None:
    store = SqliteStore(":memory:")
    store.transact(
        lambda tx: tx.run("CREATE TABLE paces (what BLOB PRIMARY KEY, used_until INTEGER)")
    )
    at, given = 0, list[int]()
    for wait in waits:
        at += wait
        if took(store, Moment(at)):
            given.append(at)
    for start in given:
        assert sum(start <= each < start + HOUR for each in given) <= SIX.at_once + SIX.per_hour
    store.close()
