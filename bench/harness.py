"""Interleaved timing: every contender of a case takes a slice in every round of it.

A shared machine swings by half between minutes; a ratio taken inside one round does not. So figures
are medians over rounds, and every ratio is the median of the ratios *of the rounds*, never a
quotient of two medians. A slice is a run of calls; its inputs are made outside the clock.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, Final, Literal

from msgspec import Struct

LAP_NS: Final = 15_000
"""Calls slower than this are timed one by one (for p99); quicker ones by the slice."""

Clock = Literal["cpu", "wall"]
Args = tuple[Any, ...]


class Contender(Struct, frozen=True, kw_only=True):
    """One way to do the job at one size.

    ``call`` is timed; ``supply(k)`` makes the arguments of the next ``k`` calls and is not.
    ``work`` is how many operations one call performs. ``most`` bounds the calls of one slice.
    """

    name: str
    n: int
    call: Callable[..., object]
    supply: Callable[[int], Sequence[Args]]
    work: int = 1
    most: int = 20_000


class Pace(Struct, frozen=True, kw_only=True):
    """How long to look: rounds, and how many milliseconds each slice should take."""

    rounds: int
    slice_ms: float


class Slice(Struct, frozen=True):
    """One contender's turn in one round, in nanoseconds for each operation."""

    wall: float
    cpu: float
    laps: list[float]


class Figure(Struct, frozen=True, kw_only=True):
    """What a contender's rounds say, in microseconds for each operation."""

    median_us: float
    p10_us: float
    p99_us: float
    wall_us: float
    cpu_us: float
    rounds: int
    calls: int


class Timed(Struct, frozen=True):
    """All slices of one case, by contender and size, in round order."""

    clock: Clock
    slices: dict[tuple[str, int], list[Slice]]

    def has(self, name: str, n: int) -> bool:
        """Tell whether that contender ran at that size."""
        return (name, n) in self.slices

    def sizes(self, name: str) -> list[int]:
        """Return the sizes a contender ran at, smallest first."""
        return sorted(n for who, n in self.slices if who == name)

    def rounds_of(self, name: str, n: int) -> list[float]:
        """Return one time for each round, on the case's clock, in nanoseconds."""
        return [getattr(one, self.clock) for one in self.slices[name, n]]

    def ratio(self, one: tuple[str, int], other: tuple[str, int]) -> float:
        """Return how many times longer ``one`` takes than ``other``, round by round."""
        pairs = zip(self.rounds_of(*one), self.rounds_of(*other), strict=True)
        return median(a / b for a, b in pairs if b > 0)

    def figure(self, name: str, n: int) -> Figure:
        """Sum up one contender at one size."""
        slices = self.slices[name, n]
        rounds = self.rounds_of(name, n)
        laps = [lap for one in slices for lap in one.laps] or rounds
        return Figure(
            median_us=median(rounds) / 1e3,
            p10_us=quantile(laps, 0.10) / 1e3,
            p99_us=quantile(laps, 0.99) / 1e3,
            wall_us=median(one.wall for one in slices) / 1e3,
            cpu_us=median(one.cpu for one in slices) / 1e3,
            rounds=len(slices),
            calls=sum(len(one.laps) for one in slices),
        )


def quantile(values: Sequence[float], q: float) -> float:
    """Return the value below which a share ``q`` lies (nearest rank).

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5)
    3.0
    """
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(q * len(ranked)))]


def interleave(contenders: Sequence[Contender], pace: Pace, clock: Clock) -> Timed:
    """Time all contenders in turns; the order rotates, so that nobody always comes first."""
    plans = [plan(contender, pace) for contender in contenders]
    slices: dict[tuple[str, int], list[Slice]] = {(c.name, c.n): [] for c in contenders}
    gc.collect()
    gc.freeze()
    try:
        for turn in turns(len(plans), pace.rounds):
            contender, calls, singly = plans[turn]
            slices[contender.name, contender.n].append(take(contender, calls, singly=singly))
    finally:
        gc.unfreeze()
    return Timed(clock, slices)


def turns(count: int, rounds: int) -> Iterator[int]:
    """Yield the order of play: every contender once a round, a different one first each time.

    >>> list(turns(3, 2))
    [0, 1, 2, 1, 2, 0]
    """
    for number in range(rounds):
        for place in range(count):
            yield (place + number) % count


def plan(contender: Contender, pace: Pace) -> tuple[Contender, int, bool]:
    """Warm a contender up; tell how many calls fill a slice, and whether to time them singly."""
    calls = min(4, contender.most)
    while True:
        seen = max(1.0, take(contender, calls, singly=False).wall * contender.work)
        if seen * calls > 1e6 or calls >= contender.most:
            fill = int(max(3, min(contender.most, pace.slice_ms * 1e6 / seen)))
            return contender, fill, seen > LAP_NS
        calls = min(contender.most, calls * 8)


def take(contender: Contender, calls: int, *, singly: bool) -> Slice:
    """Let a contender do ``calls`` calls and time them."""
    inputs = contender.supply(calls)
    work = contender.work * len(inputs)
    cpu = time.process_time_ns()
    start = time.perf_counter_ns()
    laps = one_by_one(contender.call, inputs) if singly else in_a_row(contender.call, inputs)
    wall = time.perf_counter_ns() - start
    cpu = time.process_time_ns() - cpu
    return Slice(wall / work, cpu / work, [lap / contender.work for lap in laps])


def in_a_row(call: Callable[..., object], inputs: Sequence[Args]) -> list[int]:
    """Do the calls with nothing between them."""
    for arguments in inputs:
        call(*arguments)
    return []


def one_by_one(call: Callable[..., object], inputs: Sequence[Args]) -> list[int]:
    """Do the calls and return how long each took."""
    laps = []
    clock = time.perf_counter_ns
    for arguments in inputs:
        start = clock()
        call(*arguments)
        laps.append(clock() - start)
    return laps


def cycle(inputs: Sequence[Args]) -> Callable[[int], list[Args]]:
    """Return a supply that goes round and round through prepared inputs.

    >>> supply = cycle([(1,), (2,), (3,)])
    >>> supply(2), supply(2)
    ([(1,), (2,)], [(3,), (1,)])
    """
    at = 0

    def supply(calls: int) -> list[Args]:
        nonlocal at
        start, at = at, (at + calls) % len(inputs)
        return [inputs[(start + i) % len(inputs)] for i in range(calls)]

    return supply
