"""The centre's own files: read once, named by their content, served from memory.

Only names that were found when the program started are served, so no path leads anywhere else.
Sheets, pictures, and the few small scripts of what no browser does without one (a passkey); a
script must come from here, and nothing is ever inline (``script-src 'self'``).
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Final

from msgspec import Struct

MEDIA: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}


class Asset(Struct, frozen=True, kw_only=True):
    """A file: its bytes, its type and a tag made from its content."""

    data: bytes
    media: str
    tag: str


@lru_cache(maxsize=1)
def served() -> Mapping[str, Asset]:
    """Return every file by the name it is served under, such as ``centre-1f2e3d4c.css``."""
    found: dict[str, Asset] = {}
    for file in (resources.files("troth.interfaces.pages") / "static").iterdir():
        data = file.read_bytes()
        stem, dot, ending = file.name.partition(".")
        tag = hashlib.sha256(data).hexdigest()[:12]
        found[f"{stem}-{tag}{dot}{ending}"] = Asset(
            data=data, media=MEDIA[f".{ending}"], tag=f'"{tag}"'
        )
    return found


@lru_cache(maxsize=32)
def address(name: str) -> str:
    """Return where a file is served, by its name, with its ending or without.

    >>> address("centre") == address("centre.css")
    True
    """
    stem, _, ending = name.partition(".")
    names = (one for one in served() if one.startswith(f"{stem}-") and one.endswith(ending))
    return f"/static/{next(names)}"
