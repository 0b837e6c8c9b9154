"""Serving as a user does it: started in a shell, stopped by Ctrl-C, light where it can be."""

import http.client
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import said
from troth.app import Troth, create
from troth.interfaces import demo
from troth.interfaces.scheduler import Scheduler
from troth.model.errors import StoreBusy

TROTH = (sys.executable, "-c", "from troth.interfaces.cli import main; main()")
SECONDS = 60
Start = Callable[..., "Service"]


class Service:
    """A ``troth`` process that serves; what it says on standard error is read until it is up."""

    def __init__(self, *args: object) -> None:
        self.process = subprocess.Popen(
            [*TROTH, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        self.said = ""
        for line in self.process.stderr:
            self.said += line
            if "/openapi.json" in line:
                break
        found = re.search(r"serving on http://127\.0\.0\.1:(\d+)", self.said)
        assert found, self.said
        self.port = int(found[1])

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a page, once the service listens."""
        for _ in range(SECONDS * 20):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            except ConnectionRefusedError:
                # The address is told a moment before it is listened on.
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(0.05)
                    break
            finally:
                connection.close()
        raise AssertionError("nobody listens")

    def stop(self, how: int) -> tuple[int, str, str]:
        """Send a signal; return the exit code and what was said after it."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, out, err


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts a service; what a test leaves running is killed."""
    started: list[Service] = []

    def begin(*args: object) -> Service:
        started.append(Service(*args))
        return started[-1]

    yield begin
    for service in started:
        service.process.kill()
        service.process.communicate()


# --- serving -----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_stops_cleanly(instance: Instance, start: Start, how: int) -> None:
    service = start("serve", instance.folder, "--port", 8460)
    assert service.get("/healthz")[0] == 200
    busy = said("restore", instance.folder, instance.data)
    assert (busy.code, "is in use" in busy.err) == (5, True)
    code, out, err = service.stop(how)
    assert (code, out) == (0, "")
    assert err.endswith("stopped\n")
    assert "Traceback" not in err
    assert not list(instance.folder.rglob("*-wal"))
    assert said("restore", instance.folder, instance.data).code == 0


def test_a_taken_port_gives_way_to_the_next(instance: Instance, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        service = start("serve", instance.folder, "--port", port)
        assert port < service.port < port + 20
        assert service.get("/healthz")[0] == 200


# --- the demonstration -------------------------------------------------------------------------


def test_the_demonstration_is_made_once_and_served_again(tmp_path: Path, start: Start) -> None:
    service = start("demo", tmp_path / "demo", "--port", 8480)
    assert service.get("/policy?lang=en")[0] == 200
    assert service.stop(signal.SIGINT)[0] == 0
    again = start("demo", tmp_path / "demo", "--port", 8480)
    assert "registering" in service.said
    assert "registering" not in again.said
    assert again.stop(signal.SIGINT)[0] == 0


def test_it_says_how_to_sign_in_as_a_subject_and_as_staff(tmp_path: Path) -> None:
    told = said("demo", tmp_path / "demo", "--no-serve")
    assert (told.code, told.out) == (0, "")
    with create(tmp_path / "other") as troth:
        lines = "\n".join(demo.populate(troth, tmp_path / "other", demo.Console(stderr=True)))
    for person in demo.PEOPLE:
        assert f"{person.email}" in lines
        assert person.password in lines
    assert all(colleague.password in lines for colleague in demo.STAFF)


def test_a_demonstration_that_was_interrupted_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = demo.register

    def interrupted(troth: Troth, person: demo.Synthetic) -> None:
        if person is demo.PEOPLE[1]:
            raise KeyboardInterrupt
        real(troth, person)

    with monkeypatch.context() as patched:
        patched.setattr(demo, "register", interrupted)
        assert said("demo", tmp_path / "demo", "--no-serve").code == 130
    told = said("demo", tmp_path / "demo", "--no-serve")
    assert (told.code, told.err.count("is there already")) == (0, 1)


def test_a_demonstration_without_its_policy_is_given_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Troth, "publish", interrupted)
        assert said("demo", tmp_path / "demo", "--no-serve").code == 130
    assert said("demo", tmp_path / "demo", "--no-serve").code == 0


# --- the scheduler -----------------------------------------------------------------------------


class Ticking:
    """A house whose tick fails as it is told to."""

    def __init__(self, *errors: BaseException | None) -> None:
        self._errors = list(errors)
        self.scheduler = Scheduler(self.tick, every=0.001)
        self.seen: list[list[str]] = []

    def tick(self) -> None:
        self.seen.append(self.scheduler.failures)
        if not self._errors:
            self.scheduler._stop.set()
            return
        error = self._errors.pop(0)
        if error is not None:
            raise error


def test_what_fails_now_is_tried_again_and_told_until_it_succeeds() -> None:
    house = Ticking(StoreBusy(), OSError(28, "full"), None)
    with house.scheduler as scheduler:
        scheduler._thread.join(SECONDS)
    assert house.seen == [[], ["store_busy"], ["store_busy", "OSError"], []]
    assert scheduler.failures == []


def test_a_scheduler_that_ended_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    house = Ticking(AssertionError("a mistake of ours"))
    with house.scheduler as scheduler:
        scheduler._thread.join(SECONDS)
        assert scheduler.failures == ["stopped"]


# --- light -------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("-h",)])
def test_what_needs_no_house_loads_none(args: tuple[str, ...]) -> None:
    program = (
        "import sys; from troth.interfaces.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *args], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in ended.stderr.split()}
    heavy = {"litestar", "uvicorn", "psycopg", "cryptography", "jinja2", "rich", "yaml", "msgspec"}
    assert loaded & heavy == set()


@pytest.mark.parametrize("args", [("policy", "check", "itnio"), ("ledger", "verify", "-h")])
def test_what_needs_no_server_loads_none(args: tuple[str, ...]) -> None:
    program = (
        "import sys; from troth.interfaces.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, *args], capture_output=True, text=True, check=True
    )
    assert not {"litestar", "uvicorn"} & {n.partition(".")[0] for n in ended.stderr.split()}
