"""Signed JSON over HTTP: how gateways, recipients and authorities are spoken to (policy 4.1.4).

Only https, but for loopback; no proxy, no redirect, a bounded answer that is never shown; time-outs
on every wait and on all of them together. Each request carries ``webhook-id``,
``webhook-timestamp`` and ``webhook-signature`` as Standard Webhooks lays down, so the receiver can
tell a repetition from a new request and a forger from us. Personal data stands in the body and
nowhere else.
"""

import base64
import binascii
import hmac
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from troth.model.clock import MINUTE, SECOND, Clock, Moment, SystemClock
from troth.model.errors import Misconfigured, NotDelivered, Unverifiable
from troth.model.secret import Secret

WINDOW: Final = 5 * MINUTE
"""How old or how early a signed timestamp may be, in milliseconds."""
LARGEST_ANSWER: Final = 64 * 1024
SHORTEST_KEY: Final = 24
PATIENCE: Final = 3
"""How many waits a whole answer may take: one that comes drop by drop is late too."""
JSON: Final = "application/json"
REFUSED_FOR_GOOD: Final = frozenset({400, 410, 413, 415, 422})
"""Statuses that speak of the message; any other refusal may be mended by the receiver's keeper."""
WRONG_LINE: Final = "an address to post to must begin with https://, or http:// on loopback"


def is_loopback(host: str) -> bool:
    """Tell whether a host name means this machine by its own word.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("gateway.example.com")
    (True, True, False)
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class SigningKey:
    """One secret, or several while one replaces another: the first is the newest.

    A secret is ``whsec_`` and base64, or plain text, of at least 24 octets.

    >>> key = SigningKey(Secret("whsec_" + "QUJD" * 8))
    >>> stamp, signature = key.sign("m1", Moment(1_000), b"{}")
    >>> key.check("m1", stamp, signature, b"{}", at=Moment(2_000))
    """

    def __init__(self, *secrets: Secret) -> None:
        """Read the secrets. Raises ``Misconfigured`` when one is too short or not base64."""
        self._keys = tuple(_octets(secret) for secret in secrets)
        if not self._keys:
            raise Misconfigured("a signing key needs a secret")

    def sign(self, request_id: str, at: Moment, body: bytes) -> tuple[str, str]:
        """Return the timestamp (seconds) and the signature header, one part for each secret."""
        stamp = str(at // SECOND)
        return stamp, " ".join(_signature(key, request_id, stamp, body) for key in self._keys)

    def check(
        self, request_id: str, stamp: str, signature: str, body: bytes, *, at: Moment
    ) -> None:
        """Raise ``Unverifiable`` unless one of the secrets signed just this, within five minutes.

        The caller keeps the ids it has seen: a repetition inside the window verifies.
        """
        told = signature.split(" ")
        signed = [
            hmac.compare_digest(_signature(key, request_id, stamp, body).encode(), part.encode())
            for key in self._keys
            for part in told
        ]
        if not any(signed):
            raise Unverifiable("the signature is not ours", remedy="check the signing secret")
        if not stamp.isdecimal() or abs(int(stamp) * SECOND - at) > WINDOW:
            raise Unverifiable("the signed timestamp is too old or too early")


class Line:
    """A fixed address to which signed JSON is posted. Safe from many threads."""

    def __init__(
        self,
        url: str,
        key: SigningKey,
        *,
        timeout: float = 10.0,
        clock: Clock | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Fix the address; ``timeout`` (seconds) bounds every wait for the other side.

        The whole exchange may take three times that.

        Raises ``Misconfigured`` when the address is not https (or loopback), or carries a user,
        a query or a fragment, which would end in somebody's access log.
        """
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = parts.scheme == "https"
        if not self._tls and not (parts.scheme == "http" and is_loopback(self._host)):
            raise Misconfigured(WRONG_LINE, clause="2.1.3")
        if not self._host or parts.username or parts.query or parts.fragment:
            raise Misconfigured("an address to post to is a host and a path, nothing more")
        self._port = parts.port
        self._path = parts.path or "/"
        self._key = key
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._context = context or ssl.create_default_context()

    def post(self, request_id: str, body: bytes, *, path: str = "", media: str = JSON) -> bytes:
        """Post a body under an id and return the answer's first 64 KiB.

        ``path`` goes on from the line's own. Raises ``NotDelivered`` with a ``reason``:
        ``http_unreachable``, ``http_late``, ``http_redirected`` or ``http_`` and the status.
        """
        connection, late = self._connection(), threading.Event()
        headers = self._headers(request_id, body, media)
        place = self._path.rstrip("/") + path if path else self._path
        try:
            connection.connect()
            with self._bounded(connection, late):
                connection.request("POST", place, body, headers)
                response = connection.getresponse()
                answer = response.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            # `from None`: a library's error may quote what we sent.
            raise _failed(late=late.is_set() or isinstance(error, TimeoutError)) from None
        finally:
            connection.close()
        if late.is_set():
            raise _failed(late=True)
        return _taken(response.status, answer)

    @contextmanager
    def _bounded(
        self, connection: http.client.HTTPConnection, late: threading.Event
    ) -> Iterator[None]:
        """Hang up when the exchange takes too long: no socket's time-out bounds a slow drip."""
        end = threading.Timer(self._timeout * PATIENCE, _hang_up, (connection.sock, late))
        end.daemon = True
        end.start()
        try:
            yield
        finally:
            end.cancel()

    def _headers(self, request_id: str, body: bytes, media: str) -> Mapping[str, str]:
        stamp, signature = self._key.sign(request_id, self._clock.now(), body)
        return {
            "Content-Type": media,
            "User-Agent": "troth",
            "webhook-id": request_id,
            "webhook-timestamp": stamp,
            "webhook-signature": signature,
        }

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout, context=self._context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)


