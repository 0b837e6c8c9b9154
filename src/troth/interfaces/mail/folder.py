"""A maildir that another mail server delivers to: read, and each mail settled (policy 9.1b; F7).

A mail leaves ``new`` when its request stands in the books, so that a crash loses none and repeats
none. What was taken is deleted: its words lie in the vault now. What cannot be read is put aside in
``.refused``, for the operator to look at.
"""

from pathlib import Path
from typing import Final

from msgspec import Struct

from troth.interfaces.mail.taking import Take
from troth.model.errors import BadInput, Misconfigured, TrothError

NEW: Final = "new"
REFUSED: Final = ".refused"
MOST_AT_ONCE: Final = 50
"""Mails that one reading takes, the oldest first."""


class Read(Struct, frozen=True, kw_only=True):
    """What one reading came to: taken, put aside, left for later."""

    taken: int = 0
    refused: int = 0
    left: int = 0


class Folder:
    """Reads one maildir."""

    def __init__(self, place: Path, take: Take, *, max_size: int) -> None:
        """Say where it is. Raises ``Misconfigured`` where there is no maildir."""
        self._new = place / NEW
        self._refused = place / REFUSED
        self._take = take
        self._max_size = max_size
        if not self._new.is_dir():
            raise Misconfigured(
                f"`{place}` is no maildir", remedy="name a folder with new, cur and tmp in it"
            )

    def read(self) -> Read:
        """Take what lies there, the oldest first; what fails for now is left for the next time."""
        counts = {"taken": 0, "refused": 0, "left": 0}
        for path in self._waiting():
            counts[self._one(path)] += 1
        return Read(**counts)

    def _waiting(self) -> list[Path]:
        # Links and other strange things are not mail: nobody but the mail server writes here.
        files = [path for path in self._new.iterdir() if path.is_file() and not path.is_symlink()]
        return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))[:MOST_AT_ONCE]

    def _one(self, path: Path) -> str:
        try:
            if path.stat().st_size > self._max_size:
                return self._put_aside(path)
            self._take(path.read_bytes())
        except BadInput:
            return self._put_aside(path)
        except (TrothError, OSError):
            return "left"
        path.unlink(missing_ok=True)
        return "taken"

    def _put_aside(self, path: Path) -> str:
        self._refused.mkdir(mode=0o700, exist_ok=True)
        path.replace(self._refused / path.name)
        return "refused"
