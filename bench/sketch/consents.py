"""Floor of a consent over HTTP: raw ASGI, one row, one leaf, one durable commit; nobody is asked.

Served by ``uvicorn bench.sketch.consents:app`` with the table's path in ``BENCH_TABLE``.
"""

import os
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from bench.sketch.http import TABLE, Receive, Send, answer, received
from bench.sketch.vault import connect

TABLES: Final = (
    (
        "CREATE TABLE IF NOT EXISTS consents (subject TEXT, key TEXT, state TEXT NOT NULL,"
        " PRIMARY KEY (subject, key)) WITHOUT ROWID"
    ),
    "CREATE TABLE IF NOT EXISTS leaves (number INTEGER PRIMARY KEY, leaf BLOB NOT NULL)",
)
SAY: Final = (
    "INSERT INTO consents VALUES (?, ?, ?)"
    " ON CONFLICT (subject, key) DO UPDATE SET state = excluded.state"
)
PUT_LEAF: Final = "INSERT INTO leaves (leaf) VALUES (?)"


class Word(msgspec.Struct):
    """What a client sends: who said what to which key."""

    subject: str
    to: str
    state: str


class Words:
    """A SQLite file (WAL, FULL, secure_delete) of consents and of what was said."""

    def __init__(self, path: str) -> None:
        self._db = connect(Path(path))
        for table in TABLES:
            self._db.execute(table)

    def say(self, word: Word, sent: bytes) -> None:
        """Keep one word, durably."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(SAY, (word.subject, word.to, word.state))
        self._db.execute(PUT_LEAF, (sha256(sent).digest(),))
        self._db.execute("COMMIT")


class App:
    """One route: ``POST /say``."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._decode = msgspec.json.Decoder(Word).decode

    async def __call__(self, scope: dict[str, object], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await received(receive)
        self._words.say(self._decode(body), body)
        await answer(send, b"{}")


app = App(Words(os.environ.get(TABLE, ":memory:")))
