"""Run everything that must hold and close with one summary: `python -m tools.suite check|test`.

Every step runs even when one before it failed, so that one run tells everything. The last line is
the plain count that other programs read.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct


class Wanted(Struct, frozen=True):
    """A Debian package that a part of the suite needs: which part, and how one sees it is there.

    ``programs`` are names, of which one has to be found; ``files`` are patterns under a folder, of
    which one has to match; ``service`` is what apt would start, and is not to run.
    """

    package: str
    part: str
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    service: str = ""

    def there(self) -> bool:
        """Tell whether it need not be installed."""
        if self.package == "chromium" and "TROTH_CHROMIUM" in os.environ:
            return True
        found = any(shutil.which(name) or Path(name).is_file() for name in self.programs)
        return found or any(any(FONTS.rglob(pattern)) for pattern in self.files)


ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
TOTALS = ROOT / "var" / "test-totals.json"
FONTS = Path("/usr/share/fonts")
WANTED = (
    Wanted(
        "chromium",
        "pages in a real browser",
        ("chromium", "chromium-browser", "google-chrome", "chrome"),
    ),
    Wanted("fonts-wqy-microhei", "Chinese text", files=("*wqy*", "*[Cc][Jj][Kk]*")),
    Wanted(
        "mariadb-server",
        "other databases in MariaDB",
        ("mariadbd", "/usr/sbin/mariadbd"),
        service="mariadb",
    ),
    Wanted(
        "redis-server",
        "other databases in Redis",
        ("redis-server", "/usr/bin/redis-server"),
        service="redis-server",
    ),
)
POLICY = Path("/usr/sbin/policy-rc.d")
"""What Debian asks before it starts a service; 101 says no."""
CODE = [name for name in ("src", "tests", "tools", "bench") if (ROOT / name).is_dir()]


class Step(Struct, frozen=True):
    """How one step came out; ``passed``, ``failed`` and ``skipped`` count what it ran."""

    name: str
    told: str
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0


def main(what: str) -> int:
    """Run the steps, print the summary, return the exit code."""
    began = time.monotonic()
    plans: dict[str, list[Callable[[], Step | None]]] = {
        "check": [lint, types, lambda: tests("house", "-q", "tests/house")],
        "test": [programs, lint, types, imports, lambda: whole("check")],
        "clauses": [programs, lambda: whole("write")],
    }
    if what not in plans:
        print("say check, test or clauses", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    steps = [step for plan in plans[what] if (step := plan()) is not None]
    return close(steps, time.monotonic() - began)


def close(steps: list[Step], seconds: float) -> int:
    """Print one line a step, then the plain count."""
    print("\n" + "-" * 84)
    for step in steps:
        state = "FAILED" if step.failed else "ok"
        print(f"  {step.name:<10} {state:<7} {step.told:<54} {step.seconds:6.1f} s")
    print(f"  {'time':<10} {'':<7} {'':<54} {seconds:6.1f} s")
    passed, failed, skipped = (
        sum(getattr(step, count) for step in steps) for count in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed else 0


# --- the steps ---------------------------------------------------------------------------------


def lint() -> Step:
    """Check style and format with ruff."""
    return _commands(
        "lint",
        "ruff check, ruff format",
        ["ruff", "check", "--quiet", *CODE],
        ["ruff", "format", "--quiet", "--check", *CODE],
    )


def types() -> Step:
    """Check types strictly."""
    return _commands("types", "mypy --strict", ["mypy", "--no-error-summary"])


def imports() -> Step:
    """Check who imports whom."""
    return tests("imports", "-q", "tests/house/test_imports.py")


def whole(clauses: str) -> Step:
    """Run the whole suite on every core; check or write which tests prove which clause."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    spread = ["-n", str(cores or 2), "--dist", "worksteal"]
    return tests("tests", "-q", *spread, f"--clauses={clauses}", "--durations=10")


def tests(name: str, *arguments: str) -> Step:
    """Run pytest and read what it counted."""
    TOTALS.unlink(missing_ok=True)
    began = time.monotonic()
    code = _show(name, ["python", "-m", "pytest", *arguments])
    seconds = time.monotonic() - began
    if not TOTALS.exists():
        return Step(name, f"pytest ended with {code}", seconds, failed=1)
    totals = json.loads(TOTALS.read_text())
    failed = totals["failed"] or int(code != 0)
    told = f"{totals['passed']} passed"
    if failed or totals["skipped"]:
        told += f", {failed} failed, {totals['skipped']} skipped"
    if totals["clauses"]:
        told += f"; {totals['clauses']} clauses proved"
    return Step(name, told, seconds, totals["passed"], failed, totals["skipped"])


def programs() -> Step | None:
    """Install what is missing where that is ours to do; else say what goes without it."""
    wanted = [one for one in WANTED if not one.there()]
    if not wanted:
        return None
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        names = " ".join(one.package for one in wanted)
        return _timed("programs", f"installed {names}", lambda: _install(wanted))
    for one in wanted:
        print(f"without {one.package} there are no tests of {one.part}: apt-get install it")
    told = f"without {', '.join(one.package for one in wanted)}"
    # The tests skip what they cannot run, and fail instead where nothing may be skipped.
    return Step("programs", told, 0.0, failed=int("CI" in os.environ))


def _install(wanted: list[Wanted]) -> int:
    packages = [one.package for one in wanted]
    fetch = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    held = not POLICY.exists()
    if held:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        code = max(map(_quietly, (["apt-get", "update", "-qq"], fetch)))
    finally:
        if held:
            POLICY.unlink()
    services = [one.service for one in wanted if one.service]
    if services and Path("/run/systemd/system").is_dir():
        # Tests run servers of their own: these are not to come up with the machine, either.
        _quietly(["systemctl", "disable", "--now", *services])
    return code


def _quietly(command: list[str]) -> int:
    done = subprocess.run(
        command,
        env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout + done.stderr)
    return min(done.returncode, 1)


def _commands(name: str, told: str, *commands: list[str]) -> Step:
    return _timed(name, told, lambda: max(_show(name, command) for command in commands))


def _timed(name: str, told: str, work: Callable[[], int]) -> Step:
    began = time.monotonic()
    code = work()
    seconds = time.monotonic() - began
    return Step(name, told, seconds, passed=int(code == 0), failed=int(code != 0))


def _show(name: str, command: list[str]) -> int:
    print(f"--- {name}: {' '.join(command)}", flush=True)
    told = [str(BIN / command[0]), *command[1:]]
    return subprocess.run(told, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
