"""Five hostile databases, and a sound one that none of them holds up."""

import threading
import time

import pytest

from tests.egress.sql.conftest import AT
from troth.egress.databases.conductor import (
    Sweep,
    Unanswered,
    gather,
    plan_all,
    sweep_each,
    trace_all,
)
from troth.egress.databases.port import Held, Lead, Order, Remain, Step, Traced, grown
from troth.model.errors import Unreachable
from troth.model.secret import Secret

KNOWN = {"contact.email": (Secret("mei@example.cn"),)}
ORDER = Order(id="1", task="erase", at=AT)


class Plain:
    """A database of one table that does as it is told."""

    categories = known_by = frozenset({"contact.email"})

    def __init__(self, name, leads=()):
        self.name = name
        self.rows = ["mei"]
        self.leads = tuple(leads)
        self.asked = []

    def trace(self, known, reach=()):
        self.asked.append(reach)
        mine = Lead(self.name, "rows", ("mail",), (("mei@example.cn",),))
        return Traced(reach=grown(reach, (mine,)), leads=self.leads)

    def export(self, reach):
        for row in self.rows:
            yield Held(store=self.name, table="rows", values={"mail": Secret(row)})

    def plan(self, reach, order):
        yield Step(store=self.name, table="rows", method="delete", statement="DEL", records=1)

    def perform(self, reach, order):
        touched = len(self.rows)
        self.rows.clear()
        return touched

    def remains(self, reach, order):
        if not self.rows:
            return ()
        return (Remain(place=f"{self.name}.rows", category="*", count=len(self.rows)),)


class Dead(Plain):
    def trace(self, known, reach=()):
        raise Unreachable("it is down")

    perform = remains = trace

    def export(self, reach):
        raise ConnectionRefusedError

    def plan(self, reach, order):
        raise Unreachable("it is down")


class Broken(Plain):
    """Answers, and then with an error: 500."""

    def perform(self, reach, order):
        raise Unreachable("it said 500")


class Hangs(Plain):
    def __init__(self, name, over):
        super().__init__(name)
        self.over = over

    def trace(self, known, reach=()):
        self.over.wait(20)
        return Traced(reach=())

    def perform(self, reach, order):
        self.over.wait(20)
        return 0

    def export(self, reach):
        yield Held(store=self.name, table="rows", values={})
        self.over.wait(20)


class Lies(Plain):
    def perform(self, reach, order):
        return 99


class HalfDone(Plain):
    """Killed midway, once."""

    def __init__(self, name):
        super().__init__(name)
        self.rows = ["mei", "mei"]
        self.killed = False

    def perform(self, reach, order):
        self.rows.pop()
        if not self.killed:
            self.killed = True
            raise ConnectionResetError
        return 1


@pytest.fixture
def over():
    event = threading.Event()
    yield event
    event.set()


def sweeps(*databases):
    return [Sweep(database=each, order=ORDER, reach=(), known=KNOWN) for each in databases]


@pytest.mark.clause("9.4-6")
def test_no_hostile_database_is_called_clean_and_none_holds_up_the_sound_one(over):
    sound, half = Plain("sound"), HalfDone("half")
    asked = [Dead("dead"), Broken("broken"), Hangs("hangs", over), Lies("lies"), half, sound]
    began = time.monotonic()
    swept = {each.name: each.state for each in sweep_each(sweeps(*asked), patience=0.5)}
    assert time.monotonic() - began < 5
    assert swept == {
        "dead": "unreachable",
        "broken": "unreachable",
        "hangs": "unreachable",
        "lies": "residue",
        "half": "unreachable",
        "sound": "clean",
    }
    assert [one.state for one in sweep_each(sweeps(half))] == ["clean"]


def test_what_is_held_by_law_is_held_until_the_last_of_its_days():
    held = Plain("held")
    days = [Remain(place="a", category="x", count=1, why="held", until=day) for day in (AT, AT + 5)]
    held.remains = lambda reach, order: tuple(days)
    (swept,) = sweep_each(sweeps(held))
    assert (swept.state, swept.until, swept.residue) == ("held", AT + 5, 0)
    days.append(Remain(place="b", category="x", count=0, why="unasked"))
    (swept,) = sweep_each(sweeps(held))
    assert (swept.state, swept.until, swept.residue) == ("residue", None, 1)


def test_leads_go_round_until_nothing_is_new(over):
    to_two = Lead("two", "rows", ("ref",), ((1,),))
    to_one = Lead("one", "rows", ("ref",), ((2,),))
    one, two = Plain("one", [to_two]), Plain("two", [to_one])
    found = trace_all([one, two], KNOWN, {})
    assert to_two in found["two"].reach
    assert to_one in found["one"].reach
    assert (len(one.asked), len(two.asked)) == (2, 2)


def test_a_lead_to_a_dead_database_waits_in_its_reach(over):
    lead = Lead("dead", "rows", ("ref",), ((1,),))
    found = trace_all([Plain("one", [lead]), Dead("dead"), Hangs("slow", over)], KNOWN, {}, 0.5)
    assert found["dead"].reach == (lead,)
    assert {name: one.answered for name, one in found.items()} == {
        "one": True,
        "dead": False,
        "slow": False,
    }


def test_a_lead_to_what_is_no_database_is_not_lost():
    lead = Lead("nowhere", "rows", ("ref",), ((1,),))
    found = trace_all([Plain("one", [lead])], KNOWN, {})
    assert (found["nowhere"].reach, found["nowhere"].answered) == ((lead,), False)


def test_an_earlier_reach_is_kept_and_grows():
    old = Lead("one", "rows", ("id",), ((7,),))
    found = trace_all([Plain("one")], KNOWN, {"one": (old,), "gone": (old,)})
    assert old in found["one"].reach
    assert len(found["one"].reach) == 2
    assert found["gone"].reach == (old,)


def test_a_copy_goes_on_past_what_does_not_answer(over):
    databases = [Dead("dead"), Hangs("slow", over), Plain("sound")]
    found = list(gather(databases, {}, patience=0.3))
    assert [type(each).__name__ for each in found] == ["Unanswered", "Held", "Unanswered", "Held"]
    assert [each.store for each in found] == ["dead", "slow", "slow", "sound"]


def test_a_copy_that_is_given_up_ends_its_reading(over):
    plenty = Plain("plenty")
    plenty.rows = ["mei"] * 5_000
    copy = gather([plenty], {})
    next(copy)
    copy.close()
    assert threading.active_count() < 20


def test_a_plan_of_several_is_told_one_after_the_other():
    told = list(plan_all(sweeps(Plain("one"), Dead("dead"), Plain("two"))))
    assert [each.store for each in told] == ["one", "dead", "two"]
    assert isinstance(told[1], Unanswered)


def test_nobody_to_ask_is_no_error():
    assert (sweep_each([]), trace_all([], KNOWN, {}), list(gather([], {}))) == ((), {}, [])
