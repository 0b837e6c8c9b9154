"""Where a try comes from: the network and the kind of device, as far as they are known (7.1, 7.3).

Both are told by an interface: the network is what the service's threshold believes of the client's
address, never a header that anybody can write; the device is coarse words, not a fingerprint.
"""

import ipaddress
from functools import lru_cache
from typing import Final

from msgspec import Struct

IPV4_BITS: Final = 24
"""Tries are counted by 256 neighbours: whoever has one address often has the ones beside it."""
IPV6_BITS: Final = 48
"""The most that one site is given (RFC 6177), and what hosts and tunnels hand out for nothing.

Homes get a /56 (RIPE-690), so that 256 of them share a count: no more than behind a /24. Counting
by /56 would leave the holder of one /48 with 256 counts of their own.
"""


class Origin(Struct, frozen=True, kw_only=True):
    """Where somebody tries from. ``network`` is an address, ``device`` words such as a browser."""

    network: str = ""
    device: str = ""

    @property
    def place(self) -> str:
        """The network as it is counted, told and kept: never a single address.

        >>> Origin(network="192.0.2.77").place, Origin(network="2001:db8:1:2::9").place
        ('192.0.2.0/24', '2001:db8:1::/48')
        """
        return _place(self.network)


NOWHERE: Final = Origin()
"""A call from inside: an embedding program, a command, a test."""


@lru_cache(maxsize=4096)
def _place(network: str) -> str:
    try:
        found = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return network
    if found.version == 6 and (mapped := found.network_address.ipv4_mapped) is not None:
        return _place(str(mapped))
    bits = min(found.prefixlen, IPV4_BITS if found.version == 4 else IPV6_BITS)
    return str(found.supernet(new_prefix=bits))
