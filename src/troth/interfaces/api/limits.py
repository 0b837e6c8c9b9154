"""The threshold: what every request passes before it is looked at (policy 2.1.3g, 7.1c; A3, A19).

Who calls is recognised, and paced: strangers by their network, programs by their key. Personal data
comes over TLS or not at all. A body is read whole, and no further than its limit, before anything
works on it. Every answer carries headers that forbid framing, inline script and sniffing.

How long a request may take to arrive is watched over below this, on the connection itself.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar.concurrency import sync_to_thread

from troth.interfaces.api.routes import Shortcuts
from troth.interfaces.http.codec import encode
from troth.interfaces.http.door import Caller, recognise
from troth.interfaces.http.endpoint import ARRIVAL, Arrival, Endpoint, House, Raw, Written
from troth.interfaces.http.peers import PEERS, Peers, on_this_machine
from troth.interfaces.http.problems import FAULT, MEDIA, Problem, problem
from troth.model.clock import MINUTE, SECOND, Clock
from troth.model.errors import Refused, TooLarge, TooMany, TrothError

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]
Headers = dict[bytes, bytes]

MOST_PEERS: Final = 50_000
PROGRAM: Final = 100
"""How much more often than a stranger's network a program may call."""
FORM: Final = b"multipart/form-data"
WITHOUT_BODY: Final = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self';"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
TO_PROGRAMS: Final = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}
"""What an answer carries that no browser shows as a page."""
TO_PEOPLE: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
HSTS: Final = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
CLOSE: Final = {"connection": "close"}
NO_STORE: Final = (b"cache-control", b"no-store")


