"""What was worked out once of an edition, by the edition's hash and what was asked."""

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
MOST = 16_384


class Remembered(dict[K, V], Generic[K, V]):
    """A table of answers that is emptied when it is full: they are only ever worked out again.

    >>> table = Remembered[str, int]()
    >>> table.get("a") or table.note("a", 5)
    5
    """

    def note(self, key: K, value: V) -> V:
        """Remember an answer and return it."""
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value
