"""What came and which request it became; what comes again is known (9.1b, 11.3a; F7, A16).

Nothing here tells of whom a request is. Ids and senders are keyed digests, addresses to call back
lie sealed. A message is claimed before it is worked on, so that of two that come at once one is
taken; a claim that was left lying may be taken over.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from troth.documents.proof.pace import Share, take
from troth.model.clock import DAY, HOUR, MINUTE, Moment
from troth.model.errors import Sealed, StoreBusy
from troth.model.secret import Secret
from troth.store.sql import Row, Store, Tx

Way = Literal["email", "letter", "telephone", "agent", "opendsr", "desk", "centre"]
WAYS: Final = ("email", "letter", "telephone", "agent", "opendsr", "desk", "centre")
LEASE: Final = 5 * MINUTE
KEPT_DAYS: Final = 800
"""A request's records are kept for 24 months (11 CCR 7101); this outlasts them."""
LOOK_EVERY: Final = MINUTE
LONGEST_WAIT: Final = HOUR
MOST_TRIES: Final = 60
_NONCE: Final = 12

COLUMNS: Final = "number, way, party, register, sealed, told, watched, look_at, tries, made"
# Enters what a message became.
ENTER: Final = (
    "INSERT INTO intake (number, way, party, reference, sender, register, sealed, told, watched,"
    " look_at, tries, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING"
)
# One of them.
ONE: Final = f"SELECT {COLUMNS} FROM intake WHERE number = ?"
# The request that a program's own id, or a letter's number in the register, leads to.
BY_REFERENCE: Final = f"SELECT {COLUMNS} FROM intake WHERE reference = ?"
# Who sent it: a keyed digest.
SENT_BY: Final = "SELECT 1 FROM intake WHERE number = ? AND sender = ?"
# Whose state is to be looked at; until then nobody else looks.
DUE: Final = "SELECT number FROM intake WHERE watched = 1 AND look_at <= ? ORDER BY look_at LIMIT ?"
TAKE_UP: Final = (
    "UPDATE intake SET look_at = ? WHERE number = ? AND watched = 1 AND look_at <= ?"
    f" RETURNING {COLUMNS}"
)
# A state was told to everybody who is to be told.
TOLD: Final = "UPDATE intake SET told = ?, watched = ?, tries = 0 WHERE number = ?"
# It could not be; it is tried again, or given up.
FAILED: Final = "UPDATE intake SET tries = tries + 1, look_at = ?, watched = ? WHERE number = ?"
# Claims a message, unless somebody has; takes over a claim that was left lying.
CLAIM: Final = (
    "INSERT INTO intake_messages (digest, number, at) VALUES (?, '', ?) ON CONFLICT (digest) DO"
    " UPDATE SET at = excluded.at WHERE intake_messages.number = '' AND intake_messages.at <= ?"
    " RETURNING digest"
)
CLAIMED: Final = "SELECT number FROM intake_messages WHERE digest = ?"
# Says what a message became.
SETTLE: Final = "UPDATE intake_messages SET number = ? WHERE digest = ?"
# Lets go of a claim: what was claimed could not be taken.
LET_GO: Final = "DELETE FROM intake_messages WHERE digest = ? AND number = ''"
# Notes that a message id belongs to a request, whichever was first.
NOTE_ID: Final = (
    "INSERT INTO intake_messages (digest, number, at) VALUES (?, ?, ?)"
    " ON CONFLICT (digest) DO NOTHING"
)
# Takes away what is old.
PURGE: Final = ("DELETE FROM intake WHERE made <= ?", "DELETE FROM intake_messages WHERE at <= ?")
# Whether there is any.
OLD: Final = (
    "SELECT 1 FROM intake WHERE made <= ? LIMIT 1",
    "SELECT 1 FROM intake_messages WHERE at <= ? LIMIT 1",
)


class Sealing(Struct, frozen=True, kw_only=True):
    """What lies sealed in a row: where to tell of its state, and a program's own id of it."""

    callbacks: tuple[str, ...] = ()
    reference: str = ""
    kind: str = ""


class Came(Struct, frozen=True, kw_only=True):
    """What came, and the request it became.

    ``party`` is the program that sent it, ``register`` a letter's number in the register of post,
    ``told`` the state that was told last.
    """

    number: str
    way: str
    party: str
    register: str
    sealing: Sealing
    told: str
    watched: bool
    tries: int
    made: Moment


