"""A site that knows nothing of us, over ASGI and WSGI, and a browser's words to it."""

import asyncio
import io
from collections.abc import Callable, Iterable
from typing import Any, Final
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from msgspec import Struct, field

from troth.interfaces.cookies.asgi import CookieGuard
from troth.interfaces.cookies.wsgi import CookieGuardWSGI
from troth.model.clock import SetClock, moment
from troth.model.cookies import Choice, Decision, Register, Technology, choose, new_receipt
from troth.model.errors import Unreachable

AT: Final = moment("2026-11-22T12:00:00")
PAGE: Final = (
    b"<!doctype html><html><head><title>Shop</title></head><body><h1>Shop</h1>"
    b'<script data-category="analytics" src="/a.js"></script></body></html>'
)
HTML: Final = ("content-type", "text/html; charset=utf-8")


def entry(name: str, category: str, days: int = 1) -> Technology:
    words = {"en": f"What {name} does", "zh": f"{name} 的作用"}
    return Technology(
        name=name, category=category, purpose=category, words=words, life=f"P{days}D", days=days
    )


REGISTER: Final = Register(
    edition="e",
    technologies=(
        entry("session", "essential"),
        entry("cookie_choice", "essential", 365),
        entry("analytics", "analytics", 90),
        entry("_i_*", "personalise", 90),
    ),
    purposes={
        "analytics": {"en": "To see how it is used", "zh": "分析使用情况"},
        "personalise": {"en": "To fit pages to you", "zh": "个性化"},
    },
)


class Recorder:
    """A keeper that remembers; it can be made not to answer."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.dead = False

    def choose(self, given: Iterable[str], **more: Any) -> Choice:
        if self.dead:
            raise Unreachable
        self.told.append({"given": tuple(given), **more})
        return choose(
            REGISTER, self.told[-1]["given"], signal=more["signal"], at=AT, receipt=new_receipt()
        )


class Answer(Struct):
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str:
        found = self.all(name)
        return found[-1] if found else ""

    @property
    def set(self) -> dict[str, str]:
        """The cookies that are set, by name."""
        return {line.partition("=")[0]: line for line in self.all("set-cookie")}


class Site(Struct):
    """What the site answers, and what it saw of the last request."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=lambda: [HTML])
    pieces: list[bytes] = field(default_factory=lambda: [PAGE])
    saw: dict[str, str] = {}
    decision: Decision | None = None
    personal: bool = False

    def heard(self, headers: dict[str, str], decision: Decision) -> None:
        self.saw, self.decision = headers, decision
        if self.personal:
            mine = b"<p>Picked for you</p>" if decision.allows("personalise") else b"<p>For all</p>"
            self.pieces = [PAGE.replace(b"</h1>", b"</h1>" + mine)]

    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        named = {k.decode(): v.decode() for k, v in scope["headers"]}
        self.heard(named, scope["troth.cookies"])
        headers = [(k.encode(), v.encode()) for k, v in self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for piece in self.pieces[:-1]:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": self.pieces[-1]})

    def wsgi(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        named = {
            name.removeprefix("HTTP_").lower().replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        self.heard(named, environ["troth.cookies"])
        start_response(f"{self.status} Said", list(self.headers))
        return list(self.pieces) if len(self.pieces) == 1 else iter(list(self.pieces))


Ask = Callable[..., Answer]


def by_asgi(site: Site, keeper: Recorder, **options: Any) -> Ask:
    """Return what asks the site behind the guard for ASGI."""
    app = CookieGuard(site.asgi, REGISTER, keeper, clock=SetClock(AT), **options)

    def ask(
        path: str = "/", *, method: str = "GET", headers: Any = (), body: bytes = b""
    ) -> Answer:
        place, _, query = path.partition("?")
        told = [("host", "shop.example"), ("accept", "text/html"), *headers]
        scope = {
            "type": "http",
            "method": method,
            "path": place,
            "query_string": query.encode(),
            "scheme": "https",
            "headers": [(k.lower().encode(), v.encode()) for k, v in told],
            "client": ("198.51.100.7", 1),
            "extensions": {"http.response.pathsend": {}},
        }
        return asyncio.run(asked(app, scope, body))

    return ask


async def asked(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    """Send one request to an ASGI application."""
    answer = Answer(0, [], b"")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(k.decode(), v.decode()) for k, v in message["headers"]]
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


def by_wsgi(site: Site, keeper: Recorder, **options: Any) -> Ask:
    """Return what asks the site behind the guard for WSGI, held to PEP 3333 on both sides."""
    app = validator(
        CookieGuardWSGI(validator(site.wsgi), REGISTER, keeper, clock=SetClock(AT), **options)
    )

    def ask(
        path: str = "/", *, method: str = "GET", headers: Any = (), body: bytes = b""
    ) -> Answer:
        place, _, query = path.partition("?")
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        environ |= {
            "REQUEST_METHOD": method,
            "PATH_INFO": place,
            "SCRIPT_NAME": "",
            "QUERY_STRING": query,
            "wsgi.url_scheme": "https",
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "198.51.100.7",
        }
        for name, value in [("host", "shop.example"), ("accept", "text/html"), *headers]:
            plain = name.upper().replace("-", "_")
            key = plain if plain == "CONTENT_TYPE" else f"HTTP_{plain}"
            both = "; " if key == "HTTP_COOKIE" else ","
            double = name in ("cookie", "sec-gpc") and key in environ
            environ[key] = f"{environ[key]}{both}{value}" if double else value
        return _gathered(app, environ)

    return ask


def _gathered(app: Any, environ: dict[str, Any]) -> Answer:
    answer = Answer(0, [], b"")

    def start_response(status: str, headers: list[tuple[str, str]], exc: Any = None) -> Any:
        answer.status, answer.headers = int(status[:3]), headers
        return lambda piece: None

    body = app(environ, start_response)
    try:
        answer.body = b"".join(body)
    finally:
        body.close()
    return answer


WAYS: Final = {"asgi": by_asgi, "wsgi": by_wsgi}
