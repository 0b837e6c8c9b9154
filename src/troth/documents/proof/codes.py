"""One-time codes: good once, for ten minutes, five tries and the flow that asked (policy 2.1.2).

The rules, kept by one atomic statement each:

* a code is six digits from ``secrets``; only a keyed digest of it is stored, bound to its
  challenge, its flow, its address and what it is about;
* a try is counted *before* it is compared, so that a thousand at once get five;
* an address takes a hundred wrong tries a day over all its codes, and no more is looked at then;
* wrong, late, used and unknown are one answer: ``NotProved``.

Sending is paced too, because every message costs and reaches somebody: by address, by network, by
block of telephone numbers (who is paid for messages asks for a whole block), and in all.
"""

import hmac
import re
import secrets
import unicodedata
from typing import Final, Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from troth.documents.proof import pace
from troth.documents.proof.origin import NOWHERE, Origin
from troth.documents.proof.pace import Share
from troth.model.clock import DAY, HOUR, Moment, after
from troth.model.errors import NotProved, TooMany
from troth.model.secret import Secret
from troth.store.sql import Store, Tx

Flow = Literal["register", "login", "bind", "recover", "confirm"]
"""What a code is asked for: the four flows of policy 2.1.2, and confirming one grave act."""

DIGITS: Final = 6
LIFE_MINUTES: Final = 10
"""Twenty bits at least, ten minutes at most (NIST SP 800-63B-4, 3.1.3.2)."""
TRIES: Final = 5
WRONG_PER_DAY: Final = 100
"""NIST's hundred failures (SP 800-63B-4, 3.2.2), for one address and all its codes together. They
are forgotten after a day: whoever guesses must not lock somebody out of recovery for ever, and a
hundred guesses at a million codes find one in ten thousand days."""
PER_HOUR: Final = 8
SHAPE: Final = re.compile(r"[0-9]{6}")
REGION: Final = "CN"
"""Whose a telephone number is that comes without its country code; see ``vault.forms.Form``."""
BLOCK: Final = 4
"""Last digits that the numbers of one block do not share: carriers give out ten thousand each."""
NUMBER: Final = re.compile(r"\+?[0-9]{6,15}")
PHONE: Final = "contact.phone"
EMAIL: Final = "contact.email"

# Remembers a code that was sent.
KEEP_CODE: Final = (
    "INSERT INTO codes (challenge, flow, address, code, made, expires) VALUES (?, ?, ?, ?, ?, ?)"
)
# Counts what an address was sent of late.
COUNT_RECENT: Final = "SELECT COUNT(*) FROM codes WHERE address = ? AND made > ?"
# Counts a try before anything is compared; gives nothing when there is no try left, of the code or
# of its address.
COUNT_TRY: Final = (
    "UPDATE codes SET tries = tries + 1"
    " WHERE challenge = ? AND flow = ? AND spent = 0 AND tries < ? AND expires > ?"
    " AND (SELECT COALESCE(SUM(c.tries), 0) FROM codes c"
    " WHERE c.address = codes.address AND c.made > ? AND c.spent <> 1) < ? RETURNING code"
)
# Spends a code; of two who prove it at once, one changes the row.
SPEND: Final = "UPDATE codes SET spent = 1 WHERE challenge = ? AND spent = 0"
# Ends a code that was found late, so that a clock put back does not revive it.
END_LATE: Final = "UPDATE codes SET spent = 2 WHERE challenge = ? AND expires <= ? AND spent = 0"
# Gives back a code whose form was refused for another reason; its tries stay counted.
GIVE_BACK: Final = "UPDATE codes SET spent = 0 WHERE challenge = ? AND spent = 1 AND expires > ?"
# Takes away what no rule counts any more.
PURGE: Final = "DELETE FROM codes WHERE expires <= ?"


class Issued(Struct, frozen=True, kw_only=True):
    """A code to send: the challenge goes back to whoever asked, the code only to the address."""

    challenge: str
    code: Secret
    expires: Moment


