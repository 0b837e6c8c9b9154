r"""The parts of a mail, found within bounds: how deep, how many, how long (RFC 2045; A11, A19).

The parser of the standard library follows whatever depth a mail has, reads each line once for every
level, and stumbles over header lines that nobody writes in good faith. So this walk is our own: a
part is split at its boundary by octets, level by level, and what goes beyond a bound is refused
before it costs anything.
"""

import binascii
import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from troth.documents.intake.characters import decoded
from troth.model.errors import BadInput

MOST: Final = 10 * 1024 * 1024
"""Octets of a mail at most, whatever a server lets in."""
DEEPEST: Final = 8
MOST_PARTS: Final = 60
MOST_HEADERS: Final = 64 * 1024
"""Octets of one part's header lines."""
MOST_LINES: Final = 400
LONGEST_LINE: Final = 16 * 1024
"""Octets of one header line, its folds included."""
LOOKED_AT: Final = 1_000
"""Characters of a line about the contents that are looked at."""
END: Final = re.compile(rb"\r?\n\r?\n|\A\r?\n")
LINE: Final = re.compile(rb"\r?\n(?![ \t])")
FOLD: Final = re.compile(r"\r?\n[ \t]*")
NAME: Final = re.compile(rb"([!-9;-~]{1,80})[ \t]*:")
MEDIA: Final = re.compile(r"\s*([a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60})", re.IGNORECASE)
PARAMETER: Final = re.compile(r";\s*([a-z-]{1,20})\s*=\s*(?:\"([^\"]{0,200})\"|([^;\s]{0,200}))")
BOUNDARY: Final = re.compile(r"[ -~]{1,200}")
PLAIN: Final = "text/plain"


class Head(Struct, frozen=True):
    """The header lines of a mail or a part: their names in lower case, their values unfolded."""

    lines: tuple[tuple[str, str], ...]

    def every(self, name: str) -> list[str]:
        """Return each line of a name, as it came."""
        return [value for named, value in self.lines if named == name]

    def first(self, *names: str) -> str:
        """Return the first line of some names; empty for none."""
        return next((value for named, value in self.lines if named in names), "")

    @property
    def media(self) -> str:
        """What the contents say they are, in lower case: plain text where nothing is said."""
        found = MEDIA.match(self.first("content-type"))
        return found[1].lower() if found else PLAIN

    def parameter(self, name: str) -> str:
        """Return a parameter of the line that says what the contents are; empty for none."""
        told = self.first("content-type")[:LOOKED_AT]
        for found in PARAMETER.finditer(told.replace("\t", " ")):
            if found[1].lower() == name:
                return found[2] if found[2] is not None else found[3]
        return ""


class Part(Struct, frozen=True):
    """One part that holds something: its header lines, and its body as it was sent."""

    head: Head
    body: bytes

    @property
    def media(self) -> str:
        """What it says it is, in lower case."""
        return self.head.media

    @property
    def attached(self) -> bool:
        """Whether it came as a file, or is anything but text."""
        disposed = self.head.first("content-disposition").strip().lower()
        return disposed.startswith("attachment") or not self.media.startswith("text/")

    def octets(self, most: int) -> bytes:
        """Return its contents decoded, at most so many octets."""
        # Base64 takes four octets for three, quoted-printable three for one.
        sent = self.body[: 3 * most + 16]
        encoding = self.head.first("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return _of_base64(sent)[:most]
        if encoding == "quoted-printable":
            return binascii.a2b_qp(sent)[:most]
        return sent[:most]

    def text(self, most: int) -> str:
        """Return its contents as text, in the character set it names if that is so."""
        return decoded(self.octets(most), self.head.parameter("charset"))


def opened(raw: bytes) -> tuple[Head, bytes]:
    """Return a part's header lines and its body.

    Raises ``BadInput`` for header lines beyond the bounds.
    """
    end = END.search(raw[: MOST_HEADERS + 4])
    if end is None and len(raw) > MOST_HEADERS:
        raise _beyond("its header lines are too long")
    told, body = (raw, b"") if end is None else (raw[: end.start()], raw[end.end() :])
    lines = LINE.split(told)
    if len(lines) > MOST_LINES or max(map(len, lines)) > LONGEST_LINE:
        raise _beyond("it has too many header lines, or one that is too long")
    return Head(tuple(_named(lines))), body


def parts(raw: bytes) -> Iterator[Part]:
    r"""Give every part of a mail that holds something, in the order in which they stand.

    A mail inside the mail is one part and is not looked into. Raises ``BadInput`` beyond a bound.

    >>> [part.media for part in parts(b"Subject: x\n\nhello")]
    ['text/plain']
    """
    if len(raw) > MOST:
        raise _beyond(f"it is longer than {MOST} octets")
    waiting, seen = [(raw, 0)], 0
    while waiting:
        told, depth = waiting.pop()
        seen += 1
        if seen > MOST_PARTS or depth > DEEPEST:
            raise _beyond("it has too many parts, or parts in parts too deep")
        head, body = opened(told)
        mark = _boundary(head)
        if mark is None:
            yield Part(head, body)
            continue
        inside = _split(body, mark)
        waiting += [(one, depth + 1) for one in reversed(inside)]


def _named(lines: list[bytes]) -> Iterator[tuple[str, str]]:
    """Give header lines by name; what is no header line is left out."""
    for line in lines:
        found = NAME.match(line)
        if found is not None:
            yield found[1].decode("ascii").lower(), FOLD.sub(" ", decoded(line[found.end() :]))


def _of_base64(sent: bytes) -> bytes:
    """Decode what can be decoded; what is no base64 at all is nothing."""
    try:
        return binascii.a2b_base64(sent)
    except binascii.Error:
        # Cut off in the middle, or by us: the last letters are of no use.
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", sent)
        return binascii.a2b_base64(kept[: len(kept) // 4 * 4])


def _boundary(head: Head) -> bytes | None:
    """Return what parts a multipart body; ``None`` for anything else."""
    mark = head.parameter("boundary").rstrip()
    if not head.media.startswith("multipart/") or not BOUNDARY.fullmatch(mark):
        return None
    return b"--" + mark.encode("ascii")


def _split(body: bytes, mark: bytes) -> list[bytes]:
    """Return the pieces between the lines that begin with a mark."""
    at = re.compile(rb"(?:\A|\r?\n)" + re.escape(mark) + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    pieces: list[bytes] = []
    start = None
    for found in at.finditer(body):
        if start is not None:
            pieces.append(body[start : found.start()].removeprefix(b"\r").removeprefix(b"\n"))
        start = found.end()
        if found[1] or len(pieces) > MOST_PARTS:
            return pieces
    if start is not None:
        pieces.append(body[start:].removeprefix(b"\r").removeprefix(b"\n"))
    return pieces


def _beyond(why: str) -> BadInput:
    return BadInput(
        f"this mail cannot be read: {why}",
        clause="9.1",
        remedy="write a plain message, with pictures of at most 5 MB",
        field="mail",
    )
