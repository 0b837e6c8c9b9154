"""An authenticator in software: it makes passkeys and signs as a phone or a security key does.

Written from the standard (WebAuthn Level 3, 6 and 7) with its own CBOR, so that it shares nothing
with what judges it. It can also do wrong: another origin or name, no verification of the user, a
counter that goes back, a flag that contradicts another.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ORIGIN = "http://localhost:8420"
ES256, EDDSA, RS256 = -7, -8, -257

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@dataclass
class Credential:
    """What the authenticator keeps: id, private key, whose it is and for whom."""

    id: bytes
    private: Private
    handle: str
    party: str
    count: int


@dataclass(frozen=True)
class Manner:
    """How an answer is given; everything that can be done wrong."""

    origin: str = ORIGIN
    party: str = ""
    flags: int = UP | UV
    type: str = ""
    challenge: str = ""
    cross_origin: bool = False
    handle: bool = True


@dataclass
class Authenticator:
    """One device. ``counts``: it counts its signatures, as security keys do and phones do not."""

    algorithm: int = ES256
    counts: bool = False
    made: list[Credential] = field(default_factory=list)

    def create(self, options: str, manner: Manner | None = None) -> str:
        """Make a passkey as the options ask; return what the browser hands the page, as JSON."""
        manner, asked = manner or Manner(), json.loads(options)
        private = new_key(self.algorithm)
        kept = Credential(
            id=secrets.token_bytes(32),
            private=private,
            handle=asked["user"]["id"],
            party=asked["rp"]["id"],
            count=int(self.counts),
        )
        self.made.append(kept)
        attested = bytes(16) + len(kept.id).to_bytes(2, "big") + kept.id + cbor(cose(private))
        data = self._data(kept, replace(manner, flags=manner.flags | AT)) + attested
        told = cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return answer(
            kept.id,
            clientDataJSON=client("webauthn.create", asked["challenge"], manner),
            attestationObject=told,
            transports=["internal", "hybrid"],
        )

    def get(self, options: str, manner: Manner | None = None, *, which: int = -1) -> str:
        """Sign as the options ask, with the newest passkey; return the browser's JSON."""
        manner, asked = manner or Manner(), json.loads(options)
        kept = self.made[which]
        if self.counts:
            kept.count += 1
        data = self._data(kept, manner)
        said = client("webauthn.get", asked["challenge"], manner)
        told: dict[str, Any] = {
            "clientDataJSON": said,
            "authenticatorData": data,
            "signature": sign(kept.private, data + hashlib.sha256(said).digest()),
        }
        if manner.handle:
            told["userHandle"] = unpadded(kept.handle)
        return answer(kept.id, **told)

    def _data(self, kept: Credential, manner: Manner) -> bytes:
        party = hashlib.sha256((manner.party or kept.party).encode()).digest()
        return party + bytes([manner.flags]) + kept.count.to_bytes(4, "big")


def answer(credential: bytes, **parts: Any) -> str:
    """Write an answer as ``PublicKeyCredential.toJSON`` does."""
    told = {name: b64(part) if isinstance(part, bytes) else part for name, part in parts.items()}
    return json.dumps(
        {
            "id": b64(credential),
            "rawId": b64(credential),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": told,
        }
    )


def client(kind: str, challenge: str, manner: Manner) -> bytes:
    """Write what the browser says of itself and of the page."""
    said = {
        "type": manner.type or kind,
        "challenge": manner.challenge or challenge,
        "origin": manner.origin,
        "crossOrigin": manner.cross_origin,
    }
    return json.dumps(said).encode()


def new_key(algorithm: int) -> Private:
    """Draw a key of an algorithm, by its COSE number."""
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == RS256:
        return rsa.generate_private_key(65537, 2048)
    curve = ec.SECP256R1() if algorithm == ES256 else ec.SECP384R1()
    return ec.generate_private_key(curve)


def cose(private: Private) -> dict[int, Any]:
    """Return a public key as COSE writes it (RFC 9053)."""
    public = private.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        return {1: 1, 3: EDDSA, -1: 6, -2: public.public_bytes_raw()}
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {1: 3, 3: RS256, -1: numbers.n.to_bytes(256, "big"), -2: b"\1\0\1"}
    point, size = public.public_numbers(), public.key_size // 8
    algorithm, curve = (ES256, 1) if size == 32 else (-35, 2)
    x, y = point.x.to_bytes(size, "big"), point.y.to_bytes(size, "big")
    return {1: 2, 3: algorithm, -1: curve, -2: x, -3: y}


def sign(private: Private, message: bytes) -> bytes:
    """Sign a message as the key's algorithm does."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign(message)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return private.sign(message, ec.ECDSA(hashes.SHA256()))


def cbor(value: Any) -> bytes:
    """Write the little of CBOR (RFC 8949) that an authenticator says."""
    match value:
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case dict():
            pairs = (cbor(name) + cbor(part) for name, part in value.items())
            return head(5, len(value)) + b"".join(pairs)
    raise TypeError(value)


def head(kind: int, number: int) -> bytes:
    """Write a kind and a length or number."""
    if number < 24:
        return bytes([kind << 5 | number])
    size = 1 if number < 256 else 2
    return bytes([kind << 5 | 23 + size]) + number.to_bytes(size, "big")


def b64(raw: bytes) -> str:
    """Write bytes as base64url without its padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpadded(text: str) -> bytes:
    """Read base64url without its padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
