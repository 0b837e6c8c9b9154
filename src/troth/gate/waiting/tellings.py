"""Who got what was erased, corrected or withdrawn has to hear of it (policy 9.2, 9.4; GDPR 19).

What they hear is written with the act, before the subject's key dies: numbers of entries
under which they were given the data, and names of fields. A recipient with an address is told by a
machine until it takes it; what others have to hear waits here for people, whether or not its
subject is still there.
"""

from functools import partial
from typing import Final

from troth.egress.webhooks.words import Telling
from troth.gate import owing
from troth.gate.after import keep
from troth.gate.knowing import Knowing
from troth.gate.rooms import Rooms
from troth.ledger import entry as entries
from troth.model.acts import Actor, Settle
from troth.model.clock import Moment
from troth.model.errors import BadInput, NotFound
from troth.model.terms import Region
from troth.store.sql import Tx
from troth.vault.cells import Doomed

BY_STAFF: Final = "by_staff"
"""The code of a duty that was fulfilled by people: a letter, a call."""

__all__ = ["Telling", "Tellings"]


class Tellings:
    """What recipients have yet to hear, in every region, and what people told them."""

    def __init__(self, gate: Knowing) -> None:
        self._gate = gate

    def waiting(self, limit: int = 200) -> list[tuple[Region, Telling]]:
        """Return what recipients have yet to hear, the oldest first, with the region it lies in."""
        found = [
            (region, telling)
            for region, rooms in self._gate.regions.items()
            for telling in rooms.webhooks.untold(limit)
        ]
        return sorted(found, key=lambda one: (one[1].since, one[1].id))[:limit]

    def told(self, region: Region, telling: str, *, by: Actor) -> None:
        """Say that a recipient was told: it is remembered with who says so, and its key dies.

        Raises ``BadInput`` for anybody but staff, ``NotFound`` for what was told before, or is not
        of the region where they may read.
        """
        if by.kind != "staff" or not by.id:
            raise BadInput("staff tell what no machine can", clause="9.2", field="by")
        near = by.region in (None, region)
        rooms, at = self._gate.regions.get(region) if near else None, self._gate.clock.now()
        found = [one for one in rooms.webhooks.untold() if one.id == telling] if rooms else []
        if rooms is None or not found:
            raise _done()
        edition = self._gate.policy(at).hash[:16]
        work = partial(_told, rooms, found[0], by=by, at=at, edition=edition)
        rooms.vault.finish(rooms.store.transact(work))


def _told(rooms: Rooms, telling: Telling, tx: Tx, *, by: Actor, at: Moment, edition: str) -> Doomed:
    keys = rooms.webhooks.told(tx, telling)
    if not keys:
        raise _done()
    owed = rooms.standings.load(tx, telling.who).owed.get(telling.duty)
    if owed is not None and owed.state == "open":
        done = Settle(subject=None, duty=telling.duty, state="fulfilled", code=BY_STAFF)
        keep(tx, rooms, entries.of(done, who=telling.who, at=at, by=by, edition=edition))
    tx.run(owing.DROP, (telling.subject, telling.duty))
    return rooms.vault.doom(tx, keys)


def _done() -> NotFound:
    return NotFound("nothing waits under this number", remedy="look at the list again")