class Sent(Struct, frozen=True, kw_only=True):
    """How many codes may go out: to a network's people, to a block of numbers, in all.

    A network is 256 addresses and more people; a block of numbers is a town's or a carrier's. What
    goes out in all is a house's own size, and set by whoever runs it.
    """

    network: Share = Share(60, 60)
    block: Share = Share(60, 60)
    mails: Share = Share(500, 5000)
    calls: Share = Share(200, 1000)

    @classmethod
    def hourly(cls, mails: int, calls: int) -> "Sent":
        """Return the limits of a house that sends so many codes an hour by mail and telephone."""
        return cls(mails=Share(max(1, mails // 10), mails), calls=Share(max(1, calls // 5), calls))


class Codes:
    """The one-time codes of a house; ``key`` (32 bytes) makes every digest."""

    def __init__(self, store: Store, key: bytes, limits: Sent | None = None) -> None:
        self._store = store
        self._key = key
        self._limits = limits or Sent()

    def issue(
        self,
        flow: Flow,
        address: Secret,
        *,
        at: Moment,
        about: str = "",
        real: bool = True,
        origin: Origin = NOWHERE,
    ) -> Issued:
        """Make a code for an address; ``about`` binds it to one request or subject.

        With ``real=False`` nothing will ever redeem it: what a known and an unknown address get
        looks and costs the same (reliability A1). Raises ``TooMany``; nothing is counted then.
        """
        challenge = secrets.token_urlsafe(18)
        code = Secret("".join(secrets.choice("0123456789") for _ in range(DIGITS)))
        digest = self._digest(address)
        kept = self._bound(challenge, flow, about, digest, code.reveal())
        row = (challenge, flow, digest, kept if real else secrets.token_bytes(32), at)
        expires = after(at, minutes=LIFE_MINUTES)
        paces = self._paces(address, origin)
        self._store.transact(lambda tx: _keep(tx, (*row, expires), paces))
        return Issued(challenge=challenge, code=code, expires=expires)

    def _paces(self, address: Secret, origin: Origin) -> list[tuple[bytes, Share]]:
        """Return what a code to an address counts against besides the address itself."""
        text, limits = plain(address), self._limits
        counted = [("codes from", origin.place, limits.network)] if origin.place else []
        if field_of(address) == PHONE:
            counted += [("numbers", text[:-BLOCK], limits.block), ("calls", "", limits.calls)]
        else:
            counted.append(("mails", "", limits.mails))
        return [(pace.digest(self._key, kind, part), share) for kind, part, share in counted]

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
        return pace.digest(self._key, "address", plain(address))

    def _bound(self, challenge: str, flow: str, about: str, address: bytes, code: str) -> bytes:
        return pace.digest(self._key, "code", challenge, flow, about, address.hex(), code)


def _keep(
    tx: Tx,
    row: tuple[str, str, bytes, bytes, Moment, Moment],
    paces: list[tuple[bytes, Share]],
) -> None:
    _, _, address, _, made, _ = row
    if tx.run(COUNT_RECENT, (address, made - HOUR))[0][0] >= PER_HOUR:
        raise too_many_codes()
    # Raised in the transaction: what was counted before the one that refuses is rolled back.
    if not all(pace.take(tx, what, share, made) for what, share in paces):
        raise too_many_codes()
    tx.run(KEEP_CODE, row)


def too_many_codes() -> TooMany:
    """Return the one answer to who asks for more codes than may go out, whoever sent the others."""
    return TooMany(clause="2.1.2", remedy="wait an hour before asking for another code")


def _redeemed(tx: Tx, challenge: str, flow: str, bound: bytes, at: Moment) -> bool:
    # The answer is returned, not raised: an exception would roll the counted try back.
    rows = tx.run(COUNT_TRY, (challenge, flow, TRIES, at, at - DAY, WRONG_PER_DAY))
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
    """Return the one spelling of an identifier that a digest is made of.

    Whatever way an address is written, it is counted once: letters' case and width, a domain in
    letters or in Punycode, a number with its country code or without. Tags after a plus and dots
    are kept, because they can be different mailboxes.

    >>> plain(Secret("Li.Na+x@B\u00dcCHER.example")), plain(Secret("li.na@xn--bcher-kva.example"))
    ('li.na+x@b\u00fccher.example', 'li.na@b\u00fccher.example')
    >>> plain(Secret("139 0000 1111")), plain(Secret("0086-13900001111")), plain(Secret("Li-Na"))
    ('+8613900001111', '+8613900001111', 'li-na')
    """
    text = unicodedata.normalize("NFKC", address.reveal()).strip().casefold()
    if "@" in text:
        return (
            text if text.isascii() and "@xn--" not in text and ".xn--" not in text else _mail(text)
        )
    dialled = re.sub(r"[\s().-]", "", text)
    return _number(dialled) if NUMBER.fullmatch(dialled) else text


def _mail(text: str) -> str:
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return text
    return found.normalized.casefold()


def _number(dialled: str) -> str:
    try:
        number = phonenumbers.parse(dialled, REGION)
    except phonenumbers.NumberParseException:
        return dialled
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def field_of(identifier: Secret) -> str:
    """Tell which field an identifier is of, by its looks alone: e-mail, phone or user name.

    >>> field_of(Secret("a@b.example")), field_of(Secret("+86 139 0000 0000"))
    ('contact.email', 'contact.phone')
    """
    text = plain(identifier)
    if "@" in text:
        return EMAIL
    return PHONE if NUMBER.fullmatch(text) else "account.login"