class TooFast(TooMany):
    """too many requests; wait a moment."""

    def __init__(self, wait: int) -> None:
        super().__init__(clause="7.1c", remedy="wait as long as `Retry-After` says")
        self.retry_after = max(1, -(-wait // SECOND))


class Threshold:
    """ASGI middleware around everything that is served."""

    def __init__(self, app: Application, house: House, shortcuts: Shortcuts) -> None:
        """Stand before ``app``. Raises ``Misconfigured``."""
        troth = house.troth
        settings = troth.settings.server
        self.app = app
        self._house = house
        self._shortcuts = shortcuts
        self._most = settings.max_body
        self._upload = max(settings.max_body, settings.max_upload)
        self._secure = settings.secure
        self._peers = Peers(settings.trusted_proxies)
        self._strangers = Pace(troth.clock, settings.requests_per_minute)
        self._programs = Pace(troth.clock, settings.requests_per_minute * PROGRAM)
        more = HSTS if settings.secure else {}
        self._to_programs = _octets(TO_PROGRAMS | more)
        self._to_people = _octets(TO_PEOPLE | more)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            return
        send = self._dressed(scope["method"], send)
        headers: Headers = dict(scope["headers"])
        try:
            caller = await self._admit(scope, headers)
            body = await self._body(scope, headers, receive)
        except TrothError as error:
            # What was sent has not been read to its end: the connection is of no more use.
            await _said(problem(error), CLOSE)(scope, None, send)
            return
        if body is None:
            return
        state = scope.setdefault("state", {})
        state[ARRIVAL], state[PEERS] = Arrival(caller, headers, body, scope), self._peers
        found = self._shortcuts.find(scope["method"], scope["path"])
        if found is None:
            await self.app(scope, _whole(body, receive), send)
        else:
            endpoint, scope["path_params"] = found
            await self._answer(endpoint, scope, send)

    async def _answer(self, endpoint: Endpoint, scope: Scope, send: Send) -> None:
        """Answer a call of an address that is hot, as the router would have."""
        written = A_FAULT
        try:
            written = await endpoint.answer(scope, self._house)
        except TrothError as error:
            written = _said(problem(error))
        finally:
            # A fault of ours goes on to the server, whose log gets its kind and place.
            await written(scope, None, send)

    # --- who comes in --------------------------------------------------------------------------

    async def _admit(self, scope: Scope, headers: Headers) -> Caller | None:
        """Recognise and pace who calls. Raises ``NotProved``, ``TooFast``, ``Refused``."""
        told = headers.get(b"authorization")
        if told is None:
            self._strangers.take(self._peers.network(scope))
            return None
        if not (self._secure or scope["scheme"] == "https" or on_this_machine(scope, headers)):
            raise Refused(
                "a key and personal data are taken over TLS only",
                clause="2.1.3g",
                remedy="use https://, and take back a key that was sent in the clear",
            )
        return await self._recognised(scope, told.decode("latin-1"))

    async def _recognised(self, scope: Scope, told: str) -> Caller | None:
        caller = None
        try:
            if self._house.slow:
                caller = await sync_to_thread(recognise, self._house.troth, told)
            else:
                caller = recognise(self._house.troth, told)
        finally:
            # Who guesses at keys is paced as a stranger, and before the answer.
            if caller is None:
                self._strangers.take(self._peers.network(scope))
        if caller is not None:
            self._programs.take(caller.by.id)
        return caller

    # --- what comes in -------------------------------------------------------------------------

    async def _body(self, scope: Scope, headers: Headers, receive: Receive) -> bytes | None:
        """Read the whole body; ``None`` when who sent it went away. Raises ``TooLarge``."""
        if scope["method"] in WITHOUT_BODY:
            return b""
        declared = headers.get(b"content-length", b"0")
        # Only a person's form comes in parts: no program's call does.
        most = self._upload if headers.get(b"content-type", b"").startswith(FORM) else self._most
        if not declared.isdigit() or int(declared[:20]) > most:
            raise _too_large(most)
        parts: list[bytes] = []
        left = most
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            part = message.get("body", b"")
            left -= len(part)
            if left < 0:
                raise _too_large(most)
            parts.append(part)
            if not message.get("more_body", False):
                return parts[0] if len(parts) == 1 else b"".join(parts)

    # --- what goes out -------------------------------------------------------------------------

    def _dressed(self, method: str, send: Send) -> Send:
        known = method if method in METHODS else "OTHER"

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._house.served[known, message["status"]] += 1
                given = list(message.get("headers", ()))
                named = {name.lower(): value for name, value in given}
                if b"cache-control" not in named:
                    given.append(NO_STORE)
                page = named.get(b"content-type", b"").startswith(b"text/html")
                message["headers"] = given + (self._to_people if page else self._to_programs)
            await send(message)

        return dressed


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"a body may have {most} bytes", clause="7.1c", remedy="send less at a time")


def _said(told: Problem, more: dict[str, str] | None = None) -> Written:
    return Written(Raw(encode(told), MEDIA, told.headers() | (more or {}), told.status))


A_FAULT: Final = _said(FAULT)


class Pace:
    """A token bucket for each who calls, bounded in number; the longest unused is forgotten."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._most = float(max(1, per_minute))
        self._rate = self._most / MINUTE
        # A dict keeps the order in which its keys were put: here, of their last use.
        self._buckets: dict[str, tuple[float, int]] = {}

    def take(self, who: str) -> None:
        """Take one token of somebody's bucket. Raises ``TooFast`` when it is empty."""
        now = self._clock.now()
        tokens, since = self._buckets.pop(who, (self._most, now))
        tokens = min(self._most, tokens + max(0, now - since) * self._rate)
        admitted = tokens >= 1
        self._buckets[who] = (tokens - 1 if admitted else tokens, now)
        if len(self._buckets) > MOST_PEERS:
            del self._buckets[next(iter(self._buckets))]
        if not admitted:
            raise TooFast(int((1 - tokens) / self._rate))


def _octets(told: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), text.encode()) for name, text in told.items()]


def _whole(body: bytes, receive: Receive) -> Receive:
    """Give the body in one piece; after it, whatever the connection has to say."""
    given = False

    async def whole() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return whole
