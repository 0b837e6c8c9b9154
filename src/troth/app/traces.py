"""Looking for traces of a value in files, in every spelling (policy 7.1, 9.4).

What is promised as encrypted or erased is looked for the way a thief would: in the databases'
pages, their logs, temporary and spool files; as UTF-8, UTF-16, base64 at each offset, hex, URL- and
JSON-escaped, and inside gzip. A value shorter than six octets turns up by chance and is not sought.
"""

import base64
import gzip
import json
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

SHORTEST: Final = 6
GZIP: Final = b"\x1f\x8b\x08"
MOST_INFLATED: Final = 64 * 1024 * 1024


class Trace(Struct, frozen=True, kw_only=True):
    """A value that was found: its number in what was sought, the file, and how it was spelled."""

    value: int
    file: str
    spelling: str


def spellings(value: str) -> dict[str, tuple[bytes, ...]]:
    """Return every form a value could lie in, by name.

    >>> spellings("13912345678")["hex"]
    (b'3133393132333435363738', b'3133393132333435363738')
    """
    raw = value.encode()
    wide = [value.encode("utf-16-le"), value.encode("utf-16-be")]
    return {
        "utf-8": (raw,),
        "utf-16": tuple(wide),
        "base64": tuple(_base64(raw)),
        "hex": (raw.hex().encode(), raw.hex().upper().encode()),
        "url": (
            urllib.parse.quote(value, safe="").encode(),
            urllib.parse.quote_plus(value).encode(),
        ),
        "json": (json.dumps(value)[1:-1].encode(),),
    }


def _base64(raw: bytes) -> Iterator[bytes]:
    """Give the part of the base64 text that does not depend on what stands around it."""
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw)
        start = -(-offset * 8 // 6)
        end = (offset + len(raw)) * 8 // 6
        yield coded[start:end]
        yield coded[start:end].translate(bytes.maketrans(b"+/", b"-_"))


def find_traces(folder: Path, values: Iterable[str]) -> list[Trace]:
    """Look for values in every file below a folder; return what was found, ideally nothing."""
    sought = [
        (number, spelling, form)
        for number, value in enumerate(values)
        if len(value.encode()) >= SHORTEST
        for spelling, forms in spellings(value).items()
        for form in dict.fromkeys(forms)
    ]
    found = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        for within, octets in _contents(file):
            found += [
                Trace(value=number, file=str(file.relative_to(folder)), spelling=within + spelling)
                for number, spelling, form in sought
                if form in octets
            ]
    return found


def _contents(file: Path) -> Iterator[tuple[str, bytes]]:
    octets = file.read_bytes()
    yield "", octets
    start = octets.find(GZIP)
    while start >= 0:
        yield "gzip ", _inflated(octets[start:])
        start = octets.find(GZIP, start + 1)


def _inflated(octets: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(octets, MOST_INFLATED)
    except (zlib.error, gzip.BadGzipFile):
        return b""
