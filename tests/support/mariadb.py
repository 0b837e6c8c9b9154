"""A real MariaDB for one process of a test session: Debian's server, a folder of its own, a socket.

It is started when a test first asks for it, listens to nobody outside, ends with the process that
started it, and leaves nothing behind.
"""

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pymysql
from pymysql.connections import Connection

from tests.support.postgres import ENOUGH, MEMORY

SERVER = ("mariadbd", "/usr/sbin/mariadbd")
INSTALLER = "mariadb-install-db"
PATIENCE = 60.0
SETTINGS = (
    "--no-defaults",
    "--skip-networking",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=2",
    "--character-set-server=utf8mb4",
    "--max-connections=200",
)


def why_not() -> str:
    """Say why no MariaDB can run here, or nothing."""
    if _program() is None or shutil.which(INSTALLER) is None:
        return "no MariaDB server is on this machine (as root on Debian, make test installs it)"
    return ""


def _program() -> str | None:
    return next((found for name in SERVER if (found := shutil.which(name))), None)


class Server:
    """One running server; ``url`` says how to reach a database on it."""

    def __init__(self) -> None:
        base = MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH else None
        self._room = Path(tempfile.mkdtemp(prefix="troth-mariadb-", dir=base))
        self._count = itertools.count()
        self.socket = self._room / "socket"
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"mariadb://root@localhost/{database}?unix_socket={self.socket}"

    def admin(self) -> "Connection[pymysql.cursors.Cursor]":
        """Return a connection for making databases."""
        return pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True)

    def create(self) -> str:
        """Create an empty database and return its name."""
        name = f"t{os.getpid()}_{next(self._count)}"
        with contextlib.closing(self.admin()) as admin:
            admin.cursor().execute(f"CREATE DATABASE {name}")
        return name

    def drop(self, name: str) -> None:
        """Drop a database."""
        with contextlib.closing(self.admin()) as admin:
            admin.cursor().execute(f"DROP DATABASE IF EXISTS {name}")

    def kill(self) -> None:
        """Kill the server at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.kill()
        shutil.rmtree(self._room, ignore_errors=True)

    def _start(self) -> None:
        data, log = self._room / "data", self._room / "log"
        who = ["--user=root"] if os.geteuid() == 0 else []
        made = subprocess.run(
            [
                *(INSTALLER, "--no-defaults", f"--datadir={data}", "--skip-test-db"),
                *("--auth-root-authentication-method=normal", *who),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"no MariaDB could be set up:\n{made.stdout}{made.stderr}")
        # It must not outlive a test session that is killed.
        tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with log.open("wb") as told:
            self._process = subprocess.Popen(
                [
                    *(*tied, str(_program()), *SETTINGS, *who, f"--datadir={data}"),
                    *(f"--socket={self.socket}", f"--pid-file={self._room / 'pid'}"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
            )
        self._wait(log)

    def _wait(self, log: Path) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._process is not None:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(pymysql.Error, OSError):
                self.admin().close()
                return
            time.sleep(0.05)
        raise RuntimeError(f"MariaDB did not start:\n{log.read_text(errors='replace')}")
