"""PostgreSQL stopped at once, under load, again and again: nothing lost, nothing twice (F5)."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import missing
from tests.gate.house import House, PostgresHouses, opened
from tests.support import postgres
from troth.model.acts import Correct
from troth.model.clock import Moment, SetClock
from troth.model.errors import StoreBusy
from troth.model.secret import Secret
from troth.model.terms import SubjectId

WRITERS = 4


class Stoppable(postgres.Server):
    """A server of the test's own, that can be struck down and started again."""

    def __init__(self, room: Path) -> None:
        super().__init__(room)
        self.admin()

    def strike(self) -> None:
        """Stop it as a crash would: "immediate", nothing written, everybody cut off."""
        noted = self._room / "data" / "postmaster.pid"
        process = psutil.Process(int(noted.read_text().splitlines()[0]))
        process.send_signal(signal.SIGQUIT)
        process.wait(20)

    def start(self) -> None:
        """Start it again; it recovers by itself."""
        data = self._room / "data"
        home = self._room / "wheel" / postgres.WHEEL / "pginstall18"
        home = home if home.is_dir() else self._home()
        options = {**postgres.SETTINGS, "unix_socket_directories": str(data)}
        told = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = data / "log"
        self._run(home / "bin" / "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", told)


@pytest.fixture(scope="module")
def stoppable() -> Iterator[Stoppable]:
    if reason := postgres.why_not():
        missing(reason)
    room = postgres.open_room()
    yield Stoppable(room)
    postgres.close_room(room)


class Load:
    """Writers that correct an address each, under keys of their own, until each is confirmed."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        self.done: dict[SubjectId, int] = {}
        self.wrong: list[BaseException] = []

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _write(self) -> None:
        try:
            before = {"contact_address": Secret("before")}
            subject = self._house.admit("CN", **before)
            self.done[subject] = 0
            while not self._stop.is_set():
                self._correct(subject)
                self.done[subject] += 1
        except BaseException as error:  # whatever it is, the test has to see it
            self.wrong.append(error)

    def _correct(self, subject: SubjectId) -> None:
        act = Correct(subject=subject, values={"contact.address": Secret(os.urandom(9).hex())})
        key = os.urandom(9).hex()
        self._patiently(lambda: self._house.perform(act, key=key))

    def _patiently(self, work):
        while True:
            try:
                return work()
            except StoreBusy:
                time.sleep(0.05)

    def total(self) -> int:
        """Return how many acts were confirmed so far."""
        return sum(self.done.values())

    def wait_beyond(self, before: int) -> None:
        """Wait until every writer has gone on, or one has failed."""
        limit = time.monotonic() + 60
        while self.total() < before + WRITERS and not self.wrong and time.monotonic() < limit:
            time.sleep(0.02)
        assert self.total() > before, "nobody went on"


def batter(stops: int, server: Stoppable, tmp_path: Path, at: Moment) -> None:
    houses = PostgresHouses(server, tmp_path)
    stores, _ = houses.stores()
    pick = random.Random(stops)
    with opened(houses.template, SetClock(at), stores) as house:
        with Load(house) as load:
            for _ in range(stops):
                before = load.total()
                time.sleep(0.2 + pick.random() * 0.4)
                server.strike()
                server.start()
                load.wait_beyond(before)
        assert load.wrong == []
        for subject, done in load.done.items():
            trail = house.gate.trail(subject)
            assert [entry.kind for entry in trail].count("data.corrected") == done
            assert [entry.nth for entry in trail] == list(range(1, len(trail) + 1))
        for report in house.troth.audit().values():
            report.demand()


def test_a_stopped_server_loses_and_doubles_nothing(
    stoppable: Stoppable, tmp_path: Path, at: Moment
) -> None:
    batter(2, stoppable, tmp_path, at)


@pytest.mark.torture
def test_fifty_stops_lose_and_double_nothing(
    stoppable: Stoppable, tmp_path: Path, at: Moment
) -> None:
    batter(50, stoppable, tmp_path, at)
