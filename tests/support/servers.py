"""Real servers for one test session: Redis from Debian, an S3 stand-in; nothing of them stays."""

import contextlib
import http.client
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

from tests.conftest import missing

PATIENCE = 30.0


def wanted(program: str, package: str) -> str:
    """Find a program; without it the test is skipped, or fails where none may be."""
    found = shutil.which(program)
    if found is None:
        missing(f"{program} is not installed (apt-get install {package})")
    return str(found)


@contextlib.contextmanager
def running(command: list[str], ready: Callable[[], bool], folder: Path) -> Iterator[None]:
    """Run a program as long as it is wanted; its words go to a file in the folder."""
    log = folder / "log"
    with log.open("wb") as told:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=told, stderr=subprocess.STDOUT, cwd=folder
        )
    try:
        end = time.monotonic() + PATIENCE
        while not ready():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command[0]} did not start:\n{log.read_text()}")
            time.sleep(0.01)
        yield
    finally:
        process.kill()
        process.wait(PATIENCE)


@contextlib.contextmanager
def redis_server() -> Iterator[Path]:
    """Run a Redis on a socket of its own, in memory alone; give the socket's path."""
    program = wanted("redis-server", "redis-server")
    with tempfile.TemporaryDirectory(prefix="troth-redis-") as name:
        folder = Path(name)
        place = folder / "redis.sock"
        quiet = ["--port", "0", "--save", "", "--appendonly", "no", "--daemonize", "no"]
        command = [program, *quiet, "--unixsocket", str(place), "--dir", name]
        with running(command, lambda: listens(place), folder):
            yield place


class BucketServer:
    """A stand-in for an S3-shaped store, on loopback, in a process of its own."""

    access, secret, region = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCY", "us-east-1"

    def __init__(self, port: int) -> None:
        self.port = port
        self._count = 0

    def bucket(self, *, versioned: bool = False) -> str:
        """Make a bucket and return its address."""
        self._count += 1
        name = f"uploads-{self._count}"
        self.ask("PUT", f"/{name}")
        if versioned:
            told = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            self.ask("PUT", f"/{name}?versioning", told)
        who = f"{self.access}:{quote(self.secret, safe='')}"
        return f"s3://{who}@{name}?endpoint=http://127.0.0.1:{self.port}&region={self.region}"

    def ask(self, method: str, path: str, body: str = "") -> bytes:
        """Send a request that nobody checks the signature of."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            line.request(method, path, body.encode())
            response = line.getresponse()
            if response.status >= 400:
                raise RuntimeError(f"the stand-in answered {response.status} to {method}")
            return response.read()
        finally:
            line.close()


@contextlib.contextmanager
def bucket_server() -> Iterator[BucketServer]:
    """Run the stand-in; it takes a second or two to start."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        tempfile.TemporaryDirectory(prefix="troth-s3-") as name,
        running(command, lambda: answers(port), Path(name)),
    ):
        yield BucketServer(port)


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Tell whether somebody listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


def listens(place: Path) -> bool:
    """Tell whether somebody listens on a socket of this machine; its file is there before that."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.connect(str(place))
        return True
    return False
