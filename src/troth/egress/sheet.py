"""The call sheet: messages that people deliver, sealed in the outbox until they do (2.1.2, 7.4).

What a channel of this kind is handed is laid out instead of sent: its row waits for one of staff to
take it. Whoever takes it has it alone for a quarter of an hour; then they say what came of it, or
somebody else may take it. What nobody takes in time goes the way of any message that failed.
"""

import secrets
from typing import Final

from msgspec import Struct

from troth.egress.outbox import BY_HAND, Parcel, Payload
from troth.model.clock import MINUTE, Moment
from troth.model.errors import NotDelivered
from troth.model.secret import Secret
from troth.model.terms import KeyId
from troth.store.sql import Row, Store, Tx

IN_HAND_FOR: Final = 15 * MINUTE
MOST: Final = 200

# Lay a message out, for whoever takes it.
LAY_OUT: Final = (
    "UPDATE outbox SET state = 'by_hand', next_at = ?, code = 'by_hand', lease = '',"
    " taken_by = NULL, taken_until = NULL WHERE subject_id = ? AND id = ? AND lease = ?"
)
# What is laid out and not late, oldest first.
LAID_OUT: Final = (
    "SELECT subject_id, id, notice, purpose, key_id, sealed, place, places, tries, until, lease,"
    " queued_at, taken_by, taken_until FROM outbox WHERE state = 'by_hand' AND next_at > ?"
    " ORDER BY next_at, id LIMIT ?"
)
# Take one, unless somebody has it in hand.
TAKE: Final = (
    "UPDATE outbox SET lease = ?, taken_by = ?, taken_until = ?, tries = tries + 1"
    " WHERE state = 'by_hand' AND next_at > ? AND id = ?"
    " AND (taken_until IS NULL OR taken_until <= ? OR taken_by = ?)"
    " RETURNING subject_id, id, notice, purpose, key_id, sealed, place, places, tries, until,"
    " lease, queued_at, taken_by, taken_until"
)
# What somebody has in hand.
IN_HAND: Final = (
    "SELECT subject_id, id, notice, purpose, key_id, sealed, place, places, tries, until, lease,"
    " queued_at, taken_by, taken_until FROM outbox"
    " WHERE state = 'by_hand' AND id = ? AND taken_by = ? AND taken_until > ?"
)
# What nobody took in time goes back to the courier, who gives it up.
LAPSE: Final = (
    "UPDATE outbox SET state = 'waiting' WHERE state = 'by_hand' AND next_at <= ?"
    " AND (taken_until IS NULL OR taken_until <= ?)"
)


class ByHand:
    """A channel whose messages people deliver: the courier lays them out."""

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def name(self) -> str:
        """The channel that people stand for, such as ``phone``."""
        return self._name

    def send(self, message: object) -> None:
        """Send nothing. Raises ``NotDelivered``."""
        del message
        raise NotDelivered("somebody has to deliver this", reason=BY_HAND)


class Laid(Struct, frozen=True, kw_only=True):
    """A message on the sheet: its row, since when it waits, and whether somebody has it in hand."""

    parcel: Parcel
    since: Moment
    taken: bool


class Sheet(Struct, frozen=True, kw_only=True):
    """A message that was taken: what to say, to whom, at which address."""

    parcel: Parcel
    who: str
    channel: str
    address: Secret
    title: str
    text: Secret
    language: str
    until: Moment


def lay_out(tx: Tx, parcel: Parcel, until: Moment) -> bool:
    """Lay a leased message out until a moment; ``False`` where the lease is another's by now."""
    return tx.change(LAY_OUT, (until, parcel.subject_id, parcel.id, parcel.lease)) == 1


def laid_out(store: Store, at: Moment) -> list[Laid]:
    """Return what is laid out, the first to lapse first, two hundred at most."""
    return [_laid(row, at) for row in store.query(LAID_OUT, (at, MOST))]


def take(tx: Tx, parcel_id: str, staff: str, at: Moment) -> Laid | None:
    """Take a message in hand; ``None`` where it is gone, or another's."""
    lease, until = secrets.token_hex(8), at + IN_HAND_FOR
    rows = tx.run(TAKE, (lease, staff, until, at, parcel_id, at, staff))
    return _laid(rows[0], at) if rows else None


def in_hand(tx: Tx, parcel_id: str, staff: str, at: Moment) -> Laid | None:
    """Return a message that somebody has in hand; ``None`` where it is not theirs any more."""
    rows = tx.run(IN_HAND, (parcel_id, staff, at))
    return _laid(rows[0], at) if rows else None


def lapse(tx: Tx, at: Moment) -> int:
    """Give back to the courier what nobody took in time; return how many."""
    return tx.change(LAPSE, (at, at))


def opened(laid: Laid, payload: Payload, at: Moment) -> Sheet:
    """Return what somebody who has a message in hand needs to know."""
    channel, address = payload.addresses[laid.parcel.place]
    return Sheet(
        parcel=laid.parcel,
        who=payload.who,
        channel=channel,
        address=Secret(address),
        title=payload.title,
        text=Secret(payload.text),
        language=payload.language,
        until=Moment(min(at + IN_HAND_FOR, laid.parcel.until or at + IN_HAND_FOR)),
    )


def _laid(row: Row, at: Moment) -> Laid:
    subject_id, parcel_id, notice, purpose, key_id, sealed, place, places, tries, *rest = row
    until, lease, since, _, taken_until = rest
    parcel = Parcel(
        subject_id=subject_id,
        id=parcel_id,
        notice=notice,
        purpose=purpose,
        key_id=KeyId(key_id),
        sealed=bytes(sealed),
        place=place,
        places=places,
        tries=tries,
        until=until,
        late=until is not None and until <= at,
        lease=lease,
        laid_out=True,
    )
    return Laid(
        parcel=parcel,
        since=Moment(since),
        taken=taken_until is not None and taken_until > at,
    )
