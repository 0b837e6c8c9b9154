"""Which consents are about to end, so that their subject is asked in time (policy 9.3).

A row says no more than the standing does: whose consent, to what, and when to ask. The gate writes
it in the transaction that gives the consent.
"""

from collections.abc import Mapping
from typing import Final

from troth.documents.consents.asking import RENEW_DAYS
from troth.model.clock import DAY, Moment
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store

NOTE: Final = (
    f"INSERT INTO renewals (subject_id, consent, ask_at) VALUES (?, ?, ? - {RENEW_DAYS * DAY})"
    " ON CONFLICT (subject_id, consent) DO UPDATE SET ask_at = excluded.ask_at"
)
"""Notes when to ask about a consent that ends at a moment; given anew, it is asked about anew."""
# Whom to ask now.
DUE: Final = (
    "SELECT subject_id, consent FROM renewals WHERE ask_at <= ?"
    " ORDER BY ask_at, subject_id, consent LIMIT ?"
)
# Asked, or not to be asked any more.
DROP: Final = "DELETE FROM renewals WHERE subject_id = ? AND consent = ?"
FORGET: Final = "DELETE FROM renewals WHERE subject_id = ?"
"""What an erasure takes away besides, in its own transaction."""


class Renewals:
    """The consents of a house that end, each in the store of its subject's region."""

    def __init__(self, stores: Mapping[Region, Store]) -> None:
        self._stores = stores

    def due(self, at: Moment, limit: int = 500) -> list[tuple[SubjectId, str]]:
        """Return whom to ask about what, in every region."""
        return [
            (SubjectId(subject), key)
            for store in self._stores.values()
            for subject, key in store.query(DUE, (at, limit))
        ]

    def drop(self, subject: SubjectId, key: str) -> None:
        """Forget about one."""
        self._stores[subject.region].transact(lambda tx: tx.run(DROP, (subject, key)))
