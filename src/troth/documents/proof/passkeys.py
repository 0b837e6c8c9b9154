"""Passkeys: what a browser is asked, and what is kept of one (policy 6.1, 7.1; WebAuthn Level 3).

Every passkey of ours is discoverable and verifies its user, so that it alone signs somebody in. An
authenticator knows a subject by a handle that only this house can open: it is neither the account's
id nor the same anywhere else (6.1c). What an authenticator answers is judged in ``webauthn``.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from msgspec import Struct

from troth.model.clock import MINUTE, Moment
from troth.model.errors import BadInput, Misconfigured, NotProved, Sealed
from troth.model.secret import Secret
from troth.model.terms import SubjectId

ALGORITHMS: Final = (-8, -7, -257)
"""EdDSA, ES256 and RS256 (COSE numbers), first choice first: every authenticator has one."""
PATIENCE: Final = 5 * MINUTE
"""How long a browser may take to answer."""
CHALLENGE_BYTES: Final = 32
LONGEST_ANSWER: Final = 64 * 1024
TRANSPORTS: Final = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})
LONGEST_NAME: Final = 60
MOST: Final = 20
"""How many passkeys a subject can have."""


class Passkey(Struct, frozen=True, kw_only=True):
    """One passkey: its credential id (base64url), public key (COSE), and the name it was given.

    ``count`` is how many signatures it said it had made; 0 for one that does not count.
    """

    id: str
    key: bytes
    name: Secret
    made: Moment
    count: int = 0
    transports: tuple[str, ...] = ()


class Named(Struct, frozen=True, kw_only=True):
    """Whose an answer says it is: the credential's id, the handle where it tells one."""

    id: str
    handle: str = ""


class _Kept(Struct, frozen=True, kw_only=True):
    """What lies in the vault; ``revision`` is drawn anew whenever it changes."""

    revision: str
    passkeys: tuple[Passkey, ...]


class _Response(Struct, frozen=True):
    userHandle: str | None = None  # noqa: N815  # the browser's own name


class _Answer(Struct, frozen=True):
    id: str
    response: _Response


def _hidden(kind: type, value: object) -> object:
    return Secret(str(value)) if kind is Secret else value


def _shown(value: object) -> object:
    return value.reveal() if isinstance(value, Secret) else value


# Made here, once: msgspec crashes when several threads are the first to read into one type.
_KEPT: Final = msgspec.json.Decoder(_Kept, dec_hook=_hidden)
_ANSWER: Final = msgspec.json.Decoder(_Answer)


