"""Many at work side by side, or one alone; and nobody's lock outlives them."""

import subprocess
import sys
from pathlib import Path

import pytest

from troth.app import lock
from troth.app.lock import Lock
from troth.model.errors import Misconfigured, StoreBusy


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 0.0)


def test_many_are_in_at_once(tmp_path: Path) -> None:
    with Lock(tmp_path), Lock(tmp_path), Lock(tmp_path):
        pass


def test_nobody_mends_while_somebody_works(tmp_path: Path) -> None:
    with Lock(tmp_path), pytest.raises(StoreBusy, match="in use") as refused:
        Lock(tmp_path, alone=True)
    assert "troth serve" in refused.value.remedy


def test_nobody_works_while_somebody_mends(tmp_path: Path) -> None:
    with Lock(tmp_path, alone=True), pytest.raises(StoreBusy, match="being restored"):
        Lock(tmp_path)


def test_whoever_wants_to_work_waits_for_who_mends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "PATIENCE", 30.0)
    mending = Lock(tmp_path, alone=True)
    monkeypatch.setattr(lock.time, "sleep", lambda _: mending.close())
    Lock(tmp_path).close()


def test_a_process_that_is_killed_leaves_no_lock(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from troth.app.lock import Lock; Lock(sys.argv[1], alone=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    kept = "kept = Lock(sys.argv[1], alone=True);"
    program = program.replace("Lock(sys.argv[1], alone=True);", kept)
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert ended.returncode == -9
    Lock(tmp_path, alone=True).close()


def test_a_folder_that_cannot_be_written_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be written to: not a directory"):
        Lock(tmp_path / "file" / "instance")


def test_letting_go_twice_is_no_error(tmp_path: Path) -> None:
    held = Lock(tmp_path, alone=True)
    held.close()
    held.close()
    Lock(tmp_path).close()


def test_the_lock_is_private(tmp_path: Path) -> None:
    Lock(tmp_path / "new").close()
    assert (tmp_path / "new" / lock.LOCK).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
