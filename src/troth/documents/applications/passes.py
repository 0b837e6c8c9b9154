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
from collections.abc import Callable, Mapping
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
Keep = Callable[[Tx, SignIn], bool]
"""Keeps a pass of a sign-in in an open transaction; tells whether the sign-in stands."""
LIFE: Final[Mapping[Kind, int]] = {"code": MINUTE, "access": 10 * MINUTE, "refresh": 7 * DAY}
"""How long each is good, and never longer than its sign-in."""
BEGINS: Final[Mapping[Kind, str]] = {"code": "", "access": "app_", "refresh": ""}
"""How a pass begins: an access token is told apart from a service key before it is looked up."""

# Remembers a pass by its digest, unless its sign-in has ended meanwhile.
KEEP: Final = (
    "INSERT INTO passes (subject_id, digest, kind, sign_in, bound, expires)"
    " SELECT subject_id, ?, ?, id, ?, ? FROM sign_ins WHERE subject_id = ? AND id = ?"
)
# Spends a pass; of two who come at once, one changes the row.
SPEND: Final = (
    "UPDATE passes SET spent = ? WHERE digest = ? AND kind = ? AND spent = 0 AND expires > ?"
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

    def make(self, kind: Kind, *, at: Moment, bound: Bound | None = None) -> tuple[Secret, Keep]:
        """Draw a code or a token; return it and what keeps it in an open transaction.

        Nothing can bring it back later.
        """
        made = Secret(BEGINS[kind] + secrets.token_urlsafe(32))
        digest, told = self._digest(made), msgspec.json.encode(bound or Bound())

        def keep(tx: Tx, of: SignIn) -> bool:
            expires = min(Moment(at + LIFE[kind]), of.until)
            row = (digest, kind, told, expires, str(of.subject), of.id)
            return tx.change(KEEP, row) == 1

        return made, keep

    def issue(self, kind: Kind, of: SignIn, *, at: Moment, bound: Bound | None = None) -> Secret:
        """Make a code or a token of a sign-in. Raises ``NotProved`` for one that has ended."""
        made, keep = self.make(kind, at=at, bound=bound)
        if not self._stores[of.subject.region].transact(lambda tx: keep(tx, of)):
            raise no_pass()
        return made

    def trade(
        self, kind: Kind, given: Secret, of: SignIn, wanted: Mapping[Kind, Bound], *, at: Moment
    ) -> dict[Kind, Secret]:
        """Spend a code or a refresh token for some tokens of the same sign-in, in one transaction.

        Nothing comes back for one that was spent meanwhile, or whose sign-in has ended.
        """
        made = {each: self.make(each, at=at, bound=bound) for each, bound in wanted.items()}
        digest = self._digest(given)

        def work(tx: Tx) -> bool:
            spent = tx.change(SPEND, (at, digest, kind, at)) == 1
            return spent and all(keep(tx, of) for _, keep in made.values())

        traded = self._stores[of.subject.region].transact(work)
        return {each: token for each, (token, _) in made.items()} if traded else {}

    def look(self, kind: Kind, given: Secret, *, at: Moment) -> Held:
        """Return what a pass is good for; one that was spent before comes back as ``stolen``.

        Raises ``NotProved`` for one that is unknown or late.
        """
        digest = self._digest(given)
        for store in self._stores.values():
            rows = store.query(FIND, (digest, kind, at))
            if rows:
                return _held(rows[0])
        raise no_pass()

    def check(self, kind: Kind, given: Secret, *, at: Moment) -> Held:
        """Return what a pass is good for. Raises ``NotProved``, also for one that was spent."""
        held = self.look(kind, given, at=at)
        if held.stolen:
            raise no_pass()
        return held

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


def _held(row: Row) -> Held:
    subject, sign_in, bound, spent = row
    return Held(
        subject=SubjectId(subject),
        sign_in=sign_in,
        bound=_READER.decode(bound),
        stolen=bool(spent),
    )


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
