"""How much room it takes: an idle server in memory, a fresh installation on disk."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import psutil

from bench import servers
from bench.plan import Plan
from bench.report import Fact, Findings, Goal, Skipped, verdict
from troth import app

GROUP: Final = "footprint"
IDLE: Final = Goal(of="MB", bound="<=", limit=90)
INSTALLED: Final = Goal(of="MB", bound="<=", limit=120)
SETTLE: Final = 2.0
ROOT: Final = Path(__file__).resolve().parent.parent


def run(plan: Plan, folder: Path) -> Findings:
    """Measure an idle server; and, when asked to, a fresh installation."""
    found = Findings(group=GROUP, facts=[idle_server(folder)])
    if plan.install:
        found.facts.append(installation(folder))
    else:
        found.skipped.append(Skipped("base installation", "takes a minute; ask with --install"))
    return found


def idle_server(folder: Path) -> Fact:
    """Start a server on a new instance and weigh it once it has settled."""
    app.create(folder / "troth").close()
    port = servers.free_port()
    with servers.serving(servers.troth(folder / "troth", port), {}, port) as pid:
        time.sleep(SETTLE)
        everybody = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        resident = sum(one.memory_info().rss for one in everybody) / 2**20
    return Fact(
        group=GROUP,
        operation="idle server, resident",
        value=resident,
        unit="MB",
        verdicts=[verdict(IDLE, resident)],
    )


def installation(folder: Path) -> Fact:
    """Install the locked requirements and the package into a new environment; weigh what grew."""
    home = folder / "venv"
    python = str(home / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    before = size_mb(home)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    lock = str(ROOT / "requirements.lock")
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
    subprocess.run([*pip, "--no-deps", str(ROOT)], check=True)
    grown = size_mb(home) - before
    return Fact(
        group=GROUP,
        operation="base installation, on disk",
        value=grown,
        unit="MB",
        verdicts=[verdict(INSTALLED, grown)],
        note=f"compiled files included; the empty environment's {before:.0f} MB are not",
    )


def size_mb(folder: Path) -> float:
    """Return what the files under a folder take on disk, in MB."""
    found = (path.lstat() for path in folder.rglob("*"))
    return sum(one.st_blocks * 512 for one in found) / 2**20
