"""Packing a copy: every file of it, one zip, piece by piece and as secret as what it holds (9.1).

``data.json`` has everything exactly; the tables (``data.csv``, ``consents.csv``, ``given.csv``,
``looks.csv``, ``trail.csv``) are safe in a spreadsheet; then the files the subject gave, what other
databases hold (``elsewhere``), a page and printable sheets for people, and ``manifest.json`` with
each file's checksum.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from troth.documents.packages import elsewhere, page, printing
from troth.documents.packages.contents import TABLES, Around, Line, Member
from troth.documents.packages.readable import MOST, Found, Readable, readable
from troth.documents.packages.tables import lines, table
from troth.documents.packages.zipping import FILES, octets, zipped
from troth.model.clock import iso
from troth.model.secret import Secret, veiled, veiled_stream

PAGE: Final = "read-me-first.html"
SHEETS: Final = "read-me-first.pdf"
COLUMNS: Final = ("field", "name_zh", "name_en", "value", "since", "until", "purposes", "source")

Parts = Iterator[tuple[str, Secret]]
"""What the files hold, piece by piece, each under its file's name; a file's pieces in a row."""


class Package:
    """One copy while it is packed: its files in order, and what was met on the way."""

    def __init__(self, values: Mapping[str, Secret], around: Around) -> None:
        """Take the values, and what goes beside them. Nothing is read before ``pieces`` are."""
        self._values = values
        self._around = around
        self._counts: dict[str, int] = {}
        self._newest: dict[str, deque[Line]] = {name: deque(maxlen=MOST) for name in TABLES}
        self._elsewhere: dict[tuple[str, str, str], int] = {}
        self._unanswered: tuple[str, ...] = ()
        self.manifest = b""
        """What is in it, with sizes and checksums, and what is not; there when all is packed."""

    def pieces(self) -> Iterator[Secret]:
        """Yield the zip in pieces, once; whoever holds them all has the copy."""
        return veiled_stream(lambda opened: zipped(opened, self._list), self._parts())

    def whole(self) -> Secret:
        """Return the zip at once: for what is known to be small."""
        pieces = {str(place): piece for place, piece in enumerate(self.pieces())}
        return veiled(lambda opened: b"".join(map(octets, opened.values())), pieces)

    def _parts(self) -> Parts:
        """Go through everything that the files hold, the manifest excepted."""
        yield from self._data()
        yield "data.csv", veiled(self._csv, self._values)
        for name, columns in TABLES.items():
            for chunk in lines(self._noted(name), columns):
                yield f"{name}.csv", Secret(chunk)
        yield from self._files()
        yield from self._databases()
        yield PAGE, veiled(lambda opened: page.html(self._readable(opened)), self._values)
        yield SHEETS, veiled(self._sheets, self._values)

    def _list(self, members: Iterable[Member]) -> bytes:
        """Return the list of files with sizes and SHA-256, and of what is not there and why."""
        told = {
            "made": iso(self._around.made),
            "edition": self._around.edition,
            "files": msgspec.to_builtins(tuple(members)),
            "withheld": msgspec.to_builtins(self._around.withheld),
            "unanswered": list(self._unanswered),
        }
        self.manifest = json.dumps(told, ensure_ascii=False, indent=1).encode()
        return self.manifest

    # --- for programs --------------------------------------------------------------------------

    def _data(self) -> Parts:
        name = "data.json"
        yield name, veiled(self._head, self._values)
        for table_name in TABLES:
            yield name, Secret(f',\n "{table_name}": [')
            first = True
            for row in self._around.rows(table_name):
                told = json.dumps(dict(row), ensure_ascii=False)
                yield name, Secret(f"{'' if first else ','}\n  {told}")
                first = False
            yield name, Secret("]")
        yield name, Secret("\n}\n")

    def _head(self, opened: Mapping[str, str | bytes]) -> str:
        about = {told.field: msgspec.to_builtins(told) for told in self._around.told}
        held = [{**about.get(name, {"field": name}), "value": v} for name, v in _texts(opened)]
        told = {"made": iso(self._around.made), "edition": self._around.edition, "data": held}
        return json.dumps(told, ensure_ascii=False, indent=1).rstrip().removesuffix("}").rstrip()

    def _csv(self, opened: Mapping[str, str | bytes]) -> bytes:
        about = {told.field: msgspec.to_builtins(told) for told in self._around.told}
        rows = [{**about.get(name, {}), "field": name, "value": v} for name, v in _texts(opened)]
        return table(rows, COLUMNS)

    def _noted(self, name: str) -> Iterator[Line]:
        for row in self._around.rows(name):
            self._counts[name] = self._counts.get(name, 0) + 1
            self._newest[name].append(row)
            yield row

    def _files(self) -> Parts:
        """Offer every value as a file; whether it is one shows when it is opened (``zipped``)."""
        for name, value in self._values.items():
            yield f"{FILES}{name}", value

    def _databases(self) -> Parts:
        given = self._around.elsewhere
        if given is None:
            return
        yield from elsewhere.parts(given.records, self._elsewhere)
        self._unanswered = tuple(given.unanswered())

    # --- for people ----------------------------------------------------------------------------

    def _readable(self, opened: Mapping[str, str | bytes]) -> Readable:
        found = Found(
            counts=self._counts,
            newest=self._newest,
            elsewhere=self._elsewhere,
            unanswered=self._unanswered,
        )
        return readable(opened, self._around, found)

    def _sheets(self, opened: Mapping[str, str | bytes]) -> bytes:
        return printing.pdf(self._readable(opened), self._around.made)


def _texts(opened: Mapping[str, str | bytes]) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, value in opened.items() if isinstance(value, str))
