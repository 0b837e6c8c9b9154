"""A courier on a real store, its parcels really sealed; sinks on loopback."""

import secrets
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from troth.egress.channels import by_name
from troth.egress.courier import Courier, Delivery, Pace, Settled
from troth.egress.loopback import HttpSink, MailSink
from troth.model.clock import Moment
from troth.model.errors import NotFound, Sealed
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Store, Tx

SUBJECT = SubjectId.new(Region("cn"))
WHO = "5e" * 16
ADDRESS = "mei.lin@example.cn"
PHONE = "+8613912345678"
TEXT = "您的验证码是 482913，十分钟内有效。"
SIGNING = Secret("whsec_" + "QUJD" * 8)


class KeyRing:
    """Seals each parcel with AES-GCM under a key of its own, as the vault does."""

    def __init__(self):
        self.keys = {}

    def seal_parcel(self, payload: bytes) -> tuple[str, bytes]:
        key_id, nonce = secrets.token_hex(8), secrets.token_bytes(12)
        self.keys[key_id] = AESGCM.generate_key(256)
        return key_id, nonce + AESGCM(self.keys[key_id]).encrypt(nonce, payload, key_id.encode())

    def open_parcel(self, key: str, sealed: bytes) -> bytes:
        if key not in self.keys:
            raise NotFound("no such key")
        try:
            return AESGCM(self.keys[key]).decrypt(sealed[:12], sealed[12:], key.encode())
        except InvalidTag:
            raise Sealed from None


class Post:
    """A courier with what a test wants to do all the time."""

    def __init__(self, store: Store, *channels, pace: Pace | None = None):
        self.store, self.ring = store, KeyRing()
        self.courier = Courier(store, by_name(*channels), self.ring, pace)

    def queue(self, at: Moment, *addresses, **more) -> str:
        return self.store.transact(lambda tx: self.queue_in(tx, at, *addresses, **more))

    def queue_in(self, tx: Tx, at: Moment, *addresses, **more) -> str:
        told = {
            "subject": SUBJECT,
            "who": WHO,
            "notice": "code",
            "addresses": [(name, Secret(where)) for name, where in addresses],
            "title": "验证码",
            "text": Secret(TEXT),
            "language": "zh",
            "at": at,
        } | more
        return self.courier.queue(tx, **told)

    def settle(self, delivery: Delivery, at: Moment) -> Settled:
        settled = self.store.transact(lambda tx: self.courier.settle(tx, delivery, at))
        self.ring.keys.pop(settled.key_id, None)
        return settled

    def round(self, at: Moment) -> list[str]:
        """Deliver what is due and return what each came to."""
        return [
            self.settle(self.courier.attempt(parcel), at).state for parcel in self.courier.due(at)
        ]

    def do(self, work: Callable, *args, **more):
        return self.store.transact(lambda tx: work(tx, *args, **more))


@pytest.fixture
def mail_sink() -> Iterator[MailSink]:
    with MailSink() as sink:
        yield sink


@pytest.fixture
def http_sink() -> Iterator[HttpSink]:
    with HttpSink() as sink:
        yield sink


class Certificate(NamedTuple):
    """A self-signed certificate for 127.0.0.1: who shows it, and who believes it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    chain = made.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "loopback.pem"
    path.write_bytes(chain + secret)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return Certificate(server, ssl.create_default_context(cadata=chain.decode()))
