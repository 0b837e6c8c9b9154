"""A real server on loopback: half-sent requests, slow ones, too many, and how it ends (A19)."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
import uvicorn

from tests.gate.house import House
from tests.interfaces.api.office import Office
from troth.interfaces.connections import Guard, Patience
from troth.interfaces.server import configured, serve
from troth.model.errors import Misconfigured

PATIENCE = Patience(
    header=0.5, body=0.7, reading=0.7, idle=1, connections=8, of_one_network=5, head_bytes=4096
)
HEAD = b"POST /v1/subjects HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
ALIVE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Running:
    """One server in a thread, and the office whose application it serves."""

    def __init__(self, office: Office, guard: Guard) -> None:
        self.office = office
        self.guard = guard
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        config = configured(office.client.app, "127.0.0.1", self.port, guard)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],))

    def __enter__(self) -> "Running":
        self.thread.start()
        end = time.monotonic() + 10
        while not self.server.started and time.monotonic() < end:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(timeout=15)
        assert not self.thread.is_alive()

    def connect(self) -> "Line":
        return Line(socket.create_connection(("127.0.0.1", self.port), 10))


class Line:
    """One connection, as a client holds it."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.socket.settimeout(10)

    def send(self, octets: bytes) -> "Line":
        self.socket.sendall(octets)
        return self

    def drip(self, octets: bytes, every: float = 0.1) -> "Line":
        """Send an octet at a time, until the other side hangs up."""
        for octet in octets:
            try:
                self.socket.sendall(bytes([octet]))
            except OSError:
                break
            time.sleep(every)
        return self

    def answer(self) -> tuple[int, Any]:
        """Read one answer: its status, and its body as JSON."""
        received = b""
        while b"\r\n\r\n" not in received:
            part = self.socket.recv(4096)
            if not part:
                return 0, None
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        while len(body) < length:
            body += self.socket.recv(4096)
        return int(head.split()[1]), json.loads(body)

    def ended(self) -> bool:
        """Wait for the other side to hang up."""
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def running(office: Office) -> Iterator[Running]:
    """Return a server with little patience."""
    with Running(office, Guard(PATIENCE)) as running:
        yield running


def timed(line: Line) -> float:
    """Return how long the other side takes to hang up."""
    start = time.monotonic()
    assert line.ended()
    return time.monotonic() - start


@pytest.mark.clause("7.1c")
@pytest.mark.parametrize(
    "begun",
    [b"", b"\r\n", b"GET", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ", ALIVE[:-2]],
    ids=("nothing", "a newline", "a method", "half a header", "all but the last newline"),
)
def test_a_header_that_does_not_come_whole_is_hung_up_on(running: Running, begun: bytes) -> None:
    with closing(running.connect().send(begun)) as line:
        status, told = line.answer()
        assert (status, told["code"], told["clause"]) == (408, "too_slow", "7.1c")
        assert timed(line) < 0.5


@pytest.mark.parametrize(
    "slowly", [ALIVE, b"\r\n" * 40], ids=("a header by octets", "newlines without end")
)
def test_a_header_that_drips_has_no_longer_than_one_that_stops(
    running: Running, slowly: bytes
) -> None:
    start = time.monotonic()
    with closing(running.connect().drip(slowly)) as line:
        assert line.ended()
    assert time.monotonic() - start < 2.5


@pytest.mark.clause("7.1c")
@pytest.mark.parametrize("dripping", [False, True])
def test_a_body_that_does_not_come_whole_is_hung_up_on(running: Running, dripping: bool) -> None:
    head = HEAD + b"Authorization: Bearer " + running.office.key().encode()
    start = time.monotonic()
    with closing(running.connect()) as line:
        line.send(head + b"\r\nContent-Length: 100\r\n\r\n{")
        if dripping:
            line.drip(b" " * 20)
        if not dripping:
            assert line.answer()[0] == 408
        assert line.ended()
    assert time.monotonic() - start < 3


def test_a_body_that_nobody_asked_for_has_no_longer(running: Running) -> None:
    with closing(running.connect()) as line:
        line.send(ALIVE[:-2] + b"Content-Length: 1000000\r\n\r\n{")
        assert line.answer()[0] == 200
        line.drip(b" " * 20)
        assert line.ended()


def test_whoever_is_quick_is_answered_again_and_again(running: Running) -> None:
    with closing(running.connect()) as line:
        for _ in range(5):
            assert line.send(ALIVE).answer()[0] == 200
            time.sleep(0.2)
        assert line.send(ALIVE[:10]).send(ALIVE[10:]).answer()[0] == 200


def test_two_requests_at_once_are_both_answered(running: Running) -> None:
    with closing(running.connect().send(ALIVE + ALIVE)) as line:
        time.sleep(0.3)
        received = line.socket.recv(65_536)
        assert received.count(b"HTTP/1.1 200") == 2


def test_an_idle_connection_is_let_go(running: Running) -> None:
    with closing(running.connect().send(ALIVE)) as line:
        assert line.answer()[0] == 200
        assert 0.5 < timed(line) < 3


def test_a_header_without_end_is_refused(running: Running) -> None:
    with closing(running.connect()) as line:
        line.send(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(600)))
        status, told = line.answer()
        assert (status, told["code"]) == (431, "head_too_large")
        assert line.ended()


