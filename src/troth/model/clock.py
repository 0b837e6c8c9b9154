"""Now, and thirty days on. Time comes in as an argument; a test never sleeps.

Every moment in Troth is a whole number of milliseconds since 1970 in UTC (``Moment``). Deadlines
are stored as absolute moments, so a clock that jumps neither revives a code nor shortens a right.
"""

import time
from datetime import UTC, datetime
from typing import Final, NewType, Protocol

Moment = NewType("Moment", int)

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> Moment:
        """Return the present moment, in milliseconds UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> Moment:
        """Return the present moment, in milliseconds UTC."""
        return Moment(time.time_ns() // 1_000_000)


class SetClock:
    """A clock that stands where it is put; for tests, demonstrations and "what if" questions.

    >>> clock = SetClock(moment("2026-11-22"))
    >>> iso(clock.forward(days=30))
    '2026-12-22T00:00:00Z'
    """

    def __init__(self, at: Moment) -> None:
        self._at = at

    def now(self) -> Moment:
        """Return the moment the clock was put to."""
        return self._at

    def forward(self, *, days: float = 0, seconds: float = 0) -> Moment:
        """Move on by that much and return the new moment; negative numbers move back."""
        self._at = Moment(self._at + round(days * DAY + seconds * SECOND))
        return self._at


def moment(text: str) -> Moment:
    """Read a date or an ISO 8601 time (UTC where it names no zone).

    Raises ``ValueError`` when the text is neither.

    >>> moment("2023-05-31")
    1685491200000
    """
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return Moment(round(parsed.timestamp() * 1000))


def iso(at: Moment) -> str:
    """Write a moment as ISO 8601 in UTC, to the second.

    >>> iso(Moment(1685491200000))
    '2023-05-31T00:00:00Z'
    """
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date(at: Moment) -> str:
    """Write the UTC date of a moment, as ``2023-05-31``."""
    return iso(at)[:10]


def after(at: Moment, *, days: float = 0, minutes: float = 0) -> Moment:
    """Return the moment that much later.

    >>> iso(after(moment("2026-01-31"), days=30))
    '2026-03-02T00:00:00Z'
    """
    return Moment(at + round(days * DAY + minutes * MINUTE))
