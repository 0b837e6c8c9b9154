"""Papers that come with a request: pictures are kept, drawn anew; all else is refused (11.3; A11).

What a file is, its first bytes say. Nothing is unpacked: an archive is known by its first bytes and
left shut, so that it cannot burst. Whoever sent what is not taken is told how to send it.
"""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from troth.documents.intake.mime import Part
from troth.documents.upload import MOST, TAKEN, kind_of
from troth.model.errors import BadFile
from troth.model.secret import Secret

FIELD: Final = "rights.letter"
"""What a paper is, before somebody has looked at it."""
MOST_PAPERS: Final = 6
ARCHIVES: Final[tuple[tuple[int, bytes], ...]] = (
    *((0, mark) for mark in (b"PK\x03\x04", b"PK\x05\x06", b"Rar!\x1a\x07", b"7z\xbc\xaf'\x1c")),
    *((0, mark) for mark in (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")),
    (257, b"ustar"),
)
"""What packed files begin with; Office documents are packed too."""

REASONS: Final = {
    "archive": {
        "en": "packed files and Office documents are not opened",
        "zh": "压缩文件和 Office 文档不会被打开",
    },
    "pdf": {
        "en": "PDF files are not taken; photograph the page instead",
        "zh": "不接收 PDF 文件，请改为拍照",
    },
    "heavy": {"en": "a picture was larger than 5 MB", "zh": "图片超过 5 MB"},
    "many": {
        "en": f"more than {MOST_PAPERS} files came at once",
        "zh": f"一次发送的文件超过 {MOST_PAPERS} 个",
    },
    "mail": {"en": "a mail inside the mail was not read", "zh": "邮件中附带的邮件不会被读取"},
    "kind": {
        "en": "a file was no JPEG, PNG or WebP picture",
        "zh": "有文件不是 JPEG、PNG 或 WebP 图片",
    },
    "damaged": {"en": "a picture could not be read", "zh": "有图片无法读取"},
}
"""Why a paper was not taken, in words for whoever sent it."""


class Paper(Struct, frozen=True):
    """A picture that came, as it was sent."""

    file: Secret


def taken(found: Iterable[Part]) -> tuple[tuple[Paper, ...], tuple[str, ...]]:
    """Return the pictures among the parts of a mail, and why others were not taken."""
    kept: list[Paper] = []
    refused: list[str] = []
    for part in found:
        if not part.attached:
            continue
        reason, file = _judged(part)
        if reason:
            refused.append(reason)
        elif len(kept) >= MOST_PAPERS:
            refused.append("many")
        else:
            kept.append(Paper(Secret(file)))
    return tuple(kept), tuple(dict.fromkeys(refused))


def _judged(part: Part) -> tuple[str, bytes]:
    if part.media.startswith("message/"):
        return "mail", b""
    file = part.octets(MOST + 1)
    if not file:
        return "kind", b""
    if any(file[at : at + len(mark)] == mark for at, mark in ARCHIVES):
        return "archive", b""
    kind = kind_of(file)
    if kind not in TAKEN:
        return ("pdf" if kind == "pdf" else "kind"), b""
    return ("heavy", b"") if len(file) > MOST else ("", file)


def reason_of(error: BadFile) -> str:
    """Return why a picture could not be kept, as one of ``REASONS``."""
    return error.reason if error.reason in REASONS else "damaged"


def in_words(refused: Iterable[str], language: str) -> str:
    """Say why papers were not taken, as lines of a letter; empty for none.

    >>> in_words(["pdf"], "en")
    'Not taken: PDF files are not taken; photograph the page instead.'
    """
    told = [REASONS[reason][language] for reason in dict.fromkeys(refused)]
    if not told:
        return ""
    return f"未接收：{'；'.join(told)}。" if language == "zh" else f"Not taken: {'; '.join(told)}."
