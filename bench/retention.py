"""A sweep: who is due is found, and what is due of many goes, with every promise kept.

Each subject has the values that visits leave behind, as many as the policy lets be kept for its
security, all of them due, and four of their own that stay. What is timed is what the scheduler
does: plan each subject, judge, erase under new keys, remember on each trail, ask again.
"""

import gc
import time
from pathlib import Path
from typing import Final

from bench import machine, people
from bench.plan import Plan
from bench.report import Fact, Findings, Goal, Skipped, verdict
from bench.sketch.retention import Sketch
from troth import app
from troth.app import Troth
from troth.model.acts import SYSTEM, AcceptTerms, Act, Actor, Admit, Collect
from troth.model.clock import SetClock
from troth.model.secret import Secret
from troth.model.terms import AgeBand, Region, SubjectId

GROUP: Final = "retention"
REGION: Final = Region("cn")
"""Where a law keeps the network log for half a year."""
OBSERVED: Final = ("web", "usage", "device", "telemetry")
NOT_FOR_SECURITY: Final = ("web.cookie", "web.tag")
VALUES: Final = {"text": "a value", "ip": "203.0.113.7", "json": '{"seen":[1,2,3]}'}
BATCH: Final = 64
TERM_DAYS: Final = 366
STAFF: Final = Actor(kind="staff", id="bench", role="privacy")
SWEPT: Final = Goal(of="cells/s", bound=">=", limit=60_000)
LOCKED: Final = Goal(of="ms", bound="<=", limit=50)
FOUND: Final = Goal(of="x", bound="<=", limit=3.0)
GROWN: Final = Goal(of="MB", bound="<=", limit=30)
SIZES: Final = {"tiny": 50, "quick": 3_000, "default": 10_000, "full": 38_462}
"""Subjects of each run; the full one holds a million values that are due."""


def arrival(troth: Troth, number: int, fields: tuple[str, ...]) -> list[Act]:
    """Return the acts that bring somebody in with what their visits left behind."""
    subject = SubjectId.new(REGION)
    edition = troth.gate.policy().hash
    known = people.profile(number)
    own = {name: Secret(text) for name, text in known.items() if name.split(".")[0] in OWN}
    forms = {name: troth.gate.policy().field(name).form for name in fields}
    seen = {name: Secret(known.get(name, VALUES[forms[name]])) for name in fields}
    return [
        Admit(subject=subject, residence="CN", regimes=("cn",), age=AgeBand.ADULT),
        AcceptTerms(subject=subject, edition=edition, language="zh", means="imported"),
        Collect(subject=subject, values=own, purpose=people.PURPOSE),
        Collect(subject=subject, values=seen, purpose="security", source="observed"),
    ]


OWN: Final = ("account", "contact")


def fill(troth: Troth, n: int) -> tuple[str, ...]:
    """Bring people in; return the names of what is observed of each."""
    policy = troth.gate.policy()
    fields = tuple(
        name for name in policy.fields(*OBSERVED) if not name.startswith(NOT_FOR_SECURITY)
    )
    for first in range(0, n, BATCH):
        wave = range(first, min(first + BATCH, n))
        acts = [act for number in wave for act in arrival(troth, number, fields)]
        troth.gate.perform(*acts, by=SYSTEM)
    troth.gate.tick()
    return fields


def run(plan: Plan, folder: Path) -> Findings:
    """Fill an instance and its floor, let a year go by, find and sweep."""
    found, n = Findings(group=GROUP), SIZES[plan.mode]
    clock = SetClock(people.AT)
    troth = app.create(folder / "troth", clock=clock)
    fields = fill(troth, n)
    sketch = Sketch(folder / "sketch.db")
    sketch.fill((f"cn-{number}", field, 0) for number in range(n) for field in fields)
    clock.forward(days=TERM_DAYS)
    troth.retention.sweeping.remark()
    troth.retention.approve(troth.retention.plan().id, by=STAFF)
    found.facts += finding(troth, sketch, n, len(fields))
    found.facts += sweeping(troth, sketch, n, len(fields))
    sketch.close()
    troth.close()
    found.skipped.append(
        Skipped("peers of a sweep", "no comparable library is installed; nothing is estimated")
    )
    return found


def finding(troth: Troth, sketch: Sketch, n: int, many: int) -> list[Fact]:
    """Find who is due, beside the rows of the floor that are."""
    ours, theirs = list[float](), list[float]()
    for _ in range(7):
        start = time.perf_counter()
        whom = len(troth.gate.due(n + 1))
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        rows = sketch.find(1)
        theirs.append(time.perf_counter() - start)
    assert (whom, rows) == (n, n * many)
    ratio = sorted(a / b for a, b in zip(ours, theirs, strict=True))[len(ours) // 2]
    note = f"{1e3 * min(ours):.2f} ms, the floor {1e3 * min(theirs):.2f} ms"
    told = verdict(FOUND, ratio)
    return [
        Fact(
            group=GROUP,
            operation="find what is due",
            n=n * many,
            value=ratio,
            unit="x",
            verdicts=[told],
            note=note,
        )
    ]


def sweeping(troth: Troth, sketch: Sketch, n: int, many: int) -> list[Fact]:
    """Sweep all of it, and the floor's rows."""
    gc.collect()
    before = machine.peak_mb()
    start, worked = time.perf_counter(), time.process_time()
    done = troth.retention.run()
    took, worked = time.perf_counter() - start, time.process_time() - worked
    grown = machine.peak_mb() - before
    start = time.perf_counter()
    sketch.sweep(1, 64 * many)
    floor = time.perf_counter() - start
    assert (done.subjects, done.values) == (n, n * many)
    assert troth.retention.overdue() == 0
    rate, longest = done.values / took, done.longest_ms
    each = f"{n / took:,.0f} subjects/s, {many} values each; the floor {n * many / floor:,.0f}/s"
    each += f"; {done.values / worked:,.0f} cells a second of processor time"
    facts = (
        ("sweep", rate, "cells/s", SWEPT, each),
        ("longest hold of the write lock", longest, "ms", LOCKED, f"{done.chunks} chunks"),
        ("memory that the sweep adds", grown, "MB", GROWN, ""),
    )
    return [
        Fact(
            group=GROUP,
            operation=operation,
            n=n * many,
            value=value,
            unit=unit,
            verdicts=[verdict(goal, value)],
            note=note,
        )
        for operation, value, unit, goal, note in facts
    ]
