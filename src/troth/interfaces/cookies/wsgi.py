"""The guard before a WSGI application: Flask, Django, Pyramid, any (policy 3; PEP 3333)."""

import zlib
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, Final, Protocol

from troth.interfaces.cookies.guard import HOME, KEY, LARGEST_FORM, Asked, Guard, Note
from troth.interfaces.cookies.headers import Header, dressed, is_packed, is_page
from troth.interfaces.cookies.keeper import Keeper
from troth.model.clock import Clock
from troth.model.cookies import Register

Environ = MutableMapping[str, Any]
Write = Callable[[bytes], object]
Pairs = list[tuple[str, str]]
UNPACKED: Final = 47
"""For zlib: whatever gzip wrote."""
REASONS: Final = {200: "OK", 303: "See Other", 403: "Forbidden", 404: "Not Found"}
BARE: Final = ("CONTENT_TYPE", "CONTENT_LENGTH")


class StartResponse(Protocol):
    """Begins an answer, as PEP 3333 has it."""

    def __call__(self, status: str, headers: Pairs, exc_info: Any = None, /) -> Write:  # noqa: ANN401
        """Begin it."""
        ...


Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class CookieGuardWSGI:
    """WSGI middleware: what is not declared is not set, what was not agreed to does not run.

    An application finds what its visitor chose as ``environ["troth.cookies"]``, a ``Decision``.
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

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a request on, guarded; answer those for the guard's own addresses."""
        asked = self._asked(environ)
        if self._guard.is_own(asked.path):
            return self._answer(asked, environ, start_response)
        inner = dict(environ)
        for name in [name for name in inner if name.startswith("HTTP_")]:
            del inner[name]
        for header, value in self._guard.let_in(asked):
            name = header.decode("latin-1").upper().replace("-", "_")
            inner[name if name in BARE else f"HTTP_{name}"] = value.decode("latin-1")
        inner[KEY] = asked.decision
        return _Outward(self._guard, asked, self.app, inner, start_response)

    def _asked(self, environ: Environ) -> Asked:
        return self._guard.asked(
            list(_headers(environ)),
            method=environ.get("REQUEST_METHOD", "GET"),
            path=f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}",
            query=environ.get("QUERY_STRING", ""),
            secure=environ.get("wsgi.url_scheme") == "https",
            network=environ.get("REMOTE_ADDR", ""),
        )

    def _answer(
        self, asked: Asked, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        most = min(int(length) if length.isdigit() else 0, LARGEST_FORM)
        body = environ["wsgi.input"].read(most) if asked.method == "POST" else b""
        given = self._guard.answer(asked, body)
        reason = REASONS.get(given.status, "Service Unavailable")
        start_response(f"{given.status} {reason}", _texts(given.headers))
        return [b"" if asked.method == "HEAD" else given.body]


class _Outward:
    """One answer on its way out; ``start_response`` is called when its first piece is there."""

    def __init__(
        self,
        guard: Guard,
        asked: Asked,
        app: Application,
        environ: Environ,
        start_response: StartResponse,
    ) -> None:
        self._guard = guard
        self._asked = asked
        self._begin = start_response
        self._status, self._headers = "", list[Header]()
        self._trouble: Any = None
        self._written: list[bytes] = []
        self._begun = False
        self._body = app(environ, self._start)

    def _start(self, status: str, headers: Pairs, exc_info: Any = None, /) -> Write:  # noqa: ANN401
        if self._begun and exc_info is not None:
            raise exc_info[1].with_traceback(exc_info[2])
        self._status, self._trouble = status, exc_info
        told = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._headers = self._guard.let_out(self._asked, told)
        return self._written.append

    def __iter__(self) -> Iterator[bytes]:
        """Give the body, piece by piece."""
        pieces = self._pieces()
        first = next(pieces, b"")
        status = int(self._status[:3] or "500")
        if not is_page(status, self._headers) or self._asked.method == "HEAD":
            page = is_page(status, self._headers)
            self._go(dressed(self._headers, None) if page else self._headers)
            yield first
            yield from pieces
            return
        yield from self._page(first, pieces)

    def _pieces(self) -> Iterator[bytes]:
        for piece in self._body:
            written, self._written[:] = list(self._written), []
            yield from written
            yield piece
        yield from self._written

    def _page(self, first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
        rewriter = self._guard.rewriter(self._asked)
        unpack = zlib.decompressobj(UNPACKED) if is_packed(self._headers) else None

        def gone_through() -> Iterator[bytes]:
            for piece in _after(first, pieces):
                yield rewriter.feed(unpack.decompress(piece) if unpack else piece)
            rest = rewriter.feed(unpack.flush()) if unpack else b""
            yield rest + rewriter.end()

        if self._is_whole(first):
            told = b"".join(gone_through())
            self._go(dressed(self._headers, len(told)))
            yield told
            return
        self._go(dressed(self._headers, None))
        yield from (piece for piece in gone_through() if piece)

    def _is_whole(self, first: bytes) -> bool:
        """Tell whether the first piece is all: by the list it stands in, or by what was claimed."""
        named = {name.lower(): value for name, value in self._headers}
        claimed = named.get(b"content-length", b"")
        alone = isinstance(self._body, list | tuple) and len(self._body) <= 1
        return alone or claimed == b"%d" % len(first)

    def _go(self, headers: list[Header]) -> None:
        self._begun = True
        if self._trouble is not None:
            self._begin(self._status, _texts(headers), self._trouble)
        else:
            self._begin(self._status, _texts(headers))

    def close(self) -> None:
        """Let the application let go of what it holds."""
        end = getattr(self._body, "close", None)
        if end is not None:
            end()


def _after(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces


def _headers(environ: Environ) -> Iterator[Header]:
    """Give a request's headers; what a server joined with commas is taken apart where it counts."""
    for name, value in environ.items():
        if name in BARE or name.startswith("HTTP_"):
            told = name.removeprefix("HTTP_").lower().replace("_", "-").encode("latin-1")
            values = str(value).split(",") if told == b"sec-gpc" else [str(value)]
            for one in values:
                yield told, one.strip().encode("latin-1")


def _texts(headers: Iterable[Header]) -> Pairs:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
