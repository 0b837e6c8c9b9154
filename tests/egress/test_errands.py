"""An erasure reaches every other database, however often that has to be asked."""

import pytest

from tests.egress.conftest import SUBJECT, WHO, KeyRing
from troth.egress.databases import sweep
from troth.egress.errands import LONGEST_WAIT, READY, Errands
from troth.model.clock import DAY, MINUTE
from troth.model.errors import Unreachable
from troth.model.terms import Region, SubjectId

OTHER = SubjectId.new(Region("cn"))


class Shop:
    """A database that is down for a while, and then lies for a while."""

    def __init__(self, name="shop", down=0, lying=0):
        self.name, self.down, self.lying, self.rows = name, down, lying, {SUBJECT: 2}

    def erase(self, ref):
        if self.down:
            self.down -= 1
            raise Unreachable
        if self.lying:
            self.lying -= 1
            return 2
        return self.rows.pop(ref, 0)

    def count(self, ref):
        return self.rows.get(ref, 0)

    def export(self, ref):
        return []


class Desk:
    """Errands on a real store, with what a test wants to do all the time."""

    def __init__(self, store, *databases):
        self.store, self.ring = store, KeyRing()
        self.errands = Errands(store, databases, self.ring)

    def order(self, at, subject=SUBJECT, **more):
        self.store.transact(lambda tx: self.errands.order(tx, subject, who=WHO, at=at, **more))

    def round(self, at, **more):
        visits = self.errands.attempt(self.errands.due(at, **more), patience=5)
        return [self.settle(visit, at) for visit in visits]

    def settle(self, visit, at):
        ended = self.store.transact(lambda tx: self.errands.settle(tx, visit, at))
        self.ring.keys.pop(ended.key_id, None)
        return ended.state


@pytest.mark.clause("9.4-6")
def test_an_erasure_ends_in_every_database_and_leaves_no_order_behind(data_store, at):
    desk = Desk(data_store, Shop("shop"), Shop("forum"))
    desk.order(at)
    assert desk.errands.open_of(SUBJECT) == {"forum": -1, "shop": -1}
    assert desk.round(at) == ["clean", "clean"]
    assert desk.errands.open_of(SUBJECT) == {}
    assert len(desk.ring.keys) == 0


def test_a_database_that_lies_is_asked_until_it_is_true(data_store, at):
    desk = Desk(data_store, Shop(lying=2))
    desk.order(at)
    assert desk.round(at) == ["retry"]
    assert desk.errands.open_of(SUBJECT) == {"shop": 2}
    assert desk.round(at + MINUTE) == ["retry"]
    assert desk.round(at + 3 * MINUTE) == ["clean"]


def test_a_database_that_is_down_is_asked_ever_more_slowly(data_store, at):
    desk = Desk(data_store, Shop(down=99))
    desk.order(at)
    assert desk.round(at) == ["retry"]
    assert desk.round(at + MINUTE - 1) == []
    assert desk.round(at + MINUTE) == ["retry"]
    assert desk.round(at + 3 * MINUTE - 1) == []
    assert desk.errands.open_of(SUBJECT) == {"shop": -1}


def test_it_is_never_given_up_and_after_thirty_days_it_is_overdue(data_store, at):
    desk = Desk(data_store, Shop(down=40))
    desk.order(at)
    states = [state for day in range(60) for state in desk.round(at + day * LONGEST_WAIT)]
    assert (states[-1], states.count("clean"), len(states)) == ("clean", 1, 41)


def test_what_is_overdue_is_listed(data_store, at):
    desk = Desk(data_store, Shop(down=99))
    desk.order(at)
    desk.round(at)
    assert desk.errands.overdue(at + 30 * DAY - 1) == []
    [late] = desk.errands.overdue(at + 30 * DAY)
    assert (late.subject_id, late.place, late.residue, late.tries) == (SUBJECT, "shop", -1, 1)


