"""What a store answered when it was asked again after an erasure (policy 9.4; house decision 9).

The gate asks; documents tell it to people, the ledger keeps it. It names places, categories and
counts, never a value.
"""

from typing import Final, Literal

from msgspec import Struct

from troth.model.acts.base import Json, Record
from troth.model.clock import Moment

Sort = Literal["vault", "queue", "cache", "files", "database", "map", "backup"]
"""Of which kind a store is: ours, or (``database``) another system; ``map``: what none knows."""
State = Literal["clean", "held", "incomplete", "silent", "later"]
"""Nothing is left; only what a law holds; something; nobody answered; it opens until a date."""
UNASKED: Final = "unasked"
HELD: Final = "held"
SILENT: Final = -1
"""The residue of a store that did not answer."""
MOST: Final = 24
"""How many things that remain one entry of the ledger names for a store; the count has them all."""


class Remaining(Struct, frozen=True, kw_only=True):
    """Something that is still there: where, of which category, how often, and why.

    ``why``: ``left``, ``held`` (with its ``law``, ``until`` its last day), ``unmapped``,
    ``unasked``, ``disputed``.
    """

    place: str
    category: str
    count: int
    why: str = "left"
    law: str = ""
    until: Moment | None = None

    def record(self) -> dict[str, Json]:
        """Return it as plain JSON; what is empty is left out."""
        told: dict[str, Json] = {
            "place": self.place,
            "category": self.category,
            "count": self.count,
            "why": self.why,
        }
        told |= {"law": self.law} if self.law else {}
        return told | ({"until": self.until} if self.until is not None else {})


class Answer(Struct, frozen=True, kw_only=True):
    """What one store answered. ``until``: the day on which what it still has opens nowhere.

    >>> Answer(store="shop", sort="database").state
    'clean'
    >>> late = Remaining(place="shop", category="*", count=0, why="unasked")
    >>> Answer(store="shop", sort="database", remains=(late,)).residue
    -1
    """

    store: str
    sort: Sort
    method: str = ""
    remains: tuple[Remaining, ...] = ()
    until: Moment | None = None

    @property
    def state(self) -> State:
        """How it is, in one word."""
        reasons = {each.why for each in self.remains}
        if not reasons:
            return "clean" if self.until is None else "later"
        if UNASKED in reasons:
            return "silent"
        return "held" if reasons == {HELD} else "incomplete"

    @property
    def done(self) -> bool:
        """Whether nothing is left here that should have gone."""
        return self.state not in ("incomplete", "silent")

    @property
    def residue(self) -> int:
        """How much is left that should have gone; -1 where nobody answered."""
        if self.state == "silent":
            return SILENT
        return sum(each.count for each in self.remains if each.why != HELD)

    def record(self) -> Record:
        """Return it as the ledger remembers it; of much that remains, the first things."""
        told: Record = {"store": self.store, "sort": self.sort, "state": self.state}
        told |= {"method": self.method} if self.method else {}
        told |= {"until": self.until} if self.until is not None else {}
        if self.remains:
            told["remains"] = [each.record() for each in self.remains[:MOST]]
        return told
