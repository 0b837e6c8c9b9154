"""Remembers what was opened last, a bounded number of things (7.1: opened keys do not pile up).

Safe from many threads. Something that is dropped while another thread is still loading it does not
come back: a loader takes a ``mark`` before it reads, and what was dropped since is not remembered.
"""

from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A least-recently-used memory of at most ``most`` things.

    >>> recent = Recent[str, int](most=2)
    >>> for name in "abc":
    ...     recent.put(name, ord(name), recent.mark())
    >>> recent.get("a"), recent.get("c"), len(recent)
    (None, 99, 2)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()
        self._drops = 0

    def mark(self) -> int:
        """Return what ``put`` asks for: how often something was dropped so far."""
        return self._drops

    def get(self, key: K) -> V | None:
        """Return what is remembered under a key, if anything."""
        with self._lock:
            value = self._known.get(key)
            if value is not None:
                self._known.move_to_end(key)
            return value

    def put(self, key: K, value: V, mark: int) -> None:
        """Remember, unless something was dropped since ``mark`` was taken."""
        with self._lock:
            if mark != self._drops:
                return
            self._known[key] = value
            self._known.move_to_end(key)
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def drop(self, keys: Iterable[K]) -> None:
        """Forget these, and whatever is being loaded at this moment."""
        with self._lock:
            self._drops += 1
            for key in keys:
                self._known.pop(key, None)

    def __len__(self) -> int:
        return len(self._known)
