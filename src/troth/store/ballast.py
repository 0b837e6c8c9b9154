"""Space kept in hand, so that a full disk stops no erasure or withdrawal (policy 7.4, 9.3, 9.4).

Deleting needs room too: a full disk refuses the DELETE that would free it. A ballast is a file of
real blocks beside the database. An urgent transaction that finds the disk full gives it up and is
run again; until it can be laid down anew, everything else is answered ``StoreFull``.
"""

import os
from pathlib import Path
from typing import Final

from troth.model.errors import StoreFull

SIZE: Final = 4 << 20
"""Enough for the largest erasure: a subject's rows, their index and the write-ahead log."""


class Ballast:
    """A file of ``size`` bytes that holds nothing but its place on the disk."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        self._path = path
        self._size = size
        self.held = path.exists() and path.stat().st_size == size

    def lay(self) -> None:
        """Take the space, unless it is taken. Raises ``StoreFull`` when the disk has none."""
        if self.held:
            return
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _fill(handle, self._size)
        except OSError as error:
            self._path.unlink()
            raise StoreFull(remedy="free space on the disk that holds the instance") from error
        finally:
            os.close(handle)
        self.held = True

    def drop(self) -> bool:
        """Give the space up; tells whether there was any."""
        held, self.held = self.held, False
        self._path.unlink(missing_ok=True)
        return held


def _fill(handle: int, size: int) -> None:
    # Written, not merely reserved: a file system may promise blocks that it then does not have.
    block = os.urandom(1 << 16)
    while size > 0:
        size -= os.write(handle, block[:size])
    os.fsync(handle)
