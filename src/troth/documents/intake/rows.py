"""A list of requests, as CSV: each row read on its own, each refusal named by its line (9.7b).

For requests that were taken elsewhere before. Nothing that stands in a row is ever repeated in an
error.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct

from troth.documents.intake.characters import clean, one_line
from troth.model.clock import Moment, moment
from troth.model.errors import BadInput, NotFound
from troth.model.secret import Secret

COLUMNS: Final = (
    *("kind", "channel", "received", "residence", "language"),
    *("name", "email", "phone", "address", "login", "text", "reference"),
)
NEEDED: Final = ("kind",)
CLAIMS: Final = {
    "name": "identity.name",
    "email": "contact.email",
    "phone": "contact.phone",
    "address": "contact.address",
    "login": "account.login",
}
CHANNELS: Final = ("email", "letter", "telephone", "desk")
LONGEST_LINE: Final = 64 * 1024
MOST_ROWS: Final = 100_000


class Row(Struct, frozen=True, kw_only=True):
    """One row: what is asked and by whom, or what is ``wrong`` with it and in which column.

    ``received`` is ``None`` where no day was given; ``reference`` is the row's own number, by which
    it is known when the list comes again.
    """

    line: int
    kind: str = ""
    channel: str = "desk"
    received: Moment | None = None
    residence: str = ""
    language: str = ""
    claimed: dict[str, Secret] = {}
    text: Secret = Secret("")
    reference: str = ""
    wrong: str = ""
    field: str = ""


def read(path: Path) -> Iterator[Row]:
    """Give every row of a list.

    Raises ``NotFound`` where there is no file, ``BadInput`` for a first row that names no columns
    of ours, or a line whose end cannot be found.
    """
    try:
        file = path.open("rb")
    except OSError:
        raise NotFound(f"there is no file `{path}`") from None
    with file:
        table = csv.reader(_lines(file), strict=True)
        try:
            columns = _columns(next(table, []))
            for number, cells in enumerate(table, start=1):
                if number > MOST_ROWS:
                    raise BadInput(f"a list has at most {MOST_ROWS} rows", remedy="split it")
                if cells:
                    yield _row(table.line_num, columns, cells)
        except csv.Error:
            raise BadInput(
                f"line {table.line_num} cannot be read: a quote or a cell does not end"
            ) from None


def _lines(file: BinaryIO) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise BadInput(f"line {number} is longer than {LONGEST_LINE} octets")
        told = line.decode("utf-8", "replace")
        yield told.removeprefix("\ufeff") if number == 1 else told


def _columns(named: list[str]) -> list[str]:
    columns = [name.strip().lower() for name in named]
    if len(set(columns)) != len(columns) or not set(NEEDED) <= set(columns) <= set(COLUMNS):
        raise BadInput(
            "the first row does not name columns of ours, each once",
            remedy=f"take from: {', '.join(COLUMNS)}; needed: {', '.join(NEEDED)}",
        )
    return columns


def _row(line: int, columns: list[str], cells: list[str]) -> Row:
    if len(cells) != len(columns):
        return Row(line=line, wrong="it has another number of cells than the first row")
    told = {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}
    if "\ufffd" in "".join(told.values()):
        return Row(line=line, wrong="it is not UTF-8")
    channel = told.get("channel", "desk")
    if channel not in CHANNELS:
        return Row(line=line, wrong=f"it is one of {', '.join(CHANNELS)}", field="channel")
    try:
        received = moment(told["received"]) if "received" in told else None
    except ValueError:
        return Row(line=line, wrong="it is no day: 2026-11-22", field="received")
    claimed = {
        field: Secret(one_line(told[name])) for name, field in CLAIMS.items() if name in told
    }
    if not claimed:
        return Row(line=line, wrong="it does not say who asks", field="email")
    return Row(
        line=line,
        kind=told.get("kind", ""),
        channel=channel,
        received=received,
        residence=told.get("residence", ""),
        language=told.get("language", ""),
        claimed=claimed,
        text=Secret(clean(told.get("text", ""), 20_000)),
        reference=told.get("reference", "")[:200],
    )
