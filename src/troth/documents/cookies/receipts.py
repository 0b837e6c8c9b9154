"""Receipts of choices about cookies: that a choice was made, provable, and nobody's (policy 3.1.2).

The browser holds a random number; the ledger holds its digest, and this register which entry that
is. Whoever shows the number shows what they said and when; nobody can tell whose an entry is.
"""

import hashlib
import re
from typing import Final

from troth.documents.proof import pace
from troth.documents.proof.pace import Share
from troth.model.acts import Event
from troth.model.clock import Moment, after
from troth.model.cookies import Choice
from troth.store.sql import Store

CHOSEN: Final = "cookies.chosen"
"""What the ledger calls it."""
KEPT_DAYS: Final = 3 * 365
"""How long an entry is found by its number: as long as somebody may ask for the proof."""
PER_NETWORK: Final = Share(at_once=120, per_hour=600)
EVERYBODY: Final = Share(at_once=20_000, per_hour=200_000)
"""How many choices are recorded: of one network, and all in all. The ledger forgets nothing, so
nobody may fill it by choosing all day."""
NUMBER: Final = re.compile(r"[0-9a-f]{32}")

# Enters which entry of the ledger a choice is.
KEEP: Final = "INSERT INTO cookie_receipts (digest, entry, at) VALUES (?, ?, ?)"
# The entry of a choice, by the digest of its number.
FIND: Final = "SELECT entry, at FROM cookie_receipts WHERE digest = ?"
# Takes away what nobody can ask about any more.
PURGE: Final = "DELETE FROM cookie_receipts WHERE at < ?"


class Receipts:
    """The receipts of a house, in its home store. ``key`` hides the networks that are paced."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    def may(self, network: str, at: Moment) -> bool:
        """Tell whether one more choice may be recorded for a network; it counts as taken."""
        return self._store.transact(
            lambda tx: (
                pace.take(tx, pace.digest(self._key, "cookies", network), PER_NETWORK, at)
                and pace.take(tx, pace.digest(self._key, "cookies"), EVERYBODY, at)
            )
        )

    def keep(self, number: str, entry: str, at: Moment) -> None:
        """Enter which entry a choice is."""
        row = (digest(number), entry, at)
        self._store.transact(lambda tx: tx.run(KEEP, row))

    def find(self, number: str) -> tuple[str, Moment] | None:
        """Return the entry of a choice and when it was made; ``None`` for a number not ours."""
        if not NUMBER.fullmatch(number):
            return None
        rows = self._store.query(FIND, (digest(number),))
        return (rows[0][0], Moment(rows[0][1])) if rows else None

    def purge(self, at: Moment) -> int:
        """Take away what is older than anybody may ask about; return how many."""
        return self._store.transact(lambda tx: tx.change(PURGE, (after(at, days=-KEPT_DAYS),)))


def digest(number: str) -> str:
    """Return what the ledger holds in place of a receipt's number: its SHA-256, in hex.

    >>> digest("0" * 32)[:16]
    '84e0c0eafaa95a34'
    """
    return hashlib.sha256(number.encode()).hexdigest()


def chosen(choice: Choice, *, language: str, surface: str) -> Event:
    """Return the word for the ledger that somebody chose: what, where, in which language."""
    return Event(
        subject=None,
        name=CHOSEN,
        detail={
            "receipt": digest(choice.receipt),
            "said": {name: "given" if yes else "refused" for name, yes in choice.said.items()},
            "signal": choice.signal,
            "language": language,
            "surface": surface,
        },
    )
