"""Databases that are dead, slow, lying or half done: at the port, and on the line to a real one."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from troth.egress.databases.port import (
    Database,
    Held,
    Known,
    Order,
    Reach,
    Remain,
    Step,
    Traced,
)
from troth.model.errors import TrothError, Unreachable

FAULTS = ("dead", "fails", "hangs", "nods", "killed", "half", "forgets")
"""What a hostile database does; see ``Hostile``."""
LINE = ("refuse", "hang", "cut", "garbage")
"""What a hostile line does; see ``Proxy``."""
PIECE = 4096


class Hostile:
    """A database of any kind that misbehaves until it is healed.

    ``dead`` answers nothing; ``fails`` breaks in the middle of an order; ``hangs`` never comes
    back; ``nods`` says that it did and does nothing; ``killed`` does the half of an order and dies;
    ``half`` does the half and says it was all; ``forgets`` finds nobody when it is asked first.
    """

    def __init__(self, inner: Database, fault: str) -> None:
        self._inner = inner
        self._over = threading.Event()
        self._asked = 0
        self.fault = fault

    def heal(self) -> None:
        """Behave from now on."""
        self.fault = ""
        self._over.set()

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def known_by(self) -> frozenset[str]:
        return self._inner.known_by

    @property
    def categories(self) -> frozenset[str]:
        return self._inner.categories

    def trace(self, known: Known, reach: Reach = ()) -> Traced:
        self._answer()
        self._asked += 1
        if self.fault == "forgets" and self._asked == 1:
            return Traced(reach=reach)
        return self._inner.trace(known, reach)

    def export(self, reach: Reach) -> Iterator[Held]:
        self._answer()
        for count, held in enumerate(self._inner.export(reach)):
            if self.fault in ("fails", "killed") and count:
                raise Unreachable("the line broke")
            yield held

    def plan(self, reach: Reach, order: Order) -> Iterator[Step]:
        self._answer()
        yield from self._inner.plan(reach, order)

    def perform(self, reach: Reach, order: Order) -> int:
        self._answer()
        if self.fault == "fails":
            raise TrothError("500")
        if self.fault == "nods":
            return 7
        if self.fault in ("killed", "half"):
            done = self._inner.perform(reach[: len(reach) // 2], order)
            if self.fault == "killed":
                raise Unreachable("the line broke")
            return done
        return self._inner.perform(reach, order)

    def remains(self, reach: Reach, order: Order) -> tuple[Remain, ...]:
        self._answer()
        return self._inner.remains(reach, order)

    def _answer(self) -> None:
        if self.fault == "dead":
            raise Unreachable(f"`{self.name}` does not answer")
        if self.fault == "hangs":
            self._over.wait(30)
            raise Unreachable(f"`{self.name}` does not answer")


class Proxy:
    """A line on loopback to a real server, by socket file or port, that can be made to fail.

    ``refuse`` hangs up at once; ``hang`` takes and answers nothing; ``cut`` passes ``left`` octets
    of answers and hangs up; ``garbage`` answers nonsense. Otherwise it passes everything on.
    """

    def __init__(self, upstream: Path | int) -> None:
        self._upstream = upstream
        self._server = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []
        self.port: int = self._server.getsockname()[1]
        self.fault = ""
        self.left = 0

    def fail(self, fault: str, left: int = 0) -> None:
        """Misbehave from now on, also on the lines that are open."""
        self.fault, self.left = fault, left
        if fault in ("refuse", "hang", "garbage"):
            self._hang_up()

    def heal(self) -> None:
        """Behave from now on."""
        self.fault = ""
        self._hang_up()

    def run(self) -> None:
        """Take callers until it is closed."""
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._server.accept()
                self._lines.append(caller)
                threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def close(self) -> None:
        """Hang up on everybody."""
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._hang_up()

    def _hang_up(self) -> None:
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._lines.clear()

    def _serve(self, caller: socket.socket) -> None:
        if self.fault == "refuse":
            caller.close()
            return
        if self.fault == "garbage":
            with contextlib.suppress(OSError):
                caller.recv(PIECE)
                caller.sendall(b"\x00\xff?!\r\n" * 20)
            caller.close()
            return
        if self.fault == "hang":
            return
        with contextlib.suppress(OSError), self._connected() as there:
            self._lines.append(there)
            threading.Thread(target=self._pump, args=(caller, there, False), daemon=True).start()
            self._pump(there, caller, True)

    def _connected(self) -> socket.socket:
        if isinstance(self._upstream, int):
            return socket.create_connection(("127.0.0.1", self._upstream), 5)
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(self._upstream))
        return line

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                if answers and self.fault == "cut":
                    piece, self.left = piece[: self.left], self.left - len(piece)
                    target.sendall(piece)
                    if self.left <= 0:
                        break
                else:
                    target.sendall(piece)
        for line in (source, target):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()


@contextlib.contextmanager
def proxy(upstream: Path | int) -> Iterator[Proxy]:
    """Run a line to a server as long as it is wanted."""
    made = Proxy(upstream)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join(5)


Count = Callable[[], int]
"""Counts what of a subject still lies in a real store, past every client."""
