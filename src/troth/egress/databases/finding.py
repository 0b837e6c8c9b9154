"""What is wrong with a data map: where, and how to mend it (policy 9.1, 9.4)."""

import difflib
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True, kw_only=True):
    """One thing to mend, as a value. With an ``error`` among them, a map is not used.

    ``place`` is a line of a file (``databases.yaml:12``) or a place of the map (``shop.orders``).

    >>> print(Finding(level="error", place="shop.orders", message="no way here", hint="add one"))
    shop.orders: error: no way here
      add one
    """

    level: Literal["error", "warning"]
    place: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f"\n  {self.hint}" if self.hint else ""
        return f"{self.place}: {self.level}: {self.message}{hint}"


def meant(word: str, known: Iterable[str]) -> str:
    """Return what somebody may have meant, as a hint; otherwise what there is.

    >>> meant("colums", ["columns", "key"]), meant("zzz", ["columns", "key"])
    ('meant `columns`?', 'there are: `columns`, `key`')
    """
    ways = sorted(set(known))
    close = difflib.get_close_matches(word, ways, n=1, cutoff=0.6)
    if close:
        return f"meant `{close[0]}`?"
    return "there are: " + ", ".join(f"`{way}`" for way in ways[:12]) if ways else "there is none"
