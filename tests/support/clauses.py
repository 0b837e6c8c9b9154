"""Which rows of the policy the tests prove: gathered, written, and held against the shipped copy.

A test says so with ``@pytest.mark.clause("7.1b")``. A row counts as proved by a test when the test
ran, in every variant that could run here, and passed. The clause board reads the shipped copy, so a
full run fails when the copy says something else than what just passed.
"""

import json
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "src/troth/policy/packs/itnio/tested.json"
GATHERED = ROOT / "var/clauses-tested.json"
TOTALS = ROOT / "var/test-totals.json"
Proofs = dict[str, list[str]]


def mark_items(items: list[pytest.Item]) -> None:
    """Note the clauses on each item, where they travel with its report to the controller."""
    for item in items:
        ids = sorted({str(row) for mark in item.iter_markers("clause") for row in mark.args})
        if ids:
            item.user_properties.append(("clauses", ids))


class Gatherer:
    """Sits on the controller and listens to every report."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._clauses: dict[str, list[str]] = {}
        self._results: dict[str, set[str]] = defaultdict(set)
        self.lies: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember how each marked test came out."""
        ids = dict(report.user_properties).get("clauses")
        if not isinstance(ids, list):
            return
        test = report.nodeid.partition("[")[0]
        self._clauses[test] = ids
        if report.when == "call" or report.outcome != "passed":
            self._results[test].add(report.outcome)

    def proofs(self) -> Proofs:
        """Return, for each clause, the tests that passed, both sorted."""
        found: dict[str, set[str]] = defaultdict(set)
        for test, ids in self._clauses.items():
            if "passed" in self._results[test] and "failed" not in self._results[test]:
                for row in ids:
                    found[row].add(test)
        return {row: sorted(found[row]) for row in sorted(found, key=order)}

    def skipped(self) -> set[str]:
        """Return the tests that could not run here in any variant."""
        return {test for test, results in self._results.items() if results == {"skipped"}}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what was proved; in a full run, hold the shipped copy against it."""
        proofs = self.proofs()
        if not proofs and self._mode == "off":
            return
        write(GATHERED, proofs)
        if self._mode == "write":
            write(SHIPPED, proofs)
        elif self._mode == "check":
            self.lies = differences(read(SHIPPED), proofs, self.skipped())
            if self.lies and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which rows the shipped copy is wrong about, and leave the totals behind."""
        if self.lies:
            terminalreporter.section("clauses: the shipped copy is not true", red=True)
            terminalreporter.write_line(f"{SHIPPED.relative_to(ROOT)}; mend it with: make clauses")
            for lie in self.lies:
                terminalreporter.write_line(f"  {lie}")
        stats = terminalreporter.stats
        totals = {name: len(stats.get(name, [])) for name in ("passed", "failed", "skipped")}
        totals["failed"] += len(stats.get("error", []))
        TOTALS.parent.mkdir(exist_ok=True)
        TOTALS.write_text(json.dumps({**totals, "clauses": len(self.proofs()), "lies": self.lies}))


def order(row: str) -> tuple[tuple[int, str], ...]:
    """Sort ids as the policy prints them: 2.1.1b before 2.10.

    >>> sorted(["10.1", "2.1.1b", "2.1.1a"], key=order)
    ['2.1.1a', '2.1.1b', '10.1']
    """
    parts = []
    for part in row.split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        parts.append((int(digits or 0), part[len(digits) :]))
    return tuple(parts)


def read(path: Path) -> Proofs:
    """Read a copy; one that is not there proves nothing."""
    if not path.exists():
        return {}
    found: Proofs = json.loads(path.read_text("utf-8"))
    return found


def write(path: Path, proofs: Proofs) -> None:
    """Write a copy, the same bytes for the same proofs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(proofs, indent=1, ensure_ascii=False) + "\n", "utf-8")


def differences(shipped: Proofs, proofs: Proofs, skipped: set[str]) -> list[str]:
    """Say where the shipped copy and a full run differ; a test that was skipped here may stand."""
    lies = []
    for row in sorted(shipped.keys() | proofs.keys(), key=order):
        said, shown = set(shipped.get(row, ())), set(proofs.get(row, ()))
        lies += [f"{row}: says {test}, not passed" for test in sorted(said - shown - skipped)]
        lies += [f"{row}: does not know {test}" for test in sorted(shown - said)]
    return lies
