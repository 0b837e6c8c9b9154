"""Codes and tokens: random, known by a digest alone, each good for one thing (policy 7.1d, 9.3c).

* A code is good for a minute, for one try, for the application and address it was made for, and for
  whoever holds the verifier of its challenge (RFC 7636). A second try ends the sign-in it began.
* An access token is good for ten minutes.
* A refresh token is good once and gives another. Used again it was stolen, by somebody or from
  somebody, and the sign-in ends with everything that rests on it (RFC 9700 4.14).

Nothing in a pass tells whose it is. What is spent is marked by one atomic statement, so that of two
who come at once one is given something.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.documents.applications.grants import SignIn
from troth.model.clock import DAY, MINUTE, Moment
from troth.model.errors import NotProved
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Row, Store, Tx

Kind = Literal["code", "access", "refresh"]
LIFE: Final[Mapping[Kind, int]] = {"code": MINUTE, "access": 10 * MINUTE, "refresh": 7 * DAY}
"""How long each is good, and never longer than its sign-in."""
BEGINS: Final[Mapping[Kind, str]] = {"code": "", "access": "app_", "refresh": ""}
"""How a pass begins: an access token is told apart from a service key before it is looked up."""

# Remembers a pass by its digest.
KEEP: Final = (
    "INSERT INTO passes (subject_id, digest, kind, sign_in, bound, expires)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
# Spends a pass; of two who come at once, one changes the row.
SPEND: Final = (
    "UPDATE passes SET spent = ? WHERE digest = ? AND kind = ? AND spent = 0 AND expires > ?"
    " RETURNING subject_id, sign_in, bound"
)
# Finds one that is not late, spent or not.
FIND: Final = (
    "SELECT subject_id, sign_in, bound, spent FROM passes WHERE digest = ? AND kind = ?"
    " AND expires > ?"
)
# Ends one that its holder gives back.
GIVE_UP: Final = "DELETE FROM passes WHERE digest = ?"
PURGE: Final = "DELETE FROM passes WHERE expires <= ?"


class Bound(Struct, frozen=True, kw_only=True):
    """What a pass was made for.

    Of a code: where its holder is led back to, their challenge and nonce. Of a token: its scopes.
    """

    redirect: str = ""
    challenge: str = ""
    nonce: str = ""
    scopes: tuple[str, ...] = ()


# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.json.Decoder(Bound)


class Held(Struct, frozen=True, kw_only=True):
    """A pass that was recognised: whose, of which sign-in; ``stolen``: it was spent before."""

    subject: SubjectId
    sign_in: str
    bound: Bound
    stolen: bool = False


class Passes:
    """The codes and tokens of a house, each in the store of its subject's region."""

    def __init__(self, stores: Mapping[Region, Store], key: bytes) -> None:
        """Take the stores by region; ``key`` (32 bytes) makes every digest."""
        self._stores = stores
        self._key = key

    def issue(self, kind: Kind, of: SignIn, *, at: Moment, bound: Bound | None = None) -> Secret:
        """Make a code or a token of a sign-in; nothing can bring it back later."""
        made = Secret(BEGINS[kind] + secrets.token_urlsafe(32))
        row = (
            str(of.subject),
            self._digest(made),
            kind,
            of.id,
            msgspec.json.encode(bound or Bound()),
            min(Moment(at + LIFE[kind]), of.until),
        )
        self._stores[of.subject.region].transact(lambda tx: tx.run(KEEP, row))
        return made

    def spend(self, kind: Kind, given: Secret, *, at: Moment) -> Held:
        """Spend a code or a refresh token; one that was spent before comes back as ``stolen``.

        Raises ``NotProved`` for one that is unknown or late.
        """
        digest = self._digest(given)
        store, _ = self._found(kind, digest, at)
        held = store.transact(lambda tx: _spent(tx, digest, kind, at))
        if held is None:
            raise no_pass()
        return held

    def check(self, kind: Kind, given: Secret, *, at: Moment) -> Held:
        """Return what a pass is good for, and leave it so. Raises ``NotProved``."""
        _, row = self._found(kind, self._digest(given), at)
        if row[3]:
            raise no_pass()
        return _held(row)

    def _found(self, kind: Kind, digest: str, at: Moment) -> tuple[Store, Row]:
        """Return the store in which a pass lies, and its row. Raises ``NotProved``."""
        for store in self._stores.values():
            rows = store.query(FIND, (digest, kind, at))
            if rows:
                return store, rows[0]
        raise no_pass()

    def give_up(self, given: Secret) -> None:
        """End a token that its holder has no more use for; an unknown one is no error."""
        digest = self._digest(given)
        for store in self._stores.values():
            store.transact(lambda tx: tx.run(GIVE_UP, (digest,)))

    def purge(self, at: Moment) -> int:
        """Delete what is late; return how many."""
        return sum(
            store.transact(lambda tx: tx.change(PURGE, (at,))) for store in self._stores.values()
        )

    def _digest(self, given: Secret) -> str:
        return given.fingerprint(self._key)


def _spent(tx: Tx, digest: str, kind: Kind, at: Moment) -> Held | None:
    rows = tx.run(SPEND, (at, digest, kind, at))
    if rows:
        return _held(rows[0])
    found = tx.run(FIND, (digest, kind, at))
    return msgspec.structs.replace(_held(found[0]), stolen=True) if found else None


def _held(row: Row) -> Held:
    subject, sign_in, bound, *_ = row
    return Held(subject=SubjectId(subject), sign_in=sign_in, bound=_READER.decode(bound))


def answers(challenge: str, verifier: str) -> bool:
    """Tell whether a verifier is the one whose challenge was sent before (RFC 7636, S256).

    >>> verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    >>> answers("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", verifier)
    True
    """
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    made = urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(made.encode(), challenge.encode())


def no_pass() -> NotProved:
    """Return the one answer to a code or token that proves nothing."""
    return NotProved("this code or token is wrong, used or late", remedy="sign in again")
