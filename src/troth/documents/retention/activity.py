"""When somebody was here last, to the day: what nobody uses any more has an end too (policy 7.2e).

A sign-in notes it (``sessions``); it says the day and nothing of what was done, and goes with the
subject.
"""

from collections.abc import Mapping
from typing import Final

from troth.model.clock import DAY, Moment
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store, Tx

# Notes that somebody is here: once a day at most, and never back.
NOTE: Final = (
    "INSERT INTO activity (subject_id, seen) VALUES (?, ?) ON CONFLICT (subject_id) DO UPDATE"
    " SET seen = excluded.seen WHERE activity.seen < excluded.seen"
)
READ: Final = "SELECT seen FROM activity WHERE subject_id = ?"
FORGET: Final = "DELETE FROM activity WHERE subject_id = ?"
"""What goes with a subject."""


def note(tx: Tx, subject: SubjectId, at: Moment) -> None:
    """Note that somebody is here, in the transaction that lets them in."""
    tx.run(NOTE, (subject, at - at % DAY))


class Activity:
    """Who was here last when, each in the store of their region."""

    def __init__(self, stores: Mapping[Region, Store]) -> None:
        self._stores = stores

    def last(self, subject: SubjectId) -> Moment | None:
        """Return the end of the day on which a subject was here last; nothing: never noted."""
        for (seen,) in self._stores[subject.region].query(READ, (subject,)):
            return Moment(seen + DAY - 1)
        return None
