"""Who is at the other end of a connection: addresses, networks, and the proxies that are believed.

Strangers are counted by their network. What a request says of itself (``X-Forwarded-For``) counts
only when it comes from a proxy that the operator listed. Of a browser two words are taken that many
share, never a fingerprint: they are shown in the list of places somebody is signed in.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from litestar.connection import ASGIConnection

from troth.app import Origin
from troth.model.errors import Misconfigured

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Headers = Mapping[bytes, bytes]

PEERS: Final = "peers"
"""Where in the state of a request lies who may say whom it comes from."""
UNKNOWN: Final = "unknown"
NO_NETWORK: Final = frozenset({UNKNOWN, "::/64"})
"""What a peer without an address, and this machine over IPv6, are counted as."""
FORWARDED: Final = b"x-forwarded-for"
LONGEST: Final = 45
"""Characters in the longest address there is."""
LONGEST_AGENT: Final = 512
BROWSERS: Final = (
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("DingTalk", "DingTalk"),
    ("QQBrowser", "QQ Browser"),
    ("UCBrowser", "UC Browser"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Xiaomi Browser"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""What a browser calls itself, the more particular first: nearly all call themselves Safari."""
SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
HERE: Final = ("127.0.0.1", "localhost", "[::1]")


class Peers:
    """Names the network a request comes from; believes nobody but listed proxies."""

    def __init__(self, proxies: Iterable[str]) -> None:
        """Take the proxies' addresses or networks. Raises ``Misconfigured``."""
        self.proxies = networks(proxies)

    def network(self, scope: Mapping[str, Any]) -> str:
        """Name a request's network: /32 of IPv4, /64 of IPv6.

        What a listed proxy says is believed, from the last word backwards, up to the first address
        that is no listed proxy.
        """
        client = scope.get("client")
        address = address_of(client[0]) if client else None
        if address is not None and self.are_trusted(address):
            told = b",".join(value for name, value in scope["headers"] if name == FORWARDED)
            for hop in reversed(told.split(b",")):
                said = address_of(hop.decode("latin-1").strip())
                if said is None:
                    break
                address = said
                if not self.are_trusted(said):
                    break
        return network_of(address)

    def are_trusted(self, address: Address) -> bool:
        """Tell whether an address is a listed proxy's."""
        return any(address in network for network in self.proxies)


def origin_of(request: ASGIConnection[Any, Any, Any, Any]) -> Origin:
    """Tell where somebody tries from, as the threshold sees it (policy 7.1c; reliability A3).

    The network is the peer's own, or what a listed proxy says; the device is two coarse words. What
    comes over a socket without addresses, or from this machine by a proxy that nobody listed, has
    no network: all people would share one.
    """
    peers: Peers = request.scope["state"][PEERS]
    network = peers.network(request.scope)
    known = network not in NO_NETWORK and not _is_loopback(network)
    agent = request.headers.get("user-agent", "")
    return Origin(network=network if known else "", device=device_of(agent))


def networks(named: Iterable[str]) -> tuple[Network, ...]:
    """Read the networks of a setting. Raises ``Misconfigured``."""
    try:
        return tuple(ipaddress.ip_network(name, strict=False) for name in named)
    except ValueError as error:
        raise Misconfigured(
            "`trusted_proxies` names something that is no network",
            remedy="write addresses or networks: 10.0.0.7, 10.0.0.0/8",
        ) from error


def address_of(text: str) -> Address | None:
    """Read an address; an IPv4 one in IPv6 clothes is what it is. ``None`` for what is none.

    >>> address_of("::ffff:192.0.2.7")
    IPv4Address('192.0.2.7')
    """
    return _read(text) if len(text) <= LONGEST else None


@lru_cache(maxsize=4096)
def _read(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped: Address | None = getattr(found, "ipv4_mapped", None)
    return mapped or found


def network_of(address: Address | None) -> str:
    """Name the network by which strangers are counted.

    >>> network_of(address_of("192.0.2.7")), network_of(address_of("2001:db8::1"))
    ('192.0.2.7', '2001:db8::/64')
    """
    if address is None:
        return UNKNOWN
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def on_this_machine(scope: Mapping[str, Any], headers: Headers) -> bool:
    """Tell whether a plain line does not leave the machine, a proxy's second leg included."""
    client = scope.get("client")
    if client is None or FORWARDED in headers:
        return False
    host = headers.get(b"host", b"")
    return _is_loopback(client[0]) and len(host) <= LONGEST and _names_this_machine(host)


@lru_cache(maxsize=1024)
def _is_loopback(text: str) -> bool:
    address = address_of(text)
    return address is not None and address.is_loopback


@lru_cache(maxsize=1024)
def _names_this_machine(host: bytes) -> bool:
    """Tell whether a ``Host`` header means this machine.

    >>> [_names_this_machine(host) for host in (b"localhost:8420", b"[::1]", b"localhost.evil")]
    [True, True, False]
    """
    text = host.decode("latin-1").lower()
    return (text.rpartition(":")[0] if ":" in text and not text.endswith("]") else text) in HERE


# --- what a browser is ---------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def device_of(agent: str) -> str:
    """Return a browser and a system in words; empty for what names neither.

    Versions, languages and models are left out on purpose.

    >>> device_of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    'Firefox, Linux'
    >>> device_of("curl/8.5.0")
    ''
    """
    told = agent[:LONGEST_AGENT]
    found = (_first(told, BROWSERS), _first(told, SYSTEMS))
    return ", ".join(word for word in found if word)


def _first(told: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((word for mark, word in names if mark in told), "")
