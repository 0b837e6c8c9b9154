"""A word to an application's back channel: one form, one token, over a line that is safe."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from troth.egress import backchannel
from troth.model.errors import Misconfigured, NotDelivered
from troth.model.secret import Secret


class Channel(HTTPServer):
    """A back channel that notes what it hears and answers as it was told to."""

    status = 200

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], str]] = []
        super().__init__(("127.0.0.1", 0), Listener)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/out"


class Listener(BaseHTTPRequestHandler):
    """Hears one word."""

    server: Channel

    def do_POST(self) -> None:  # the library's name
        """Note what comes."""
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.heard.append(({**self.headers}, body))
        self.send_response(self.server.status)
        self.send_header("location", "https://elsewhere.example/")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def channel() -> Iterator[Channel]:
    """Return a back channel that listens."""
    made = Channel()
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def test_a_word_is_a_form_with_one_token_and_nothing_of_ours(channel: Channel) -> None:
    backchannel.tell(channel.address, Secret("a.b.c"))
    ((headers, body),) = channel.heard
    assert parse_qs(body) == {"logout_token": ["a.b.c"]}
    named = {name.lower(): value for name, value in headers.items()}
    assert named["content-type"] == "application/x-www-form-urlencoded"
    assert not [name for name in named if name.startswith("webhook")]


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
def test_anything_but_a_yes_is_no_delivery(channel: Channel, status: int) -> None:
    channel.status = status
    with pytest.raises(NotDelivered):
        backchannel.tell(channel.address, Secret("a.b.c"))
    assert len(channel.heard) == 1


def test_nobody_there_is_no_delivery() -> None:
    with pytest.raises(NotDelivered):
        backchannel.tell("http://127.0.0.1:1/out", Secret("a.b.c"))


def test_a_word_travels_over_tls_alone() -> None:
    with pytest.raises(Misconfigured):
        backchannel.tell("http://shop.example/out", Secret("a.b.c"))
