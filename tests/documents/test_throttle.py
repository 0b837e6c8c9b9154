"""Failed tries slow the next one down: by identifier, account, network and in the whole house."""

import multiprocessing
import threading
from pathlib import Path

import pytest

from tests.support.stores import SqliteMaker
from troth.documents.proof.origin import Origin
from troth.documents.proof.pace import Share
from troth.documents.proof.throttle import (
    FREE,
    LONGEST_WAIT,
    MOST,
    NETWORK,
    WELCOME_FOR,
    Limits,
    Throttle,
    wait,
)
from troth.model.clock import DAY, HOUR, MINUTE, SECOND, Moment
from troth.model.errors import TooMany
from troth.model.secret import Secret
from troth.store.sql import Store
from troth.store.sqlite import SqliteStore

WHO = Secret("li.na@mail.example")
KEY = b"k" * 32
HOME = Origin(network="192.0.2.7")
AWAY = Origin(network="198.51.100.7")


def name(number: int) -> Secret:
    return Secret(f"somebody{number}@mail.example")


@pytest.fixture
def throttle(data_store: Store) -> Throttle:
    return Throttle(data_store, KEY)


@pytest.fixture
def small(data_store: Store) -> Throttle:
    """Return the throttle of a house that has few failures an hour."""
    return Throttle(data_store, KEY, Limits(network=Share(10, 10), house=Share(20, 60)))


def let_in(throttle: Throttle, tries: int, at: Moment, origin: Origin, *, first: int = 0) -> int:
    """Try as many names, once each; return how many tries were let in."""
    count = 0
    for nth in range(first, first + tries):
        try:
            throttle.begin(name(nth), at=at, origin=origin)
            count += 1
        except TooMany:
            pass
    return count


# --- an identifier -------------------------------------------------------------------------------


@pytest.mark.clause("7.1c")
def test_five_tries_are_free_and_the_next_has_to_wait(throttle: Throttle, at: Moment) -> None:
    for _ in range(FREE + 1):
        throttle.begin(WHO, at=at)
    with pytest.raises(TooMany):
        throttle.begin(Secret("LI.NA@mail.example"), at=at)
    throttle.begin(WHO, at=Moment(at + wait(FREE + 1)))


@pytest.mark.clause("7.1c")
def test_a_hundred_failures_lock_until_recovery(throttle: Throttle, at: Moment) -> None:
    for _ in range(MOST):
        throttle.begin(WHO, at=at)
        at = Moment(at + LONGEST_WAIT)
    with pytest.raises(TooMany):
        throttle.begin(WHO, at=Moment(at + DAY))
    throttle.purge(Moment(at + 3 * DAY))
    with pytest.raises(TooMany):
        throttle.begin(WHO, at=Moment(at + 3 * DAY))
    throttle.forget(WHO)
    throttle.begin(WHO, at=at)


def test_an_hour_of_trying_stays_below_a_hundred(throttle: Throttle, at: Moment) -> None:
    tries, now = 0, at
    while now < at + HOUR:
        try:
            throttle.begin(WHO, at=now)
            tries += 1
        except TooMany:
            now = Moment(now + 10 * SECOND)
    assert tries < 20


def test_a_success_forgets_the_failures(throttle: Throttle, at: Moment) -> None:
    for _ in range(20):
        throttle.begin(WHO, at=at)
        throttle.succeeded(WHO)


def test_one_identifier_does_not_slow_another(throttle: Throttle, at: Moment) -> None:
    for _ in range(FREE + 1):
        throttle.begin(WHO, at=at)
    throttle.begin(Secret("other@mail.example"), at=at)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("13900001111", "+86 139 0000 1111"),
        ("13900001111", "0086 139-0000-1111"),
        ("13900001111", "\uff11\uff13\uff19\uff10\uff10\uff10\uff10\uff11\uff11\uff11\uff11"),
        ("li@b\u00fccher.example", "LI@xn--bcher-kva.example"),
        ("li@mail.example", "\uff2c\uff29@mail.example"),
        ("Li-Na", "li-na"),
    ],
)
def test_no_spelling_of_an_identifier_brings_more_tries(
    throttle: Throttle, at: Moment, one: str, other: str
) -> None:
    for _ in range(FREE + 1):
        throttle.begin(Secret(one), at=at)
    with pytest.raises(TooMany):
        throttle.begin(Secret(other), at=at)


@pytest.mark.parametrize(("one", "other"), [("a+b@m.example", "a@m.example"), ("a-b", "ab")])
def test_what_can_be_two_accounts_is_counted_twice(
    throttle: Throttle, at: Moment, one: str, other: str
) -> None:
    for _ in range(FREE + 1):
        throttle.begin(Secret(one), at=at)
    throttle.begin(Secret(other), at=at)


def test_clocks_of_two_machines_need_not_agree_to_the_millisecond(
    throttle: Throttle, at: Moment
) -> None:
    throttle.begin(WHO, at=at)
    throttle.begin(WHO, at=Moment(at - 3))


# --- an account ----------------------------------------------------------------------------------


