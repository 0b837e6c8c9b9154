"""What others are told is signed: a key for agents, and a certificate for trials (A16).

A real certificate is issued to the domain at which requests come in, and the operator brings it
(``egress.seals``). One that the house makes for itself is good for trials, and nobody believes it.
"""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from nacl.signing import SigningKey

from troth.model.clock import DAY, SECOND, Moment

TRIAL_DAYS: Final = 90
BITS: Final = 3072


def trial(domain: str, at: Moment) -> tuple[bytes, bytes]:
    """Make a certificate and its key for trials, both PEM: signed by itself, for ninety days."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    since = datetime.fromtimestamp(at / 1000, UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + timedelta(milliseconds=TRIAL_DAYS * DAY))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


class Voice:
    """Signs what agents are told of a state, as Standard Webhooks does with a key pair (``v1a``).

    ``seed`` is 32 bytes; the public half is told where agents look for it.

    >>> voice = Voice(b"k" * 32)
    >>> sorted(voice.headers("r-1", Moment(5_000), b"{}"))
    ['webhook-id', 'webhook-signature', 'webhook-timestamp']
    """

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)

    @property
    def public(self) -> str:
        """The public half, base64."""
        return b64encode(bytes(self._key.verify_key)).decode()

    def headers(self, word: str, at: Moment, body: bytes) -> dict[str, str]:
        """Return the headers that sign a body under an id and a time."""
        stamp = str(at // SECOND)
        signed = self._key.sign(f"{word}.{stamp}.".encode() + body).signature
        return {
            "webhook-id": word,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1a,{b64encode(signed).decode()}",
        }
