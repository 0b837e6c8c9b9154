"""Callbacks: a state told to whom a request came from, where they asked for it (DRP, OpenDSR).

The address was chosen by somebody else, so it is judged before it is posted to (``post.Pinned``):
our own networks are out of reach, and this machine too, unless the address names it as such.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Final
from urllib.parse import urlsplit

from troth.egress.post import JSON, Pinned, Resolve, SigningKey, is_loopback, resolve
from troth.model.secret import Secret

LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_NOT_USED: Final = SigningKey(Secret("-" * 32))


class Callback(Pinned):
    """The line to one address, with headers that were signed before."""

    def __init__(self, url: str, headers: Mapping[str, str], *, look_up: Resolve = resolve) -> None:
        """Fix the address. Raises ``Misconfigured`` as ``Line`` does."""
        here = is_loopback(urlsplit(url).hostname or "")
        super().__init__(url, _NOT_USED, networks=LOOPBACK if here else (), look_up=look_up)
        self._signed = dict(headers)

    def _headers(self, request_id: str, body: bytes, media: str) -> Mapping[str, str]:
        del request_id, body
        return {"Content-Type": media, "User-Agent": "troth", **self._signed}


def tell(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Take a state to an address. Raises ``NotDelivered``, ``Misconfigured``."""
    Callback(url, headers).post("", body, media=JSON)
