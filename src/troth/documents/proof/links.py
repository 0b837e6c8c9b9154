"""Links that prove themselves: a way to stop a message with one click, without signing in (2.1.2).

A link names a subject and one thing that may be done with it, under a keyed signature. It gives
access to nothing else, so it may stand in a message for as long as the message is kept.
"""

import base64
import binascii
import hashlib
import hmac

from troth.model.errors import NotProved
from troth.model.terms import SubjectId


class Links:
    """Writes and reads links; ``key`` is 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, subject: SubjectId, what: str) -> str:
        """Return the token that lets whoever holds it do one thing for a subject.

        >>> links = Links(b"k" * 32)
        >>> who = SubjectId("cn-aaaaaaaaaaaaaaaaaaaaaaaaaa")
        >>> links.read(links.write(who, "stop/marketing"))[1]
        'stop/marketing'
        """
        told = f"{subject}|{what}".encode()
        return f"{_text(told)}.{_text(self._sign(told))}"

    def read(self, token: str) -> tuple[SubjectId, str]:
        """Return the subject and what may be done. Raises ``NotProved`` for any other token."""
        told, _, signature = token.partition(".")
        try:
            named, signed = _bytes(told), _bytes(signature)
            if not hmac.compare_digest(signed, self._sign(named)):
                raise not_ours()
            subject, _, what = named.decode().partition("|")
            return SubjectId(subject), what
        except (ValueError, binascii.Error):
            raise not_ours() from None

    def _sign(self, told: bytes) -> bytes:
        return hmac.new(self._key, b"link\x1f" + told, hashlib.sha256).digest()[:16]


def not_ours() -> NotProved:
    """Return the one answer to a link that is not ours."""
    return NotProved("this link is not valid", remedy="sign in and use the privacy centre")


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
