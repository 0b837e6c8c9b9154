"""Batches: what every import does with its rows, whatever they hold (policy 2.1.2b, 9.3).

Rows are counted, refused by name, and written many in one transaction; where a batch does not go,
halves of it find out which row is in the way.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal, Protocol, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from troth.documents.imports.register import Tally
from troth.model.errors import BadInput, Erased, NotFound, Refused, Taken, TrothError

BATCH: Final = 64
"""Rows in one transaction."""
MOST_TOLD: Final = 1000
"""Refusals that are named one by one; of more only the number is told."""

Outcome = Literal["imported", "skipped", "refused"]


class Numbered(Protocol):
    """A row of a file, which knows the line it ends in."""

    @property
    def line(self) -> int:
        """The line."""
        ...


R = TypeVar("R", bound=Numbered)
W = TypeVar("W")


class Problem(Struct, frozen=True, kw_only=True):
    """Why one row was refused: its line, a code and the field; never what it held."""

    line: int
    code: str
    field: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """What an import did, or (``dry_run``) would do.

    ``skipped`` rows say what is known here already; ``since`` is the line after which it began,
    where an earlier run got so far, 0 for the first. ``problems`` names the first refusals.
    """

    imported: int
    skipped: int
    refused: int
    since: int
    problems: tuple[Problem, ...]
    dry_run: bool


class Run:
    """One run through a file: how far it is, and which rows were refused."""

    def __init__(self, so_far: Tally) -> None:
        self.tally = so_far
        self._since = so_far.line
        self._problems: list[Problem] = []

    def through(
        self, rows: Iterable[R], handle: Callable[[R], None], flush: Callable[[], None]
    ) -> Iterator[Tally]:
        """Go through the rows that are not settled yet; give the tally after every batch.

        ``handle`` takes one row, ``flush`` writes what waits.
        """
        line, ahead = self._since, (row for row in rows if row.line > self._since)
        for handled, row in enumerate(ahead, start=1):
            handle(row)
            line = row.line
            if handled % BATCH == 0:
                yield self._settled(line, flush)
        yield self._settled(line, flush)

    def _settled(self, line: int, flush: Callable[[], None]) -> Tally:
        flush()
        self.tally = replace(self.tally, line=line)
        return self.tally

    def count(self, outcome: Outcome, rows: int = 1) -> None:
        """Count what became of some rows."""
        self.tally = replace(self.tally, **{outcome: getattr(self.tally, outcome) + rows})

    def refuse(self, line: int, code: str, field: str = "") -> None:
        """Count a row that is refused, and name it."""
        self.count("refused")
        if len(self._problems) < MOST_TOLD:
            self._problems.append(Problem(line=line, code=code, field=field))

    def report(self, *, dry_run: bool) -> Report:
        """Return what came of it."""
        return Report(
            imported=self.tally.imported,
            skipped=self.tally.skipped,
            refused=self.tally.refused,
            since=self._since,
            problems=tuple(self._problems),
            dry_run=dry_run,
        )


def by_halves(
    waiting: Sequence[W],
    write: Callable[[Sequence[W]], object],
    refuse: Callable[[W, TrothError], None],
) -> int:
    """Write a batch whole; where it does not go, find out by halves which of it does not.

    ``write`` does all of it or nothing. Return how many went; ``refuse`` hears of the others.

    >>> def write(some):
    ...     if 3 in some:
    ...         raise Taken("somebody has it")
    >>> by_halves([1, 2, 3, 4], write, lambda one, error: print(one, error.code))
    3 taken
    3
    """
    if not waiting:
        return 0
    try:
        write(waiting)
    except (BadInput, Erased, NotFound, Refused, Taken) as error:
        if len(waiting) == 1:
            refuse(waiting[0], error)
            return 0
        half = len(waiting) // 2
        return sum(by_halves(some, write, refuse) for some in (waiting[:half], waiting[half:]))
    return len(waiting)
