"""What is owed and not settled, found without reading anybody's standing (policy 9.7).

A row for each open duty is written with the entry that owes it, in the same transaction, and goes
with the entry that settles it. It says whose duty, of which kind and by when, and no word more.
"""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from troth.gate.rooms import Rooms
from troth.model.clock import Moment
from troth.model.errors import Erased, NotFound
from troth.model.standing import Standing
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store, Tx

# Notes a duty, or its new term.
NOTE: Final = (
    "INSERT INTO owing (subject_id, number, what, since, due_at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (subject_id, number) DO UPDATE SET what = excluded.what,"
    " since = excluded.since, due_at = excluded.due_at"
)
# It is settled.
DROP: Final = "DELETE FROM owing WHERE subject_id = ? AND number = ?"
# What is due first.
FIRST: Final = (
    "SELECT subject_id, number, what, since, due_at FROM owing WHERE due_at <= ?"
    " ORDER BY due_at, subject_id, number LIMIT ?"
)
# Whether what was owed before this table was made stands in it.
IS_WHOLE: Final = "SELECT 1 FROM owing WHERE subject_id = '' AND number = ''"
# From now on it does; the row is due never.
WHOLE: Final = (
    "INSERT INTO owing (subject_id, number, what, since, due_at)"
    " VALUES ('', '', '', 0, 9223372036854775807) ON CONFLICT DO NOTHING"
)
FOREVER: Final = Moment(2**62)


class Duty(Struct, frozen=True, kw_only=True):
    """One open duty: whose, its number, what is owed, since when, by when."""

    subject: SubjectId
    number: str
    what: str
    since: Moment
    due: Moment


def note(tx: Tx, subject: SubjectId | None, was: Standing, now: Standing) -> None:
    """Write what a passage changed of what is owed; an erased subject is owed nothing."""
    if subject is None or now.owed is was.owed or now.life == "erased":
        return
    for number, owed in now.owed.items():
        before = was.owed.get(number)
        if owed == before:
            continue
        if owed.state == "open":
            tx.run(NOTE, (subject, number, owed.what, owed.since, owed.by))
        elif before is not None and before.state == "open":
            tx.run(DROP, (subject, number))


class Owing:
    """The open duties of every region; ``standing`` is the gate's own."""

    def __init__(
        self, regions: Mapping[Region, Rooms], standing: Callable[[SubjectId], Standing]
    ) -> None:
        self._regions = regions
        self._standing = standing

    def first(self, limit: int = 200, *, until: Moment = FOREVER) -> list[Duty]:
        """Return what is due first, in every region, up to a moment."""
        found = [
            Duty(
                subject=SubjectId(subject),
                number=number,
                what=what,
                since=Moment(since),
                due=Moment(due),
            )
            for rooms in self._regions.values()
            for subject, number, what, since, due in rooms.store.query(FIRST, (until, limit))
        ]
        return sorted(found, key=lambda one: (one.due, one.subject, one.number))[:limit]

    def complete(self) -> int:
        """Note once what was owed before there was this index; return how many subjects."""
        return sum(
            self._complete(rooms.store, list(rooms.vault.subjects()))
            for rooms in self._regions.values()
            if not rooms.store.query(IS_WHOLE)
        )

    def _complete(self, store: Store, subjects: list[SubjectId]) -> int:
        for subject in subjects:
            try:
                standing = self._standing(subject)
            except (Erased, NotFound):
                continue
            if any(owed.state == "open" for owed in standing.owed.values()):
                self._all(store, subject, standing)
        store.transact(lambda tx: tx.run(WHOLE))
        return len(subjects)

    def _all(self, store: Store, subject: SubjectId, standing: Standing) -> None:
        blank = Standing(pseudonym=standing.pseudonym)
        store.transact(lambda tx: note(tx, subject, blank, standing))
