"""Recovery codes: ten, shown once, each good once, for whoever lost the other factors (7.1, 7.2).

A code has eighty random bits, so a keyed hash of it is all that is kept: there is nothing to guess.
"""

import hmac
import secrets
from typing import Final

import msgspec
from msgspec import Struct

from troth.documents.proof import pace
from troth.model.errors import Sealed
from troth.model.secret import Secret
from troth.model.terms import SubjectId

HOW_MANY: Final = 10
FEW: Final = 3
"""From how many left on the subject is told to draw new ones."""
LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32: nothing in it is mistaken for something else."""
LENGTH: Final = 16
GROUP: Final = 4
MISTAKEN: Final = str.maketrans("oil", "011", " -\t")


class _Kept(Struct, frozen=True, kw_only=True):
    """What lies in the vault: the hashes of the codes that are left.

    ``revision`` is drawn anew whenever they change, so that two changes cannot pass for one.
    """

    revision: str
    codes: tuple[str, ...]


_DECODER: Final = msgspec.json.Decoder(_Kept)


class RecoveryCodes:
    """Draws recovery codes and takes them back one by one; ``key`` is 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def draw(self, subject: SubjectId) -> tuple[tuple[Secret, ...], Secret]:
        """Return ten new codes, and what to keep of them; the old ones are void with it.

        >>> codes, kept = RecoveryCodes(b"k" * 32).draw(SubjectId("cn-" + "a" * 26))
        >>> len(codes), len(codes[0].reveal()), left(kept)
        (10, 19, 10)
        """
        drawn = ["".join(map(secrets.choice, [LETTERS] * LENGTH)) for _ in range(HOW_MANY)]
        hashes = tuple(self._hash(subject, code) for code in drawn)
        return tuple(Secret(_grouped(code)) for code in drawn), _written(hashes)

    def without(self, subject: SubjectId, kept: Secret, code: Secret) -> Secret | None:
        """Return what to keep once a code is used; ``None`` when it is none of those left."""
        written = code.reveal().casefold().translate(MISTAKEN)
        if len(written) != LENGTH or not set(written) <= set(LETTERS):
            return None
        given = self._hash(subject, written)
        had = _read(kept).codes
        rest = tuple(one for one in had if not hmac.compare_digest(one, given))
        return _written(rest) if len(rest) < len(had) else None

    def _hash(self, subject: SubjectId, code: str) -> str:
        return pace.digest(self._key, "recovery", subject, code).hex()


def left(kept: Secret | None) -> int:
    """Return how many codes are left."""
    return len(_read(kept).codes) if kept else 0


def _grouped(code: str) -> str:
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def _read(kept: Secret) -> _Kept:
    try:
        return _DECODER.decode(kept.reveal())
    except msgspec.DecodeError as error:
        raise Sealed("the recovery codes that are kept cannot be read") from error


def _written(codes: tuple[str, ...]) -> Secret:
    kept = _Kept(revision=secrets.token_hex(16), codes=codes)
    return Secret(msgspec.json.encode(kept).decode())