# --- to addresses that somebody else chose -----------------------------------------------------

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], list[str]]
"""Finds the addresses of a host. Raises ``OSError``."""
NAT64: Final = ip_network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, in the order in which they are to be tried."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def reachable(address: str, networks: Iterable[Network] = ()) -> bool:
    """Tell whether an address may be posted to: a public one, or of a network named for it.

    An IPv6 address that carries one of IPv4 inside is judged by that, too.

    >>> reachable("93.184.216.34"), reachable("169.254.169.254"), reachable("::ffff:10.0.0.1")
    (True, False, False)
    >>> reachable("127.0.0.1", [ip_network("127.0.0.0/8")])
    True
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if any(found in network for network in networks):
        return True
    return all(each.is_global and not each.is_multicast for each in (found, *_inside(found)))


def _inside(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """Return the IPv4 addresses that an IPv6 one leads to."""
    if isinstance(address, IPv4Address):
        return []
    told = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    told += [IPv4Address(int(address) & 0xFFFFFFFF)] if address in NAT64 else []
    return [each for each in told if each is not None]


class Pinned(Line):
    """A line to an address of somebody else's choice, which must not lead into our own network.

    The name is looked up for each post, every address it has is judged, and the connection goes to
    the first of just these: a name that changes its mind in between leads nowhere. Plain http is
    for loopback alone, and only where ``networks`` has it.
    """

    def __init__(
        self,
        url: str,
        key: SigningKey,
        *,
        networks: Iterable[Network] = (),
        timeout: float = 5.0,
        clock: Clock | None = None,
        context: ssl.SSLContext | None = None,
        look_up: Resolve = resolve,
    ) -> None:
        """Fix the address. Raises ``Misconfigured`` as ``Line`` does."""
        super().__init__(url, key, timeout=timeout, clock=clock, context=context)
        self._networks = tuple(networks)
        self._look_up = look_up
        if not self._tls and not self._networks:
            raise Misconfigured(
                "a webhook goes over https",
                clause="7.1",
                remedy='for a trial on this machine: networks = ["127.0.0.0/8"]',
            )

    def _connection(self) -> http.client.HTTPConnection:
        port = self._port or (443 if self._tls else 80)
        try:
            found = self._look_up(self._host, port)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise _failed(late=False)
        if not all(reachable(address, self._networks) for address in found):
            raise NotDelivered("the address leads into a network of ours", reason="http_forbidden")
        if not self._tls:
            return _Plain(self._host, port, timeout=self._timeout, to=found[0])
        return _Sealed(self._host, port, timeout=self._timeout, to=found[0], context=self._context)


class _Plain(http.client.HTTPConnection):
    """A connection to one address, whatever its host is called."""

    def __init__(self, host: str, port: int, *, timeout: float, to: str) -> None:
        super().__init__(host, port, timeout=timeout)
        self._to = to

    def connect(self) -> None:
        """Connect to the address that was judged."""
        self.sock = socket.create_connection((self._to, self.port), self.timeout)


class _Sealed(_Plain):
    """The same over TLS; the certificate is the host's."""

    def __init__(
        self, host: str, port: int, *, timeout: float, to: str, context: ssl.SSLContext
    ) -> None:
        super().__init__(host, port, timeout=timeout, to=to)
        self._tls = context

    def connect(self) -> None:
        """Connect, and demand the host's own certificate."""
        super().connect()
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host)


def _hang_up(line: socket.socket, late: threading.Event) -> None:
    late.set()
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _failed(*, late: bool) -> NotDelivered:
    if late:
        return NotDelivered("the receiver did not answer in time", reason="http_late")
    return NotDelivered("the receiver could not be reached", reason="http_unreachable")


def _taken(status: int, answer: bytes) -> bytes:
    if status // 100 == 3:
        raise NotDelivered("the receiver points elsewhere", reason="http_redirected")
    if status // 100 != 2:
        raise NotDelivered(
            f"the receiver answered `{status}`",
            permanent=status in REFUSED_FOR_GOOD,
            reason=f"http_{status}",
        )
    return answer


def _signature(key: bytes, request_id: str, stamp: str, body: bytes) -> str:
    signed = hmac.digest(key, f"{request_id}.{stamp}.".encode() + body, sha256)
    return "v1," + base64.b64encode(signed).decode()


def _octets(secret: Secret) -> bytes:
    text = secret.reveal()
    try:
        key = (
            base64.b64decode(text.removeprefix("whsec_"), validate=True)
            if text.startswith("whsec_")
            else text.encode()
        )
    except binascii.Error:
        raise Misconfigured("a signing secret is `whsec_` and base64") from None
    if len(key) < SHORTEST_KEY:
        raise Misconfigured(f"a signing secret has at least {SHORTEST_KEY} octets")
    return key
