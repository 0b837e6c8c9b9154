"""The sealed outbox: a message is queued with the act that causes it, and then delivered (7.4).

Sending cannot be rolled back, so nothing is sent inside a transaction (house decision 13):

1. ``queue`` seals addresses, title and text and writes one row in the caller's transaction;
2. ``due`` leases rows: another courier does not see them until the lease ends;
3. ``attempt`` hands one to its channel, outside any transaction;
4. ``settle`` writes what came of it: gone, again later, the next channel, or dead.

A crash after 3 and before 4 sends the message once more under the same id, and never loses it. A
row lives until a channel took the message; with it dies the key that sealed it.
"""

import itertools
import secrets
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal, Protocol

import msgspec
from msgspec import Struct

from troth.egress import outbox, sheet
from troth.egress.channels import Channel, Message
from troth.egress.outbox import Backlog, DeadLetter, Parcel, Payload
from troth.egress.sheet import ByHand, Laid, Sheet
from troth.model.clock import DAY, HOUR, MINUTE, SECOND, Moment
from troth.model.errors import BadInput, NotDelivered, NotFound, Sealed, StoreBusy
from troth.model.secret import Secret
from troth.model.terms import KeyId, SubjectId
from troth.store.sql import Store, Tx

LATE: Final = "expired"
_QUEUED: Final = itertools.count()
UNREADABLE: Final = "sealed"
UNSETTLED: Final = "unsettled"
NO_CHANNEL: Final = "no_channel"
NOT_TAKEN: Final = "not_taken"
# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.msgpack.Decoder(Payload)

State = Literal["delivered", "retry", "next_channel", "dead", "expired", "gone", "by_hand"]


class Sealer(Protocol):
    """What seals parcels, each under a key of its own: the vault's two methods of that name."""

    def seal_parcel(self, payload: bytes) -> tuple[KeyId, bytes]:
        """Seal under a fresh key; return the key's id and the sealed octets."""
        ...

    def open_parcel(self, key: KeyId, sealed: bytes) -> bytes:
        """Open. Raises ``Sealed`` or ``NotFound`` when it was altered or its key is gone."""
        ...


class Pace(Struct, frozen=True, kw_only=True):
    """How often and how fast; times in milliseconds.

    An address that has a successor is tried ``tries`` times, the last one ``last_tries`` times. The
    wait starts at ``first_wait``, doubles, and is never longer than ``longest_wait``. A lease must
    outlast the slowest channel. A dead letter can be asked for again for ``keep_dead``; what people
    deliver is laid out for ``by_hand``.

    >>> [Pace().wait(tries) // SECOND for tries in (1, 2, 3, 10)]
    [30, 60, 120, 3600]
    """

    tries: int = 5
    last_tries: int = 40
    first_wait: int = 30 * SECOND
    longest_wait: int = HOUR
    lease: int = 5 * MINUTE
    keep_dead: int = 30 * DAY
    by_hand: int = 3 * DAY

    def wait(self, tries: int) -> int:
        """Return how long to wait after so many tries."""
        return min(self.first_wait << min(tries - 1, 32), self.longest_wait)

    def purge_at(self, parcel: Parcel, at: Moment) -> Moment:
        """Return until when a letter that dies now is kept: not past its own end."""
        return _not_past(parcel, at, self.keep_dead)

    def laid_until(self, parcel: Parcel, at: Moment) -> Moment:
        """Return until when a message is laid out for people: not past its own end."""
        return _not_past(parcel, at, self.by_hand)

    def enough(self, parcel: Parcel) -> int:
        """Return how often the address at hand is tried."""
        return self.last_tries if parcel.last else self.tries


class Delivery(Struct, frozen=True, kw_only=True):
    """What one attempt came to. ``who`` is the pseudonym the message was queued for.

    ``error_code`` is empty when ``ok``; it names no person. ``by_hand``: people have to deliver it.
    """

    parcel: Parcel
    channel: str
    who: str
    ok: bool
    permanent: bool = False
    error_code: str = ""
    by_hand: bool = False


class Settled(Struct, frozen=True, kw_only=True):
    """What was written. ``key_id`` is the key to destroy after the commit, if one is to die.

    ``gone`` means that the row had been delivered or recalled by another meanwhile, ``by_hand``
    that it is laid out for people.
    """

    state: State
    key_id: KeyId | None = None