@pytest.mark.parametrize(
    "octets",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ALIVE[:-2] + b"X: a\x00b\r\n\r\n",
    ],
    ids=("a TLS greeting", "octets in an address", "two lengths", "both lengths", "a null"),
)
def test_what_is_no_http_is_refused(
    running: Running, octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(running.connect().send(octets)) as line:
        status, told = line.answer()
        assert (status, told["code"], told["clause"]) == (400, "malformed", "7.1c")
        assert line.ended()
    assert caplog.text == ""


@pytest.mark.clause("7.1c")
def test_one_network_opens_only_so_many_connections(running: Running) -> None:
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(running.connect())) for _ in range(5)]
        status, told = stack.enter_context(closing(running.connect())).answer()
        assert (status, told["code"]) == (503, "too_many_connections")
        assert lines[0].send(ALIVE).answer()[0] == 200
    with closing(running.connect()) as line:
        time.sleep(0.2)
        assert line.send(ALIVE).answer()[0] in (200, 503)


def test_a_listed_proxy_opens_as_many_as_there_are_and_no_more() -> None:
    guard = Guard(PATIENCE)
    crowded = [guard.come(("192.0.2.1", port)) for port in range(6)]
    assert crowded == ["192.0.2.1"] * 5 + [None]
    assert [guard.come((f"198.51.100.{n}", 1)) is None for n in range(4)] == [
        False,
        False,
        False,
        True,
    ]
    guard.go("192.0.2.1")
    assert guard.come(("192.0.2.1", 9)) == "192.0.2.1"


def test_a_client_that_does_not_take_its_answer_is_hung_up_on(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.office.gate, "source", lambda _: "x" * 30_000_000)
    path = b"GET /v1/policy/editions/" + b"0" * 64 + b"/source HTTP/1.1\r\nHost: a\r\n\r\n"
    with closing(running.connect().send(path)) as line:
        assert line.socket.recv(12) == b"HTTP/1.1 200"
        end = time.monotonic() + 5
        while running.guard.count and time.monotonic() < end:
            time.sleep(0.05)
        assert running.guard.count == 0


def test_a_forged_address_is_not_believed_by_the_server_either(house: House) -> None:
    office = Office(house, requests_per_minute=2)
    with Running(office, Guard(PATIENCE)) as running, closing(running.connect()) as line:
        told = [
            line.send(ALIVE[:-2] + b"X-Forwarded-For: 203.0.113.%d\r\n\r\n" % n).answer()[0]
            for n in range(2)
        ]
        last = running.connect().send(ALIVE).answer()[0]
    assert (told, last) == ([200, 200], 429)


def test_an_address_that_is_taken_is_told(house: House) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises((Misconfigured, SystemExit)),
    ):
        serve(house.troth, "127.0.0.1", taken.getsockname()[1])
