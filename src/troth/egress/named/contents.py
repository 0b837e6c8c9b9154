"""What stands in an object: a JSON document, lines of JSON, a table of CSV, or just octets (9.1).

Lines and rows are elements: each has a text of its own, by which it is found again, whoever has
written the object anew meanwhile.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from troth.egress.named.trees import Tree
from troth.model.errors import Unreachable

LINES: Final = (".jsonl", ".ndjson")
BOM: Final = "\ufeff"
CONTENT: Final = "content"
"""What the one field of an object that is just octets is called."""
Edit = Callable[[Tree], Tree | None]
"""What becomes of one document; ``None``: it goes."""


def kind_of(name: str) -> str:
    """Tell by its name what an object is: ``json``, ``lines``, ``csv`` or ``octets``.

    >>> kind_of("exports/a.JSON"), kind_of("log.ndjson"), kind_of("people.csv"), kind_of("a.png")
    ('json', 'lines', 'csv', 'octets')
    """
    told = name.lower()
    if told.endswith(LINES):
        return "lines"
    return told.rpartition(".")[2] if told.endswith((".json", ".csv")) else "octets"


def read(kind: str, octets: bytes) -> Iterator[tuple[str | None, Tree]]:
    """Give the documents of an object, each with its own text where it is one of many.

    What is not of its kind is octets. Raises nothing.
    """
    try:
        found = list(_read(kind, octets))
    except (UnicodeDecodeError, msgspec.DecodeError, csv.Error, RecursionError):
        found = [(None, {CONTENT: octets})]
    yield from found


def rewritten(kind: str, octets: bytes, element: str | None, edit: Edit) -> bytes | None:
    """Return an object with its documents edited: all, or those of one text; ``None``: it is empty.

    Raises ``Unreachable`` for one that is not of its kind.
    """
    try:
        if kind == "octets":
            return _octets(edit({CONTENT: octets}))
        if kind == "csv":
            return _csv_edited(octets, element, edit)
        if kind == "lines":
            return _lines_edited(octets, element, edit)
        return _json_edited(octets, element, edit)
    except (UnicodeDecodeError, msgspec.DecodeError, csv.Error, RecursionError):
        raise Unreachable("an object is not what its name says", clause="9.4") from None


def _read(kind: str, octets: bytes) -> Iterator[tuple[str | None, Tree]]:
    if kind == "octets":
        yield None, {CONTENT: octets}
    elif kind == "csv":
        header, rows, _ = _rows(octets)
        for row in rows:
            yield _text(row), dict(zip(header, row, strict=False))
    elif kind == "lines":
        for line in filter(str.strip, octets.decode().splitlines()):
            yield line, _tree(msgspec.json.decode(line))
    else:
        found: object = msgspec.json.decode(octets)
        if isinstance(found, list):
            for each in found:
                yield _text(each), _tree(each)
        else:
            yield None, _tree(found)


def _octets(edited: Tree | None) -> bytes | None:
    if edited is None or CONTENT not in edited:
        return None
    told = edited[CONTENT]
    return told if isinstance(told, bytes) else str(told).encode()


def _csv_edited(octets: bytes, element: str | None, edit: Edit) -> bytes | None:
    header, rows, dialect = _rows(octets)
    out = io.StringIO(newline="")
    ending = "\r\n" if b"\r\n" in octets else "\n"
    writer = csv.writer(out, delimiter=dialect, lineterminator=ending)
    writer.writerow(header)
    for row in rows:
        if element is not None and _text(row) != element:
            writer.writerow(row)
            continue
        edited = edit(dict(zip(header, row, strict=False)))
        if edited is not None:
            writer.writerow([edited.get(name, "") for name in header])
    start = BOM if octets.startswith(BOM.encode()) else ""
    return (start + out.getvalue()).encode()


def _lines_edited(octets: bytes, element: str | None, edit: Edit) -> bytes | None:
    kept: list[str] = []
    for line in filter(str.strip, octets.decode().splitlines()):
        edited = _tree(msgspec.json.decode(line))
        if element is not None and line != element:
            kept.append(line)
        elif (told := edit(edited)) is not None:
            kept.append(msgspec.json.encode(told).decode())
    return "".join(f"{line}\n" for line in kept).encode()


def _json_edited(octets: bytes, element: str | None, edit: Edit) -> bytes | None:
    found: object = msgspec.json.decode(octets)
    if not isinstance(found, list):
        edited = edit(_tree(found))
        return None if edited is None else msgspec.json.encode(edited)
    kept: list[object] = []
    for each in found:
        if element is not None and _text(each) != element:
            kept.append(each)
        elif (told := edit(_tree(each))) is not None:
            kept.append(told)
    return msgspec.json.encode(kept)


def _rows(octets: bytes) -> tuple[Sequence[str], list[list[str]], str]:
    text = octets.decode().removeprefix(BOM)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    return (rows[0] if rows else []), [row for row in rows[1:] if row], delimiter


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _tree(value: object) -> Tree:
    return value if isinstance(value, dict) else {"value": value}
