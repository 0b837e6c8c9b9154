"""A copy of what is held, in files that any program reads (policy 9.1, PIPL 45, GDPR 20).

A zip of ``read-me-first.html`` (for people, in their language), ``data.json`` (everything, exact),
tables that are safe in a spreadsheet (``data.csv``, ``consents.csv``, ``given.csv``, ``looks.csv``,
``trail.csv``), the files the subject gave, and ``manifest.json`` with each file's checksum. The
archive is as secret as what it holds; it is made without anybody reading it on the way.
"""

import csv
import hashlib
import io
import json
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from troth.documents import readable
from troth.documents.readable import Told as Told
from troth.model.acts import Json
from troth.model.clock import Moment, iso
from troth.model.secret import Secret, veiled

FORMULA: Final = tuple("=+-@\t\r\n|")
"""First characters that a spreadsheet may take for the start of a formula (ASVS 1.2.10)."""
COLUMNS: Final = ("field", "name_zh", "name_en", "value", "since", "until", "purposes", "source")
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "consents": ("at", "to", "state", "entry"),
    "given": ("at", "recipient", "fields", "purpose", "ground", "reference", "clauses", "entry"),
    "looks": ("at", "by", "allowed", "fields", "purpose", "ticket", "clauses", "entry"),
    "trail": ("at", "kind", "by", "clauses", "entry", "what"),
}
"""The tables beside the values, and the columns of each."""
PAGE: Final = "read-me-first.html"
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""Every member carries the same date, so that the same data gives the same archive."""


class Withheld(Struct, frozen=True, kw_only=True):
    """What is not in the copy, and why: ``not_obtainable`` or ``security`` (policy 6.1)."""

    what: str
    reason: str


class Around(Struct, frozen=True, kw_only=True):
    """What goes into a copy beside the values: nothing in it was collected.

    ``given`` is who received what, ``looks`` which members of staff looked or tried to, ``trail``
    every entry of the ledger. ``names`` are the names of fields, purposes, recipients and consents
    in the ``language`` of the page for people, ``who`` the controller's.
    """

    made: Moment
    edition: str
    told: tuple[Told, ...]
    consents: Sequence[Mapping[str, Json]] = ()
    given: Sequence[Mapping[str, Json]] = ()
    looks: Sequence[Mapping[str, Json]] = ()
    trail: Sequence[Mapping[str, Json]] = ()
    withheld: tuple[Withheld, ...] = ()
    language: str = "zh"
    names: Mapping[str, str] = {}
    who: str = ""


def archive(values: Mapping[str, Secret], around: Around) -> Secret:
    """Return the zip's bytes, as secret as the values; nobody reads them here."""
    return veiled(lambda opened: _zip(members(opened, around)), values)


def members(opened: Mapping[str, str | bytes], around: Around) -> dict[str, bytes]:
    """Return the archive's files by name, the manifest last."""
    texts = {name: value for name, value in opened.items() if isinstance(value, str)}
    files = {
        f"files/{name}{ending(value)}": value
        for name, value in opened.items()
        if isinstance(value, bytes)
    }
    made = {
        PAGE: readable.page(_told(texts, files, around), around.language),
        "data.json": _json(texts, around),
        "data.csv": _csv(texts, around),
        **{f"{name}.csv": table(getattr(around, name), TABLES[name]) for name in TABLES},
        **files,
    }
    return {**made, "manifest.json": manifest(made, around)}


def _told(
    texts: Mapping[str, str], files: Mapping[str, bytes], around: Around
) -> readable.Contents:
    """Put together what the page for people tells."""
    about = {told.field: told for told in around.told}
    return readable.Contents(
        who=around.who,
        made=iso(around.made),
        edition=around.edition,
        held=tuple((about.get(name) or Told(field=name), value) for name, value in texts.items()),
        files=tuple((name, len(data)) for name, data in files.items()),
        consents=around.consents,
        given=around.given,
        looks=around.looks,
        withheld=tuple((each.what, each.reason) for each in around.withheld),
        names=around.names,
    )


def manifest(files: Mapping[str, bytes], around: Around) -> bytes:
    """Return the list of files with their sizes and SHA-256, and of what was withheld and why."""
    return _written(
        {
            "made": iso(around.made),
            "edition": around.edition,
            "files": [
                {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                for name, data in files.items()
            ],
            "withheld": msgspec.to_builtins(around.withheld),
        }
    )


def _json(texts: Mapping[str, str], around: Around) -> bytes:
    about = {told.field: msgspec.to_builtins(told) for told in around.told}
    return _written(
        {
            "made": iso(around.made),
            "edition": around.edition,
            "data": [
                {**about.get(name, {"field": name}), "value": value}
                for name, value in texts.items()
            ],
            **{name: [dict(row) for row in getattr(around, name)] for name in TABLES},
        }
    )


def _csv(texts: Mapping[str, str], around: Around) -> bytes:
    about = {told.field: msgspec.to_builtins(told) for told in around.told}
    rows = [{**about.get(name, {}), "field": name, "value": value} for name, value in texts.items()]
    return table(rows, COLUMNS)


def table(rows: Iterable[Mapping[str, Json]], columns: Sequence[str]) -> bytes:
    """Return rows as CSV, every cell in quotes and harmless; lists as words with spaces.

    >>> table([{"a": 1, "b": ["x", "y"]}], ("a", "b")).decode("utf-8-sig").splitlines()
    ['"a","b"', '"1","x y"']
    """
    lines = io.StringIO(newline="")
    # A byte order mark: without it Excel reads Chinese as something else.
    lines.write("\ufeff")
    written = csv.writer(lines, quoting=csv.QUOTE_ALL)
    written.writerow(columns)
    for row in rows:
        written.writerow([harmless(_cell(row.get(column))) for column in columns])
    return lines.getvalue().encode()


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


def ending(data: bytes) -> str:
    """Return a file's ending by its first bytes.

    >>> ending(b"%PDF-1.7"), ending(b"?")
    ('.pdf', '.bin')
    """
    known = {b"%PDF": ".pdf", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg"}
    return next((end for start, end in known.items() if data.startswith(start)), ".bin")


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, date_time=LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(entry, data)
    return packed.getvalue()
