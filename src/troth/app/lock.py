"""Who is in an instance: many at work side by side, or one alone to mend it (house decision 8).

Whoever opens an instance holds its lock together with others; whoever replaces its files (a
restore, a change of the root key) holds it alone. The operating system lets go of it when a process
ends, however it ends, so that none is ever left behind. It says nothing to another machine: where
an instance on PostgreSQL is served by several, stop the others by hand.
"""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from troth.model.errors import Misconfigured, StoreBusy

LOCK: Final = "instance.lock"
PATIENCE: Final = 10.0
"""Seconds for which whoever wants to work waits for whoever mends."""
PAUSE: Final = 0.02


class Lock:
    """A hold on an instance's folder, from its making to ``close``."""

    def __init__(self, folder: Path | str, *, alone: bool = False) -> None:
        """Take hold, together with others (waiting a moment for who mends) or alone.

        Raises ``StoreBusy`` when somebody else is in the way, ``Misconfigured`` when the folder
        cannot be written to.
        """
        self._handle: int | None = None
        folder = Path(folder)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(
                f"`{folder}` cannot be written to: {(error.strerror or 'no access').lower()}",
                remedy="give the folder to the user who runs troth, or take another",
            ) from error
        self._handle = handle
        until = time.monotonic() + (0 if alone else PATIENCE)
        while not self._taken(handle, alone=alone):
            if time.monotonic() >= until:
                self.close()
                raise _in_the_way(folder, alone=alone)
            time.sleep(PAUSE)

    @staticmethod
    def _taken(handle: int, *, alone: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let go. Doing so twice is no error."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __enter__(self) -> "Lock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # A house that nobody closed is let go of with its object, as its databases are.
        self.close()


def _in_the_way(folder: Path, *, alone: bool) -> StoreBusy:
    if alone:
        return StoreBusy(
            f"`{folder}` is in use: a service or another command has it open",
            remedy="stop it first (troth serve, a troth tick from cron), then do this again",
        )
    return StoreBusy(
        f"`{folder}` is being restored or rewrapped by another command",
        remedy="wait until that has ended",
    )
