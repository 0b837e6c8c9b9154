"""Floor of a decision: two dict look-ups and a mask; the answer was made beforehand."""

from collections.abc import Mapping
from typing import NamedTuple

from bench.world import Need, Question, Said, World


class Answer(NamedTuple):
    """Yes or no, under which clauses, in a sentence."""

    allowed: bool
    clauses: tuple[str, ...]
    reason: str


NEVER = Answer(False, (), "no rule permits this")


class DecideSketch:
    """A subject's state is one integer; a question finds (mask, need, yes, no) by its words."""

    def __init__(self, world: World, subjects: Mapping[str, Said]) -> None:
        names = [*world.keys, *(objection(purpose) for purpose in world.purposes)]
        self._bits = {name: 1 << i for i, name in enumerate(names)}
        self._states = {name: self._state(said) for name, said in subjects.items()}
        self._table = {
            question: (
                *self._mask(question.purpose, need),
                Answer(True, need.clauses, "allowed"),
                Answer(False, need.clauses, "the person has not been asked, or has objected"),
            )
            for question, need in world.grants.items()
        }
        self._fields = self._by_purpose(world)

    def _state(self, said: Said) -> int:
        names = {*said.consents, *map(objection, said.objections)}
        return sum(self._bits[name] for name in names)

    def _mask(self, purpose: str, need: Need) -> tuple[int, int]:
        wanted = sum(self._bits[key] for key in need.consents)
        return wanted | (self._bits[objection(purpose)] if need.objectable else 0), wanted

    def _by_purpose(self, world: World) -> dict[tuple[str, str, str], list[tuple[int, int, int]]]:
        place = {field: 1 << i for i, field in enumerate(world.fields)}
        parts: dict[tuple[str, str, str], dict[tuple[int, int], int]] = {}
        for (operation, purpose, field, recipient), need in world.grants.items():
            masks = parts.setdefault((operation, purpose, recipient), {})
            mask = self._mask(purpose, need)
            masks[mask] = masks.get(mask, 0) | place[field]
        return {words: [(*k, fields) for k, fields in m.items()] for words, m in parts.items()}

    def decide(self, subject: str, question: Question) -> Answer:
        """Answer one question about one subject."""
        found = self._table.get(question)
        if found is None:
            return NEVER
        mask, need, yes, no = found
        return yes if self._states[subject] & mask == need else no

    def fields(self, subject: str, words: tuple[str, str, str]) -> int:
        """Return which fields (operation, purpose, recipient) may be touched, one bit each."""
        state = self._states[subject]
        allowed = 0
        for mask, need, fields in self._fields.get(words, ()):
            if state & mask == need:
                allowed |= fields
        return allowed


def objection(purpose: str) -> str:
    """Name the bit of an objection to a purpose."""
    return f"-{purpose}"
