"""Connections that are half-open, slow or too many (policy 7.1c; reliability A19).

The web server by itself waits for ever for the rest of a header or a body, and takes headers of any
size and any number of idle connections. The protocol here is a thin layer over the server's own: it
gives each request a time to arrive and each network a number of connections, and hangs up beyond.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from troth.interfaces.http.codec import encode
from troth.interfaces.http.peers import Network, address_of, network_of
from troth.interfaces.http.problems import Problem

REASONS: Final = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Headers Too Large",
    503: "Service Unavailable",
}


class Patience(Struct, frozen=True, kw_only=True):
    """How long a connection is waited for, and how many there may be.

    ``header`` and ``body`` are the seconds in which each has to arrive whole, however it is cut up;
    ``reading`` those in which a client has to take an answer that does not fit the network's
    buffers; ``idle`` those between two requests. ``head_bytes`` bounds a header.
    """

    header: float = 10
    body: float = 30
    reading: float = 60
    idle: int = 10
    connections: int = 1024
    of_one_network: int = 256
    head_bytes: int = 64 * 1024


class Guard:
    """What the connections of one server share: their limits, and how many are open from where."""

    def __init__(self, patience: Patience, trusted: Sequence[Network] = ()) -> None:
        """``trusted`` networks (listed proxies) may open as many connections as there are."""
        self.patience = patience
        self._trusted = trusted
        self._open: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many connections are open."""
        return self._open.total()

    def come(self, client: tuple[str, int] | None) -> str | None:
        """Count a connection in; ``None`` where there are too many. Return what to count out."""
        address = address_of(client[0]) if client else None
        trusted = address is not None and any(address in network for network in self._trusted)
        name = "trusted" if trusted else network_of(address)
        most = self.patience.connections
        crowded = not trusted and self._open[name] >= self.patience.of_one_network
        if crowded or self.count >= most:
            return None
        self._open[name] += 1
        return name

    def go(self, name: str) -> None:
        """Count a connection out."""
        self._open[name] -= 1
        if not self._open[name]:
            del self._open[name]


class Porch(HttpToolsProtocol):
    """One connection, watched from its beginning to its end."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        guard: Guard,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._guard = guard
        self._patience = guard.patience
        self._network: str | None = None
        # By when the header or body that is arriving has to be here; None while neither is.
        self._due: float | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True

    # --- coming and going ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the server's own does
        """Take a connection, if there is room for it."""
        super().connection_made(transport)
        self._network = self._guard.come(self.client)
        if self._network is None:
            self._refuse(503, "too_many_connections", "too many connections", "try again later")
            return
        self._wait(self._patience.header)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let a connection go, and its timers."""
        for timer in (self._watch, self._stalled):
            if timer is not None:
                timer.cancel()
        self._watch = self._stalled = self._due = None
        if self._network is not None:
            self._guard.go(self._network)
            self._network = None
        super().connection_lost(exc)

    # --- a request arrives ---------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take what arrived; whatever it is, from now on the header has its time."""
        if self._network is None:
            return
        if self._due is None:
            self._wait(self._patience.header)
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self._patience.head_bytes:
            self._refuse(431, "head_too_large", "the header is too large", "send less in headers")

    def on_message_begin(self) -> None:
        """Give the header its time from here."""
        super().on_message_begin()
        self._in_head = True
        self._wait(self._patience.header)

    def on_headers_complete(self) -> None:
        """Give the body its time from here."""
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()
        self._wait(self._patience.body)

    def on_message_complete(self) -> None:
        """Wait no more: the request is here whole."""
        super().on_message_complete()
        self._in_head = True
        self._due = None

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        del msg
        self._refuse(400, "malformed", "this is no HTTP request", "send HTTP/1.1")

    # --- an answer leaves ----------------------------------------------------------------------

    def pause_writing(self) -> None:
        """Give a client that does not take its answer some time to begin."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self._patience.reading, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client has taken some."""
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    # --- waiting -------------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        # One timer for many requests: it looks at what is due when it rings, and sets itself again.
        self._due = self.loop.time() + seconds
        if self._watch is None:
            self._watch = self.loop.call_at(self._due, self._look)

    def _look(self) -> None:
        self._watch = None
        if self._due is None or self.transport.is_closing():
            return
        if self.loop.time() < self._due:
            self._watch = self.loop.call_at(self._due, self._look)
            return
        self._refuse(408, "too_slow", "the request did not arrive in time", "send it at once")

    def _answering(self) -> bool:
        """Tell whether an answer has begun and not ended, so that no other may be written."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.response_started and not cycle.response_complete

    def _refuse(self, status: int, code: str, title: str, remedy: str) -> None:
        """Answer, where no answer has begun, and hang up."""
        self._due = None
        if self.transport.is_closing():
            return
        if not self._answering():
            body = encode(
                Problem(
                    type=f"urn:troth:problem:{code}",
                    title=title,
                    status=status,
                    code=code,
                    clause="7.1c",
                    remedy=remedy,
                )
            )
            head = (
                f"HTTP/1.1 {status} {REASONS[status]}\r\ncontent-type: application/problem+json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
