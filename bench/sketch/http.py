"""Floor of a read over HTTP: raw ASGI and msgspec over a plain SQLite table; no framework, no gate.

Served by ``uvicorn bench.sketch.http:app`` with the table's path in ``BENCH_TABLE``.
"""

import os
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.sketch.vault import connect

MAKE: Final = (
    "CREATE TABLE profile (subject TEXT, field TEXT, value TEXT NOT NULL,"
    " PRIMARY KEY (subject, field)) WITHOUT ROWID"
)
PUT: Final = "INSERT INTO profile VALUES (?, ?, ?)"
TABLE: Final = "BENCH_TABLE"


class Read(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks: some fields of one subject for a purpose."""

    subject: str
    fields: list[str]
    purpose: str


class PlainTable:
    """Profiles in the clear, as a bare application would keep them."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False)

    def read(self, subject: str, fields: Sequence[str]) -> dict[str, str]:
        """Return some fields of one subject."""
        marks = ",".join("?" * len(fields))
        sql = f"SELECT field, value FROM profile WHERE subject = ? AND field IN ({marks})"
        return dict(self._db.execute(sql, (subject, *fields)).fetchall())


def fill(path: Path, profiles: dict[str, dict[str, str]]) -> None:
    """Make the plain table that the floor and the peer read."""
    db = connect(path)
    db.execute(MAKE)
    db.execute("BEGIN")
    for subject, profile in profiles.items():
        db.executemany(PUT, [(subject, field, value) for field, value in profile.items()])
    db.execute("COMMIT")
    db.close()


Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
HEADERS: Final = [(b"content-type", b"application/json")]


async def received(receive: Receive) -> bytes:
    """Return the body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(send: Send, body: bytes) -> None:
    """Answer with some JSON."""
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
    await send({"type": "http.response.body", "body": body})


class App:
    """One route: ``POST /read``."""

    def __init__(self, table: PlainTable) -> None:
        self._table = table
        self._decode = msgspec.json.Decoder(Read).decode

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        asked = self._decode(await received(receive))
        values = self._table.read(asked.subject, asked.fields)
        await answer(send, msgspec.json.encode({"values": values}))


app = App(PlainTable(os.environ.get(TABLE, ":memory:")))
