"""``python -m bench``: measure, print the table, write the JSON."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console

from bench.plan import PLANS, Mode
from bench.report import show
from bench.run import GROUPS, run

OUTPUT: Final = Path("var/bench.json")


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
    """Measure what was asked for. A missed goal is told and fails nothing; a broken group does."""
    asked = arguments(argv)
    mode: Mode = (
        "quick" if asked.quick else "full" if asked.full else "tiny" if asked.tiny else "default"
    )
    plan = msgspec.structs.replace(PLANS[mode], install=asked.install)
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    report = run(asked.group or list(GROUPS), plan, asked.output.parent)
    asked.output.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2))
    show(report, Console(width=None if sys.stdout.isatty() else 170))
    print(f"\n{plan.mode} run, {report.took_s:.0f} s; figures in {asked.output}")
    return 1 if any(found.failed for found in report.findings) else 0


if __name__ == "__main__":
    sys.exit(main())
