"""Consents that were given elsewhere, brought in with the proof of their origin (9.3; GDPR 7(1)).

Nobody can invent a consent: a row without proof is refused and named. What a subject has said here
since counts, not what they said before elsewhere. The same file goes on where it was interrupted,
and brought in twice it changes nothing.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.documents.consents.rows import Row, read
from troth.documents.imports.register import Imports, Tally
from troth.documents.imports.rows import form_of
from troth.gate import Gate
from troth.model.acts import (
    SYSTEM,
    Act,
    ConsentGiven,
    ConsentRefused,
    ConsentWithdrawn,
    Event,
    Find,
)
from troth.model.errors import BadInput, Erased, NotFound, Refused
from troth.model.standing import Standing
from troth.model.terms import SubjectId

BATCH: Final = 64
"""Rows in one transaction."""
MOST_TOLD: Final = 1000
"""Refusals that are named one by one; of more only the number is told."""
FINDING: Final = "account"
"""The purpose under which somebody is looked for."""
STATED: Final = "consents"
SEVERAL: Final = "several"

Outcome = Literal["imported", "skipped", "refused"]
Heard = Callable[[Tally], None]
"""Is told how far an import is."""


class Problem(Struct, frozen=True, kw_only=True):
    """Why one row was refused: its line, a code and the column; never what it held."""

    line: int
    code: str
    field: str = ""


class Report(Struct, frozen=True, kw_only=True):
    """What came of an import. ``since`` is the line after which it went on, 0 for the first."""

    imported: int
    skipped: int
    refused: int
    since: int
    problems: tuple[Problem, ...]
    dry_run: bool


class Importing:
    """Imports consents, a file at a time."""

    def __init__(self, gate: Gate, imports: Imports) -> None:
        self._gate = gate
        self._imports = imports

    def run(
        self,
        path: Path,
        *,
        form: str = "",
        dry_run: bool = False,
        progress: Heard | None = None,
    ) -> Report:
        """Import a file of consents; the same file goes on where an earlier run was interrupted.

        ``form`` is ``csv`` or ``jsonl`` (else the ending tells); ``progress`` hears how far it is
        after every batch. Raises ``NotFound`` for a file there is not, ``BadInput`` for one that
        cannot be read on.
        """
        written = form_of(path, form)
        if not path.is_file():
            raise NotFound(f"there is no file `{path}`")
        digest = self._imports.digest_of(path, STATED)
        so_far = self._imports.so_far(digest)
        intake = _Intake(self._gate, so_far, trial=dry_run)
        for tally in intake.through(read(path, written)):
            if not dry_run:
                self._imports.note(digest, tally, self._gate.clock.now())
            if progress:
                progress(tally)
        if not dry_run:
            detail = {**msgspec.structs.asdict(intake.tally), "import": digest.hex()[:32]}
            word = Event(subject=None, name="consents.imported", detail=detail)
            self._gate.perform(word, by=SYSTEM)
        return Report(
            imported=intake.tally.imported,
            skipped=intake.tally.skipped,
            refused=intake.tally.refused,
            since=so_far.line,
            problems=tuple(intake.problems),
            dry_run=dry_run,
        )


class _Intake:
    """One run through a file; ``trial`` changes nothing."""

    def __init__(self, gate: Gate, so_far: Tally, *, trial: bool) -> None:
        self._gate = gate
        self._trial = trial
        self._waiting: list[tuple[Row, Act]] = []
        self._seen: set[tuple[SubjectId, str]] = set()
        self.tally = so_far
        self.problems: list[Problem] = []

    def through(self, rows: Iterator[Row]) -> Iterator[Tally]:
        """Go through the rows that are not settled yet; give the tally after every batch."""
        done = line = self.tally.line
        for handled, row in enumerate((row for row in rows if row.line > done), start=1):
            self._handle(row)
            line = row.line
            if handled % BATCH == 0:
                yield self._settled(line)
        yield self._settled(line)

    def _settled(self, line: int) -> Tally:
        waiting, self._waiting = self._waiting, []
        self._seen.clear()
        self._perform(waiting)
        self.tally = msgspec.structs.replace(self.tally, line=line)
        return self.tally

    def _count(self, outcome: Outcome, rows: int = 1) -> None:
        count = getattr(self.tally, outcome) + rows
        self.tally = msgspec.structs.replace(self.tally, **{outcome: count})

    def _refuse(self, row: Row, code: str, field: str = "") -> None:
        self._count("refused")
        if len(self.problems) < MOST_TOLD:
            self.problems.append(Problem(line=row.line, code=code, field=field))

    def _handle(self, row: Row) -> None:
        if row.wrong:
            self._refuse(row, row.wrong, row.column)
            return
        try:
            subject = row.subject or self._find(row)
            if (subject, row.to) in self._seen:
                # Two words on one thing in one batch: the first is written before the second.
                self._settled(row.line - 1)
            standing = self._gate.standing(subject)
            if _known(row, standing):
                self._count("skipped")
                return
            act = _act(subject, row)
            self._gate.weigh(act, by=SYSTEM)
        except (BadInput, Erased, NotFound, Refused) as error:
            self._refuse(row, error.code, error.field or row.column)
            return
        self._take(row, act, subject)

    def _take(self, row: Row, act: Act, subject: SubjectId) -> None:
        if self._trial:
            self._count("imported")
            return
        self._seen.add((subject, row.to))
        self._waiting.append((row, act))

    def _find(self, row: Row) -> SubjectId:
        """Find whose word it is. Raises ``NotFound``; several are nobody."""
        if row.value is None:
            raise NotFound("no subject is named")
        act = Find(subject=None, field=row.field, value=row.value, purpose=FINDING)
        found = self._gate.perform(act, by=SYSTEM).found
        if len(found) != 1:
            raise NotFound("nobody, or more than one, is found by this", field=row.field)
        return found[0]

    def _perform(self, waiting: list[tuple[Row, Act]]) -> None:
        """Write a batch, region by region; where one does not go, find out which by halves."""
        by_region: dict[str, list[tuple[Row, Act]]] = {}
        for row, act in waiting:
            region = act.subject.region if act.subject else ""
            by_region.setdefault(region, []).append((row, act))
        for some in by_region.values():
            self._write(some)

    def _write(self, some: list[tuple[Row, Act]]) -> None:
        try:
            self._gate.perform(*(act for _, act in some), by=SYSTEM)
        except (BadInput, Erased, NotFound, Refused) as error:
            if len(some) == 1:
                self._refuse(some[0][0], error.code, error.field)
                return
            half = len(some) // 2
            self._write(some[:half])
            self._write(some[half:])
        else:
            self._count("imported", len(some))


def _known(row: Row, standing: Standing) -> bool:
    """Tell whether somebody said as much or something newer before, here or by an import."""
    kept = standing.consents.get(row.to)
    said = row.elsewhere
    return kept is not None and said is not None and kept.at >= said.at


def _act(subject: SubjectId, row: Row) -> Act:
    if row.state == "refused":
        return ConsentRefused(subject=subject, to=row.to, elsewhere=row.elsewhere)
    if row.state == "withdrawn":
        return ConsentWithdrawn(subject=subject, to=row.to, elsewhere=row.elsewhere)
    return ConsentGiven(
        subject=subject,
        to=row.to,
        notice=row.notice,
        language=row.language,
        expires=row.expires,
        method="imported",
        elsewhere=row.elsewhere,
    )
