"""Counting what remains, place by place, never what it is (policy 9.4)."""

from troth.egress.databases.port import Remain, Why
from troth.model.clock import Moment


class Tally:
    """Counts places of one database.

    >>> tally = Tally("cache")
    >>> tally.add("user:{email}", "contact.email", "left")
    >>> tally.add("user:{email}", "contact.email", "left")
    >>> [(one.place, one.count) for one in tally.told()]
    [('cache.user:{email}', 2)]
    """

    def __init__(self, store: str) -> None:
        self._store = store
        self._counts: dict[tuple[str, str, Why, Moment | None], int] = {}

    def add(
        self, place: str, category: str, why: Why, until: Moment | None = None, count: int = 1
    ) -> None:
        """Count one more, or several, or none."""
        if count:
            entry = (f"{self._store}.{place}", category, why, until)
            self._counts[entry] = self._counts.get(entry, 0) + count

    def told(self) -> tuple[Remain, ...]:
        """Return what was counted."""
        return tuple(
            Remain(place=place, category=category, count=count, why=why, until=until)
            for (place, category, why, until), count in self._counts.items()
        )
