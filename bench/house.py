"""One embedded instance of Troth, filled with people through its own gate."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import people
from troth import app
from troth.model.acts import SYSTEM, Act
from troth.model.secret import Secret
from troth.model.terms import SubjectId

BATCH: Final = 64
"""How many people one transaction brings in."""


class House:
    """An instance and the people in it; ``people[i]`` is person number ``i``."""

    def __init__(self, folder: Path, n: int) -> None:
        self.troth = app.create(folder)
        self.gate = self.troth.gate
        self.rooms = self.gate.regions[people.REGION]
        self.n = n
        self.numbers = itertools.count(n)
        self.people: list[SubjectId] = []
        self.chance = random.Random(n)
        for start in range(0, n, BATCH):
            wave = range(start, min(start + BATCH, n))
            subjects = [SubjectId.new(people.REGION) for _ in wave]
            self.gate.perform(
                *many(zip(subjects, map(people.secrets, wave), strict=True)), by=SYSTEM
            )
            self.people += subjects
        self.gate.tick()

    def newcomers(self, count: int) -> list[tuple[SubjectId, dict[str, Secret]]]:
        """Return people who are not in yet."""
        self.settle()
        numbers = itertools.islice(self.numbers, count)
        return [(SubjectId.new(people.REGION), people.secrets(number)) for number in numbers]

    def bring(self, count: int) -> list[SubjectId]:
        """Let newcomers in, to be thrown out again, and return them."""
        wave = self.newcomers(count)
        for first in range(0, count, BATCH):
            self.gate.perform(*many(iter(wave[first : first + BATCH])), by=SYSTEM)
        return [subject for subject, _ in wave]

    def settle(self) -> None:
        """Integrate what was recorded, as the scheduler would; the ledger group measures that."""
        self.rooms.log.integrate(self.gate.clock.now())

    def somebody(self, count: int) -> list[SubjectId]:
        """Return people at random."""
        self.settle()
        return self.chance.choices(self.people, k=count)

    def close(self) -> None:
        """Close the instance."""
        self.troth.close()


def many(wave: Iterator[tuple[SubjectId, dict[str, Secret]]]) -> list[Act]:
    """Return the acts that bring several people in at once."""
    return [act for subject, values in wave for act in people.arrival(subject, values)]
