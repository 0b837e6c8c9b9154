"""The clock as an interface: what falls due comes in by the same door as a person's click."""

import threading
from typing import Final

from troth.app import Troth
from troth.model.errors import TrothError

EVERY: Final = 1.0
"""Seconds between two ticks."""


class Scheduler:
    """Calls ``tick`` in a thread of its own while a ``with`` block lasts."""

    def __init__(self, troth: Troth, every: float = EVERY) -> None:
        self._troth = troth
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)
        self.failures: list[str] = []

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                self._troth.tick()
            except TrothError as error:
                # A store that is busy or full now may not be in a second; the kind is kept, the
                # next tick tries again, and /readyz shows it.
                self.failures = [*self.failures[-9:], error.code]

    def __enter__(self) -> "Scheduler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=10)
