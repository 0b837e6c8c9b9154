"""Make .venv ready: `python3 tools/setup.py run|dev`. Everything comes by hash, nothing is asked.

Runs on the machine's own Python with nothing but its standard library. Installs with uv, which is
many times faster, where pip can install it; else with pip, from the same locks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {
    "run": ("requirements.lock", "tools/build.lock"),
    "dev": ("requirements-dev.lock",),
}
INSTALLER = "tools/installer.lock"
OLDEST = (3, 11)
NAMES = ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python")


def main(kind: str) -> None:
    mark = stamp(kind)
    if kind not in LOCKS:
        sys.exit("say run or dev")
    noted = VENV / (".setup-" + kind)
    if noted.is_file() and noted.read_text() == mark:
        return
    started("making .venv ready (" + kind + ")")
    make_venv()
    install(kind)
    for done in ("run", "dev") if kind == "dev" else ("run",):
        (VENV / (".setup-" + done)).write_text(stamp(done))


def stamp(kind: str) -> str:
    """Return what the set-up depends on; a change of it means doing it again."""
    names = ("pyproject.toml", "tools/setup.py", *LOCKS.get(kind, ()))
    told = [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in names]
    return "\n".join([str(ROOT), *told]) + "\n"


def make_venv() -> None:
    if works(PYTHON):
        return
    fit = next((name for name in (sys.executable, *NAMES) if works(shutil.which(name))), None)
    if fit is None:
        sys.exit("troth needs Python 3.11 or newer, and none is on the PATH")
    made = subprocess.run([fit, "-m", "venv", "--clear", str(VENV)], check=False)
    if made.returncode:
        sys.exit(
            "python3 could not make a virtual environment; on Debian: apt-get install python3-venv"
        )


def works(python: Path | str | None) -> bool:
    """Tell whether a Python is there, starts, and is new enough."""
    if not python or not Path(python).exists():
        return False
    asked = "import sys; sys.exit(sys.version_info < " + str(OLDEST) + ")"
    command = [str(python), "-c", asked]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def install(kind: str) -> None:
    locks = [part for name in LOCKS[kind] for part in ("-r", name)]
    installer = fast() or slow()
    run(installer, "--require-hashes", *locks)
    # The project itself, editable; its build backend is in the lock, so nothing else is fetched.
    run(installer, "--no-deps", "--no-build-isolation", "-e", ".")


def fast() -> list[str] | None:
    """Return uv's install command, if uv is there or pip can bring it and it reaches an index."""
    uv = VENV / "bin" / "uv"
    if os.environ.get("TROTH_SETUP") == "pip":
        return None
    if not uv.exists():
        run(slow(), "--require-hashes", "-r", INSTALLER, must=False)
    command = [str(uv), "pip", "install", "--quiet", "--python", str(PYTHON)]
    if uv.exists() and run([*command, "--dry-run"], "-r", "tools/build.lock", must=False):
        return command
    return None


def slow() -> list[str]:
    return [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]


def run(command: list[str], *more: str, must: bool = True) -> bool:
    """Run an installer; end with its own words when it must work and does not."""
    done = subprocess.run(
        [*command, *more],
        cwd=str(ROOT),
        env=dict(os.environ, UV_PYTHON_DOWNLOADS="never", PIP_NO_INPUT="1", UV_NO_PROGRESS="1"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and must:
        sys.exit(done.stdout + done.stderr + "\nset-up failed: " + " ".join([*command, *more]))
    return done.returncode == 0


def started(what: str) -> None:
    print("troth: " + what + " ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "dev")
