"""How browsers chose about cookies: counts by category and answer since the start (3.1, T18)."""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Literal

Answer = Literal["given", "refused"]


class Tally:
    """Counts in memory, about nobody. Safe from many threads.

    >>> tally = Tally()
    >>> tally.add({"analytics": True, "personalise": False})
    >>> tally.counts()
    {('analytics', 'given'): 1, ('personalise', 'refused'): 1}
    """

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Answer]] = Counter()
        self._lock = threading.Lock()

    def add(self, said: Mapping[str, bool]) -> None:
        """Count one choice: what was said to each category."""
        with self._lock:
            self._counts.update((name, "given" if yes else "refused") for name, yes in said.items())

    def counts(self) -> dict[tuple[str, Answer], int]:
        """Return how often each category got each answer."""
        with self._lock:
            return dict(sorted(self._counts.items()))
