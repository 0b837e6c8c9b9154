"""The seal of answers to other controllers: RSA and SHA-256, by a certificate (OpenDSR 2.0, 4).

The certificate is issued to the domain at which requests come in. Its key is a secret of the
settings, read here and nowhere else.
"""

from base64 import b64encode

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from troth.model.errors import Misconfigured
from troth.model.secret import Secret


class Seal:
    """Signs in the name of one domain. Safe from many threads."""

    def __init__(self, domain: str, certificate: bytes, key: Secret) -> None:
        """Read a certificate and its private key, both PEM.

        Raises ``Misconfigured`` where one cannot be read, or they do not belong together or to the
        domain.
        """
        self.domain = domain
        self.certificate = certificate
        try:
            read = x509.load_pem_x509_certificate(certificate)
            private = serialization.load_pem_private_key(_octets(key), None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise Misconfigured(
                "the certificate or the key of [intake] cannot be read",
                remedy="both are PEM; for a trial: troth intake certificate",
            ) from None
        if not isinstance(private, rsa.RSAPrivateKey) or read.public_key() != private.public_key():
            raise Misconfigured("the key of [intake] is not the RSA key of its certificate")
        if domain not in domains(read):
            raise Misconfigured(f"the certificate of [intake] is not issued to `{domain}`")
        self._key = private

    def sign(self, body: bytes) -> str:
        """Return the signature of a body, base64."""
        return b64encode(self._key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()


def domains(read: x509.Certificate) -> list[str]:
    """Return the domains that a certificate is issued to."""
    try:
        found = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return found.get_values_for_type(x509.DNSName)


def _octets(key: Secret) -> bytes:
    raw = key.reveal_raw()
    return raw if isinstance(raw, bytes) else raw.encode()
