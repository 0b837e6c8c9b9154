"""Keys that sign what applications are told: published before use, kept until nothing needs them.

When each was published decides everything; there is no other state:

* a key signs once it has been published for a week, so that every application has fetched it;
* its successor is published in time for it to sign for ninety days;
* it is gone a day after its successor began to sign: what it signed lasts ten minutes.

Private halves lie sealed under a key of the house and are opened by whoever signs (policy 7.1).
"""

import itertools
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from troth.model.clock import DAY, Moment
from troth.model.errors import NotFound, Sealed
from troth.model.secret import Secret
from troth.store.sql import Row, Store, Tx

AHEAD: Final = 7 * DAY
SIGNS: Final = 90 * DAY
BEHIND: Final = DAY
_NONCE: Final = 12

ALL_OF_ONE: Final = (
    "SELECT algorithm, nth, kid, public, sealed, published FROM signing_keys WHERE algorithm = ?"
    " ORDER BY nth"
)
EVERY: Final = (
    "SELECT algorithm, nth, kid, public, sealed, published FROM signing_keys"
    " ORDER BY algorithm, nth"
)
# Publishes a key; of two programs that make the same one, one is first.
PUBLISH: Final = (
    "INSERT INTO signing_keys (algorithm, nth, kid, public, sealed, published)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (algorithm, nth) DO NOTHING"
)
# Ends the keys before one.
END_BEFORE: Final = "DELETE FROM signing_keys WHERE algorithm = ? AND nth < ?"


class Made(Struct, frozen=True, kw_only=True):
    """A key that was just made: its id, its public half as a JSON Web Key, its private half."""

    kid: str
    public: bytes
    private: bytes


class Key(Struct, frozen=True, kw_only=True):
    """A key that is published."""

    algorithm: str
    nth: int
    kid: str
    public: bytes
    sealed: bytes
    published: Moment


class Keys:
    """The signing keys of a house, kept in its home store; ``key`` (32 bytes) seals them."""

    def __init__(self, store: Store, key: bytes) -> None:
        self._store = store
        self._seal = AESGCM(key)

    def published(self) -> list[Key]:
        """List every key whose public half is told, by algorithm, the oldest first."""
        return [_key(row) for row in self._store.query(EVERY)]

    def signing(self, algorithm: str, *, at: Moment) -> Key:
        """Return the key that signs: the newest that all have had time to fetch, else the first.

        Raises ``NotFound`` while there is none.
        """
        kept = self._of(algorithm)
        if not kept:
            raise NotFound(f"no key was made for `{algorithm}` yet")
        ripe = [key for key in kept if key.published + AHEAD <= at]
        return ripe[-1] if ripe else kept[0]

    def is_due(self, algorithm: str, *, at: Moment) -> bool:
        """Tell whether the next key of an algorithm is to be published."""
        kept = self._of(algorithm)
        return not kept or kept[-1].published + SIGNS <= at

    def publish(self, algorithm: str, made: Made, *, at: Moment, at_once: bool = False) -> Key:
        """Publish a key that was made for an algorithm; ``at_once``: it replaces all before it.

        Where another program was first, its key counts and this one is thrown away.
        """

        def put(tx: Tx) -> int:
            kept = [_key(row) for row in tx.run(ALL_OF_ONE, (algorithm,))]
            nth = kept[-1].nth + 1 if kept else 1
            tx.run(PUBLISH, (algorithm, nth, made.kid, made.public, self._sealed(made), at))
            if at_once:
                tx.run(END_BEFORE, (algorithm, nth))
            return nth

        nth = self._store.transact(put)
        return next(key for key in self._of(algorithm) if key.nth == nth)

    def retire(self, *, at: Moment) -> int:
        """Destroy the keys that nothing needs any more; return how many."""
        kept = self.published()
        gone = [
            (one.algorithm, after.nth)
            for one, after in itertools.pairwise(kept)
            if one.algorithm == after.algorithm and after.published + AHEAD + BEHIND <= at
        ]
        if not gone:
            return 0
        return self._store.transact(lambda tx: sum(tx.change(END_BEFORE, to) for to in gone))

    def private(self, key: Key) -> Secret:
        """Open a key's private half. Raises ``Sealed`` when it was altered or moved."""
        nonce, sealed = key.sealed[:_NONCE], key.sealed[_NONCE:]
        try:
            return Secret(self._seal.decrypt(nonce, sealed, key.kid.encode()))
        except InvalidTag:
            raise Sealed(f"the signing key `{key.kid}` does not open") from None

    def _sealed(self, made: Made) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._seal.encrypt(nonce, made.private, made.kid.encode())

    def _of(self, algorithm: str) -> list[Key]:
        return [_key(row) for row in self._store.query(ALL_OF_ONE, (algorithm,))]


def _key(row: Row) -> Key:
    algorithm, nth, kid, public, sealed, published = row
    return Key(
        algorithm=algorithm,
        nth=nth,
        kid=kid,
        public=bytes(public),
        sealed=bytes(sealed),
        published=published,
    )