class Passkeys:
    """Asks browsers for passkeys of one service; ``key`` is 32 bytes, ``origin`` its address."""

    def __init__(self, key: bytes, origin: str) -> None:
        self._seal = AESSIV(hmac.new(key, b"passkey handle", hashlib.sha512).digest())
        self._origin = origin

    @property
    def origin(self) -> str:
        """The address that people see. Raises ``Misconfigured`` where none was set."""
        if not self._origin:
            raise Misconfigured(
                "passkeys need the address that people see",
                remedy='set origin under [server], such as "https://account.example.com"',
            )
        return self._origin

    @property
    def party(self) -> str:
        """The relying party's id: the name in that address."""
        return urlsplit(self.origin).hostname or ""

    def handle(self, subject: SubjectId) -> str:
        """Return by what authenticators know a subject: at most 64 bytes, in base64url.

        It is the same for all passkeys of one subject, so that a new one takes an old one's place.
        """
        return _text(self._seal.encrypt(subject.encode(), [b"troth"]))

    def owner(self, handle: str) -> SubjectId | None:
        """Return whose handle it is; ``None`` for one that is not of ours.

        >>> passkeys, who = Passkeys(b"k" * 32, ""), SubjectId("cn-" + "a" * 26)
        >>> passkeys.owner(passkeys.handle(who)) == who, passkeys.owner("AAAA")
        (True, None)
        """
        try:
            return SubjectId(self._seal.decrypt(_bytes(handle), [b"troth"]).decode())
        except (InvalidTag, ValueError, binascii.Error):
            return None

    def creation(
        self,
        subject: SubjectId,
        *,
        challenge: Secret,
        label: Secret,
        service: str,
        had: Iterable[Passkey] = (),
    ) -> Secret:
        """Return what a browser is asked to make, as JSON for ``parseCreationOptionsFromJSON``.

        ``label`` is what the subject will know the account by; ``had`` are not made once more.
        """
        name = label.reveal()
        return _written(
            {
                "rp": {"id": self.party, "name": service},
                "user": {"id": self.handle(subject), "name": name, "displayName": name},
                "challenge": challenge.reveal(),
                "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in ALGORITHMS],
                "timeout": PATIENCE,
                "excludeCredentials": [_named(passkey) for passkey in had],
                "authenticatorSelection": {
                    "residentKey": "required",
                    "requireResidentKey": True,
                    "userVerification": "required",
                },
                # Who made the authenticator is no concern of ours.
                "attestation": "none",
            }
        )

    def request(self, *, challenge: Secret, had: Iterable[Passkey] = ()) -> Secret:
        """Return what a browser is asked to sign, as JSON for ``parseRequestOptionsFromJSON``.

        Without ``had`` the subject chooses among the passkeys there are: no name is needed.
        """
        return _written(
            {
                "challenge": challenge.reveal(),
                "timeout": PATIENCE,
                "rpId": self.party,
                "allowCredentials": [_named(passkey) for passkey in had],
                "userVerification": "required",
            }
        )


def new_challenge() -> Secret:
    """Draw what an authenticator has to sign: 256 bits, in base64url."""
    return Secret(secrets.token_urlsafe(CHALLENGE_BYTES))


def named_in(answer: Secret) -> Named:
    """Return whose a browser's answer says it is; nothing of it is proved yet.

    Raises ``NotProved`` for what no browser sends.
    """
    try:
        said = _ANSWER.decode(answer.reveal()[:LONGEST_ANSWER])
    except (msgspec.DecodeError, UnicodeError):
        raise wrong_passkey() from None
    return Named(id=said.id, handle=said.response.userHandle or "")


def in_vault(kept: Secret | None) -> tuple[Passkey, ...]:
    """Return the passkeys that lie in the vault, oldest first."""
    if kept is None:
        return ()
    try:
        return _KEPT.decode(kept.reveal()).passkeys
    except msgspec.DecodeError as error:
        raise Sealed("the passkeys that are kept cannot be read") from error


def for_vault(passkeys: Iterable[Passkey]) -> Secret:
    """Return what to keep of some passkeys."""
    kept = _Kept(revision=secrets.token_hex(16), passkeys=tuple(passkeys))
    return Secret(msgspec.json.encode(kept, enc_hook=_shown).decode())


def called(name: Secret) -> Secret:
    """Return the name that a passkey is given, spaces tidied.

    Raises ``BadInput`` for one that is empty, longer than sixty characters, or does not print.

    >>> called(Secret("  my   phone ")).reveal()
    'my phone'
    """
    text = " ".join(name.reveal().split())
    if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
        raise BadInput(
            f"a passkey's name has 1 to {LONGEST_NAME} characters",
            clause="7.2",
            remedy="name it after the device it is on",
            field="passkey_name",
        )
    return Secret(text)


def wrong_passkey() -> NotProved:
    """Return the one answer to a passkey that proves nothing, known or not."""
    return NotProved(
        "this passkey does not sign you in",
        clause="7.1",
        remedy="try again, or sign in another way",
        field="passkey",
    )


def _named(passkey: Passkey) -> dict[str, Any]:
    return {"type": "public-key", "id": passkey.id, "transports": list(passkey.transports)}


def _written(options: dict[str, Any]) -> Secret:
    return Secret(msgspec.json.encode(options).decode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
