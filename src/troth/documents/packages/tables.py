"""Tables that open in any spreadsheet and do nothing there (policy 9.1, ASVS 1.2.10)."""

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from troth.model.acts import Json

FORMULA: Final = tuple("=+-@\t\r\n|")
"""First characters that a spreadsheet may take for the start of a formula."""
AT_A_TIME: Final = 500
"""Rows written before they are handed on."""


def table(rows: Iterable[Mapping[str, Json]], columns: Sequence[str]) -> bytes:
    """Return rows as CSV, every cell in quotes and harmless; lists as words with spaces.

    >>> table([{"a": 1, "b": ["x", "y"]}], ("a", "b")).decode("utf-8-sig").splitlines()
    ['"a","b"', '"1","x y"']
    """
    return b"".join(lines(rows, columns))


def lines(rows: Iterable[Mapping[str, Json]], columns: Sequence[str]) -> Iterator[bytes]:
    """Write rows as CSV, some hundred at a time; see ``table``."""
    written = io.StringIO(newline="")
    # A byte order mark: without it Excel reads Chinese as something else.
    written.write("\ufeff")
    out = csv.writer(written, quoting=csv.QUOTE_ALL)
    out.writerow(columns)
    for count, row in enumerate(rows, start=1):
        out.writerow([harmless(_cell(row.get(column))) for column in columns])
        if count % AT_A_TIME == 0:
            yield _taken(written)
    yield _taken(written)


def _taken(written: io.StringIO) -> bytes:
    taken = written.getvalue().encode()
    written.seek(0)
    written.truncate()
    return taken


def _cell(value: Json) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return " ".join(map(_cell, value))
        case dict():
            return json.dumps(value, ensure_ascii=False, sort_keys=True)
        case _:
            return str(value)


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, full-width signs included.

    >>> harmless("=1+1"), harmless("＝1"), harmless("plain")
    ("'=1+1", "'＝1", 'plain')
    """
    first = unicodedata.normalize("NFKC", cell.lstrip(" "))[:1]
    return f"'{cell}" if first in FORMULA and first else cell