def test_an_account_takes_a_hundred_failures_by_whatever_names(
    throttle: Throttle, at: Moment
) -> None:
    account = Secret("cn-aaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert all(throttle.may_prove(account, at=at) for _ in range(MOST))
    assert not throttle.may_prove(account, at=Moment(at + 3 * DAY))
    throttle.succeeded(account)
    assert throttle.may_prove(account, at=at)


# --- a network -----------------------------------------------------------------------------------


def test_a_network_that_sprays_over_many_names_is_slowed(throttle: Throttle, at: Moment) -> None:
    assert let_in(throttle, NETWORK.at_once + 20, at, HOME) == NETWORK.at_once
    assert let_in(throttle, 5, at, Origin(network="192.0.2.200"), first=500) == 0
    assert let_in(throttle, 5, at, AWAY, first=600) == 5
    later = Moment(at + HOUR // 2)
    assert let_in(throttle, 200, later, HOME, first=700) == NETWORK.per_hour // 2


def test_a_success_of_ones_own_gives_no_others_their_tries_back(
    small: Throttle, at: Moment
) -> None:
    for nth in range(10):
        for _ in range(5):
            small.begin(WHO, at=at, origin=HOME)
            small.succeeded(WHO, at=at, origin=HOME)
        small.begin(name(nth), at=at, origin=HOME)
    for each in (name(99), WHO):
        with pytest.raises(TooMany):
            small.begin(each, at=at, origin=HOME)


def test_whoever_floods_from_one_network_locks_nobody_elses_account(
    small: Throttle, at: Moment
) -> None:
    let_in(small, 10, at, HOME)
    for _ in range(50):
        with pytest.raises(TooMany):
            small.begin(WHO, at=at, origin=HOME)
    small.begin(WHO, at=at, origin=AWAY)


# --- the house -----------------------------------------------------------------------------------


def test_a_spray_from_everywhere_is_slowed_in_all(small: Throttle, at: Moment) -> None:
    count = sum(
        let_in(small, 1, at, Origin(network=f"203.0.{nth}.1"), first=nth) for nth in range(60)
    )
    assert count == 20
    small.begin(name(99), at=Moment(at + MINUTE), origin=AWAY)


def test_meanwhile_people_come_in_from_where_they_came_in_before(
    small: Throttle, at: Moment
) -> None:
    small.begin(WHO, at=at, origin=HOME)
    small.succeeded(WHO, at=at, origin=HOME)
    for nth in range(60):
        let_in(small, 1, at, Origin(network=f"203.0.{nth}.1"), first=nth)
    small.begin(WHO, at=at, origin=Origin(network="192.0.2.99"))
    with pytest.raises(TooMany):
        small.begin(WHO, at=at, origin=AWAY)


def test_a_network_is_welcome_for_a_month(data_store: Store, at: Moment) -> None:
    throttle = Throttle(data_store, KEY, Limits(house=Share(1, 1)))
    throttle.succeeded(WHO, at=at, origin=HOME)
    late = Moment(at + WELCOME_FOR)
    throttle.begin(name(0), at=late, origin=AWAY)
    with pytest.raises(TooMany):
        throttle.begin(WHO, at=late, origin=HOME)


def test_every_refusal_says_the_same(small: Throttle, at: Moment) -> None:
    told = set()

    def refused(who: Secret, origin: Origin) -> None:
        with pytest.raises(TooMany) as refusal:
            small.begin(who, at=at, origin=origin)
        told.add(str(refusal.value))

    for _ in range(FREE + 1):
        small.begin(WHO, at=at)
    refused(WHO, AWAY)
    let_in(small, 10, at, HOME)
    refused(name(99), HOME)
    let_in(small, 10, at, AWAY, first=10)
    refused(name(99), Origin(network="203.0.113.1"))
    assert len(told) == 1


# --- together ------------------------------------------------------------------------------------


def spray(path: str, at: int, first: int, results: "multiprocessing.Queue[int]") -> None:
    """Try many names from one network, in a process of its own, with several threads."""
    throttle = Throttle(SqliteStore(path), KEY)
    counts: list[int] = []
    threads = [
        threading.Thread(
            target=lambda start=start: counts.append(
                let_in(throttle, 50, Moment(at), HOME, first=start)
            )
        )
        for start in range(first, first + 200, 50)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(sum(counts))


def test_processes_count_together(tmp_path: Path, sqlite_maker: SqliteMaker, at: Moment) -> None:
    store, end = sqlite_maker.make(tmp_path, "data")
    spawn = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[int] = spawn.Queue()
    processes = [
        spawn.Process(target=spray, args=(store.name, at, first, results)) for first in (0, 1000)
    ]
    for process in processes:
        process.start()
    let = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    end()
    assert sum(let) == NETWORK.at_once


def test_the_table_holds_neither_names_nor_networks(
    throttle: Throttle, data_store: Store, at: Moment
) -> None:
    throttle.begin(WHO, at=at, origin=HOME)
    throttle.may_prove(WHO, at=at)
    throttle.succeeded(name(1), at=at, origin=HOME)
    rows = data_store.query("SELECT what FROM throttles UNION SELECT what FROM paces")
    told = b"".join(bytes(what) for (what,) in rows)
    assert len(rows) == 5
    assert b"li.na" not in told
    assert b"192.0" not in told


def test_the_sweep_takes_old_counts(throttle: Throttle, data_store: Store, at: Moment) -> None:
    throttle.begin(WHO, at=at, origin=HOME)
    assert throttle.purge(at) == 0
    assert throttle.purge(Moment(at + 2 * DAY)) == 3
    assert data_store.query("SELECT COUNT(*) FROM paces") == [(0,)]
