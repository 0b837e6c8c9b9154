"""Forms that only our own pages can send: token, origin, and what travels sealed (reliability A4).

Every unsafe request must come from a page of ours (``Origin``, ``Sec-Fetch-Site``) *and* carry a
token bound to the browser's session, or to a random cookie of its own while nobody is signed in.
What one step of a form has to tell the next travels in the page, sealed: nothing is kept here.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import BadInput, Refused
from troth.model.secret import Secret

TOKEN: Final = "form_token"  # noqa: S105  # the field's name
PASSWORD: Final = "current_password"  # noqa: S105  # the field's name
CODE: Final = "factor_code"
ANSWER: Final = "passkey_answer"
STATE: Final = "passkey_state"
NEVER_AGAIN: Final = (TOKEN, CODE, ANSWER, STATE)
"""What proves somebody once is not shown again, and neither is any password."""
LONGEST: Final = 4000
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""Where plain HTTP does not leave the machine."""

S = TypeVar("S", bound=Struct)


class Form:
    """What a person sent, field by field, and the files they chose.

    A field that came twice counts once: the last word, as a browser shows it.
    """

    def __init__(self, sent: Mapping[str, str], files: Mapping[str, bytes] | None = None) -> None:
        self._sent = dict(sent)
        self._files = dict(files or {})

    def file(self, name: str) -> Secret:
        """Return a file's bytes, whatever it was called; empty when none was chosen."""
        return Secret(self._files.get(name, b""))

    def proves(self) -> bool:
        """Tell whether it carries a password: then a hash will be made or compared."""
        return any(value and "password" in name for name, value in self._sent.items())

    def text(self, name: str) -> str:
        """Return a field without the spaces around it; empty when it was not sent."""
        return self._sent.get(name, "").strip()[:LONGEST]

    def secret(self, name: str) -> Secret:
        """Return a field as a personal value, spaces around it taken away."""
        return Secret(self.text(name))

    def password(self, name: str) -> Secret:
        """Return a password exactly as it was typed."""
        return Secret(self._sent.get(name, "")[:LONGEST])

    def sent(self, name: str) -> bool:
        """Tell whether a field was sent at all, if only empty."""
        return name in self._sent

    def ticked(self, name: str) -> bool:
        """Tell whether a box came back ticked."""
        return bool(self.text(name))

    def carried(self) -> dict[str, str]:
        """Return every field that may be shown again; what proves somebody may not."""
        return {
            name: value[:LONGEST]
            for name, value in self._sent.items()
            if name not in NEVER_AGAIN and "password" not in name
        }


class Forms:
    """Signs form tokens and seals what travels, under keys made from the house's token key."""

    def __init__(self, key: bytes) -> None:
        self._key = _derived(key, "form token")
        self._seal = AESGCM(_derived(key, "form state"))

    def token(self, binding: str) -> str:
        """Return the token of whoever holds a cookie value."""
        return _text(hmac.new(self._key, binding.encode(), hashlib.sha256).digest())

    def check(self, binding: str, form: Form) -> None:
        """Raise ``Refused`` unless the form carries the token that belongs to the cookie."""
        if not binding or not hmac.compare_digest(form.text(TOKEN), self.token(binding)):
            raise foreign("this form is not from a page that was shown to you")

    def seal(self, kind: str, binding: str, state: Struct, *, until: Moment) -> str:
        """Seal what the next step needs; only the same browser can bring it back, until then."""
        nonce = secrets.token_bytes(12)
        told = msgspec.json.encode((until, state), enc_hook=str)
        return _text(nonce + self._seal.encrypt(nonce, told, f"{kind}|{binding}".encode()))

    def open(self, kind: str, binding: str, sealed: str, form: type[S], *, at: Moment) -> S:
        """Open it. Raises ``BadInput`` for a state that is altered, late, or another browser's."""
        try:
            raw = _bytes(sealed)
            told = self._seal.decrypt(raw[:12], raw[12:], f"{kind}|{binding}".encode())
            until, state = msgspec.json.decode(told, type=tuple[int, dict[str, Any]])
            opened = msgspec.convert(state, form)
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise stale() from error
        if at >= until:
            raise stale()
        return opened


def stale() -> BadInput:
    """Return the refusal of a form whose first step is over."""
    return BadInput("this form has expired", field="form", remedy="begin again")


def foreign(what: str) -> Refused:
    """Return the refusal of a request that another site may have made (reliability A4)."""
    return Refused(what, clause="7.1", remedy="open the page again, then send it")


def from_our_own_page(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: let an unsafe request in only from a page of ours, over TLS or on this machine.

    Raises ``Refused``. A browser says where a form was sent from in ``Origin``, most also in
    ``Sec-Fetch-Site``; a request that says neither is no browser's and is refused too.
    """
    if connection.scope.get("method", "") in SAFE:
        return
    secure = connection.app.state.troth.settings.server.secure
    host = connection.headers.get("host", "")
    scheme = "https" if secure else connection.url.scheme
    if scheme != "https" and not _on_this_machine(connection, host):
        raise Refused("personal data is taken over TLS only", clause="2.1.3", remedy="use https://")
    site = connection.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none") or (
        connection.headers.get("origin", "") != f"{scheme}://{host}"
    ):
        raise foreign("this request came from another site")


def _on_this_machine(connection: ASGIConnection[Any, Any, Any, Any], host: str) -> bool:
    client = connection.client.host if connection.client else ""
    return client in LOOPBACK and urlsplit(f"//{host}").hostname in LOOPBACK


def _derived(key: bytes, what: str) -> bytes:
    return hmac.new(key, f"centre/{what}".encode(), hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
