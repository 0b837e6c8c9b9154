"""Servers in processes of their own, on loopback, stopped when done."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PATIENCE: Final = 30.0
UVICORN: Final = (sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "warning")
UVICORN_AS_TROTH: Final = ("--http", "httptools", "--loop", "uvloop", "--lifespan", "off")


@contextmanager
def serving(command: Sequence[str], env: Mapping[str, str], port: int) -> Iterator[int]:
    """Start a server, wait until it listens, yield its process id, stop it.

    Raises ``RuntimeError`` when it ends or does not listen within half a minute.
    """
    process = subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        wait(process, port)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until something listens on a port."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            told = process.stderr.read() if process.stderr else b""
            raise RuntimeError(f"the server ended: {told.decode(errors='replace')[-800:]}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not listen in time")


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def uvicorn(app: str, port: int) -> list[str]:
    """Return the command that serves an ASGI application the way Troth serves its own."""
    return [*UVICORN, *UVICORN_AS_TROTH, "--port", str(port), app]


def troth(folder: Path, port: int) -> list[str]:
    """Return the command that serves an instance."""
    return [str(Path(sys.executable).parent / "troth"), "serve", str(folder), "--port", str(port)]
