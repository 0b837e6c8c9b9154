import os
import signal
import threading

import pytest

from tests.ledger.samples import NOON, ORIGIN, entries, entry, perform, placed, record, someone
from troth.ledger import integrate
from troth.ledger.audit import audit
from troth.ledger.fold import Standings
from troth.ledger.integrate import LEASE, Integrator
from troth.ledger.log import Log
from troth.model.acts import Close
from troth.model.clock import Moment
from troth.store.sqlite import SqliteStore

STATEMENTS = 6  # of one batch: lock, take, place, tiles, head, and one more to be sure


def ids(found):
    return [one.id for one in found]


def whole(log, expected):
    """Demand that every entry has one place, in order, and that the database is sound."""
    log.checkpoint(NOON)
    assert [log.position(each) for each in expected] == list(range(len(expected)))
    assert log.size() == len(expected)
    assert audit(log.store, log.vkey).ok


def test_entries_get_places_in_order_of_time(log, signer):
    (late,) = record(log, entry(someone(), at=9))
    (early,) = record(Log(log.store, ORIGIN, signer), entry(someone(), at=5))
    log.integrate(NOON)
    assert (log.position(early.id), log.position(late.id)) == (0, 1)


def test_entries_of_one_subject_keep_their_order_over_many_batches(log, monkeypatch):
    monkeypatch.setattr(integrate, "BATCH", 7)
    who = someone()
    made = record(log, *(entry(who, at=max(0, 100 - n)) for n in range(40)))
    assert log.integrate(NOON) == 40
    whole(log, ids(made))


def test_no_more_is_integrated_than_was_asked(log):
    made = record(log, *entries(10))
    assert [log.integrate(NOON, most) for most in (3, 0, 100, 100)] == [3, 0, 7, 0]
    whole(log, ids(made))


def test_a_tree_that_grew_step_by_step_is_sound(log):
    made = [one for number in (1, 254, 1, 1, 255, 300) for one in placed(log, number)]
    whole(log, ids(made))


# --- the lease ---------------------------------------------------------------------------------


def take_lease(log, until):
    log.store.transact(
        lambda tx: tx.run("UPDATE tree_head SET holder = 'other', until = ?", (until,))
    )


@pytest.mark.parametrize(
    ("until", "done"),
    [(NOON + LEASE, 0), (NOON + 1, 0), (NOON, 3), (NOON - 1, 3), (NOON + LEASE + 1, 3)],
)
def test_another_integrator_is_let_finish_until_its_lease_ends(log, until, done):
    record(log, *entries(3))
    take_lease(log, until)
    assert log.integrate(NOON) == done


def test_a_lease_ends_with_the_work(log):
    placed(log, 3)
    record(log, *entries(3))
    assert Integrator(log.store).run(NOON) == 3


def test_a_lease_is_kept_between_batches(log):
    record(log, *entries(3))
    log.integrate(NOON, 2)
    assert Integrator(log.store).run(NOON) == 0
    assert Integrator(log.store).run(Moment(NOON + LEASE)) == 1


# --- killed in the middle ----------------------------------------------------------------------


class Killed(Exception):
    """The process ends here."""


class Fragile:
    """A store whose transactions break off after so many statements."""

    def __init__(self, store, kill, after):
        self._store, self._kill, self._left = store, kill, after
        self.query = store.query

    def transact(self, work):
        def fragile(tx):
            self._tx = tx
            result = work(self)
            self._step()
            return result

        return self._store.transact(fragile)

    def _step(self):
        self._left -= 1
        if self._left < 0:
            self._kill()

    def run(self, sql, params=()):
        self._step()
        return self._tx.run(sql, params)

    def run_many(self, sql, rows):
        self._step()
        self._tx.run_many(sql, rows)


def raise_killed():
    raise Killed


@pytest.mark.parametrize("after", range(STATEMENTS))
def test_a_batch_that_breaks_off_did_not_happen(log, after):
    made = [*placed(log, 250), *record(log, *entries(10))]
    with pytest.raises(Killed):
        Integrator(Fragile(log.store, raise_killed, after)).run(NOON)
    assert (log.size(), log.recent(limit=1)[0].id) == (250, made[-1].id)
    assert log.integrate(NOON) == 10
    whole(log, ids(made))


@pytest.mark.parametrize("after", range(STATEMENTS))
def test_nothing_is_lost_or_doubled_when_the_process_is_killed(
    tmp_path, sqlite_maker, signer, after
):
    store, close = sqlite_maker.make(tmp_path, "data")
    log = Log(store, ORIGIN, signer)
    made = [*placed(log, 250), *record(log, *entries(10))]
    child = os.fork()
    if child == 0:
        mine = SqliteStore(store.name)
        Integrator(Fragile(mine, lambda: os.kill(os.getpid(), signal.SIGKILL), after)).run(NOON)
        os._exit(0)
    os.waitpid(child, 0)
    log.integrate(Moment(NOON + LEASE))
    whole(log, ids(made))
    close()


# --- many at once ------------------------------------------------------------------------------


def test_an_entry_committed_late_by_a_slow_transaction_is_not_lost(
    postgres_maker, tmp_path, signer
):
    store, close = postgres_maker.make(tmp_path, "data")
    log = Log(store, ORIGIN, signer)
    slow, quick = entry(someone(), at=5), entry(someone(), at=6)
    recorded, go_on = threading.Event(), threading.Event()

    def work(tx):
        log.record(tx, [slow])
        recorded.set()
        go_on.wait(10)

    thread = threading.Thread(target=store.transact, args=(work,))
    thread.start()
    recorded.wait(10)
    record(log, quick)
    assert log.integrate(NOON) == 1
    go_on.set()
    thread.join()
    assert log.integrate(NOON) == 1
    whole(log, [quick.id, slow.id])
    close()


def in_threads(*works):
    failures = []

    def guarded(work):
        try:
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_many_writers_and_integrators_lose_and_double_nothing(log):
    standings, whos, stop = Standings(log.store), [someone() for _ in range(3)], threading.Event()
    for who in whos:
        perform(log, standings, who, [Close(subject=None)], NOON)

    def write():
        for n in range(24):
            perform(log, standings, whos[n % 3], [Close(subject=None)] * 2, Moment(NOON + n))
        stop.set()

    def integrate_on():
        helper = Integrator(log.store)
        while not stop.wait(0.002):
            helper.run(NOON)

    in_threads(write, write, write, integrate_on, integrate_on)
    log.integrate(Moment(NOON + LEASE))
    trails = [log.trail(who) for who in whos]
    assert [len(trail) for trail in trails] == [1 + 3 * 8 * 2] * 3
    assert [standings.read(who).entries for who in whos] == [49] * 3
    log.checkpoint(NOON)
    assert (log.size(), audit(log.store, log.vkey).ok) == (147, True)
