"""A mail server and an HTTP gateway on this machine, for tests and the tour (policy 2.1.2).

Both listen on 127.0.0.1 at a free port, keep what they receive in memory, and can be told to
misbehave as real ones do. They are no channel: nothing they receive goes anywhere.
"""

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Literal, Self, cast

from msgspec import Struct

Mood = Literal["accept", "temporary", "permanent", "hang", "drip"]
POLL: Final = 0.01
"""Seconds after which a server that was told to stop notices."""
LONGEST_HANG: Final = 60.0
REFUSALS: Final = {"temporary": "451 4.3.0 try again later", "permanent": "550 5.1.1 nobody here"}
ANSWERS: Final = {"accept": 200, "drip": 200, "temporary": 503, "permanent": 422}
DRIP: Final = 0.02
"""Seconds between the octets of an answer that never ends."""


class Mail(Struct, frozen=True):
    """One e-mail as it crossed the wire: envelope and content."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    def read(self) -> EmailMessage:
        """Return the content parsed, headers decoded."""
        return message_from_bytes(self.content, policy=modern)

    def text(self) -> str:
        """Return the decoded text, with plain line ends."""
        return str(self.read().get_content()).replace("\r\n", "\n")


class Posted(Struct, frozen=True):
    """One HTTP request: path, headers (names in lower case) and body."""

    path: str
    headers: dict[str, str]
    body: bytes


class _Sink:
    """A server in a thread of its own, that ends with its ``with`` block."""

    _server: socketserver.TCPServer

    def __init__(self) -> None:
        self.mood: Mood = "accept"
        self.over = threading.Event()
        self._thread = threading.Thread(
            target=lambda: self._server.serve_forever(POLL), name="loopback", daemon=True
        )

    @property
    def host(self) -> str:
        """Always 127.0.0.1."""
        return "127.0.0.1"

    @property
    def port(self) -> int:
        """The port the system chose."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


# --- mail --------------------------------------------------------------------------------------


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    sink: "MailSink"


class MailSink(_Sink):
    """An SMTP server (RFC 5321) that delivers to ``mails``.

    ``mood`` decides what a recipient is answered: taken, refused for now, refused for good, or
    nothing at all. With ``tls`` it offers STARTTLS.

    >>> with MailSink() as sink:
    ...     (sink.host, sink.mails)
    ('127.0.0.1', [])
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.mails: list[Mail] = []
        self.tls = tls
        self._server = _MailServer((self.host, 0), _Smtp)
        self._server.sink = self


class _Smtp(socketserver.BaseRequestHandler):
    """One connection."""

    def setup(self) -> None:
        self.sink = cast("_MailServer", self.server).sink
        self.line: socket.socket = self.request
        self.stream = self.line.makefile("rwb")
        self.sender = ""
        self.recipients: list[str] = []
        self.verbs: dict[str, Callable[[str], str]] = {
            "EHLO": self._ehlo,
            "HELO": lambda _: "250 loopback",
            "STARTTLS": lambda _: "220 go ahead" if self.sink.tls else "502 no",
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": lambda _: "354 end with a dot" if self.recipients else "503 no recipient",
            "RSET": self._reset,
            "NOOP": lambda _: "250 yes",
            "QUIT": lambda _: "221 goodbye",
        }

    def handle(self) -> None:
        """Speak SMTP until the other side leaves."""
        try:
            self._say("220 loopback ESMTP")
            while line := self.stream.readline():
                if not self._answer(line.decode("utf-8", "replace").strip()):
                    return
        except OSError:
            return  # the other side lost patience, which is what some tests are about

    def _answer(self, line: str) -> bool:
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        if verb == "RCPT" and self.sink.mood == "hang":
            self.sink.over.wait(LONGEST_HANG)
            return False
        answer = self.verbs.get(verb, self._unknown)(rest)
        self._say(answer)
        if answer.startswith("220"):
            self._wrap()
        if answer.startswith("354"):
            self._take()
        return verb != "QUIT"

    def _ehlo(self, _: str) -> str:
        offers = ["250-loopback", "250-8BITMIME", "250-SMTPUTF8"]
        if self.sink.tls and not isinstance(self.line, ssl.SSLSocket):
            offers.append("250-STARTTLS")
        return "\r\n".join([*offers, "250 PIPELINING"])

    def _unknown(self, _: str) -> str:
        return "500 what"

    def _mail(self, rest: str) -> str:
        self.sender, self.recipients = _path(rest), []
        return "250 ok"

    def _rcpt(self, rest: str) -> str:
        refusal = REFUSALS.get(self.sink.mood)
        if refusal:
            return refusal
        self.recipients.append(_path(rest))
        return "250 ok"

    def _reset(self, _: str) -> str:
        self.sender, self.recipients = "", []
        return "250 ok"

    def _take(self) -> None:
        lines = []
        while (line := self.stream.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        self.sink.mails.append(Mail(self.sender, tuple(self.recipients), b"".join(lines)))
        self._say("250 taken")

    def _wrap(self) -> None:
        if self.sink.tls is None:
            return
        self.line = self.sink.tls.wrap_socket(self.line, server_side=True)
        self.stream = self.line.makefile("rwb")

    def _say(self, line: str) -> None:
        self.stream.write(line.encode() + b"\r\n")
        self.stream.flush()


def _path(rest: str) -> str:
    return rest.partition("<")[2].partition(">")[0]


# --- http --------------------------------------------------------------------------------------


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    sink: "HttpSink"


class HttpSink(_Sink):
    """An HTTP server that keeps every POST in ``posts``.

    ``mood`` decides the status, unless ``status`` does; in the mood ``drip`` the answer comes octet
    by octet and never ends. ``answer`` is the body, or a function that makes one from what was
    posted; ``headers`` are added to the answer.

    >>> with HttpSink() as sink:
    ...     sink.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(self, answer: bytes | Callable[[Posted], bytes] = b"{}") -> None:
        super().__init__()
        self.posts: list[Posted] = []
        self.answer = answer
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self._server = _HttpServer((self.host, 0), _Http)
        self._server.sink = self

    @property
    def url(self) -> str:
        """Where to post to."""
        return f"http://{self.host}:{self.port}/messages"


class _Http(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self) -> None:
        """Keep the request and answer as told."""
        sink = cast("_HttpServer", self.server).sink
        length = int(self.headers.get("content-length", 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        posted = Posted(self.path, headers, self.rfile.read(length))
        sink.posts.append(posted)
        if sink.mood == "hang":
            sink.over.wait(LONGEST_HANG)
            return
        if sink.mood == "drip":
            self._drip(sink)
            return
        answer = sink.answer(posted) if callable(sink.answer) else sink.answer
        self.send_response(sink.status or ANSWERS[sink.mood])
        self.send_header("Content-Length", str(len(answer)))
        for name, value in sink.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def _drip(self, sink: HttpSink) -> None:
        """Answer an octet at a time, each in time, and never be done."""
        self.send_response(ANSWERS["drip"])
        self.send_header("Content-Length", str(1 << 20))
        self.end_headers()
        try:
            while not sink.over.wait(DRIP):
                self.wfile.write(b" ")
        except OSError:
            return  # the other side lost patience, which is what the mood is for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's own name
        """Say nothing: a request line may be somebody's secret."""
