"""What the service takes before it looks: size, time and pace (reliability: A3, A19).

The web server leaves a half-sent body open for ever and takes any size, so the house has limits of
its own. Counting is by the peer's network address, or by what a *listed* proxy says it is.
"""

import asyncio
import ipaddress
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from troth.model.clock import MINUTE, Clock

Scope = dict[str, Any]
BODY_SECONDS: Final = 30.0
MOST_PEERS: Final = 50_000


class Limits:
    """ASGI middleware: at most so many bytes, so many seconds, so many requests a minute."""

    def __init__(
        self,
        app: Callable[..., Any],
        *,
        clock: Clock,
        max_body: int,
        per_minute: int,
        proxies: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._max = max_body
        self._pace = Pace(clock, per_minute)
        self._proxies = frozenset(proxies)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 413, 408 or 429."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not self._pace.admits(self._peer(scope)):
            await _answer(send, 429, "too_many", "too many requests from this network")
            return
        if _declared_length(scope) > self._max:
            await _answer(send, 413, "too_large", f"a body may have {self._max} bytes")
            return
        await self._read(scope, receive, send)

    async def _read(self, scope: Scope, receive: Any, send: Any) -> None:
        left = self._max

        async def bounded() -> Any:
            nonlocal left
            message = await asyncio.wait_for(receive(), BODY_SECONDS)
            left -= len(message.get("body", b""))
            if left < 0:
                raise _TooLarge
            return message

        whole = scope["method"] in ("GET", "HEAD", "DELETE", "OPTIONS")
        try:
            await self._app(scope, receive if whole else bounded, send)
        except _TooLarge:
            await _answer(send, 413, "too_large", f"a body may have {self._max} bytes")
        except TimeoutError:
            await _answer(send, 408, "too_slow", "the body did not arrive in time")

    def _peer(self, scope: Scope) -> str:
        """Name the network a request comes from: /32 of IPv4, /64 of IPv6."""
        address = (scope.get("client") or ("unknown", 0))[0]
        if address in self._proxies:
            forwarded = _header(scope, b"x-forwarded-for").rsplit(",", 1)[-1].strip()
            address = forwarded or address
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return "unknown"
        if parsed.version == 6:
            return str(ipaddress.ip_network(f"{parsed}/64", strict=False))
        return str(parsed)


class Pace:
    """A token bucket for each network, bounded in number; the oldest unused is forgotten first."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._rate = per_minute / MINUTE
        self._most = float(per_minute)
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def admits(self, peer: str) -> bool:
        """Take one token of a network's bucket; false when it is empty."""
        now = self._clock.now()
        tokens, since = self._buckets.pop(peer, (self._most, now))
        tokens = min(self._most, tokens + max(0, now - since) * self._rate)
        admitted = tokens >= 1
        self._buckets[peer] = (tokens - 1 if admitted else tokens, now)
        if len(self._buckets) > MOST_PEERS:
            self._buckets.popitem(last=False)
        return admitted


class _TooLarge(Exception):  # noqa: N818  # a signal inside this module, never an error of the house
    """The body grew over the limit while it was read."""


def _declared_length(scope: Scope) -> int:
    length = _header(scope, b"content-length")
    return int(length) if length.isdigit() else 0


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return ""


async def _answer(send: Any, status: int, code: str, title: str) -> None:
    body = json.dumps(
        {"type": f"urn:troth:problem:{code}", "title": title, "status": status, "code": code}
    ).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    if status == 429:
        headers.append((b"retry-after", b"60"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
