"""The log is one JSON object a line and says nothing of what was sent (A14)."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from troth.interfaces import logs

CANARY = "13988887777"
NASTY = [
    "a\nb",
    "a\r\nb",
    "\x1b[31mred",
    "abc\u202edef",
    'quote " and \\',
    "\x00",
    "\u2028",
    CANARY,
]


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Return what the service's loggers write, and give the loggers back afterwards."""
    stream = io.StringIO()
    kept = {
        name: (logging.getLogger(name).handlers, logging.getLogger(name).propagate)
        for name in logs.LOGGERS
    }
    logs.begin(stream)
    yield stream
    for name, (handlers, propagate) in kept.items():
        logging.getLogger(name).handlers, logging.getLogger(name).propagate = handlers, propagate


@pytest.mark.parametrize("text", NASTY)
def test_whatever_a_line_holds_it_is_one_line(written: io.StringIO, text: str) -> None:
    logging.getLogger("troth.api").error("told: %s", text)
    (line,) = written.getvalue().splitlines()
    assert line.isascii()
    assert json.loads(line)["what"] == f"told: {text}"


def test_a_fault_is_told_by_its_kind_and_place_alone(written: io.StringIO) -> None:
    try:
        {}[CANARY]
    except KeyError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    (line,) = written.getvalue().splitlines()
    told = json.loads(line)
    assert told["what"].startswith("unexpected KeyError at test_logs.py:")
    assert (told["from"], told["level"]) == ("uvicorn.error", "ERROR")
    assert CANARY not in line


def test_a_line_is_written_once(written: io.StringIO) -> None:
    logs.begin(written)
    logging.getLogger("troth.api").error("once")
    assert len(written.getvalue().splitlines()) == 1
