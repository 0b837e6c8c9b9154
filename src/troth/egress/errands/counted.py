"""What no statement can end, counted after an erasure until it is gone: paper (policy 9.4).

It answers as a database does: how many rows of a register still stand for a subject. Nothing is
done here; people destroy what the rows are about, and the order stays open until they have.
"""

from collections.abc import Iterator
from typing import Final

from troth.egress.databases.port import Held, Known, Lead, Order, Reach, Remain, Step, Traced
from troth.egress.errands.orders import SUBJECT
from troth.store.sql import Store

COLUMN: Final = "subject_id"


class Counted:
    """A register that is asked for a subject. ``statement`` counts, and takes the subject's id."""

    known_by: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    def __init__(self, name: str, store: Store, statement: str) -> None:
        self._name = name
        self._store = store
        self._statement = statement

    @property
    def name(self) -> str:
        """The name under which a certificate lists it."""
        return self._name

    def trace(self, known: Known, reach: Reach = ()) -> Traced:
        """Remember the subject's id where something stands for it; else there is nothing to do."""
        ids = [one.reveal() for one in known.get(SUBJECT, ())]
        found = tuple((each,) for each in ids if self._count(each))
        if reach or not found:
            return Traced(reach=reach)
        return Traced(reach=(Lead(self._name, self._name, (COLUMN,), found),))

    def export(self, _reach: Reach) -> Iterator[Held]:
        """Give nothing: what is written there is with people."""
        return iter(())

    def plan(self, _reach: Reach, _order: Order) -> Iterator[Step]:
        """Say nothing: people do it."""
        return iter(())

    def perform(self, _reach: Reach, _order: Order) -> int:
        """Do nothing: people do it."""
        return 0

    def remains(self, reach: Reach, order: Order) -> tuple[Remain, ...]:
        """Count what still stands there of whoever was erased."""
        if order.task != "erase":
            return ()
        left = sum(self._count(str(one)) for lead in reach for (one,) in lead.values)
        return (Remain(place=self._name, category="*", count=left),) if left else ()

    def _count(self, subject: str) -> int:
        return int(self._store.query(self._statement, (subject,))[0][0])
