"""Failed tries slow the next one down, in the shared store (policy 7.1, NIST SP 800-63B-4).

A try is counted before it is judged and a success takes the count away, so that many at once gain
nothing. Five are free, then each costs a wait that doubles up to a quarter of an hour; after a
hundred in a row only recovery helps.
"""

import hashlib
import hmac
from typing import Final

from troth.documents.proof.codes import plain
from troth.documents.proof.origin import NOWHERE, Origin
from troth.model.clock import DAY, MINUTE, SECOND, Moment
from troth.model.errors import TooMany
from troth.model.secret import Secret
from troth.store.sql import Store, Tx

FREE: Final = 5
MOST: Final = 100
LONGEST_WAIT: Final = 15 * MINUTE

# Counts a try unless its time has not come; gives the failures so far, this one included.
COUNT_FAILURE: Final = (
    "INSERT INTO throttles (what, failures, until) VALUES (?, 1, ?)"
    " ON CONFLICT (what) DO UPDATE SET failures = throttles.failures + 1, until = excluded.until"
    " WHERE throttles.until <= ? AND throttles.failures < ? RETURNING failures"
)
# Sets how long the next try has to wait.
SET_WAIT: Final = "UPDATE throttles SET until = ? WHERE what = ?"
# A success: the count is taken away.
FORGET: Final = "DELETE FROM throttles WHERE what = ?"
# Takes away counts nobody added to for long; a hundred failures stand until recovery.
PURGE: Final = "DELETE FROM throttles WHERE until <= ? AND failures < ?"


class Throttle:
    """Counts of failed tries; what was tried is known only by a keyed digest."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    def begin(self, what: Secret, *, at: Moment, origin: Origin = NOWHERE) -> None:
        """Count one try on an identifier. Raises ``TooMany`` when its time has not come."""
        digest = self._digest(what)

        def count(tx: Tx) -> int | None:
            rows = tx.run(COUNT_FAILURE, (digest, at, at, MOST))
            if not rows:
                return None
            tx.run(SET_WAIT, (at + wait(rows[0][0]), digest))
            return int(rows[0][0])

        if self._store.transact(count) is None:
            raise TooMany(clause="7.1", remedy="wait a while, or use account recovery")

    def succeeded(self, what: Secret) -> None:
        """Forget the failures: the try was good."""
        digest = self._digest(what)
        self._store.transact(lambda tx: tx.run(FORGET, (digest,)))

    def purge(self, at: Moment) -> int:
        """Delete counts that a day has passed over; return how many."""
        return self._store.transact(lambda tx: tx.change(PURGE, (at - DAY, MOST)))

    def _digest(self, what: Secret) -> bytes:
        return hmac.new(self._key, b"throttle\x1f" + plain(what).encode(), hashlib.sha256).digest()


def wait(failures: int) -> int:
    """Return the milliseconds to wait after so many failures in a row.

    >>> wait(5), wait(6), wait(8), wait(60)
    (0, 1000, 4000, 900000)
    """
    if failures <= FREE:
        return 0
    doublings = min(failures - FREE - 1, 20)
    return min(LONGEST_WAIT, SECOND << doublings)