class Courier:
    """The outbox of one region and the channels that empty it. Safe from many threads."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        sealer: Sealer,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._channels = channels
        self._sealer = sealer
        self._pace = pace or Pace()

    # --- queueing ------------------------------------------------------------------------------

    def queue(
        self,
        tx: Tx,
        *,
        subject: SubjectId | None,
        who: str,
        notice: str,
        addresses: Sequence[tuple[str, Secret]],
        title: str,
        text: Secret,
        language: str,
        at: Moment,
        purpose: str = "",
        unsubscribe: str = "",
        until: Moment | None = None,
    ) -> str:
        """Seal a message and put it into the outbox; return its id.

        ``addresses`` are (channel, address) in the order to try. After ``until`` it is dropped
        instead of delivered: a code that no longer opens anything helps nobody. Raises
        ``BadInput`` when there is no address.
        """
        if not addresses:
            raise BadInput("a message needs an address", clause="7.4")
        parcel_id = _in_turn(at)
        payload = Payload(
            subject_id=str(subject or who or parcel_id),
            id=parcel_id,
            who=who,
            addresses=tuple((channel, address.reveal()) for channel, address in addresses),
            title=title,
            text=text.reveal(),
            language=language,
            at=at,
            unsubscribe=unsubscribe,
        )
        key_id, sealed = self._sealer.seal_parcel(msgspec.msgpack.encode(payload))
        outbox.write(tx, payload, key_id, sealed, notice=notice, purpose=purpose, until=until)
        return parcel_id

    def recall(
        self,
        tx: Tx,
        subject: SubjectId,
        *,
        purpose: str | None = None,
        keep: Sequence[str] = (),
    ) -> list[KeyId]:
        """Take back what waits for a subject (all, or one purpose) but the ids in ``keep``.

        Return the ids of the keys to destroy. An attempt under way cannot be called back.
        """
        return outbox.recall(tx, subject, purpose, keep)

    def recall_to(
        self, tx: Tx, subject: SubjectId, values: Collection[Secret], keep: Sequence[str] = ()
    ) -> list[KeyId]:
        """Take back what goes to addresses that are erased, but the ids in ``keep``."""
        gone = self._going_to(tx.run, subject, values)
        return [key for name in gone if name not in keep for key in outbox.take(tx, subject, name)]

    def held_to(self, subject: SubjectId, values: Collection[Secret]) -> int:
        """Count the messages that wait for a subject at one of some addresses."""
        return len(self._going_to(self._store.query, subject, values))

    def _going_to(
        self, run: outbox.Run, subject: SubjectId, values: Collection[Secret]
    ) -> list[str]:
        sought = {value.reveal_raw() for value in values}
        found = []
        for name, key, sealed in outbox.sealed_of(run, subject) if sought else ():
            with suppress(Sealed, NotFound, msgspec.DecodeError):
                payload = _READER.decode(self._sealer.open_parcel(key, sealed))
                if any(address in sought for _, address in payload.addresses):
                    found.append(name)
        return found

    # --- delivering ----------------------------------------------------------------------------

    def due(self, at: Moment, limit: int = 64) -> list[Parcel]:
        """Lease up to ``limit`` messages that are due. Whoever asks meanwhile gets others."""
        token = secrets.token_hex(8)
        until = Moment(at + self._pace.lease)

        def lease(tx: Tx) -> list[Parcel]:
            sheet.lapse(tx, at)
            return outbox.lease(tx, token, at, until, limit)

        return self._store.transact(lease)

    def attempt(self, parcel: Parcel) -> Delivery:
        """Open a parcel and hand it to its channel. Never call it inside a transaction."""
        try:
            payload = self._open(parcel)
        except (Sealed, NotFound):
            return _failed(parcel, UNREADABLE, permanent=True)
        except StoreBusy:
            return _failed(parcel, StoreBusy.code, permanent=False)
        channel, address = payload.addresses[parcel.place]
        if parcel.late:
            return _failed(parcel, LATE, payload, channel, permanent=True)
        if parcel.tries > self._pace.enough(parcel):
            # Every try before this one ended without a word: it may be what kills the courier.
            return _failed(parcel, UNSETTLED, payload, channel, permanent=True)
        if channel not in self._channels:
            return _failed(parcel, NO_CHANNEL, payload, channel, permanent=True)
        if parcel.laid_out:
            return _failed(parcel, NOT_TAKEN, payload, channel, permanent=True)
        if isinstance(self._channels[channel], ByHand):
            return Delivery(parcel=parcel, channel=channel, who=payload.who, ok=False, by_hand=True)
        try:
            self._channels[channel].send(_message(payload, channel, address))
        except NotDelivered as error:
            return _failed(parcel, error.reason, payload, channel, permanent=error.permanent)
        return Delivery(parcel=parcel, channel=channel, who=payload.who, ok=True)

    def _open(self, parcel: Parcel) -> Payload:
        opened = self._sealer.open_parcel(parcel.key_id, parcel.sealed)
        try:
            payload = _READER.decode(opened)
        except msgspec.DecodeError:
            raise Sealed("a message in the outbox is not of this program's making") from None
        if (payload.subject_id, payload.id) != (parcel.subject_id, parcel.id):
            raise Sealed("a message was moved to another row of the outbox")
        return payload

    def settle(self, tx: Tx, delivery: Delivery, at: Moment) -> Settled:
        """Write what an attempt came to, in the caller's transaction.

        Only the holder of the lease can say "not delivered"; "delivered" counts from anybody.
        """
        parcel = delivery.parcel
        if delivery.by_hand:
            laid = sheet.lay_out(tx, parcel, self._pace.laid_until(parcel, at))
            return Settled(state="by_hand" if laid else "gone")
        if delivery.ok or delivery.error_code == LATE:
            key_id = outbox.drop(tx, parcel, delivered=delivery.ok)
            if key_id is None:
                return Settled(state="gone")
            return Settled(state="delivered" if delivery.ok else "expired", key_id=key_id)
        state, place, tries, next_at = self._next(delivery, at)
        kept = outbox.postpone(
            tx,
            parcel,
            state=outbox.DEAD if state == "dead" else outbox.WAITING,
            place=place,
            tries=tries,
            next_at=next_at,
            code=delivery.error_code,
        )
        return Settled(state=state if kept else "gone")

    def _next(self, delivery: Delivery, at: Moment) -> tuple[State, int, int, Moment]:
        """Say what follows a failure: state, place, tries, and when the row is looked at again."""
        parcel, pace = delivery.parcel, self._pace
        if not delivery.permanent and parcel.tries < pace.enough(parcel):
            return "retry", parcel.place, parcel.tries, Moment(at + pace.wait(parcel.tries))
        if delivery.error_code == UNREADABLE or parcel.last:
            return "dead", parcel.place, parcel.tries, pace.purge_at(parcel, at)
        return "next_channel", parcel.place + 1, 0, at

    # --- what people deliver -------------------------------------------------------------------

    def laid_out(self, at: Moment) -> list[tuple[Laid, Sheet]]:
        """Return what waits for people, opened; what cannot be opened is left to the courier."""
        found = []
        for laid in sheet.laid_out(self._store, at):
            with suppress(Sealed, NotFound):
                found.append((laid, sheet.opened(laid, self._open(laid.parcel), at)))
        return found

    def take(self, parcel_id: str, staff: str, at: Moment) -> Sheet:
        """Give a message into somebody's hand for a quarter of an hour, and to nobody else.

        Raises ``NotFound`` where it is gone or another has it.
        """
        return self._hand(self._store.transact(lambda tx: sheet.take(tx, parcel_id, staff, at)), at)

    def in_hand(self, parcel_id: str, staff: str, at: Moment) -> Sheet:
        """Return a message that somebody has in hand. Raises ``NotFound``."""
        found = self._store.transact(lambda tx: sheet.in_hand(tx, parcel_id, staff, at))
        return self._hand(found, at)

    def _hand(self, laid: Laid | None, at: Moment) -> Sheet:
        if laid is None:
            raise NotFound(
                "no message of this number is in your hands",
                clause="7.4",
                remedy="look at the sheet again: it was taken, recalled, or its time is over",
            )
        return sheet.opened(laid, self._open(laid.parcel), at)

    # --- looking after it ----------------------------------------------------------------------

    def waiting(self) -> Backlog:
        """Count what lies in the outbox."""
        return outbox.backlog(self._store)

    def held(self, subject: SubjectId) -> int:
        """Count the messages that wait for a subject: what an erasure has to ask this room."""
        return outbox.held(self._store, subject)

    def having(self, tx: Tx, subjects: Sequence[SubjectId]) -> set[str]:
        """Return those of some subjects for whom a message waits."""
        return outbox.having(tx.run, subjects)

    def dead(self, limit: int = 100) -> list[DeadLetter]:
        """List what no channel took, without a word of to whom it was going."""
        return outbox.dead_letters(self._store, limit)

    def requeue(self, tx: Tx, parcel_id: str, at: Moment) -> None:
        """Let a dead letter start over at its first address. Raises ``NotFound``."""
        if not outbox.revive(tx, parcel_id, at):
            raise NotFound("no dead letter has this id")

    def purge(self, tx: Tx, at: Moment, limit: int = 1000) -> list[KeyId]:
        """Take out dead letters whose time is over; return the ids of the keys to destroy."""
        return outbox.outdated(tx, at, limit)


def _not_past(parcel: Parcel, at: Moment, time: int) -> Moment:
    """Return a time from now, but not past a message's own end."""
    ends = at + time
    return Moment(ends if parcel.until is None else max(at, min(ends, parcel.until)))


def _message(payload: Payload, channel: str, address: str) -> Message:
    return Message(
        channel=channel,
        address=Secret(address),
        title=payload.title,
        text=Secret(payload.text),
        language=payload.language,
        id=payload.id,
        at=payload.at,
        unsubscribe=payload.unsubscribe,
    )


def _failed(
    parcel: Parcel,
    code: str,
    payload: Payload | None = None,
    channel: str = "",
    *,
    permanent: bool,
) -> Delivery:
    return Delivery(
        parcel=parcel,
        channel=channel,
        who=payload.who if payload else "",
        ok=False,
        permanent=permanent,
        error_code=code,
    )


def _in_turn(at: Moment) -> str:
    """Draw a message's id; messages of one moment leave in the order in which they were queued."""
    return f"{at & 0xFFFF_FFFF_FFFF:012x}{next(_QUEUED) & 0xFFFF:04x}{secrets.token_hex(8)}"
