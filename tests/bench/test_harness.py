"""Who takes turns with whom, and what a goal says; nothing depends on a machine's speed."""

import math

import msgspec
import pytest

from bench.harness import Contender, Figure, Pace, Slice, Timed, cycle, interleave, turns
from bench.report import OURS, Goal, Row, growth, judge, rows_of, verdict

PACE = Pace(rounds=3, slice_ms=0.01)


def timed(**rounds: list[float]) -> Timed:
    slices = {(name, 100): [Slice(one, one, []) for one in times] for name, times in rounds.items()}
    return Timed("wall", slices)


def test_every_contender_takes_one_turn_in_every_round() -> None:
    order = list(turns(3, 4))
    assert all(sorted(order[i : i + 3]) == [0, 1, 2] for i in range(0, 12, 3))


def test_the_first_turn_goes_to_another_contender_each_round() -> None:
    assert [list(turns(3, 3))[i] for i in (0, 3, 6)] == [0, 1, 2]


def test_all_rounds_of_all_contenders_are_kept() -> None:
    pair = [
        Contender(name=name, n=n, call=math.sqrt, supply=cycle([(2.0,)]), most=5)
        for name in ("a", "b")
        for n in (10, 20)
    ]
    found = interleave(pair, PACE, "wall")
    assert {key: len(slices) for key, slices in found.slices.items()} == {
        ("a", 10): 3,
        ("a", 20): 3,
        ("b", 10): 3,
        ("b", 20): 3,
    }


def test_every_call_gets_arguments_of_its_own() -> None:
    given: list[int] = []
    numbers = iter(range(10**6))
    supply = lambda calls: [(next(numbers),) for _ in range(calls)]  # noqa: E731
    interleave([Contender(name="a", n=1, call=given.append, supply=supply, most=9)], PACE, "cpu")
    assert given == list(range(len(given)))


def test_a_ratio_is_the_median_of_the_rounds_not_of_the_sums() -> None:
    found = timed(ours=[2.0, 2.0, 900.0], floor=[1.0, 1.0, 300.0])
    assert found.ratio(("ours", 100), ("floor", 100)) == 2.0


def test_work_of_many_is_shared_out_to_each() -> None:
    wave = Contender(name="a", n=1, call=sum, supply=cycle([([1],)]), work=50, most=4)
    alone = msgspec.structs.replace(wave, name="b", work=1)
    found = interleave([wave, alone], PACE, "wall")
    assert found.figure("a", 1).median_us < found.figure("b", 1).median_us


def test_growth_is_measured_from_ten_thousand() -> None:
    slices = {
        (OURS, n): [Slice(us, us, [])] for n, us in ((1_000, 1.0), (10_000, 2.0), (10**6, 3.0))
    }
    found = Timed("wall", slices)
    assert [growth(found, n) for n in (1_000, 10_000, 10**6)] == [None, None, 1.5]


@pytest.mark.parametrize(
    ("goal", "got", "met", "off"),
    [
        (Goal(of="x", bound="<=", limit=2.0), 3.0, False, 1.5),
        (Goal(of="x", bound="<=", limit=2.0), 2.0, True, 1.0),
        (Goal(of="/s", bound=">=", limit=100.0), 50.0, False, 2.0),
        (Goal(of="reads", bound="<=", limit=0), 0, True, 0.0),
        (Goal(of="reads", bound="<=", limit=0), 3, False, 3.0),
    ],
)
def test_a_verdict_says_how_far_from_the_goal(
    goal: Goal, got: float, met: bool, off: float
) -> None:
    found = verdict(goal, got)
    assert (found.met, found.off) == (met, off)


def test_a_goal_against_somebody_who_did_not_run_is_not_judged() -> None:
    goals = [Goal(of="x", bound="<=", limit=3.0, against="sketch")]
    rows = rows_of("group", "do", timed(troth=[1.0]), goals)
    assert rows[0].verdicts == []


def test_a_row_has_the_ratio_to_each_other_contender() -> None:
    row = rows_of("group", "do", timed(troth=[6.0], sketch=[3.0], peer=[60.0]), [])[0]
    assert row.ratios == {"sketch": 2.0, "peer": 0.1}


def test_a_peer_goal_is_met_by_being_that_many_times_faster() -> None:
    goal = Goal(of="faster", bound=">=", limit=10, against="peer")
    row = rows_of("group", "do", timed(troth=[6.0], peer=[60.0]), [goal])[0]
    assert [one.met for one in row.verdicts] == [True]


def test_a_goal_for_one_size_is_judged_at_that_size_only() -> None:
    figure = Figure(median_us=9, p10_us=9, p99_us=9, wall_us=9, cpu_us=9, rounds=1, calls=1)
    row = Row(group="g", operation="o", n=100, clock="wall", figures={OURS: figure}, ratios={})
    goals = [Goal(of="us", bound="<=", limit=5, only_n=n) for n in (100, 1_000_000)]
    assert len(judge(row, goals)) == 1
