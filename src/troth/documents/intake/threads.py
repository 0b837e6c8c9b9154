"""Marks that bring a reply to its request: unguessable, and a proof of nothing else (A21).

A mark stands in the subject line or behind a plus in the address. Whoever holds it can put words on
a request; who they are is not asked of it.
"""

import hmac
import itertools
import re
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

OCTETS: Final = 10
"""Eighty bits: more than anybody can try, and short enough for a subject line."""
MARK: Final = re.compile(r"\b(r-[0-9a-f]{12})[.-]([a-z2-7]{16})\b", re.IGNORECASE)
MOST_MARKS: Final = 20
"""How many marks of one mail are looked at."""


def marks_in(texts: Iterable[str]) -> tuple[str, ...]:
    """Return what may be a mark in some texts, as one is written; it is not judged.

    >>> marks_in(["Re: [R-0123456789AB.AAAABBBBCCCCDDDD]"])
    ('r-0123456789ab.aaaabbbbccccdddd',)
    """
    found = (f"{one[1]}.{one[2]}".lower() for text in texts for one in MARK.finditer(text))
    return tuple(dict.fromkeys(itertools.islice(found, MOST_MARKS)))


class Threads:
    """Writes and reads marks; ``key`` is 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def mark(self, number: str) -> str:
        """Return the mark of a request.

        >>> threads = Threads(b"k" * 32)
        >>> mark = threads.mark("r-0123456789ab")
        >>> threads.find(marks_in([f"Re: your request [{mark.upper()}]"]))
        'r-0123456789ab'
        >>> threads.find([mark[:-1] + "7"])
        ''
        """
        return f"{number}.{self._signed(number)}"

    def address(self, number: str, receiving: str) -> str:
        """Return the address at which replies on a request come in, as ``privacy+MARK@...``."""
        local, _, domain = receiving.rpartition("@")
        return f"{local}+{self.mark(number).replace('.', '-')}@{domain}"

    def find(self, marks: Iterable[str]) -> str:
        """Return the number of the request whose mark is one of some, or nothing."""
        for mark in marks:
            number, _, signed = mark.partition(".")
            if hmac.compare_digest(self._signed(number).encode(), signed.encode()):
                return number
        return ""

    def _signed(self, number: str) -> str:
        told = hmac.digest(self._key, f"thread\x1f{number}".encode(), sha256)[:OCTETS]
        return b32encode(told).decode().lower()
