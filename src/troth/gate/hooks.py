"""Webhooks after the commit: what waits is told, address by address (policy 9.3c, 4.1).

Each address is told in a thread of its own, so that one that is dead or slow keeps nobody else
waiting; after its first failure it rests until the next round.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from troth.egress.webhooks.outbox import Sent
from troth.gate import owing
from troth.gate.after import keep
from troth.gate.rooms import Rooms
from troth.ledger import entry as entries
from troth.model.acts import SYSTEM, Event, Settle
from troth.model.clock import Moment
from troth.store.sql import Tx
from troth.vault.cells import Doomed

MOST: Final = 256
"""How many words one address hears in one round."""
AT_ONCE: Final = 8
BY_MACHINE: Final = "by_machine"
"""The code of a duty that was fulfilled by telling a machine."""


def deliver(rooms: Rooms, at: Moment, *, edition: str, most: int = MOST) -> int:
    """Tell every address what is due and remember what that settles; return how many were told."""
    names = rooms.webhooks.waiting(at)
    if not names:
        return 0
    tell = partial(_tell, rooms, at=at, edition=edition, most=most)
    with ThreadPoolExecutor(min(len(names), AT_ONCE)) as together:
        return sum(together.map(tell, names))


def purge(rooms: Rooms, at: Moment) -> None:
    """Drop what nobody took for thirty days, and its keys."""
    work = partial(_purged, rooms, at=at)
    rooms.vault.finish(rooms.store.transact(work))


def _purged(rooms: Rooms, tx: Tx, *, at: Moment) -> Doomed:
    return rooms.vault.doom(tx, rooms.webhooks.purge(tx, at))


def _tell(rooms: Rooms, endpoint: str, *, at: Moment, edition: str, most: int) -> int:
    for told in range(most):
        hook = rooms.webhooks.next(endpoint, at)
        if hook is None:
            return told
        sent = rooms.webhooks.attempt(hook)
        settle(rooms, sent, at, edition=edition)
        if not sent.ok:
            return told
    return most


def settle(rooms: Rooms, sent: Sent, at: Moment, *, edition: str) -> None:
    """Write what came of a try; remember a duty that it fulfils, and an address that is left."""

    def work(tx: Tx) -> Doomed:
        settled = rooms.webhooks.settle(tx, sent, at)
        if settled.state == "left_alone":
            told = Event(
                subject=None,
                name="webhook.left_alone",
                detail={"endpoint": sent.hook.endpoint, "code": sent.code},
            )
            keep(tx, rooms, entries.of(told, who="", at=at, by=SYSTEM, edition=edition))
        if settled.state == "told" and sent.duty:
            _fulfil(tx, rooms, sent, at, edition)
        return rooms.vault.doom(tx, [settled.key_id] if settled.key_id else [])

    rooms.vault.finish(rooms.store.transact(work))


def _fulfil(tx: Tx, rooms: Rooms, sent: Sent, at: Moment, edition: str) -> None:
    owed = rooms.standings.load(tx, sent.who).owed.get(sent.duty)
    if owed is None or owed.state != "open":
        return
    done = Settle(subject=None, duty=sent.duty, state="fulfilled", code=BY_MACHINE)
    keep(tx, rooms, entries.of(done, who=sent.who, at=at, by=SYSTEM, edition=edition))
    tx.run(owing.DROP, (sent.hook.subject_id, sent.duty))
