"""Tickets: what one step of a proof hands to the next: sealed, in time and good once (policy 7.1).

A ticket is kept by whoever was given it. Kept here is only that it was used, by a keyed digest in
the shared store, so that of many who bring it at once one is let in.
"""

import base64
import binascii
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from troth.documents.proof import pace
from troth.model.clock import DAY, Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.store.sql import Store

NONCE: Final = 12
LONGEST: Final = 4000

# Uses something up; of two who do so at once, one adds the row.
SPEND: Final = "INSERT INTO spent_proofs (what, until) VALUES (?, ?) ON CONFLICT (what) DO NOTHING"
# Takes away what could not be tried again anyway, a day later lest a clock is put back.
PURGE: Final = "DELETE FROM spent_proofs WHERE until <= ?"


class Ticket(Struct, frozen=True, kw_only=True):
    """An opened ticket: what it says, until when it is good, and what tells it from all others."""

    told: Secret
    until: Moment
    mark: bytes

    @property
    def request(self) -> str:
        """The number of the request that the ticket leads to, where it is one's."""
        return self.told.reveal()

    @property
    def subject(self) -> SubjectId:
        """Whom the ticket speaks of, where it is a subject's."""
        return SubjectId(self.told.reveal())


class Tickets:
    """Seals tickets, opens them, and uses them up; ``key`` is 32 bytes."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key
        self._cipher = AESGCM(pace.digest(key, "ticket"))

    def seal(self, kind: str, told: Secret, *, until: Moment, bound: str = "") -> Secret:
        """Seal what the next step needs; it opens as this ``kind``, for whoever it is ``bound`` to.

        >>> from troth.store.sqlite import SqliteStore
        >>> tickets = Tickets(SqliteStore(":memory:"), b"k" * 32)
        >>> ticket = tickets.seal("greeting", Secret("hello"), until=Moment(9), bound="browser 1")
        >>> tickets.open("greeting", ticket, at=Moment(8), bound="browser 1").told.reveal()
        'hello'
        """
        nonce = secrets.token_bytes(NONCE)
        text = until.to_bytes(8, "big") + told.reveal().encode()
        return Secret(_text(nonce + self._cipher.encrypt(nonce, text, _place(kind, bound))))

    def open(self, kind: str, ticket: Secret, *, at: Moment, bound: str = "") -> Ticket:
        """Open a ticket. Raises ``NotProved`` when it is altered, late, or somebody else's.

        Whether it was used already, ``spend`` tells.
        """
        try:
            raw = _bytes(ticket.reveal()[:LONGEST])
            text = self._cipher.decrypt(raw[:NONCE], raw[NONCE:], _place(kind, bound))
        except (InvalidTag, ValueError, binascii.Error):
            raise over() from None
        until = Moment(int.from_bytes(text[:8], "big"))
        if at >= until:
            raise over()
        # The nonce, not the text: one ticket can be written in base64 in more ways than one.
        return Ticket(told=Secret(text[8:].decode()), until=until, mark=raw[:NONCE])

    def spend(self, ticket: Ticket) -> None:
        """Use a ticket up. Raises ``NotProved`` when it was used before."""
        if not self.once(f"ticket|{ticket.mark.hex()}", until=ticket.until):
            raise over()

    def once(self, what: str, *, until: Moment) -> bool:
        """Use something up that is good until a moment; tell whether this was the first time."""
        digest = pace.digest(self._key, "spent", what)
        return self._store.transact(lambda tx: tx.change(SPEND, (digest, until))) == 1

    def purge(self, at: Moment) -> int:
        """Forget what a day has passed over; return how many."""
        return self._store.transact(lambda tx: tx.change(PURGE, (at - DAY,)))


def over() -> NotProved:
    """Return the one answer to a ticket that proves nothing."""
    return NotProved("this took too long, or was done before", clause="7.1", remedy="begin again")


def _place(kind: str, bound: str) -> bytes:
    return f"{kind}\x1f{bound}".encode()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
