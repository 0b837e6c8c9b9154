"""Uploaded papers: taken as pictures, drawn anew, or refused with a reason (2.1.1; A11).

What a file is, its first bytes say, never its name. JPEG, PNG and WebP are decoded and drawn anew
in a process of their own (``picture``): what the person did not mean to give (where the photo was
taken, by which device, what hides behind the picture) is not kept. Everything else is refused.
"""

import subprocess
import sys
import threading
from typing import Final

from troth.model.errors import BadFile, Misconfigured
from troth.model.secret import Secret, veiled

MOST: Final = 5 * 1024 * 1024
"""Octets of a file."""
MOST_SCANS: Final = 64
"""A JPEG is sent in some ten scans; one of thousands keeps a decoder busy for minutes."""
PATIENCE: Final = 15.0
"""Seconds after which a picture is given up."""
AT_ONCE: Final = 2
"""Pictures that are drawn at the same time, so that memory is bounded."""
DRAWER: Final = ("-I", "-m", "troth.documents.picture")

KINDS: Final[tuple[tuple[str, int, bytes], ...]] = (
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("webp", 8, b"WEBP"),
)
"""What is taken: its name, and what stands where in its first bytes."""
TAKEN: Final = frozenset(name for name, _, _ in KINDS)
STRANGERS: Final[tuple[tuple[str, int, bytes], ...]] = (
    ("pdf", 0, b"%PDF"),
    ("heic", 4, b"ftyp"),
    ("gif", 0, b"GIF8"),
    ("tiff", 0, b"II*\x00"),
    ("tiff", 0, b"MM\x00*"),
)
"""What is refused by name, because people send it in good faith."""

DONE, PIXELS, SMALL, ANIMATED, DAMAGED = 0, 10, 11, 12, 13
"""How drawing ends."""
ENDS: Final = {PIXELS: "pixels", SMALL: "small", ANIMATED: "animated", DAMAGED: "damaged"}

AS_PICTURE: Final = "send a JPEG, PNG or WebP picture"
REMEDIES: Final = {
    "empty": "choose a file",
    "heavy": "send a picture of at most 5 MB",
    "pdf": (
        "photograph the page, or save it as a picture: a PDF can hold programs and text that"
        " nobody sees, so we take none"
    ),
    "heic": "let your phone save it as JPEG: in the camera's settings, as most compatible",
    "gif": AS_PICTURE,
    "tiff": AS_PICTURE,
    "kind": AS_PICTURE,
    "pixels": "send a picture of at most 25 million pixels",
    "small": "photograph it from nearer: both sides have at least 200 pixels",
    "animated": "send a still picture",
    "damaged": "open it, save it anew, and send that",
}
"""What to do, by reason."""
WHAT: Final = {
    "empty": "there is no file",
    "heavy": "the file is too heavy",
    "pdf": "this is a PDF",
    "heic": "this is a HEIC picture or a film",
    "pixels": "the picture is too large",
    "small": "the picture is too small to read",
    "animated": "the picture moves",
    "damaged": "the picture cannot be read",
}

_hands = threading.BoundedSemaphore(AT_ONCE)


def drawn(file: Secret, field: str) -> Secret:
    """Return an uploaded file as a JPEG of its pixels alone, upright, at most 2400 pixels wide.

    ``field`` is what it is given for. Raises ``BadFile`` with its ``reason`` (a key of
    ``REMEDIES``) within a second for what is no picture, and ``Misconfigured``.

    >>> drawn(Secret(b"<svg onload=alert(1)>"), "document.licence")
    Traceback (most recent call last):
        ...
    troth.model.errors.BadFile: this is no picture (§2.1.1): send a JPEG, PNG or WebP picture
    """
    return veiled(lambda opened: _redrawn(_octets(opened["file"]), field), {"file": file})


def _octets(raw: str | bytes) -> bytes:
    return raw if isinstance(raw, bytes) else raw.encode()


def kind_of(file: bytes) -> str:
    """Return what a file is by its first bytes: a kind that is taken, or a reason to refuse it.

    >>> kind_of(b"%PDF-1.7"), kind_of(b"RIFF    WEBP"), kind_of(b"<html>")
    ('pdf', 'webp', 'kind')
    """
    known = (name for name, at, told in (*KINDS, *STRANGERS) if file[at : at + len(told)] == told)
    return next(known, "kind")


def _redrawn(file: bytes, field: str) -> bytes:
    kind = kind_of(file)
    if not file:
        raise _refused("empty", field)
    if len(file) > MOST:
        raise _refused("heavy", field)
    if kind not in TAKEN:
        raise _refused(kind, field)
    if kind == "jpeg" and file.count(b"\xff\xda") > MOST_SCANS:
        raise _refused("damaged", field)
    with _hands:
        return _draw(file, kind, field)


def _draw(file: bytes, kind: str, field: str) -> bytes:
    if not sys.executable:
        raise Misconfigured("there is no interpreter to draw pictures with")
    try:
        # No environment goes along: a decoder that was taken over finds no secret in it.
        ended = subprocess.run(  # noqa: S603  # our own program; `kind` is one of three words
            (sys.executable, *DRAWER, kind),
            input=file,
            capture_output=True,
            timeout=PATIENCE,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused("pixels", field) from None
    if ended.returncode == DONE and ended.stdout:
        return ended.stdout
    # Killed by one of its bounds: it wanted too much.
    raise _refused(ENDS.get(ended.returncode, "pixels"), field)


def _refused(reason: str, field: str) -> BadFile:
    return BadFile(
        WHAT.get(reason, "this is no picture"),
        reason=reason,
        clause="2.1.1",
        remedy=REMEDIES[reason],
        field=field,
    )