class Register:
    """What came to a house, kept in its home store; ``key`` (32 bytes) seals and makes digests."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key
        self._seal = AESGCM(hmac.digest(key, b"intake seal", sha256))

    def digest(self, *parts: str) -> bytes:
        """Return the keyed digest of what names a message, a sender or a reference."""
        told = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
        return hmac.digest(self._key, b"intake\x1f" + told, sha256)

    def known_as(self, secret: Secret) -> str:
        """Return what a value is known as here: a keyed digest of it."""
        return secret.fingerprint(self._key)

    # --- messages ------------------------------------------------------------------------------

    def claim(self, digest: bytes, at: Moment) -> str | None:
        """Claim a message; return the request that it became before, ``None`` where it is new.

        Raises ``StoreBusy`` while somebody else is taking it.
        """

        def work(tx: Tx) -> str | None:
            if tx.run(CLAIM, (digest, at, at - LEASE)):
                return None
            return str(tx.run(CLAIMED, (digest,))[0][0])

        found = self._store.transact(work)
        if found == "":
            raise StoreBusy("this message is being taken", remedy="send it again in five minutes")
        return found

    def settle(self, digest: bytes, number: str) -> None:
        """Say which request a message became."""
        self._store.transact(lambda tx: tx.run(SETTLE, (number, digest)))

    def let_go(self, digest: bytes) -> None:
        """Let a message that could not be taken be tried again."""
        self._store.transact(lambda tx: tx.run(LET_GO, (digest,)))

    def note(self, digest: bytes, number: str, at: Moment) -> None:
        """Note that a message id belongs to a request."""
        self._store.transact(lambda tx: tx.run(NOTE_ID, (digest, number, at)))

    def became(self, digest: bytes) -> str:
        """Return the request that a digest leads to; empty for none."""
        rows = self._store.query(CLAIMED, (digest,))
        return str(rows[0][0]) if rows else ""

    def may(self, what: bytes, share: Share, at: Moment) -> bool:
        """Tell whether there is still one of a share, and take it."""
        return self._store.transact(lambda tx: take(tx, what, share, at))

    # --- requests ------------------------------------------------------------------------------

    def enter(
        self,
        number: str,
        way: Way,
        *,
        at: Moment,
        party: str = "",
        reference: bytes = b"",
        sender: bytes = b"",
        register: str = "",
        sealing: Sealing | None = None,
        told: str = "",
    ) -> None:
        """Enter what became of a message; entered before, it stays as it was."""
        inside = sealing or Sealing()
        watched = int(bool(inside.callbacks))
        # What has no reference of its own has one that nobody else can have.
        named = reference or self.digest("number", number)
        sealed = self._sealed(number, inside)
        row = (number, way, party, named, sender, register, sealed, told, watched, at, at)
        self._store.transact(lambda tx: tx.run(ENTER, row))

    def find(self, number: str) -> Came | None:
        """Return what came under a number, if anything did."""
        rows = self._store.query(ONE, (number,))
        return self._came(rows[0]) if rows else None

    def by_reference(self, reference: bytes) -> Came | None:
        """Return what came under a program's own id, if anything did."""
        rows = self._store.query(BY_REFERENCE, (reference,))
        return self._came(rows[0]) if rows else None

    def sent_by(self, number: str, sender: bytes) -> bool:
        """Tell whether a request came from a sender."""
        return bool(self._store.query(SENT_BY, (number, sender)))

    # --- telling how far it is -----------------------------------------------------------------

    def due(self, at: Moment, limit: int = 8) -> list[Came]:
        """Take up requests whose state is to be looked at; nobody else does for a minute."""

        def work(tx: Tx) -> list[Row]:
            until = at + LOOK_EVERY
            found = tx.run(DUE, (at, limit))
            return [row for (one,) in found for row in tx.run(TAKE_UP, (until, one, at))]

        waiting = self._store.query(DUE, (at, 1))
        return [self._came(row) for row in self._store.transact(work)] if waiting else []

    def told(self, came: Came, state: str, *, over: bool) -> None:
        """Note that a state was told; ``over``: it is the last."""
        row = (state, int(not over), came.number)
        self._store.transact(lambda tx: tx.run(TOLD, row))

    def failed(self, came: Came, at: Moment) -> bool:
        """Note that a state could not be told; tell whether it will be tried again."""
        again = came.tries + 1 < MOST_TRIES
        wait = min(LOOK_EVERY << min(came.tries, 16), LONGEST_WAIT)
        row = (at + wait, int(again), came.number)
        self._store.transact(lambda tx: tx.run(FAILED, row))
        return again

    def purge(self, at: Moment) -> int:
        """Delete what is old; return how much."""
        last = (at - KEPT_DAYS * DAY,)
        if not any(self._store.query(sql, last) for sql in OLD):
            return 0
        return self._store.transact(lambda tx: sum(tx.change(sql, last) for sql in PURGE))

    # --- sealing -------------------------------------------------------------------------------

    def _sealed(self, number: str, inside: Sealing) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._seal.encrypt(nonce, msgspec.json.encode(inside), number.encode())

    def _came(self, row: Row) -> Came:
        number, way, party, register, sealed, told, watched, _, tries, made = row
        sealed = bytes(sealed)
        try:
            raw = self._seal.decrypt(sealed[:_NONCE], sealed[_NONCE:], number.encode())
        except InvalidTag:
            raise Sealed("a row of the intake was altered or moved") from None
        return Came(
            number=number,
            way=way,
            party=party,
            register=register,
            sealing=msgspec.json.decode(raw, type=Sealing),
            told=told,
            watched=bool(watched),
            tries=tries,
            made=Moment(made),
        )
