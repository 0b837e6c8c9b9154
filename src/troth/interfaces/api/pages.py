"""Long lists, a page at a time. The token that leads on is sealed: nobody can forge a place."""

import base64
import secrets
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from troth.model.errors import BadInput

MOST: Final = 500


class Pages:
    """Seals and opens cursors with a key of this process's house."""

    def __init__(self, key: bytes) -> None:
        self._seal = AESGCM(key)

    def after(self, place: object, *, of: str) -> str:
        """Seal a place in the list called ``of``."""
        nonce = secrets.token_bytes(12)
        sealed = self._seal.encrypt(nonce, msgspec.msgpack.encode(place), of.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def read(self, cursor: str, *, of: str) -> Any:
        """Open a cursor. Raises ``BadInput`` for one that was altered or belongs elsewhere."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            return msgspec.msgpack.decode(self._seal.decrypt(raw[:12], raw[12:], of.encode()))
        except (InvalidTag, ValueError) as error:
            raise BadInput(
                "this cursor does not belong to this list",
                field="cursor",
                remedy="follow the `next` of the page before, unchanged",
            ) from error


def page(items: list[Any], following: str | None) -> dict[str, Any]:
    """Build a page: its items, and the cursor of the next one while there is one."""
    return {"items": items, "next": following}
