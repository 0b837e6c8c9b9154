"""A copy to take along: how long a long history takes to pack, and what it costs in memory.

Beside it the least that has to be done: read the ledger's entries and write them into one zip.
"""

import csv
import io
import time
import zipfile
from pathlib import Path
from typing import Final

from bench import machine, people
from bench.plan import Plan
from bench.report import Fact, Findings, Goal, verdict
from troth import app
from troth.app import Troth
from troth.app.settings import load
from troth.model.acts import Actor, Event
from troth.model.clock import SetClock
from troth.model.terms import SubjectId

GROUP: Final = "packages"
PROVED: Final = Actor(kind="subject", assurance=2)
AT_A_TIME: Final = 500
MOST: Final = 100_000
"""Entries of one subject: a hundred uses a day, for three years."""
FLAT: Final = Goal(of="MB", bound="<=", limit=16.0)
"""What a copy of ten times as many entries may cost more at its peak."""


def lived(troth: Troth, entries: int) -> SubjectId:
    """Register somebody and let as much happen as was asked for."""
    subject = SubjectId.new(people.REGION)
    troth.gate.perform(*people.arrival(subject, people.secrets(entries)))
    event = Event(subject=subject, name="bench.visited", detail={"page": "/somewhere"})
    for _ in range(0, entries, AT_A_TIME):
        troth.gate.perform(*[event] * AT_A_TIME)
    return subject


def packed(troth: Troth, subject: SubjectId) -> tuple[float, int]:
    """Order a copy and let the clock pack it; return the seconds and the size."""
    troth.rights.copies.order(subject, by=PROVED)
    start = time.perf_counter()
    while not troth.rights.copies.work():
        pass
    took = time.perf_counter() - start
    return took, troth.rights.copies.of(subject)[0].size


def sketched_s(troth: Troth, subject: SubjectId) -> float:
    """Write a subject's entries into a zip and nothing else; return the seconds."""
    start = time.perf_counter()
    with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as out:
        lines = io.StringIO()
        writer = csv.writer(lines)
        for entry in troth.gate.walk(subject):
            writer.writerow((entry.at, entry.kind, entry.by, entry.id, entry.what))
        out.writestr("trail.csv", lines.getvalue())
    return time.perf_counter() - start


def run(plan: Plan, folder: Path) -> Findings:
    """Pack the copies of longer and longer histories, smallest first: peaks only grow."""
    found = Findings(group=GROUP)
    app.create(folder / "house").close()
    clock = SetClock(people.AT)
    sizes = sorted({min(entries, MOST) for entries in plan.entries})
    with Troth(load(folder / "house"), clock=clock) as troth:
        subjects = [(entries, lived(troth, entries)) for entries in sizes]
        for _ in range(2):
            packed(troth, subjects[0][1])
            clock.forward(days=8)
        peak = machine.peak_mb()
        for entries, subject in subjects:
            took, size = packed(troth, subject)
            more = machine.peak_mb() - peak
            found.facts += _facts(entries, took, size, sketched_s(troth, subject), more)
    return found


def _facts(n: int, took: float, size: int, least: float, more: float) -> list[Fact]:
    def fact(operation: str, value: float, unit: str, note: str = "", *goals: Goal) -> Fact:
        verdicts = [verdict(goal, value) for goal in goals]
        return Fact(
            group=GROUP,
            operation=operation,
            value=value,
            unit=unit,
            n=n,
            note=note,
            verdicts=verdicts,
        )

    return [
        fact("pack a copy", took, "s", f"{took / least:.1f} of the least; {size / 1e6:.2f} MB"),
        fact("memory beyond a small copy's peak", more, "MB", "", FLAT),
    ]
