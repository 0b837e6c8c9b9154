"""One run: groups in order, each in a process and a folder of its own."""

import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from bench import (
    accounts,
    consents,
    cookies,
    databases,
    decide,
    footprint,
    http,
    ledger,
    machine,
    packages,
    pages,
    retention,
    rotation,
    service,
    vault,
)
from bench.plan import Plan
from bench.report import Findings, Report

Group = Callable[[Plan, Path], Findings]
GROUPS: Final[dict[str, Group]] = {
    "decide": decide.run,
    "consents": consents.run,
    "cookies": cookies.run,
    "databases": databases.run,
    "vault": vault.run,
    "ledger": ledger.run,
    "rotation": rotation.run,
    "retention": retention.run,
    "http": http.run,
    "accounts": accounts.run,
    "pages": pages.run,
    "packages": packages.run,
    "service": service.run,
    "footprint": footprint.run,
}


def measure(name: str, plan: Plan, parent: str) -> Findings:
    """Run one group in a folder of its own and note its time and memory."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(dir=parent, prefix=f"{name}-") as folder:
        found = GROUPS[name](plan, Path(folder))
    found.took_s = round(time.monotonic() - start, 1)
    found.peak_mb = round(machine.peak_mb(), 1)
    return found


def _failed(name: str, error: BaseException) -> Findings:
    """Tell what went wrong and go on: the other groups' figures are worth having."""
    print("".join(traceback.format_exception(error)), file=sys.stderr, flush=True)
    return Findings(group=name, failed=type(error).__name__)


def run(names: Sequence[str], plan: Plan, folder: Path) -> Report:
    """Run groups in order, each in a process of its own, so that its peak memory is its own."""
    start = time.monotonic()
    facts = machine.facts(folder)
    findings = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            done = pool.submit(measure, name, plan, str(folder))
            failed = done.exception()
        findings.append(_failed(name, failed) if failed else done.result())
    return Report(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        mode=plan.mode,
        versions=machine.versions(),
        machine={**facts, "load_after": machine.load()},
        took_s=round(time.monotonic() - start, 1),
        findings=findings,
    )
