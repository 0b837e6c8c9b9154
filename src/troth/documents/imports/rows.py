"""Rows of a file of accounts: CSV or JSON lines, read one at a time, never as a whole (2.1.2).

A row that cannot be read is given all the same, with what is wrong; what a reader could not even
find the end of stops the reading. Nothing that stands in a file is ever repeated in an error.
"""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal

import msgspec
from msgspec import Struct

from troth.model.errors import BadInput, NotFound
from troth.model.secret import Secret

Form = Literal["csv", "jsonl"]
FORMS: Final = ("csv", "jsonl")
LONGEST_LINE: Final = 1024 * 1024
BOM: Final = "\ufeff"

NAMES: Final = {
    "email": "contact.email",
    "phone": "contact.phone",
    "login": "account.login",
    "password_hash": "account.password",
    "name": "identity.name",
    "address": "contact.address",
    "born": "identity.birth_date",
    "id_number": "identity.id_number",
}
"""Short names of columns; every other column has the name of its field in the policy."""

MALFORMED: Final = "malformed"
BAD_BYTES: Final = "bad_bytes"
UNKNOWN: Final = "unknown_term"


class Row(Struct, frozen=True, kw_only=True):
    """One row: where it ends, its values by field, or what is ``wrong`` with it and where."""

    line: int
    values: dict[str, Secret] = {}
    wrong: str = ""
    field: str = ""


def form_of(path: Path, form: str = "") -> Form:
    """Tell how a file is written: as it is said, or by its ending. Raises ``BadInput``."""
    told = form or {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}.get(path.suffix, "")
    if told == "csv":
        return "csv"
    if told == "jsonl":
        return "jsonl"
    raise BadInput(
        "it is not said how the file is written", remedy=f"use one of {', '.join(FORMS)}"
    )


def read(path: Path, form: Form, fields: Collection[str]) -> Iterator[Row]:
    """Give every row of a file; ``fields`` are those that may occur.

    Raises ``NotFound`` when there is no file, ``BadInput`` naming the line that cannot be read.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"there is no file `{path}`") from None
    with file:
        yield from (_of_csv if form == "csv" else _of_json)(file, frozenset(fields))


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise stuck(number, f"it is longer than {LONGEST_LINE} octets")
        yield number, line


# --- CSV -----------------------------------------------------------------------------------------


def _of_csv(file: BinaryIO, fields: frozenset[str]) -> Iterator[Row]:
    # Bytes that are no UTF-8 are carried along as lone surrogates, so that their row can be named.
    texts = (line.decode("utf-8", "surrogateescape") for _, line in _lines(file))
    table = csv.reader(_without_bom(texts), strict=True)
    try:
        columns = _columns(next(table, []), fields)
        for cells in table:
            if cells:
                yield _csv_row(table.line_num, columns, cells)
    except csv.Error:
        raise stuck(table.line_num, "it is not CSV: a quote or a cell does not end") from None


def _without_bom(texts: Iterator[str]) -> Iterator[str]:
    yield from (text.removeprefix(BOM) for text in (next(texts, ""),))
    yield from texts


def _columns(named: list[str], fields: frozenset[str]) -> list[str]:
    """Read the first row. What it holds may be somebody's data, so it is not repeated."""
    columns = [NAMES.get(name.strip(), name.strip()) for name in named]
    for number, column in enumerate(columns, start=1):
        if column not in fields or columns.index(column) != number - 1:
            raise BadInput(
                f"the first row names no field in its column {number}, or names one twice",
                clause="2.1.1h",
                remedy=f"name each column once: {', '.join(sorted({*NAMES, *fields}))}",
            )
    if not columns:
        raise BadInput("the file is empty", remedy="its first row names the columns")
    return columns


def _csv_row(line: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        return Row(line=line, wrong=MALFORMED)
    bad = next((name for name, cell in zip(columns, cells, strict=True) if _is_bad(cell)), None)
    if bad is not None:
        return Row(line=line, wrong=BAD_BYTES, field=bad)
    values = {name: Secret(cell) for name, cell in zip(columns, cells, strict=True) if cell}
    return Row(line=line, values=values)


def _is_bad(cell: str) -> bool:
    return not cell.isascii() and any("\ud800" <= letter <= "\udfff" for letter in cell)


# --- JSON lines ----------------------------------------------------------------------------------

_READER: Final = msgspec.json.Decoder(dict[str, str | None])


def _of_json(file: BinaryIO, fields: frozenset[str]) -> Iterator[Row]:
    for number, line in _lines(file):
        raw = line.removeprefix(BOM.encode()) if number == 1 else line
        if raw.strip():
            yield _json_row(number, raw, fields)


def _json_row(line: int, raw: bytes, fields: frozenset[str]) -> Row:
    try:
        raw.decode()
        told = _READER.decode(raw)
    except UnicodeDecodeError:
        return Row(line=line, wrong=BAD_BYTES)
    except (msgspec.DecodeError, RecursionError):
        return Row(line=line, wrong=MALFORMED)
    named = {NAMES.get(name, name): value for name, value in told.items()}
    if len(named) != len(told):
        return Row(line=line, wrong=MALFORMED)
    if not fields.issuperset(named):
        return Row(line=line, wrong=UNKNOWN)
    return Row(line=line, values={name: Secret(value) for name, value in named.items() if value})


def stuck(line: int, why: str) -> BadInput:
    """Return the error of a file that cannot be read on."""
    return BadInput(
        f"line {line} cannot be read: {why}",
        remedy="mend the file; what was imported before stays, and is skipped the next time",
    )
