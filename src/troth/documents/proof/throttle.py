"""Failed tries slow the next one down, in the shared store (policy 7.1; reliability A2, A3).

A try is counted before it is judged, so that many at once gain nothing; every process counts in the
same rows, which know what was tried by keyed digests alone. Four counts hold against four attacks:

* an *identifier*: five failures are free, then each costs a wait that doubles up to a quarter of an
  hour; a success takes them away, and after a hundred in a row only recovery helps;
* an *account*, whatever name or factor was tried: silent, so that two names of one account do not
  tell that they are one;
* a *network*, against lists of stolen passwords: a success of one's own gives back only one's own
  try, and time alone the rest;
* the *house*, against one password for many names from everywhere: when its hour is used up, only
  networks from which somebody signed in of late are let in.
"""

from typing import Final

from msgspec import Struct

from troth.documents.proof import pace
from troth.documents.proof.codes import plain
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.proof.pace import Share
from troth.model.clock import DAY, MINUTE, SECOND, Moment
from troth.model.errors import TooMany
from troth.model.secret import Secret
from troth.store.sql import Store, Tx

FREE: Final = 5
MOST: Final = 100
"""Failures in a row, at most (NIST SP 800-63B-4, 3.2.2)."""
LONGEST_WAIT: Final = 15 * MINUTE
"""With it no identifier takes even a fifth of the hundred failures an hour of ASVS 4, 2.2.1."""
NETWORK: Final = Share(100, 100)
"""Failures from one network: what ASVS 4, 2.2.1 grants an account in an hour, for all of them."""
HOUSE: Final = Share(1000, 3000)
"""Failures anywhere. No source names a number: two hundred thousand sign-ins a day make so many in
their worst hour, when it has a tenth of them and fifteen of a hundred fail. A larger house sets
more."""
WELCOME_FOR: Final = 30 * DAY
RENEWED_AFTER: Final = DAY
"""How long a network is remembered from which somebody signed in, and how often that is noted."""

# Counts a try unless its time has not come; gives the failures so far, this one included.
COUNT_FAILURE: Final = (
    "INSERT INTO throttles (what, failures, until) VALUES (?, 1, ?)"
    " ON CONFLICT (what) DO UPDATE SET failures = throttles.failures + 1, until = excluded.until"
    " WHERE (throttles.until <= ? OR throttles.failures < ?) AND throttles.failures < ?"
    " RETURNING failures"
)
# Counts a try on an account, up to the last that is let in.
COUNT_ACCOUNT: Final = (
    "INSERT INTO throttles (what, failures, until) VALUES (?, 1, ?)"
    " ON CONFLICT (what) DO UPDATE SET failures = throttles.failures + 1, until = excluded.until"
    " WHERE throttles.failures < ? RETURNING failures"
)
# Sets how long the next try has to wait.
SET_WAIT: Final = "UPDATE throttles SET until = ? WHERE what = ?"
# A success: the count is taken away.
FORGET: Final = "DELETE FROM throttles WHERE what = ?"
# Takes away counts nobody added to for long; a hundred failures stand until recovery.
PURGE: Final = "DELETE FROM throttles WHERE until <= ? AND failures < ?"


