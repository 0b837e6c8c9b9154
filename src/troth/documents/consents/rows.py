"""Rows of a file of consents that were given elsewhere, each with the proof of its origin (9.3).

CSV or JSON lines, read one at a time. A row says whose word it is, what they said to what, who took
it when, by which means, what they had read, and where the controller keeps the evidence. A row that
lacks any of it is given all the same, with what is wrong, and no value is ever repeated.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast, get_args

import msgspec
from msgspec import Struct

from troth.documents.imports.rows import BOM, LONGEST_LINE, Form, stuck
from troth.model.acts import Elsewhere
from troth.model.clock import Moment, moment
from troth.model.errors import BadInput, NotFound
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Word = Literal["given", "refused", "withdrawn"]
WORDS: Final[tuple[Word, ...]] = get_args(Word)
WHO: Final = {
    "email": "contact.email",
    "phone": "contact.phone",
    "login": "account.login",
}
"""Columns that say whose word it is, beside ``subject``, and the field each is found in."""
PROOF: Final = ("at", "collector", "means", "text", "reference")
"""What proves where a word comes from; no row goes without any of it."""
ALSO: Final = ("expires", "language", "notice")
COLUMNS: Final = ("subject", *WHO, "to", "state", *PROOF, *ALSO)
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/#-]{0,99}")
"""What a collector, a means or a reference looks like: a number or a name of a system."""

MALFORMED: Final = "malformed"
NO_PROOF: Final = "no_proof"
NOBODY: Final = "nobody_named"
_READER: Final = msgspec.json.Decoder(dict[str, str | None])


class Row(Struct, frozen=True, kw_only=True):
    """One row: where it ends, whose word it is and what they said, or what is ``wrong`` with it.

    ``subject`` is the house's own id; else ``field`` and ``value`` say by what they are found.
    """

    line: int
    subject: SubjectId | None = None
    field: str = ""
    value: Secret | None = None
    to: str = ""
    state: Word = "given"
    elsewhere: Elsewhere | None = None
    expires: Moment | None = None
    language: str = "zh"
    notice: str = ""
    wrong: str = ""
    column: str = ""


def read(path: Path, form: Form) -> Iterator[Row]:
    """Give every row of a file.

    Raises ``NotFound`` when there is no file, ``BadInput`` naming the line that cannot be read.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise NotFound(f"there is no file `{path}`") from None
    with file:
        yield from (_of_csv if form == "csv" else _of_json)(file)


def _of_csv(file: BinaryIO) -> Iterator[Row]:
    texts = (line.decode("utf-8", "surrogateescape") for _, line in _lines(file))
    table = csv.reader(_without_bom(texts), strict=True)
    try:
        columns = [name.strip() for name in next(table, [])]
        unknown = next((name for name in columns if name not in COLUMNS), None)
        if not columns or unknown is not None or len(set(columns)) != len(columns):
            raise BadInput(
                "the first row names no column there is, or names one twice",
                clause="9.3",
                remedy=f"name each column once: {', '.join(COLUMNS)}",
            )
        for cells in table:
            if len(cells) == len(columns):
                yield row(table.line_num, dict(zip(columns, cells, strict=True)))
            elif cells:
                yield Row(line=table.line_num, wrong=MALFORMED)
    except csv.Error:
        raise stuck(table.line_num, "it is not CSV: a quote or a cell does not end") from None


def _of_json(file: BinaryIO) -> Iterator[Row]:
    for number, line in _lines(file):
        raw = line.removeprefix(BOM.encode()) if number == 1 else line
        if not raw.strip():
            continue
        try:
            told = _READER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield Row(line=number, wrong=MALFORMED)
            continue
        if set(told) <= set(COLUMNS):
            yield row(number, {name: value or "" for name, value in told.items()})
        else:
            yield Row(line=number, wrong="unknown_term")


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise stuck(number, f"it is longer than {LONGEST_LINE} octets")
        yield number, line


def _without_bom(texts: Iterator[str]) -> Iterator[str]:
    yield from (text.removeprefix(BOM) for text in (next(texts, ""),))
    yield from texts


# --- one row -------------------------------------------------------------------------------------


def row(line: int, cells: Mapping[str, str]) -> Row:
    """Read one row; what is wrong with it is said by a code and a column, never by its value.

    >>> row(2, {"email": "a@b.example", "to": "marketing", "state": "given"}).wrong
    'no_proof'
    """
    told = {name: text.strip() for name, text in cells.items() if text.strip()}
    column = _wrong(told)
    if column:
        code = NO_PROOF if column in PROOF else NOBODY if column == "subject" else MALFORMED
        return Row(line=line, wrong=code, column=column)
    field = next((WHO[name] for name in WHO if name in told), "")
    value = next((told[name] for name in WHO if name in told), "")
    subject = told.get("subject", "")
    return Row(
        line=line,
        subject=SubjectId(subject) if subject else None,
        field="" if subject else field,
        value=None if subject else Secret(value),
        to=told["to"],
        state=cast(Word, told.get("state", "given")),
        elsewhere=Elsewhere(
            collector=told["collector"],
            at=moment(told["at"]),
            means=told["means"],
            text=told["text"],
            reference=told["reference"],
        ),
        expires=moment(told["expires"]) if "expires" in told else None,
        language=told.get("language", "zh"),
        notice=told.get("notice", ""),
    )


def _wrong(told: Mapping[str, str]) -> str:
    """Return the first column that does not hold what it has to."""
    checks = {
        "subject": _is_somebody(told),
        "to": bool(told.get("to")),
        "state": told.get("state", "given") in WORDS,
        "at": _is_moment(told.get("at", "")),
        "collector": bool(PLAIN.fullmatch(told.get("collector", ""))),
        "means": bool(PLAIN.fullmatch(told.get("means", ""))),
        "text": bool(DIGEST.fullmatch(told.get("text", ""))),
        "reference": bool(PLAIN.fullmatch(told.get("reference", ""))),
        "expires": "expires" not in told or _is_moment(told["expires"]),
        "language": told.get("language", "zh") in ("zh", "en"),
        "notice": "notice" not in told or bool(PLAIN.fullmatch(told["notice"])),
    }
    return next((column for column, good in checks.items() if not good), "")


def _is_somebody(told: Mapping[str, str]) -> bool:
    if "subject" not in told:
        return any(name in told for name in WHO)
    try:
        SubjectId(told["subject"])
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        moment(text)
    except (ValueError, OverflowError):
        return False
    return True
