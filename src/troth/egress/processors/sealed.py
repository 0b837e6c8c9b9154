"""What a processor signs, checked: domain, certificate, each answer's octets (OpenDSR 2.0, 4).

The certificate is fetched from the service's own address, over the line that TLS proves to be its;
it has to be the domain's that the operator named, in force, and of RSA. Nothing is said of who
issued it: whoever could put another one there could answer in the service's stead.
"""

import binascii
from base64 import b64decode
from datetime import UTC, datetime
from email.message import Message
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from troth.egress.seals import domains
from troth.model.clock import SECOND, Moment
from troth.model.errors import Unverifiable

DOMAIN: Final = "X-OpenDSR-Processor-Domain"
SIGNATURE: Final = "X-OpenDSR-Signature"
SHORTEST_KEY: Final = 2048
"""Bits."""


class Certificate:
    """A processor's certificate, as it was fetched."""

    def __init__(self, pem: bytes, domain: str) -> None:
        """Read it. Raises ``Unverifiable`` unless it is the domain's and of a key that is long."""
        self._domain = domain.lower()
        try:
            self._read = x509.load_pem_x509_certificate(pem)
            key = self._read.public_key()
        except (ValueError, UnsupportedAlgorithm):
            raise Unverifiable("its certificate cannot be read") from None
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < SHORTEST_KEY:
            raise Unverifiable(f"its certificate is not of an RSA key of {SHORTEST_KEY} bits")
        if not any(_covers(name, self._domain) for name in domains(self._read)):
            raise Unverifiable("its certificate is another domain's")
        self._key = key

    def check(self, headers: Message, body: bytes, *, at: Moment) -> None:
        """Raise ``Unverifiable`` unless the domain signed just this, by a certificate in force."""
        now = datetime.fromtimestamp(at / SECOND, UTC)
        if not self._read.not_valid_before_utc <= now <= self._read.not_valid_after_utc:
            raise Unverifiable("its certificate is not in force")
        if headers.get(DOMAIN, "").lower() != self._domain:
            raise Unverifiable("the answer is not signed in its domain's name")
        try:
            signature = b64decode(headers.get(SIGNATURE, ""), validate=True)
            self._key.verify(signature, body, padding.PKCS1v15(), hashes.SHA256())
        except (binascii.Error, ValueError, InvalidSignature):
            raise Unverifiable("the signature is not its own") from None


def _covers(name: str, domain: str) -> bool:
    """Tell whether a name in a certificate is a domain's; a star stands for one label.

    >>> _covers("CRM.example.com", "crm.example.com"), _covers("*.example.com", "crm.example.com")
    (True, True)
    >>> _covers("*.example.com", "a.crm.example.com"), _covers("*.com", "example.com")
    (False, False)
    """
    first, _, rest = name.lower().partition(".")
    if first == "*":
        return "." in rest and domain.partition(".")[2] == rest
    return name.lower() == domain
