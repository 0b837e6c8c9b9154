"""Keeping, reading, finding, copying and erasing one person's data, through the gate."""

import itertools
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench import people
from bench.harness import Args, Contender, interleave
from bench.house import BATCH, House, many
from bench.plan import Plan
from bench.report import OURS, Findings, Goal, Skipped, rows_of
from bench.sketch.vault import VaultSketch
from troth.model.acts import SUBJECT, SYSTEM, Erase, Export, Find, Use
from troth.model.secret import Secret
from troth.model.terms import SubjectId

GROUP: Final = "vault"
GROWTH: Final = Goal(of="growth", bound="<=", limit=1.5)


class Place:
    """Troth and its floor sketch at one size, holding the same people."""

    def __init__(self, folder: Path, n: int, layouts: Sequence[str]) -> None:
        folder.mkdir()
        self.n = n
        self.house = House(folder / "troth", n)
        self.sketches = {layout: Floor(folder / f"{layout}.db", n, layout) for layout in layouts}

    def close(self) -> None:
        """Close every store."""
        self.house.close()
        for floor in self.sketches.values():
            floor.sketch.close()


class Floor:
    """The sketch in one layout, filled."""

    def __init__(self, path: Path, n: int, layout: str) -> None:
        self.name = "sketch" if layout == "groups" else f"sketch, {layout}"
        self.n = n
        self.sketch = VaultSketch(path, layout=layout, indexed=people.INDEXED)
        self.chance = random.Random(n)
        self.numbers = itertools.count(n)
        for first in range(0, n, BATCH):
            wave = range(first, min(first + BATCH, n))
            self.sketch.put_many([(f"cn-{i}", people.profile(i)) for i in wave])

    def newcomers(self, count: int) -> list[Args]:
        """Return people who are not in yet."""
        numbers = itertools.islice(self.numbers, count)
        return [(f"cn-{number}", people.profile(number)) for number in numbers]

    def bring(self, count: int) -> list[Args]:
        """Let newcomers in, to be thrown out again, and return them."""
        wave = self.newcomers(count)
        self.sketch.put_many(wave)
        return [(subject,) for subject, _ in wave]

    def somebody(self, count: int) -> list[str]:
        """Return people at random."""
        return [f"cn-{number}" for number in self.chance.choices(range(self.n), k=count)]

    def contender(
        self,
        call: Callable[..., object],
        supply: Callable[[int], Sequence[Args]],
        name: str = "",
        **more: int,
    ) -> Contender:
        """Enter the sketch for a case."""
        return Contender(name=name or self.name, n=self.n, call=call, supply=supply, **more)


Case = Callable[[Place], list[Contender]]


