"""How many subjects go together, so that nobody waits long to write (policy 7.2e; decision 45)."""

from typing import Final

FIRST: Final = 32
LEAST: Final = 16
MOST: Final = 256
AIM_MS: Final = 20.0
"""How long a chunk should hold the write lock: less than half of what is the worst case."""
CHANGE: Final = 2
"""Times it grows or shrinks at once: a machine that is busy with others is no slow sweep."""


class Pace:
    """The size of the next chunk, by how long the last one held the write lock.

    >>> pace = Pace()
    >>> pace.took(32, 5.0), pace.took(64, 32.0), pace.took(40, 500.0)
    (64, 40, 20)
    """

    def __init__(self) -> None:
        self.size = FIRST

    def took(self, subjects: int, ms: float) -> int:
        """Note how long some subjects took together; return how many go next time."""
        fits = int(subjects * AIM_MS / ms) if ms > 0 else MOST
        grown = min(fits, CHANGE * self.size, MOST)
        self.size = max(grown, self.size // CHANGE, LEAST)
        return self.size
