"""FastAPI's bare async handler: validate, read a plain table, answer; no gate, crypto or ledger.

Served by ``uvicorn bench.peer.http:app`` with the table's path in ``BENCH_TABLE``.
"""

import os

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from bench.sketch.http import TABLE, PlainTable

app = FastAPI()
table = PlainTable(os.environ.get(TABLE, ":memory:"))


class Read(BaseModel):
    """What a client asks: some fields of one subject for a purpose."""

    model_config = ConfigDict(extra="forbid")
    subject: str
    fields: list[str]
    purpose: str


class Answer(BaseModel):
    """What it gets."""

    values: dict[str, str]


@app.post("/read")
async def read(asked: Read) -> Answer:
    """Read some fields of one subject."""
    return Answer(values=table.read(asked.subject, asked.fields))
