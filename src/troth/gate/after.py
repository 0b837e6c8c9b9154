"""What follows the commit: keys die, recipients are told, messages leave.

None of this can be rolled back, so none of it is done inside the transaction. A crash in between
loses nothing: doomed keys are finished at the next start, the outbox is delivered by the courier.
"""

from troth.egress.courier import Delivery
from troth.egress.recipients import Reply
from troth.gate.passage import Handed, Passage
from troth.gate.rooms import Rooms
from troth.ledger import entry as entries
from troth.ledger import fold
from troth.ledger.entry import Entry
from troth.model.acts import SYSTEM, Act, Actor, Event, Record
from troth.model.clock import Moment
from troth.store.sql import Tx
from troth.vault.cells import Doomed


def hand_over(rooms: Rooms, passage: Passage) -> dict[str, Reply]:
    """Give opened values to the recipients that answer at once, such as identity authorities.

    What one passage gives to one recipient for one purpose and task goes together, whosever it is:
    a question about a company names people too. Then each of them must have authorised it.
    """
    together: dict[tuple[str, str, str], list[Handed]] = {}
    for handed in passage.handed:
        act = handed.act
        together.setdefault((act.recipient, act.purpose, act.task), []).append(handed)
    replies = {}
    for (recipient, purpose, task), parts in together.items():
        authorised = [part.authorisation for part in parts]
        replies[recipient] = rooms.recipients[recipient].deliver(
            purpose,
            {field: value for part in parts for field, value in part.values.items()},
            passage.entries[parts[0].place].id,
            authorisation=",".join(authorised) if all(authorised) else "",
            task=task,
            subject=parts[0].act.subject,
        )
    return replies


def finish(rooms: Rooms, passage: Passage) -> None:
    """Destroy the keys that the passage doomed."""
    for doomed in (*passage.doomed, *passage.orders.doomed):
        rooms.vault.finish(doomed)


def remember(
    rooms: Rooms,
    who: str,
    act: Act,
    *,
    by: Actor,
    at: Moment,
    edition: str,
    clauses: tuple[str, ...] = (),
) -> Entry:
    """Record one entry in a transaction of its own and fold it, where it has a subject."""
    entry = entries.of(act, who=who, at=at, by=by, edition=edition, clauses=clauses)
    # Urgent: what an erasure or a refusal has to remember must not fail on a full disk.
    return rooms.store.transact(lambda tx: keep(tx, rooms, entry), urgent=True)


def keep(tx: Tx, rooms: Rooms, entry: Entry) -> Entry:
    """Record and fold one entry in a transaction that is already open; return it numbered."""
    if not entry.who:
        # As much is read as for somebody, so that the time it takes tells nobody who is known (A1).
        rooms.standings.load(tx, entry.id)
        return rooms.log.record(tx, [entry])[0]
    loaded = rooms.standings.load(tx, entry.who)
    rooms.standings.save(tx, fold.after(loaded, entry), was=loaded)
    return rooms.log.record(tx, [entry], onto=[loaded])[0]


class Denied(Event, frozen=True, kw_only=True):
    """A use that was refused; who tried what, never a value."""

    kind = "use.denied"


class Delivered(Event, frozen=True, kw_only=True):
    """A notice reached a channel."""

    kind = "notice.delivered"


class Undelivered(Event, frozen=True, kw_only=True):
    """A channel did not take a notice; ``state`` says what follows."""

    kind = "notice.failed"


def deliver(rooms: Rooms, at: Moment, *, edition: str, most: int = 64) -> int:
    """Send what is due from the outbox and remember how it went; return how many were tried."""
    parcels = rooms.courier.due(at, most)
    for parcel in parcels:
        settle(rooms, rooms.courier.attempt(parcel), at, edition=edition)
    return len(parcels)


def settle(
    rooms: Rooms, delivery: Delivery, at: Moment, *, edition: str, by: Actor = SYSTEM
) -> None:
    """Write what came of an attempt and remember it; a message that has gone dies with its key."""

    def work(tx: Tx) -> Doomed:
        settled = rooms.courier.settle(tx, delivery, at)
        if settled.state in ("gone", "by_hand"):
            # Another courier delivered it, or it was recalled: that was remembered there. What is
            # laid out for people is remembered when they have tried.
            return Doomed()
        told: Record = {
            "notice": delivery.parcel.notice,
            "parcel": delivery.parcel.id,
            "channel": delivery.channel,
            "state": settled.state,
            "code": delivery.error_code,
        }
        kind = Delivered if delivery.ok else Undelivered
        act = kind(subject=None, name=delivery.parcel.notice, detail=told)
        keep(tx, rooms, entries.of(act, who=delivery.who, at=at, by=by, edition=edition))
        return rooms.vault.doom(tx, [settled.key_id] if settled.key_id else [])

    rooms.vault.finish(rooms.store.transact(work))


def purge(rooms: Rooms, at: Moment) -> None:
    """Drop dead letters and copies whose time is over, and their keys."""

    def work(tx: Tx) -> Doomed:
        over = [*rooms.courier.purge(tx, at), *rooms.deposits.outdated(tx, at)]
        return rooms.vault.doom(tx, over)

    rooms.vault.finish(rooms.store.transact(work))
