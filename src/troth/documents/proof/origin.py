"""Where a try comes from: the network and the kind of device, as far as they are known (7.1, 7.3).

Both are told by an interface: the network is what the service's threshold believes of the client's
address, never a header that anybody can write; the device is coarse words, not a fingerprint.
"""

from typing import Final

from msgspec import Struct


class Origin(Struct, frozen=True, kw_only=True):
    """Where somebody tries from. ``network`` is an address, ``device`` words such as a browser."""

    network: str = ""
    device: str = ""


NOWHERE: Final = Origin()
"""A call from inside: an embedding program, a command, a test."""
