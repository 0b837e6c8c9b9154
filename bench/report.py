"""What a run found: rows, goals and verdicts, as a table for people and JSON for programs."""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from bench.harness import Figure, Timed

OURS: Final = "troth"
_MEETS: Final[dict[str, Callable[[float, float], bool]]] = {"<=": operator.le, ">=": operator.ge}


class Goal(Struct, frozen=True, kw_only=True):
    """One bound on our side of a case.

    ``of`` says what is bounded: ``x`` our time over that of ``against``; ``faster`` the time of
    ``against`` over ours; ``us``, ``/s``; ``growth`` from 10k subjects; or a fact's unit.
    """

    of: str
    bound: str
    limit: float
    against: str = ""
    only_n: int = 0

    def __str__(self) -> str:
        sign = {"<=": "≤", ">=": "≥"}[self.bound]
        unit = {"x": "×", "faster": "× faster", "growth": "× growth"}.get(self.of, f" {self.of}")
        return f"{sign} {brief(self.limit)}{unit} {self.against}".rstrip()


class Verdict(Struct, frozen=True, kw_only=True):
    """A goal beside what was measured. ``off`` is the factor from the limit (1 = on it)."""

    goal: str
    got: float
    met: bool
    off: float


class Row(Struct, frozen=True, kw_only=True):
    """One operation at one size: every contender's figure, the ratios, the verdicts."""

    group: str
    operation: str
    n: int
    clock: str
    figures: dict[str, Figure]
    ratios: dict[str, float]
    growth: float | None = None
    verdicts: list[Verdict] = []
    note: str = ""


class Fact(Struct, frozen=True, kw_only=True):
    """One number that is no time for an operation: megabytes, failed reads, seconds for a job."""

    group: str
    operation: str
    value: float
    unit: str
    n: int = 0
    verdicts: list[Verdict] = []
    note: str = ""


class Skipped(Struct, frozen=True):
    """Something that was not measured, and why."""

    operation: str
    because: str


class Findings(Struct, kw_only=True):
    """What one group found."""

    group: str
    rows: list[Row] = []
    facts: list[Fact] = []
    skipped: list[Skipped] = []
    failed: str = ""
    peak_mb: float = 0.0
    took_s: float = 0.0


class Report(Struct, frozen=True, kw_only=True):
    """A whole run."""

    at: str
    mode: str
    versions: dict[str, str]
    machine: dict[str, Any]
    took_s: float
    findings: list[Findings]

    def verdicts(self) -> list[tuple[str, int, Verdict]]:
        """Return every verdict with its operation and size."""
        found: list[tuple[str, int, Verdict]] = []
        for group in self.findings:
            told: list[Row | Fact] = [*group.rows, *group.facts]
            found += [(one.operation, one.n, held) for one in told for held in one.verdicts]
        return found


def rows_of(
    group: str, operation: str, timed: Timed, goals: Sequence[Goal], note: str = ""
) -> list[Row]:
    """Turn a timed case into rows, one for each size at which anybody ran."""
    return [
        _row(group, operation, timed, n, goals, note) for n in sorted({n for _, n in timed.slices})
    ]


def _row(group: str, operation: str, timed: Timed, n: int, goals: Sequence[Goal], note: str) -> Row:
    names = [who for who, size in timed.slices if size == n]
    ours = timed.has(OURS, n)
    others = [name for name in names if name != OURS]
    row = Row(
        group=group,
        operation=operation,
        n=n,
        clock=timed.clock,
        figures={name: timed.figure(name, n) for name in names},
        ratios={name: timed.ratio((OURS, n), (name, n)) for name in others} if ours else {},
        growth=growth(timed, n),
        note=note,
    )
    row.verdicts.extend(judge(row, goals))
    return row


def growth(timed: Timed, n: int, base: int = 10_000) -> float | None:
    """Return how many times dearer our operation is at ``n`` than at 10,000 subjects."""
    if n <= base or not timed.has(OURS, base) or not timed.has(OURS, n):
        return None
    return timed.ratio((OURS, n), (OURS, base))


def judge(row: Row, goals: Iterable[Goal]) -> list[Verdict]:
    """Hold a row against the goals that apply to it."""
    found = []
    for goal in goals:
        got = _got(row, goal)
        if got is not None and goal.only_n in {0, row.n}:
            found.append(verdict(goal, got))
    return found


