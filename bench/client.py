"""A load generator that costs little: some keep-alive connections, a request on each, all answers.

It writes one request to every connection and then reads every answer, beat by beat, in one thread,
so that on a small machine the server and not the client is what is measured. Processor time is read
from the server process's own clock.
"""

import socket
import sys
import time
from collections.abc import Sequence

import psutil
from msgspec import Struct

RECEIVE = 65_536
PATIENCE = 120
WELL = (b"HTTP/1.1 200", b"HTTP/1.1 201", b"HTTP/1.1 303")


class Load(Struct, frozen=True):
    """What one burst of requests cost: the server's and the wall's nanoseconds for each request."""

    cpu: float
    wall: float


class Client:
    """Keep-alive connections to one server on loopback."""

    def __init__(self, port: int, connections: int = 16) -> None:
        self._sockets = [
            socket.create_connection(("127.0.0.1", port), 10) for _ in range(connections)
        ]
        for one in self._sockets:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def burst(self, requests: Sequence[bytes], pid: int) -> Load:
        """Send all requests over all connections; raises ``RuntimeError`` unless all answer 200."""
        wide = len(self._sockets)
        cpu, start = cpu_ns(pid), time.perf_counter_ns()
        for first in range(0, len(requests), wide):
            beat = requests[first : first + wide]
            for one, request in zip(self._sockets, beat, strict=False):
                one.sendall(request)
            for one, _ in zip(self._sockets, beat, strict=False):
                answer(one)
        wall, cpu = time.perf_counter_ns() - start, cpu_ns(pid) - cpu
        return Load(cpu / len(requests), wall / len(requests))

    def one_by_one(self, requests: Sequence[bytes]) -> list[int]:
        """Send requests over one connection and return how many nanoseconds each took."""
        laps = []
        for request in requests:
            start = time.perf_counter_ns()
            self.ask(request)
            laps.append(time.perf_counter_ns() - start)
        return laps

    def ask(self, request: bytes) -> bytes:
        """Send one request over one connection and return the body of its answer."""
        self._sockets[0].sendall(request)
        return answer(self._sockets[0])

    def whole(self, request: bytes) -> tuple[bytes, bytes]:
        """Send one request over one connection and return its answer: head and body."""
        self._sockets[0].sendall(request)
        return taken(self._sockets[0])

    def send(self, requests: Sequence[bytes]) -> None:
        """Send one request over each connection at once; raise unless all are taken well."""
        for one, request in zip(self._sockets, requests, strict=True):
            one.sendall(request)
        for one in self._sockets:
            one.settimeout(PATIENCE)
            answer(one)

    def close(self) -> None:
        """Hang up."""
        for one in self._sockets:
            one.close()


def answer(connection: socket.socket) -> bytes:
    """Read one answer and return its body; raises ``RuntimeError`` for one that is no success."""
    head, body = taken(connection)
    if not head.startswith(WELL):
        raise RuntimeError(f"the server answered {head[:40]!r}: {body[:400]!r}")
    return body


def taken(connection: socket.socket) -> tuple[bytes, bytes]:
    """Read one answer with a Content-Length; return its head and its body."""
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection)
    head, body = received[:end], received[end + 4 :]
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += _more(connection)
    return head, body


def _more(connection: socket.socket) -> bytes:
    part = connection.recv(RECEIVE)
    if not part:
        raise RuntimeError("the server hung up")
    return part


def post(path: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """Write an HTTP/1.1 request with a JSON body."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def cpu_ns(pid: int) -> int:
    """Return the processor time a process has used: to the nanosecond on Linux, else in ticks."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(
            (~pid << 3) | 2
        )  # the kernel's number for that process's clock
    times = psutil.Process(pid).cpu_times()
    return int((times.user + times.system) * 1e9)
