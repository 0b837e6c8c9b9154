"""Who has yet to hear that a sign-in has ended: a sealed word for each application (policy 9.3c).

A word names the person as that application alone does, so it may wait here after the account is
gone. It is tried for most of a day, then given up: what was granted has ended here all the same.
"""

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from troth.model.clock import MINUTE, Moment
from troth.model.errors import Sealed
from troth.model.terms import Region
from troth.store.sql import Row, Store, Tx

TRIES: Final = 10
"""Each twice as late as the one before: the last comes seventeen hours after the first."""
LEASE: Final = 2 * MINUTE
FIRST: Final = 2 * MINUTE
MOST: Final = 32
_NONCE: Final = 12
# Made here, once: msgspec crashes when several threads are the first to read into one type.
_READER: Final = msgspec.json.Decoder(tuple[str, str])

# What is due now.
DUE: Final = (
    "SELECT id, application, word, tries FROM logouts WHERE next_at <= ?"
    " ORDER BY next_at, id LIMIT ?"
)
# Takes one in hand; of two programs, one changes the row.
TAKE: Final = (
    "UPDATE logouts SET next_at = ?, tries = tries + 1 WHERE id = ? AND tries = ? AND next_at <= ?"
)
LATER: Final = "UPDATE logouts SET next_at = ? WHERE id = ?"
DONE: Final = "DELETE FROM logouts WHERE id = ?"


class Logout(Struct, frozen=True, kw_only=True):
    """One word for one application: ``sub`` is signed out, of the session it calls ``sid``."""

    region: Region
    id: str
    application: str
    sub: str
    sid: str
    tries: int


class Logouts:
    """The words that wait, in each region's store; ``key`` (32 bytes) seals them."""

    def __init__(self, stores: Mapping[Region, Store], key: bytes) -> None:
        self._stores = stores
        self._seal = AESGCM(key)

    def word(self, application: str, sub: str, sid: str) -> bytes:
        """Seal what an application is to hear."""
        nonce, told = secrets.token_bytes(_NONCE), msgspec.json.encode((sub, sid))
        return nonce + self._seal.encrypt(nonce, told, application.encode())

    def due(self, *, at: Moment) -> list[Logout]:
        """Take in hand what is due; nobody else is given it for two minutes."""
        return [
            word
            for region, store in self._stores.items()
            for row in store.query(DUE, (at, MOST))
            for word in (self._opened(region, row),)
            if store.transact(partial(_take, word=word, at=at))
        ]

    def settle(self, word: Logout, *, told: bool, at: Moment) -> None:
        """Strike off a word that was told, or given up; let any other wait for its next try."""
        store = self._stores[word.region]
        if told or word.tries + 1 >= TRIES:
            store.transact(lambda tx: tx.run(DONE, (word.id,)))
        else:
            later = at + (FIRST << word.tries)
            store.transact(lambda tx: tx.run(LATER, (later, word.id)))

    def _opened(self, region: Region, row: Row) -> Logout:
        name, application, word, tries = row
        raw = bytes(word)
        try:
            told = self._seal.decrypt(raw[:_NONCE], raw[_NONCE:], application.encode())
        except InvalidTag:
            raise Sealed("a word for an application does not open") from None
        sub, sid = _READER.decode(told)
        return Logout(
            region=region, id=name, application=application, sub=sub, sid=sid, tries=tries
        )


def _take(tx: Tx, *, word: Logout, at: Moment) -> bool:
    return tx.change(TAKE, (at + LEASE, word.id, word.tries, at)) == 1
