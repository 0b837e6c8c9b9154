r"""Characters that strangers send: decoded whatever they claim to be, cleaned, bounded (A14, A20).

A mail says in which character set it is written, and may lie. Only well-known sets are believed;
what does not fit is read as UTF-8, then as GB 18030, and at last with marks for what is no
character. Controls, direction marks and other unseen characters never pass.
"""

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final
from unicodedata import category

LONGEST_HEADER: Final = 2_000
"""Characters of a header line that are looked at; words encoded beyond it are not decoded."""
SETS: Final = frozenset(
    codecs.lookup(name).name
    for name in (
        *("ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb2312", "gbk", "gb18030"),
        *("hz", "big5", "big5hkscs", "cp950", "shift_jis", "cp932", "euc-jp", "iso-2022-jp"),
        *("euc-kr", "cp949", "iso-2022-kr", "koi8-r", "koi8-u"),
        *(f"iso8859-{part}" for part in range(1, 17) if part != 12),
        *(f"cp125{page}" for page in range(9)),
    )
)
"""The character sets that are believed: no codec that unpacks, escapes or computes."""
GUESSES: Final = ("utf-8", "gb18030")
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories with no place in a text: controls, marks of direction, half characters."""
JOINERS: Final = "\u200c\u200d"
"""Unseen too, but letters of some scripts are joined by them."""
KEPT: Final = "\n\t"
BLANKS: Final = re.compile(r"[^\S\n]+\n")
GAPS: Final = re.compile(r"\n{3,}")


def decoded(octets: bytes, named: str = "") -> str:
    r"""Return octets as text, in the set that is named if it is known and fits.

    >>> decoded("您好".encode("gb18030"), "utf-8")
    '您好'
    >>> decoded(b"x\x9c", "zlib")
    'x\ufffd'
    """
    for name in (known(named), *GUESSES):
        try:
            return octets.decode(name) if name else octets.decode("ascii")
        except (UnicodeDecodeError, UnicodeError):
            continue
    return octets.decode("utf-8", "replace")


def known(named: str) -> str:
    """Return a character set under the name Python gives it; empty for one that is not believed.

    >>> known("GB2312"), known("rot13"), known("x" * 9999)
    ('gb2312', '', '')
    """
    if len(named) > 40 or not named.isascii() or not named.isprintable():
        return ""
    try:
        found = codecs.lookup(named.strip()).name
    except LookupError:
        return ""
    return found if found in SETS else ""


def clean(text: str, most: int) -> str:
    r"""Return a text of several lines without what is unseen, at most so many characters.

    >>> clean("a\r\nb\x00\u202ec", 9)
    'a\nbc'
    """
    # Cut first: what comes after is never looked at.
    told = text[: 2 * most].replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    seen = "".join(
        letter
        for letter in told
        if letter in KEPT or letter in JOINERS or category(letter) not in UNSEEN
    )
    return GAPS.sub("\n\n", BLANKS.sub("\n", seen)).strip()[:most].rstrip()


def one_line(text: str, most: int = 200) -> str:
    r"""Return a text as one line.

    >>> one_line("Subject\r\nBcc: everybody")
    'Subject Bcc: everybody'
    """
    return " ".join(clean(text, most).split())


def header(raw: str, most: int = 200) -> str:
    """Return a header line as people read it, its encoded words decoded (RFC 2047).

    >>> header("=?utf-8?B?5oKo5aW9?=")
    '您好'
    """
    bounded = raw[:LONGEST_HEADER]
    try:
        parts = decode_header(bounded)
    except (HeaderParseError, ValueError):
        return one_line(bounded, most)
    told = (
        decoded(part, str(named or "")) if isinstance(part, bytes) else part
        for part, named in parts
    )
    return one_line("".join(told), most)