def test_one_that_is_down_holds_up_no_other(data_store, at):
    desk = Desk(data_store, Shop("down", down=1), Shop("up"))
    desk.order(at)
    assert sorted(desk.round(at)) == ["clean", "retry"]
    assert desk.errands.open_of(SUBJECT) == {"down": -1}


def test_a_crash_before_settling_asks_again(data_store, at):
    shop = Shop()
    desk = Desk(data_store, shop)
    desk.order(at)
    desk.errands.attempt(desk.errands.due(at))  # and here the power went
    assert desk.round(at + 5 * MINUTE - 1) == []
    assert (desk.round(at + 5 * MINUTE), shop.rows) == (["clean"], {})


def test_two_clerks_do_not_run_the_same_errand(data_store, at):
    desk = Desk(data_store, Shop("a"), Shop("b"), Shop("c"))
    desk.order(at)
    mine, yours = desk.errands.due(at, 2), desk.errands.due(at, 2)
    assert [errand.place for errand in (*mine, *yours)] == ["a", "b", "c"]


def test_who_lost_the_lease_cannot_put_it_off(data_store, at):
    desk = Desk(data_store, Shop(down=1))
    desk.order(at)
    [slow] = desk.errands.attempt(desk.errands.due(at))
    [visit] = desk.errands.attempt(desk.errands.due(at + 5 * MINUTE))
    assert desk.settle(slow, at + 5 * MINUTE) == "gone"
    assert desk.settle(visit, at + 5 * MINUTE) == "clean"
    assert desk.settle(visit, at + 5 * MINUTE) == "gone"


def test_the_errands_of_one_subject_can_be_run_at_once(data_store, at):
    desk = Desk(data_store, Shop())
    desk.order(at)
    desk.order(at, OTHER)
    assert desk.round(at, subject=OTHER) == ["clean"]
    assert desk.errands.open_of(SUBJECT) == {"shop": -1}


def test_an_order_given_twice_is_one_errand(data_store, at):
    desk = Desk(data_store, Shop())
    desk.order(at)
    desk.order(at + 1)
    assert len(desk.ring.keys) == 1
    assert desk.round(at + 1) == ["clean"]
    assert desk.round(at + DAY) == []


def test_a_visit_says_for_which_pseudonym_it_was(data_store, at):
    desk = Desk(data_store, Shop())
    desk.order(at, ref="mei.lin@example.cn")
    [visit] = desk.errands.attempt(desk.errands.due(at))
    assert (visit.who, visit.swept.erased) == (WHO, 0)
    row = repr(data_store.query("SELECT * FROM errands"))
    assert WHO not in row
    assert "mei.lin" not in row


def test_a_database_that_left_the_settings_stays_owed(data_store, at):
    desk = Desk(data_store, Shop("old"))
    desk.order(at)
    rest = Errands(data_store, [], desk.ring)
    [visit] = rest.attempt(rest.due(at))
    assert (visit.swept.name, visit.swept.state) == ("old", "unreachable")
    assert desk.settle(visit, at) == "retry"


def test_an_order_that_cannot_be_opened_is_not_called_clean(data_store, at):
    desk = Desk(data_store, Shop())
    desk.order(at)
    desk.ring.keys.clear()
    assert desk.round(at) == ["retry"]


def test_an_order_in_a_transaction_that_fails_was_not_given(data_store, at):
    desk = Desk(data_store, Shop())

    def work(tx):
        desk.errands.order(tx, SUBJECT, who=WHO, at=at)
        raise Unreachable

    with pytest.raises(Unreachable):
        data_store.transact(work)
    assert desk.round(at) == []


def test_what_is_due_is_read_from_the_index(tmp_path, sqlite_maker):
    store, end = sqlite_maker.make(tmp_path, "data")
    [(*_, plan)] = store.query("EXPLAIN QUERY PLAN " + READY, (0, 1))
    assert "USING COVERING INDEX errands_due" in plan
    end()


def test_the_sweep_itself_needs_no_order():
    assert sweep(Shop(), SUBJECT).state == "clean"
