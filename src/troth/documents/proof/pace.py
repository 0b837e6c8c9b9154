"""Pace: so many at once and so many an hour, counted in the shared store (policy 7.1).

One whole number for each thing that is paced: the moment up to which its share is used up (the
generic cell rate algorithm). Taking one moves it on, time alone gives it back, and both are one
statement, so that any number of processes count together. What is paced is known by a keyed digest.
"""

import hashlib
import hmac
from typing import Final

from msgspec import Struct

from troth.model.clock import HOUR, Moment
from troth.store.sql import Tx

# Takes one of a share; gives nothing when none is left at this moment.
TAKE: Final = (
    "INSERT INTO paces (what, used_until) VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET used_until"
    " = CASE WHEN paces.used_until > ? THEN paces.used_until ELSE ? END + ?"
    " WHERE paces.used_until <= ? RETURNING used_until"
)
# Gives one back that was taken; what time gave back meanwhile is not given twice.
GIVE_BACK: Final = "UPDATE paces SET used_until = used_until - ? WHERE what = ?"
# Remembers something until a moment, unless it is remembered nearly as long already.
MARK: Final = (
    "INSERT INTO paces (what, used_until) VALUES (?, ?) ON CONFLICT (what) DO UPDATE SET"
    " used_until = excluded.used_until WHERE paces.used_until < ?"
)
MARKED: Final = "SELECT 1 FROM paces WHERE what = ? AND used_until > ?"
# Takes away what says nothing any more.
PURGE: Final = "DELETE FROM paces WHERE used_until <= ?"


class Share(Struct, frozen=True):
    """So many at once, and so many an hour after them.

    >>> Share(60, 60).step == 60 * 1000
    True
    """

    at_once: int
    per_hour: int

    @property
    def step(self) -> int:
        """Milliseconds in which time gives one back."""
        return max(1, HOUR // self.per_hour)


def take(tx: Tx, what: bytes, share: Share, at: Moment) -> bool:
    """Take one of a share; ``False`` when none is left."""
    step = share.step
    last = at + (share.at_once - 1) * step
    return bool(tx.run(TAKE, (what, at + step, at, at, step, last)))


def give_back(tx: Tx, what: bytes, share: Share) -> None:
    """Give back one that was taken."""
    tx.run(GIVE_BACK, (share.step, what))


def mark(tx: Tx, what: bytes, at: Moment, *, lasts: int, renew: int) -> None:
    """Remember something for ``lasts``; nothing is written while more than ``renew`` is left."""
    tx.run(MARK, (what, at + lasts, at + renew))


def is_marked(tx: Tx, what: bytes, at: Moment) -> bool:
    """Tell whether something is remembered still."""
    return bool(tx.run(MARKED, (what, at)))


def digest(key: bytes, *parts: str) -> bytes:
    """Return the keyed digest by which a thing is known."""
    # The unit separator cannot occur in a part that came through a form, so parts cannot slide.
    return hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).digest()
