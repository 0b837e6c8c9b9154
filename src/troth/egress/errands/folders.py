"""Files of our own that are asked for a subject's values after an erasure: spools, logs (9.4).

A folder answers as a database does: messages that still lie there for the subject go, then every
file is looked through for the values that tell people apart. What is too much to be looked through
has not answered.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from troth.egress.databases.port import Held, Known, Order, Reach, Remain, Step, Traced
from troth.model.errors import Unreachable

MOST_FILES: Final = 20_000
MOST_OCTETS: Final = 512 * 1024 * 1024
"""How much one folder is looked through for one subject."""


class Found(Protocol):
    """A value that was found: its number in what was sought, and the file."""

    @property
    def value(self) -> int:
        """Its number."""
        ...

    @property
    def file(self) -> str:
        """The file's path in the folder."""
        ...


Look = Callable[[Path, Sequence[str]], Sequence[Found]]
"""Looks for values in every file below a folder."""


class Folder:
    """A folder of files. ``messages``: each of them is one message, with its address and time.

    Without, nothing is taken away: somebody else writes there, and what they wrote is told.
    """

    known_by: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    def __init__(self, name: str, folder: Path, look: Look, *, messages: bool = False) -> None:
        self._name = name
        self._folder = folder
        self._look = look
        self._messages = messages

    @property
    def name(self) -> str:
        """The name under which a certificate lists it."""
        return self._name

    def trace(self, _known: Known, reach: Reach = ()) -> Traced:
        """There is no way through files but to look through them."""
        return Traced(reach=reach)

    def export(self, _reach: Reach) -> Iterator[Held]:
        """Give nothing: what lies here is on its way, and held in the vault."""
        return iter(())

    def plan(self, _reach: Reach, order: Order) -> Iterator[Step]:
        """Say how many messages would go."""
        going = len(list(self._addressed(order)))
        if going:
            told = "delete message"
            yield Step(store=self._name, table="*", method="delete", statement=told, records=going)

    def perform(self, _reach: Reach, order: Order) -> int:
        """Take away what lies here for the subject. Raises ``Unreachable``."""
        if order.task != "erase":
            return 0
        gone = 0
        try:
            for file in list(self._addressed(order)):
                file.unlink(missing_ok=True)
                gone += 1
        except OSError:
            raise self._unreadable() from None
        return gone

    def remains(self, _reach: Reach, order: Order) -> tuple[Remain, ...]:
        """Look for the values in every file; later messages are not what was erased."""
        if order.task != "erase" or not self._folder.is_dir():
            return ()
        sought = [
            (category, text)
            for category, values in order.values.items()
            for value in values
            if isinstance(text := value.reveal_raw(), str)
        ]
        try:
            self._demand_bounds()
            traces = self._look(self._folder, [text for _, text in sought]) if sought else ()
        except OSError:
            raise self._unreadable() from None
        found: dict[tuple[str, str], None] = {}
        for trace in traces:
            if not self._is_later(self._folder / trace.file, order):
                found[trace.file, sought[trace.value][0]] = None
        return tuple(Remain(place=file, category=what, count=1) for file, what in found)

    def _addressed(self, order: Order) -> Iterator[Path]:
        """Find the messages to one of the values that were written before the order."""
        if not self._messages or not self._folder.is_dir():
            return
        to = {value.reveal_raw() for values in order.values.values() for value in values}
        for file in sorted(self._folder.rglob("*.json")):
            sheet = _sheet(file)
            if sheet.get("to") in to and not self._is_later(file, order):
                yield file

    def _is_later(self, file: Path, order: Order) -> bool:
        """Tell a message that was written with the order or after it: the farewell, the news."""
        written = _sheet(file).get("at") if self._messages else None
        return isinstance(written, int) and written >= order.at

    def _demand_bounds(self) -> None:
        files = [file for file in self._folder.rglob("*") if file.is_file()]
        if len(files) > MOST_FILES or sum(file.stat().st_size for file in files) > MOST_OCTETS:
            raise Unreachable(
                f"`{self._name}` holds too much to be looked through",
                clause="9.4",
                remedy="have it emptied",
            )

    def _unreadable(self) -> Unreachable:
        return Unreachable(
            f"`{self._name}` cannot be looked through", clause="9.4", remedy="check its rights"
        )


def _sheet(file: Path) -> dict[str, object]:
    """Read a message; nothing for what is none, or gone meanwhile."""
    try:
        read = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}
