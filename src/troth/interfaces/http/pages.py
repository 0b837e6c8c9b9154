"""Long lists, a page at a time. The token that leads on is sealed: nobody forges a place (A9)."""

import base64
import binascii
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troth.model.errors import BadInput

MOST: Final = 500
_NONCE: Final = 12
_PLACE: Final = 8


class Pages:
    """Seals and opens cursors with a key of this house.

    >>> pages = Pages(bytes(32))
    >>> pages.start(pages.after(100, of="a list", last=200), of="a list")
    100
    """

    def __init__(self, key: bytes) -> None:
        self._seal = AESGCM(key)

    def after(self, place: int, *, of: str, last: int) -> str | None:
        """Seal a place in the list called ``of``; ``None`` where the list ends there."""
        if place >= last:
            return None
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._seal.encrypt(nonce, place.to_bytes(_PLACE, "big"), of.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def start(self, cursor: str, *, of: str) -> int:
        """Open a cursor; an empty one is the beginning.

        Raises ``BadInput`` for one that was altered or belongs to another list.
        """
        if not cursor:
            return 0
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
            place = self._seal.decrypt(raw[:_NONCE], raw[_NONCE:], of.encode())
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise BadInput(
                "this cursor does not belong to this list",
                clause="7.1c",
                field="cursor",
                remedy="follow the `next` of the page before, unchanged",
            ) from error
        return int.from_bytes(place, "big")
