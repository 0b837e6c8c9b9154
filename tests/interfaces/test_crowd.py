"""When everybody signs in at once, whoever only reads does not wait for them (policy 7.1)."""

import asyncio
import threading
import time
from collections.abc import Iterator

import httpx
import nacl.exceptions
import nacl.pwhash
import pytest

from tests.interfaces.visitor import BASE, hidden
from troth import app
from troth.app import Troth
from troth.interfaces.api.limits import Threshold
from troth.interfaces.server import application

CROWD = 50
SOON = 5.0
"""Seconds; what waited for the crowd would wait for ever, because nobody lets it go on."""


@pytest.fixture
def troth() -> Iterator[Troth]:
    with app.memory() as made:
        yield made


class Stuck:
    """Hashes that take until somebody lets them go on."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def verify(self, *_: object) -> bool:
        self.begun.set()
        self.go.wait(30)
        raise nacl.exceptions.InvalidkeyError


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stuck]:
    """Make every hash take until it is let go on."""
    made = Stuck()
    monkeypatch.setattr(nacl.pwhash, "verify", made.verify)
    yield made
    made.go.set()


class Browser(httpx.AsyncClient):
    """A browser on the application's own event loop, as the server runs it."""

    def __init__(self, served: Threshold) -> None:
        super().__init__(transport=httpx.ASGITransport(served), base_url=BASE)

    async def send_form(self, path: str, **fields: str) -> int:
        page = await self.get(path, headers={"accept": "text/html"})
        return await self.sent(path, hidden(page.text, path) | fields)

    async def sent(self, path: str, fields: dict[str, str]) -> int:
        return (await self.post(path, data=fields, headers={"origin": BASE})).status_code


async def crowded(served: Threshold, stuck: Stuck) -> tuple[list[int], list[int], float]:
    """Let fifty sign in while somebody reads; return all answers and how long reading took."""
    async with Browser(served) as crowd, Browser(served) as reader:
        form = hidden((await crowd.get("/sign-in")).text, "/sign-in")
        tries = [
            form | {"identifier": f"somebody{nth}@mail.example", "password": "none"}
            for nth in range(CROWD)
        ]
        asked = [asyncio.create_task(crowd.sent("/sign-in", fields)) for fields in tries]
        await asyncio.to_thread(stuck.begun.wait, 10)
        begun = time.perf_counter()
        read = [
            (await reader.get("/policy")).status_code,
            await reader.send_form("/sign-in/code", identifier="reader@mail.example"),
        ]
        taken = time.perf_counter() - begun
        assert not any(each.done() for each in asked)
        stuck.go.set()
        return [await each for each in asked], read, taken


def test_fifty_who_sign_in_keep_nobody_from_reading(troth: Troth, stuck: Stuck) -> None:
    answers, read, taken = asyncio.run(asyncio.wait_for(crowded(application(troth), stuck), 15))
    assert read == [200, 200]
    assert taken < SOON
    assert answers == [401] * CROWD
