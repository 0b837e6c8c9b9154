"""Seals a value so that it opens only where it was put (policy 7.1: encryption).

AES-256-GCM. What is sealed is bound to its *place*: tenant, subject, kind of record, group and key.
A sealed value that is moved to another cell, subject, table or key opens nowhere, and says so by
``Sealed``. Nonces are 96 random bits; one key seals far less than the 2**32 messages that allows.
"""

import os
from collections.abc import Iterable, Set
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from troth.model.errors import Sealed

Cipher = AESGCM
"""An opened key: seals and unseals, and does not give the key back."""

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
FORMAT: Final = b"\x01"
"""The first byte of everything sealed: AES-256-GCM, 12 bytes of nonce, ciphertext, tag."""

_START: Final = len(FORMAT) + NONCE_BYTES
_ENCODER: Final = msgspec.msgpack.Encoder()


class Contents(Struct, array_like=True, frozen=True):
    """What one cell holds once it is open.

    ``values`` by field. ``blind`` repeats a field's value in the blind index, so that the index can
    be emptied whatever the policy of the day declares. ``apart`` names the fields of this group
    whose large values lie in cells of their own.
    """

    values: dict[str, str | bytes] = {}
    blind: dict[str, bytes] = {}
    apart: list[str] = []

    def without(self, fields: Set[str]) -> "Contents":
        """Return what is left when some fields are gone."""
        return Contents(
            {field: value for field, value in self.values.items() if field not in fields},
            {field: value for field, value in self.blind.items() if field not in fields},
            [field for field in self.apart if field not in fields],
        )

    def __bool__(self) -> bool:
        """Tell whether the cell holds anything, or points to anything."""
        return bool(self.values or self.apart)


def place(*parts: str) -> bytes:
    """Name a place without ambiguity: every part (a plain ``str``) carries its own length.

    >>> place("ab", "c") == place("a", "bc")
    False
    """
    return _ENCODER.encode(parts)


def fresh_key() -> bytes:
    """Draw a new random key of 32 bytes."""
    return os.urandom(KEY_BYTES)


def seal(cipher: Cipher, payload: bytes, where: bytes) -> bytes:
    """Seal a payload for one place.

    >>> cipher = Cipher(fresh_key())
    >>> unseal(cipher, seal(cipher, b"hello", place("here")), place("here"))
    b'hello'
    """
    nonce = os.urandom(NONCE_BYTES)
    return FORMAT + nonce + cipher.encrypt(nonce, payload, where)


def seal_many(cipher: Cipher, batch: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Seal several (payload, place) under one key; their nonces are drawn in one go."""
    batch = list(batch)
    drawn = os.urandom(NONCE_BYTES * len(batch))
    sealed = []
    for number, (payload, where) in enumerate(batch):
        nonce = drawn[number * NONCE_BYTES : (number + 1) * NONCE_BYTES]
        sealed.append(FORMAT + nonce + cipher.encrypt(nonce, payload, where))
    return sealed


def unseal(cipher: Cipher, sealed: bytes, where: bytes) -> bytes:
    """Open what was sealed for this place. Raises ``Sealed`` for anything else.

    >>> cipher = Cipher(fresh_key())
    >>> unseal(cipher, seal(cipher, b"hello", place("here")), place("there"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    troth.model.errors.Sealed: a value could not be opened: ...
    """
    if len(sealed) < _START + TAG_BYTES or not sealed.startswith(FORMAT):
        raise Sealed
    try:
        return cipher.decrypt(sealed[1:_START], sealed[_START:], where)
    except InvalidTag:
        raise Sealed from None


def pack(contents: Contents) -> bytes:
    """Write a cell's contents as MessagePack."""
    return _ENCODER.encode(contents)


def unpack(payload: bytes) -> Contents:
    """Read a cell's contents. Raises ``Sealed`` when an opened payload is none of ours."""
    try:
        return Contents(*msgspec.msgpack.decode(payload))
    except (msgspec.DecodeError, TypeError):
        raise Sealed from None