def _got(row: Row, goal: Goal) -> float | None:
    ours = row.figures.get(OURS)
    if ours is None:
        return None
    match goal.of:
        case "x":
            return row.ratios.get(goal.against)
        case "faster":
            ratio = row.ratios.get(goal.against)
            return 1 / ratio if ratio else None
        case "growth":
            return row.growth
        case "us":
            return ours.median_us
        case "/s":
            return 1e6 / ours.median_us
    raise ValueError(f"no such measure: `{goal.of}`")


def verdict(goal: Goal, got: float) -> Verdict:
    """Compare one number with its goal.

    >>> verdict(Goal(of="x", bound="<=", limit=2.0, against="sketch"), 3.0).off
    1.5
    """
    high, low = (got, goal.limit) if goal.bound == "<=" else (goal.limit, got)
    off = high / low if low else float(high)
    return Verdict(goal=str(goal), got=got, met=_MEETS[goal.bound](got, goal.limit), off=off)


def brief(number: float) -> str:
    """Write a number with about three figures.

    >>> brief(0.3164), brief(12.345), brief(31234.0)
    ('0.316', '12.3', '31,234')
    """
    if number == 0 or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"


# --- the table ---------------------------------------------------------------------------------


def show(report: Report, console: Console) -> None:
    """Print the table, the facts, what was skipped, and the missed goals with how far."""
    for found in report.findings:
        if found.rows:
            console.print(_table(found))
        if found.facts:
            console.print(_facts(found))
        if found.failed:
            console.print(f"[red]{found.group} failed[/]: {found.failed}")
        for told in dict.fromkeys(f"{row.operation}: {row.note}" for row in found.rows if row.note):
            console.print(f"[dim]{told}[/]")
        for one in found.skipped:
            console.print(f"[yellow]skipped[/] {one.operation}: {one.because}")
        peak = f"{found.group}: {found.took_s:.0f} s, peak {found.peak_mb:.0f} MB resident"
        console.print(f"[dim]{peak}[/]\n")
    _missed(report, console)


def _table(found: Findings) -> Table:
    table = Table(title=found.group, title_justify="left", header_style="bold", expand=False)
    for name in ("operation", "n", "troth", "p99", "sketch", "ratio", "goal", "met?"):
        table.add_column(name, justify="left" if name in {"operation", "goal"} else "right")
    for name in ("beside", "× faster", "growth"):
        table.add_column(name, justify="right")
    for row in found.rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> tuple[str, ...]:
    ours, sketch = row.figures.get(OURS), row.figures.get("sketch")
    peers = [name for name in row.figures if name not in {OURS, "sketch"}]
    ratio = row.ratios.get("sketch")
    return (
        row.operation,
        f"{row.n:,}",
        speed(ours),
        f"{brief(ours.p99_us)} us" if ours else "",
        speed(sketch),
        f"×{brief(ratio)}" if ratio else "",
        "\n".join(one.goal for one in row.verdicts),
        "\n".join(_mark(one) for one in row.verdicts),
        "\n".join(f"{name} {brief(row.figures[name].median_us)} us" for name in peers),
        "\n".join(brief(1 / row.ratios[name]) for name in peers if name in row.ratios),
        f"×{brief(row.growth)}" if row.growth else "",
    )


def speed(figure: Figure | None) -> str:
    """Write a figure as time for one and as rate."""
    if figure is None:
        return ""
    return f"{brief(figure.median_us)} us\n{brief(1e6 / figure.median_us)}/s"


def _mark(one: Verdict) -> str:
    return "[green]yes[/]" if one.met else f"[red]no[/] ({brief(one.got)})"


def _facts(found: Findings) -> Table:
    table = Table(title=f"{found.group}: facts", title_justify="left", header_style="bold")
    for name in ("what", "n", "value", "goal", "met?", "note"):
        table.add_column(name, justify="right" if name in {"n", "value", "met?"} else "left")
    for fact in found.facts:
        table.add_row(
            fact.operation,
            f"{fact.n:,}" if fact.n else "",
            f"{brief(fact.value)} {fact.unit}",
            "\n".join(one.goal for one in fact.verdicts),
            "\n".join(_mark(one) for one in fact.verdicts),
            fact.note,
        )
    return table


def _missed(report: Report, console: Console) -> None:
    verdicts = report.verdicts()
    missed = [one for one in verdicts if not one[2].met]
    console.print(f"{len(verdicts) - len(missed)} of {len(verdicts)} goals met")
    for operation, n, one in sorted(missed, key=lambda entry: -entry[2].off):
        size = f" at {n:,}" if n else ""
        console.print(
            f"[red]missed[/] {operation}{size}: {one.goal}, got {brief(one.got)}"
            f" ({brief((one.off - 1) * 100)} % past it)"
        )