class Limits(Struct, frozen=True, kw_only=True):
    """How many failures a network and the whole house may have.

    >>> Limits.hourly(600).house
    Share(at_once=200, per_hour=600)
    """

    network: Share = NETWORK
    house: Share = HOUSE

    @classmethod
    def hourly(cls, house: int) -> "Limits":
        """Return the limits of a house that may have so many failures an hour."""
        return cls(house=Share(max(1, house // 3), house))


class Throttle:
    """Counts of failed tries; what was tried is known only by a keyed digest."""

    def __init__(self, store: Store, key: bytes, limits: Limits | None = None) -> None:
        self._store = store
        self._key = key
        self._limits = limits or Limits()

    def begin(self, what: Secret, *, at: Moment, origin: Origin = NOWHERE) -> None:
        """Count one try on an identifier, from a network, in the house.

        Raises ``TooMany`` when its time has not come, alike whichever count says so; a try that is
        not let in is not counted.
        """
        self._store.transact(lambda tx: self._count(tx, what, at, origin))

    def _count(self, tx: Tx, what: Secret, at: Moment, origin: Origin) -> None:
        named = self._digest(what)
        rows = tx.run(COUNT_FAILURE, (named, at, at, FREE, MOST))
        if not rows:
            raise too_many()
        tx.run(SET_WAIT, (at + wait(rows[0][0]), named))
        # Raised in the transaction, so that the counts before it are rolled back: whoever floods
        # from one network cannot lock the accounts of others.
        if origin.place and not pace.take(tx, self._network(origin), self._limits.network, at):
            raise too_many()
        house = pace.take(tx, self._house(), self._limits.house, at)
        if not (house or pace.is_marked(tx, self._welcome(origin), at)):
            raise too_many()

    def may_prove(self, account: Secret, *, at: Moment) -> bool:
        """Count one try on an account by any of its names or factors; ``False`` after a hundred.

        Whoever asks answers as for a wrong password then. ``succeeded`` or ``forget`` with the same
        name begin anew.
        """
        row = (self._account(account), at, MOST)
        return bool(self._store.transact(lambda tx: tx.run(COUNT_ACCOUNT, row)))

    def succeeded(self, *names: Secret, at: Moment | None = None, origin: Origin = NOWHERE) -> None:
        """Forget the failures under these names after a good try, and give back this one try.

        With ``at``, the network is remembered as one from which somebody signed in.
        """

        def forget(tx: Tx) -> None:
            self._forget(tx, names)
            pace.give_back(tx, self._house(), self._limits.house)
            if origin.place:
                pace.give_back(tx, self._network(origin), self._limits.network)
                if at is not None:
                    lasts, renew = WELCOME_FOR, WELCOME_FOR - RENEWED_AFTER
                    pace.mark(tx, self._welcome(origin), at, lasts=lasts, renew=renew)

        self._store.transact(forget)

    def forget(self, *names: Secret) -> None:
        """Begin anew for some names without a try: the account was recovered."""
        self._store.transact(lambda tx: self._forget(tx, names))

    def _forget(self, tx: Tx, names: tuple[Secret, ...]) -> None:
        for name in names:
            tx.run(FORGET, (self._digest(name),))
            tx.run(FORGET, (self._account(name),))

    def purge(self, at: Moment) -> int:
        """Delete counts that a day has passed over; return how many."""

        def purge(tx: Tx) -> int:
            return tx.change(PURGE, (at - DAY, MOST)) + tx.change(pace.PURGE, (at,))

        return self._store.transact(purge)

    def _digest(self, what: Secret) -> bytes:
        return pace.digest(self._key, "throttle", plain(what))

    def _account(self, name: Secret) -> bytes:
        return pace.digest(self._key, "account", plain(name))

    def _network(self, origin: Origin) -> bytes:
        return pace.digest(self._key, "failures from", origin.place)

    def _welcome(self, origin: Origin) -> bytes:
        return pace.digest(self._key, "signed in from", origin.place)

    def _house(self) -> bytes:
        return pace.digest(self._key, "failures", "")


def too_many() -> TooMany:
    """Return the one answer to who has to wait, whatever count says so."""
    return TooMany(clause="7.1", remedy="wait a while, or use account recovery")


def wait(failures: int) -> int:
    """Return the milliseconds to wait after so many failures in a row.

    >>> wait(5), wait(6), wait(8), wait(60)
    (0, 1000, 4000, 900000)
    """
    if failures <= FREE:
        return 0
    doublings = min(failures - FREE - 1, 20)
    return min(LONGEST_WAIT, SECOND << doublings)
