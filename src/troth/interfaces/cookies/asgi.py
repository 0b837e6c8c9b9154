"""The guard before an ASGI application: Starlette, FastAPI, Litestar, Django, any (policy 3).

>>> async def site(scope, receive, send): ...
>>> from troth.interfaces.cookies.keeper import Unrecorded
>>> register = Register(edition="e", technologies=())
>>> guarded = CookieGuard(site, register, Unrecorded(register))
"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from troth.interfaces.cookies.guard import HOME, KEY, LARGEST_FORM, Asked, Given, Guard, Note
from troth.interfaces.cookies.headers import dressed, is_packed, is_page
from troth.interfaces.cookies.keeper import Keeper
from troth.interfaces.cookies.markup import Rewriter
from troth.model.clock import Clock
from troth.model.cookies import Register

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
PAST_US: Final = ("http.response.pathsend", "http.response.zerocopysend")
"""Ways to send a file that nothing can look into."""
UNPACKED: Final = 47
"""For zlib: whatever gzip wrote."""


class CookieGuard:
    """ASGI middleware: what is not declared is not set, what was not agreed to does not run.

    An application finds what its visitor chose as ``scope["troth.cookies"]``, a ``Decision``.
    """

    def __init__(
        self,
        app: Application,
        register: Register,
        keeper: Keeper,
        *,
        home: str = HOME,
        surface: str = "site",
        foot: bool = True,
        note: Note | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Stand before ``app``; the rest is as in ``guard.Guard``."""
        self.app = app
        self._guard = Guard(
            register, keeper, home=home, surface=surface, foot=foot, note=note, clock=clock
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, guarded; answer those for the guard's own addresses."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        asked = self._asked(scope)
        if scope["type"] == "http" and self._guard.is_own(scope["path"]):
            await self._answer(asked, receive, send)
            return
        extensions = scope.get("extensions") or {}
        inner = {
            **scope,
            "headers": self._guard.let_in(asked),
            "extensions": {name: one for name, one in extensions.items() if name not in PAST_US},
            KEY: asked.decision,
        }
        await self.app(inner, receive, _Outward(self._guard, asked, send))

    def _asked(self, scope: Scope) -> Asked:
        client = scope.get("client")
        return self._guard.asked(
            scope["headers"],
            method=scope.get("method", "GET"),
            path=scope.get("root_path", "") + scope["path"]
            if not scope["path"].startswith(scope.get("root_path", ""))
            else scope["path"],
            query=scope.get("query_string", b"").decode("latin-1"),
            secure=scope.get("scheme", "http") in ("https", "wss"),
            network=str(client[0]) if client else "",
        )

    async def _answer(self, asked: Asked, receive: Receive, send: Send) -> None:
        body = await _body(receive) if asked.method == "POST" else b""
        given: Given = await asyncio.to_thread(self._guard.answer, asked, body)
        await send(
            {"type": "http.response.start", "status": given.status, "headers": [*given.headers]}
        )
        sent = b"" if asked.method == "HEAD" else given.body
        await send({"type": "http.response.body", "body": sent})


class _Outward:
    """One answer on its way out: a page waits for its first piece, to know how long it is."""

    def __init__(self, guard: Guard, asked: Asked, send: Send) -> None:
        self._guard = guard
        self._asked = asked
        self._send = send
        self._start: Message | None = None
        self._rewriter: Rewriter | None = None
        self._unpack: Any = None

    async def __call__(self, message: Message) -> None:
        """Send a message of the application's on, as it may go."""
        kind = message["type"]
        if kind in ("http.response.start", "websocket.accept"):
            await self._begin(message)
        elif kind == "http.response.body" and self._rewriter is not None:
            await self._go_on(self._rewriter, message)
        else:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        headers = self._guard.let_out(self._asked, message.get("headers") or ())
        status = message.get("status", 101)
        if not is_page(status, headers):
            await self._send({**message, "headers": headers})
        elif self._asked.method == "HEAD":
            await self._send({**message, "headers": dressed(headers, None)})
        else:
            self._rewriter = self._guard.rewriter(self._asked)
            self._unpack = zlib.decompressobj(UNPACKED) if is_packed(headers) else None
            self._start = {**message, "headers": headers}

    async def _go_on(self, rewriter: Rewriter, message: Message) -> None:
        more = message.get("more_body", False)
        piece = message.get("body", b"")
        if self._unpack is not None:
            piece = self._unpack.decompress(piece)
        told = rewriter.feed(piece)
        if not more:
            told += rewriter.feed(self._unpack.flush()) if self._unpack is not None else b""
            told += rewriter.end()
        if self._start is not None:
            length = None if more else len(told)
            headers = dressed(self._start["headers"], length)
            await self._send({**self._start, "headers": headers})
            self._start = None
        await self._send({**message, "body": told, "more_body": more})


async def _body(receive: Receive) -> bytes:
    """Read a form, and no further than one is long."""
    parts, size = [], 0
    while size <= LARGEST_FORM:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body", False):
            break
    return b"".join(parts)
