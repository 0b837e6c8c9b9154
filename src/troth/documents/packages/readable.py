"""A copy as people read it: headings and tables, before they become a page or sheets (9.1)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from troth.documents.packages.contents import Around, Line, Told
from troth.documents.packages.words import spoken
from troth.model.clock import iso

HELD: Final = ("item", "value", "purposes", "source", "since", "until")
FILES: Final = ("item", "bytes")
ELSEWHERE: Final = ("store", "table", "records", "file")
CONSENTS: Final = ("at", "about", "state")
GIVEN: Final = ("at", "recipient", "fields", "purposes")
LOOKS: Final = ("at", "by", "result", "fields", "purposes", "ticket")
WITHHELD: Final = ("item", "why")
"""The columns of each table."""
MOST: Final = 200
"""Rows of a long table that people are shown; the rest is in its file."""


class Part(Struct, frozen=True, kw_only=True):
    """One table under its heading; ``note`` stands below it."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Readable(Struct, frozen=True, kw_only=True):
    """Everything that people read, in one language."""

    language: str
    title: str
    lead: tuple[str, ...]
    warning: str
    parts: tuple[Part, ...]
    close: str
    none: str
    unprinted: str


class Found(Struct, frozen=True, kw_only=True):
    """What packing met on the way: how many rows each table has, and its newest.

    ``elsewhere`` is, by database, table and file, how many records there are.
    """

    counts: Mapping[str, int] = {}
    newest: Mapping[str, Sequence[Line]] = {}
    elsewhere: Mapping[tuple[str, str, str], int] = {}
    unanswered: tuple[str, ...] = ()


def readable(opened: Mapping[str, str | bytes], around: Around, found: Found) -> Readable:
    """Put together what people read; values are opened."""
    language, label = spoken(around.language)
    texts = {name: value for name, value in opened.items() if isinstance(value, str)}
    files = {name: len(value) for name, value in opened.items() if isinstance(value, bytes)}
    told = {
        "held": (HELD, _held(texts, around, label, language)),
        "files": (FILES, ((name, str(size)) for name, size in files.items())),
        "elsewhere": (ELSEWHERE, _elsewhere(found)),
        "consents": (CONSENTS, _consents(around, label)),
        "given": (GIVEN, _given(around, found)),
        "looks": (LOOKS, _looks(around, found, label)),
        "withheld": (WITHHELD, _withheld(around, label)),
    }
    parts = [_part(name, columns, rows, found, label) for name, (columns, rows) in told.items()]
    return Readable(
        language=language,
        title=label["title"],
        lead=(
            around.who,
            f"{label['made']}: {_when(iso(around.made))} UTC",
            f"{label['edition']}: {around.edition}",
        ),
        warning=label["keep_safe"],
        parts=tuple(part for part in parts if part.rows or part.heading != label["elsewhere"]),
        close=label["check"],
        none=label["none"],
        unprinted=label["unprinted"],
    )


def _part(
    name: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    found: Found,
    label: Mapping[str, str],
) -> Part:
    note, count = "", found.counts.get(name, 0)
    if name == "elsewhere" and found.unanswered:
        note = f"{label['unanswered']} {', '.join(found.unanswered)}"
    elif count > MOST:
        note = label["more"].format(most=MOST, count=count, file=f"{name}.csv")
    return Part(
        heading=label[name],
        columns=tuple(label[column] for column in columns),
        rows=tuple(rows),
        note=note,
    )


def _held(
    texts: Mapping[str, str], around: Around, label: Mapping[str, str], language: str
) -> Iterable[tuple[str, ...]]:
    about = {told.field: told for told in around.told}
    for name, value in texts.items():
        item = about.get(name) or Told(field=name)
        yield (
            (item.name_zh if language == "zh" else item.name_en) or _named(around, item.field),
            value,
            " · ".join(_named(around, purpose) for purpose in item.purposes),
            label.get(item.source, item.source),
            item.since[:10],
            item.until[:10] or label["account_ends"],
        )


def _elsewhere(found: Found) -> Iterable[tuple[str, ...]]:
    for (store, table, file), count in found.elsewhere.items():
        yield store, table, str(count), file
    for store in found.unanswered:
        yield store, "", "?", ""


def _consents(around: Around, label: Mapping[str, str]) -> Iterable[tuple[str, ...]]:
    for row in around.consents:
        state = str(row.get("state", ""))
        yield (
            _when(str(row.get("at", ""))),
            _named(around, str(row.get("to", ""))),
            label.get(f"state_{state}", state),
        )


def _given(around: Around, found: Found) -> Iterable[tuple[str, ...]]:
    for row in found.newest.get("given", ()):
        yield (
            _when(str(row.get("at", ""))),
            _named(around, str(row.get("recipient", ""))),
            _listed(around, row.get("fields")),
            _named(around, str(row.get("purpose", ""))),
        )


def _looks(around: Around, found: Found, label: Mapping[str, str]) -> Iterable[tuple[str, ...]]:
    for row in found.newest.get("looks", ()):
        yield (
            _when(str(row.get("at", ""))),
            str(row.get("by", "")),
            label["yes"] if row.get("allowed") else label["no"],
            _listed(around, row.get("fields")),
            _named(around, str(row.get("purpose", ""))),
            str(row.get("ticket", "")),
        )


def _withheld(around: Around, label: Mapping[str, str]) -> Iterable[tuple[str, ...]]:
    for each in around.withheld:
        yield _named(around, each.what), label.get(each.reason, each.reason)


def _named(around: Around, name: str) -> str:
    return around.names.get(name, name)


def _listed(around: Around, names: object) -> str:
    listed = names if isinstance(names, list | tuple) else ()
    return " · ".join(_named(around, str(name)) for name in listed)


def _when(moment: str) -> str:
    """Write an ISO moment as people read it.

    >>> _when("2026-11-22T12:00:00Z")
    '2026-11-22 12:00:00'
    """
    return moment.replace("T", " ").removesuffix("Z")
