"""The clock as an interface: what falls due comes in by the same door as a person's click."""

import sqlite3
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final

from troth.model.errors import TrothError

EVERY: Final = 1.0
"""Seconds between two ticks."""
REMEMBERED: Final = 10
PATIENCE: Final = 10.0
"""Seconds that a tick under way is waited for at the end."""


class Scheduler:
    """Calls each of its works in a thread of its own while a ``with`` block lasts.

    What may be better in a second (a store that is busy or full, a disk that does not answer) is
    noted and tried again; ``failures`` tells of it, newest last, until a tick succeeds.
    """

    def __init__(self, *work: Callable[[], object], every: float = EVERY) -> None:
        self._work = work
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)
        self._failed: list[str] = []

    @property
    def failures(self) -> list[str]:
        """What the latest ticks failed of; and whether there will be no more of them."""
        ended = self._thread.ident is not None and not self._thread.is_alive()
        return [*self._failed, *(["stopped"] if ended and not self._stop.is_set() else [])]

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                for work in self._work:
                    work()
            except TrothError as error:
                self._note(error.code)
            except (OSError, sqlite3.DatabaseError) as error:
                self._note(type(error).__name__)
            else:
                self._failed = []

    def _note(self, code: str) -> None:
        self._failed = [*self._failed[1 - REMEMBERED :], code]

    def __enter__(self) -> "Scheduler":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=PATIENCE)
