"""``python -m bench``: measure, print the table, write the JSON."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from bench import decide, footprint, http, ledger, machine, rotation, vault
from bench.plan import PLANS, Plan
from bench.report import Findings, Report, show

Group = Callable[[Plan, Path], Findings]
GROUPS: Final[dict[str, Group]] = {
    "decide": decide.run,
    "vault": vault.run,
    "ledger": ledger.run,
    "rotation": rotation.run,
    "http": http.run,
    "footprint": footprint.run,
}
OUTPUT: Final = Path("var/bench.json")


def measure(name: str, plan: Plan, parent: str) -> Findings:
    """Run one group in a folder of its own and note its time and memory."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(dir=parent, prefix=f"{name}-") as folder:
        found = GROUPS[name](plan, Path(folder))
    found.took_s = round(time.monotonic() - start, 1)
    found.peak_mb = round(machine.peak_mb(), 1)
    return found


def run(names: Sequence[str], plan: Plan, folder: Path, *, apart: bool = True) -> Report:
    """Run groups in order, each in a process of its own, so that its peak memory is its own."""
    start = time.monotonic()
    facts = machine.facts(folder)
    findings = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        if apart:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                findings.append(pool.submit(measure, name, plan, str(folder)).result())
        else:
            findings.append(measure(name, plan, str(folder)))
    return Report(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        mode=plan.mode,
        versions=machine.versions(),
        machine={**facts, "load_after": machine.load()},
        took_s=round(time.monotonic() - start, 1),
        findings=findings,
    )


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="about a minute: 1k and 10k subjects")
    size.add_argument(
        "--full", action="store_true", help="also 1M subjects for decide, get, search"
    )
    size.add_argument(
        "--tiny", action="store_true", help="prove the plumbing; figures mean nothing"
    )
    parser.add_argument("--group", action="append", choices=list(GROUPS), help="only these groups")
    parser.add_argument("--install", action="store_true", help="also measure a fresh installation")
    parser.add_argument("--output", type=Path, default=OUTPUT, help=f"the JSON file ({OUTPUT})")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what was asked for; missed goals do not fail the command, they are told."""
    asked = arguments(argv)
    mode = "quick" if asked.quick else "full" if asked.full else "tiny" if asked.tiny else "default"
    plan = msgspec.structs.replace(PLANS[mode], install=asked.install)
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    report = run(asked.group or list(GROUPS), plan, asked.output.parent)
    asked.output.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    show(report, Console(width=None if sys.stdout.isatty() else 170))
    print(f"\n{plan.mode} run, {report.took_s:.0f} s; figures in {asked.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
