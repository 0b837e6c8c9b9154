"""One zip of many pieces: written from its start to its end, in flat memory (policy 9.1)."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from operator import itemgetter
from typing import Final

from troth.documents.packages.contents import Member

FILES: Final = "files/"
"""Where the files lie that the subject gave."""
MANIFEST: Final = "manifest.json"
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""Every member carries the same date, so that the same data gives the same archive."""
PIECE: Final = 256 * 1024
"""Bytes after which what is finished is handed on."""


class _Sink:
    """Takes what a zip writes and hands it on; it cannot be gone back in."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes, /) -> int:
        """Take some bytes."""
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: what waits is taken when there is enough of it."""

    def close(self) -> None:
        """Do nothing."""

    def take(self, least: int) -> Iterator[bytes]:
        """Give what waits, if it is enough."""
        if len(self.waiting) >= least:
            yield bytes(self.waiting)
            self.waiting.clear()


def zipped(
    opened: Iterator[tuple[str, str | bytes]], manifest: Callable[[Iterable[Member]], bytes]
) -> Iterator[bytes]:
    """Write a zip of named pieces, one file after another, and a manifest at its end.

    Of what is offered under ``files/`` only bytes are files; they get an ending by what they are.
    What is empty is left out.
    """
    sink, members = _Sink(), list[Member]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        for name, run in groupby(opened, key=itemgetter(0)):
            pieces = (piece for _, piece in run)
            first = next(pieces)
            if not first or (name.startswith(FILES) and isinstance(first, str)):
                continue
            named = f"{name}{ending(octets(first))}" if name.startswith(FILES) else name
            whole = (octets(piece) for piece in chain((first,), pieces))
            yield from _written(out, sink, named, whole, members)
        yield from _written(out, sink, MANIFEST, [manifest(tuple(members))], members)
    yield from sink.take(1)


def _written(
    out: zipfile.ZipFile,
    sink: _Sink,
    name: str,
    pieces: Iterable[bytes],
    members: list[Member],
) -> Iterator[bytes]:
    entry = zipfile.ZipInfo(name, date_time=LONG_AGO)
    entry.compress_type = zipfile.ZIP_DEFLATED
    size, digest = 0, hashlib.sha256()
    with out.open(entry, "w", force_zip64=True) as member:
        for piece in pieces:
            member.write(piece)
            digest.update(piece)
            size += len(piece)
            yield from sink.take(PIECE)
    members.append(Member(name=name, bytes=size, sha256=digest.hexdigest()))


def ending(data: bytes) -> str:
    """Return a file's ending by its first bytes.

    >>> ending(b"%PDF-1.7"), ending(b"?")
    ('.pdf', '.bin')
    """
    known = {b"%PDF": ".pdf", b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg"}
    return next((end for start, end in known.items() if data.startswith(start)), ".bin")


def octets(value: str | bytes) -> bytes:
    """Return a piece as bytes."""
    return value.encode() if isinstance(value, str) else value
