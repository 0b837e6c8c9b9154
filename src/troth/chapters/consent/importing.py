"""Consents that were given elsewhere, brought in with the proof of their origin (9.3; GDPR 7(1)).

Nobody can invent a consent: a row without proof is refused and named. What a subject has said here
since counts, not what they said before elsewhere. The same file goes on where it was interrupted,
and brought in twice it changes nothing.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from troth.documents.consents.rows import Row, read
from troth.documents.imports.batches import Report, Run, by_halves
from troth.documents.imports.register import Heard, Imports, Tally
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
from troth.model.errors import BadInput, Erased, NotFound, Refused, TrothError
from troth.model.standing import Standing
from troth.model.terms import SubjectId

FINDING: Final = "account"
"""The purpose under which somebody is looked for."""
STATED: Final = "consents"


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
        self._imports.follow(
            digest,
            intake.through(read(path, written)),
            self._gate.clock,
            heard=progress,
            trial=dry_run,
        )
        if not dry_run:
            detail = {**msgspec.structs.asdict(intake.tally), "import": digest.hex()[:32]}
            word = Event(subject=None, name="consents.imported", detail=detail)
            self._gate.perform(word, by=SYSTEM)
        return intake.report()


class _Intake:
    """One run through a file; ``trial`` changes nothing."""

    def __init__(self, gate: Gate, so_far: Tally, *, trial: bool) -> None:
        self._gate = gate
        self._trial = trial
        self._waiting: list[tuple[Row, Act]] = []
        self._seen: set[tuple[SubjectId, str]] = set()
        self._run = Run(so_far)

    @property
    def tally(self) -> Tally:
        """How far it is."""
        return self._run.tally

    def through(self, rows: Iterable[Row]) -> Iterator[Tally]:
        """Go through the rows that are not settled yet; give the tally after every batch."""
        return self._run.through(rows, self._handle, self._flush)

    def report(self) -> Report:
        """Return what came of it."""
        return self._run.report(dry_run=self._trial)

    def _refuse(self, row: Row, code: str, field: str = "") -> None:
        self._run.refuse(row.line, code, field)

    def _handle(self, row: Row) -> None:
        if row.wrong:
            self._refuse(row, row.wrong, row.column)
            return
        try:
            subject = row.subject or self._find(row)
            if (subject, row.to) in self._seen:
                # Two words on one thing in one batch: the first is written before the second.
                self._flush()
            standing = self._gate.standing(subject)
            if _known(row, standing):
                self._run.count("skipped")
                return
            act = _act(subject, row)
            self._gate.weigh(act, by=SYSTEM)
        except (BadInput, Erased, NotFound, Refused) as error:
            self._refuse(row, error.code, error.field or row.column)
            return
        self._take(row, act, subject)

    def _take(self, row: Row, act: Act, subject: SubjectId) -> None:
        if self._trial:
            self._run.count("imported")
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

    def _flush(self) -> None:
        """Write a batch, region by region; where one does not go, find out which by halves."""
        waiting, self._waiting = self._waiting, []
        self._seen.clear()
        by_region: dict[str, list[tuple[Row, Act]]] = {}
        for row, act in waiting:
            region = act.subject.region if act.subject else ""
            by_region.setdefault(region, []).append((row, act))
        for some in by_region.values():
            self._run.count("imported", by_halves(some, self._perform, self._turned_away))

    def _perform(self, some: Iterable[tuple[Row, Act]]) -> None:
        self._gate.perform(*(act for _, act in some), by=SYSTEM)

    def _turned_away(self, waiting: tuple[Row, Act], error: TrothError) -> None:
        self._refuse(waiting[0], error.code, error.field)


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
