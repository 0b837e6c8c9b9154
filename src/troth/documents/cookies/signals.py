"""How often a browser's privacy signal was honoured: counts by day, and nothing else (9.6, T18)."""

import threading
from collections import Counter
from typing import Final

from troth.model.clock import Moment, date
from troth.store.sql import Row, Store, Tx

GPC: Final = "gpc"
COUNTED: Final = "signals.counted"
"""What the ledger calls a day's count."""

# Adds to a day's count.
ADD: Final = (
    "INSERT INTO privacy_signals (day, name, times) VALUES (?, ?, ?) ON CONFLICT (day, name)"
    " DO UPDATE SET times = privacy_signals.times + excluded.times"
)
# Takes the counts of days that are over, for the ledger.
TAKE: Final = "DELETE FROM privacy_signals WHERE day < ? RETURNING day, name, times"
# The counts of days that are not in the ledger yet.
WAITING: Final = "SELECT day, name, times FROM privacy_signals ORDER BY day, name"


class Signals:
    """Counts in memory, now and then in the home store; a day's count goes into the ledger once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._heard: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def hear(self, at: Moment, name: str = GPC) -> None:
        """Count one signal."""
        with self._lock:
            self._heard[date(at), name] += 1

    def put_down(self, at: Moment) -> list[tuple[str, str, int]]:
        """Write what was heard, and return the counts of days that are over: they are due."""
        with self._lock:
            heard, self._heard = self._heard, Counter()

        def work(tx: Tx) -> list[Row]:
            for (day, name), times in heard.items():
                tx.run(ADD, (day, name, times))
            return list(tx.run(TAKE, (date(at),)))

        return sorted((day, name, times) for day, name, times in self._store.transact(work))

    def waiting(self) -> list[tuple[str, str, int]]:
        """List the counts that are not in the ledger yet, those in memory included."""
        with self._lock:
            found = Counter(self._heard)
        for day, name, times in self._store.query(WAITING):
            found[day, name] += times
        return sorted((day, name, times) for (day, name), times in found.items())
