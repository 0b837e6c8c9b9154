"""One-time codes: good once, for ten minutes, five tries and the flow that asked (policy 2.1.2).

The rules, kept by one atomic statement each:

* a code is six digits from ``secrets``; only a keyed digest of it is stored, bound to its
  challenge, its flow, its address and what it is about;
* a try is counted *before* it is compared, so that a thousand at once get five;
* wrong, late, used and unknown are one answer: ``NotProved``.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import DAY, HOUR, Moment, after
from troth.model.errors import NotProved, TooMany
from troth.model.secret import Secret
from troth.store.sql import Store, Tx

Flow = Literal["register", "login", "bind", "recover", "confirm"]
"""What a code is asked for: the four flows of policy 2.1.2, and confirming one grave act."""

DIGITS: Final = 6
LIFE_MINUTES: Final = 10
TRIES: Final = 5
PER_HOUR: Final = 8
SHAPE: Final = re.compile(r"[0-9]{6}")

# Remembers a code that was sent.
KEEP_CODE: Final = (
    "INSERT INTO codes (challenge, flow, address, code, made, expires) VALUES (?, ?, ?, ?, ?, ?)"
)
# Counts what an address was sent of late.
COUNT_RECENT: Final = "SELECT COUNT(*) FROM codes WHERE address = ? AND made > ?"
# Counts a try before anything is compared; gives nothing when there is no try left.
COUNT_TRY: Final = (
    "UPDATE codes SET tries = tries + 1"
    " WHERE challenge = ? AND flow = ? AND spent = 0 AND tries < ? AND expires > ? RETURNING code"
)
# Spends a code; of two who prove it at once, one changes the row.
SPEND: Final = "UPDATE codes SET spent = 1 WHERE challenge = ? AND spent = 0"
# Ends a code that was found late, so that a clock put back does not revive it.
END_LATE: Final = "UPDATE codes SET spent = 1 WHERE challenge = ? AND expires <= ?"
# Gives back a code whose form was refused for another reason; its tries stay counted.
GIVE_BACK: Final = "UPDATE codes SET spent = 0 WHERE challenge = ? AND spent = 1 AND expires > ?"
# Takes away what no rule counts any more.
PURGE: Final = "DELETE FROM codes WHERE expires <= ?"


class Issued(Struct, frozen=True, kw_only=True):
    """A code to send: the challenge goes back to whoever asked, the code only to the address."""

    challenge: str
    code: Secret
    expires: Moment


class Codes:
    """The one-time codes of a house; ``key`` (32 bytes) makes every digest."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._key = key

    def issue(
        self, flow: Flow, address: Secret, *, at: Moment, about: str = "", real: bool = True
    ) -> Issued:
        """Make a code for an address; ``about`` binds it to one request or subject.

        With ``real=False`` nothing will ever redeem it: what a known and an unknown address get
        looks and costs the same (reliability A1). Raises ``TooMany``.
        """
        challenge = secrets.token_urlsafe(18)
        code = Secret("".join(secrets.choice("0123456789") for _ in range(DIGITS)))
        digest = self._digest(address)
        kept = self._bound(challenge, flow, about, digest, code.reveal())
        row = (challenge, flow, digest, kept if real else secrets.token_bytes(32), at)
        expires = after(at, minutes=LIFE_MINUTES)
        self._store.transact(lambda tx: self._keep(tx, (*row, expires)))
        return Issued(challenge=challenge, code=code, expires=expires)

    def _keep(self, tx: Tx, row: tuple[str, str, bytes, bytes, Moment, Moment]) -> None:
        _, _, address, _, made, _ = row
        if tx.run(COUNT_RECENT, (address, made - HOUR))[0][0] >= PER_HOUR:
            raise TooMany(clause="2.1.2", remedy="wait an hour before asking for another code")
        tx.run(KEEP_CODE, row)

    def redeem(
        self,
        challenge: str,
        flow: Flow,
        address: Secret,
        code: Secret,
        *,
        at: Moment,
        about: str = "",
    ) -> None:
        """Spend a code: it was sent to this address for this flow, and is neither used nor late.

        Raises ``NotProved`` for everything else, always with the same words.
        """
        given = code.reveal()
        if not SHAPE.fullmatch(given):
            raise wrong_code()
        bound = self._bound(challenge, flow, about, self._digest(address), given)
        if not self._store.transact(lambda tx: _redeemed(tx, challenge, flow, bound, at)):
            raise wrong_code()

    def give_back(self, challenge: str, *, at: Moment) -> None:
        """Let a code be used again whose form was refused for another reason than the code."""
        self._store.transact(lambda tx: tx.run(GIVE_BACK, (challenge, at)))

    def purge(self, at: Moment) -> int:
        """Delete codes that expired a day ago or more; return how many."""
        return self._store.transact(lambda tx: tx.change(PURGE, (at - DAY,)))

    def _digest(self, address: Secret) -> bytes:
        return _mac(self._key, "address", plain(address))

    def _bound(self, challenge: str, flow: str, about: str, address: bytes, code: str) -> bytes:
        return _mac(self._key, "code", challenge, flow, about, address.hex(), code)


def _redeemed(tx: Tx, challenge: str, flow: str, bound: bytes, at: Moment) -> bool:
    # The answer is returned, not raised: an exception would roll the counted try back.
    rows = tx.run(COUNT_TRY, (challenge, flow, TRIES, at))
    if not rows:
        tx.run(END_LATE, (challenge, at))
        return False
    return hmac.compare_digest(bytes(rows[0][0]), bound) and tx.change(SPEND, (challenge,)) == 1


def wrong_code() -> NotProved:
    """Return the one answer to a code that proves nothing."""
    return NotProved(
        "the code is wrong, used or late", clause="2.1.2", remedy="ask for a new code", field="code"
    )


def plain(address: Secret) -> str:
    """Return the one spelling of an address that a digest is made of."""
    text = unicodedata.normalize("NFKC", address.reveal()).strip().casefold()
    return text if "@" in text else re.sub(r"[\s().-]", "", text)


def field_of(identifier: Secret) -> str:
    """Tell which field an identifier is of, by its looks alone: e-mail, phone or user name.

    >>> field_of(Secret("a@b.example")), field_of(Secret("+86 139 0000 0000"))
    ('contact.email', 'contact.phone')
    """
    text = plain(identifier)
    if "@" in text:
        return "contact.email"
    return "contact.phone" if re.fullmatch(r"\+?[0-9]{6,15}", text) else "account.login"


def _mac(key: bytes, *parts: str) -> bytes:
    # The unit separator cannot occur in a part that came through a form, so parts cannot slide.
    return hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).digest()