def put(place: Place) -> list[Contender]:
    """Admit somebody new and keep their fifteen fields, durably."""
    house = place.house

    def keep(subject: SubjectId, values: dict[str, Secret]) -> None:
        house.gate.perform(*people.arrival(subject, values), by=SYSTEM)

    most = max(10, place.n // 10)
    ours = Contender(name=OURS, n=place.n, call=keep, supply=house.newcomers, most=most)
    floors = [
        floor.contender(floor.sketch.put, floor.newcomers, most=most)
        for floor in place.sketches.values()
    ]
    return [ours, *floors]


def put_many(place: Place) -> list[Contender]:
    """Bring a wave of people in with one transaction; beside it, one by one."""
    house, floor = place.house, place.sketches["groups"]

    def keep(wave: list[tuple[SubjectId, dict[str, Secret]]]) -> None:
        house.gate.perform(*many(iter(wave)), by=SYSTEM)

    def waves(calls: int) -> list[Args]:
        return [(house.newcomers(BATCH),) for _ in range(calls)]

    def floor_waves(calls: int) -> list[Args]:
        return [(floor.newcomers(BATCH),) for _ in range(calls)]

    ours = Contender(name=OURS, n=place.n, call=keep, supply=waves, work=BATCH, most=8)
    single = msgspec.structs.replace(put(place)[0], name="one by one")
    sketch = floor.contender(floor.sketch.put_many, floor_waves, work=BATCH, most=8)
    return [ours, sketch, single]


def get_recorded(place: Place) -> list[Contender]:
    """Open one field; its use is durable in the ledger before the value is released."""
    floor = place.sketches["groups"]
    return [
        _use(place, people.PURPOSE),
        floor.contender(floor.sketch.get_recorded, _reads(floor)),
        floor.contender(floor.sketch.get, _reads(floor), "unrecorded sketch"),
    ]


def get_batched(place: Place) -> list[Contender]:
    """Open one field for a purpose that is recorded in batches; beside it, the vault alone."""
    house, vault = place.house, place.house.rooms.vault

    def alone(subject: SubjectId) -> str:
        return vault.open(vault.handle(subject), (people.READ,))[people.READ].reveal()

    bare = Contender(name="vault alone", n=place.n, call=alone, supply=_somebody(house))
    floors = [floor.contender(floor.sketch.get, _reads(floor)) for floor in place.sketches.values()]
    return [_use(place, people.BATCHED), *floors, bare]


def _use(place: Place, purpose: str) -> Contender:
    gate = place.house.gate
    fields = (people.READ,)

    def use(subject: SubjectId) -> str:
        act = Use(subject=subject, fields=fields, purpose=purpose)
        return gate.perform(act, by=SYSTEM).values[people.READ].reveal()

    return Contender(name=OURS, n=place.n, call=use, supply=_somebody(place.house))


def _somebody(house: House) -> Callable[[int], list[Args]]:
    return lambda calls: [(subject,) for subject in house.somebody(calls)]


def _reads(floor: Floor) -> Callable[[int], list[Args]]:
    return lambda calls: [(subject, people.READ) for subject in floor.somebody(calls)]


def search(place: Place) -> list[Contender]:
    """Find who holds an e-mail address, through the blind index."""
    house, floor = place.house, place.sketches["groups"]

    def find(value: Secret) -> SubjectId:
        act = Find(subject=None, field=people.READ, value=value, purpose=people.BATCHED)
        return house.gate.perform(act, by=SYSTEM).found[0]

    def values(calls: int) -> list[str]:
        numbers = house.chance.choices(range(place.n), k=calls)
        return [people.profile(number)[people.READ] for number in numbers]

    def ours(calls: int) -> list[Args]:
        return [(Secret(value),) for value in values(calls)]

    def theirs(calls: int) -> list[Args]:
        return [(people.READ, value) for value in values(calls)]

    return [
        Contender(name=OURS, n=place.n, call=find, supply=ours),
        floor.contender(floor.sketch.find, theirs),
    ]


def export(place: Place) -> list[Contender]:
    """Give a person all they gave us, as JSON; that it was given is durable first."""
    house, floor = place.house, place.sketches["groups"]

    def copy(subject: SubjectId) -> bytes:
        outcome = house.gate.perform(Export(subject=subject), by=SUBJECT)
        return msgspec.json.encode({k: value.reveal() for k, value in outcome.values.items()})

    def who(calls: int) -> list[Args]:
        return [(subject,) for subject in floor.somebody(calls)]

    return [
        Contender(name=OURS, n=place.n, call=copy, supply=_somebody(house)),
        floor.contender(floor.sketch.export_recorded, who),
        floor.contender(floor.sketch.export, who, "unrecorded sketch"),
    ]


def erase(place: Place) -> list[Contender]:
    """Put a whole person beyond retrieval: keys, cells, index; certified."""
    house, floor = place.house, place.sketches["groups"]
    most = max(10, place.n // 10)

    def gone(subject: SubjectId) -> None:
        house.gate.perform(Erase(subject=subject), by=SUBJECT)

    def doomed(calls: int) -> list[Args]:
        return [(subject,) for subject in house.bring(calls)]

    return [
        Contender(name=OURS, n=place.n, call=gone, supply=doomed, most=most),
        floor.contender(floor.sketch.erase, floor.bring, most=most),
    ]


CASES: Final[tuple[tuple[str, Case, bool, tuple[Goal, ...]], ...]] = (
    ("get one field, use recorded durably", get_recorded, True, (
        Goal(of="x", bound="<=", limit=4.0, against="sketch"),
        Goal(of="x", bound="<=", limit=4.0, against="unrecorded sketch"),
        GROWTH,
    )),
    ("get one field, use recorded in batches", get_batched, True, (
        Goal(of="x", bound="<=", limit=2.5, against="sketch"), GROWTH,
    )),
    ("search by blind index", search, True, (
        Goal(of="x", bound="<=", limit=2.5, against="sketch"), GROWTH,
    )),
    ("export a profile", export, False, (
        Goal(of="x", bound="<=", limit=3.0, against="sketch"), GROWTH,
    )),
    ("put a profile, durable", put, False, (
        Goal(of="x", bound="<=", limit=1.5, against="sketch"), GROWTH,
    )),
    (f"put {BATCH} profiles in a transaction", put_many, False, (
        Goal(of="faster", bound=">=", limit=2.0, against="one by one"), GROWTH,
    )),
    ("erase a subject", erase, False, (
        Goal(of="x", bound="<=", limit=2.0, against="sketch"), GROWTH,
    )),
)  # fmt: skip
"""Name, case, whether it also runs at the huge sizes, goals. Reads come before writes."""


def run(plan: Plan, folder: Path) -> Findings:
    """Time every case at every size, sizes interleaved, each in stores of its own."""
    found = Findings(group=GROUP)
    second = plan.sizes[min(1, len(plan.sizes) - 1)]
    places = [
        Place(folder / str(n), n, ("groups", "packed", "cells") if n == second else ("groups",))
        for n in plan.reading_sizes()
    ]
    for operation, case, huge, goals in CASES:
        here = [place for place in places if huge or place.n in plan.sizes]
        contenders = [one for place in here for one in case(place)]
        timed = interleave(contenders, plan.pace, "wall")
        found.rows += rows_of(GROUP, operation, timed, goals)
    for place in places:
        place.close()
    found.skipped.append(
        Skipped("peers of put and get", "no comparable library is installed; nothing is estimated")
    )
    return found
