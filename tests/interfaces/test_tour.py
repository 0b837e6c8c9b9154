"""The tour is the main job, seen: every promise holds, and one that does not is told."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.interfaces.terminal import said
from troth.interfaces.cli import touring
from troth.interfaces.tour.stage import Stage
from troth.interfaces.tour.steps import STEPS

TROTH = (sys.executable, "-c", "from troth.interfaces.cli import main; main()")
THIRTEEN = 13


def test_every_promise_of_every_step_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ended = subprocess.run([*TROTH, "tour", "--json"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["broken"], told["held"]) == (0, len(told["checks"]))
    checks = Counter(check["step"] for check in told["checks"])
    assert sorted(checks) == list(range(1, THIRTEEN + 1))
    assert all(check["held"] and check["promise"] for check in told["checks"])
    assert list(tmp_path.iterdir()) == []


def test_it_has_thirteen_steps_each_with_its_title() -> None:
    assert len(STEPS) == THIRTEEN
    assert len({title for title, _ in STEPS}) == THIRTEEN


def broken_promise(stage: Stage) -> None:
    stage.check("the moon is made of cheese", False, "[bold]rock[/bold]")


def refused(stage: Stage) -> None:
    stage.refused("nobody may do nothing", lambda: None)


def missing(stage: Stage) -> None:
    stage.check("a mail arrived", stage.rehearsal.mailed("nobody@example.com")[-1])


@pytest.mark.parametrize("step", [broken_promise, refused, missing], ids=lambda step: step.__name__)
def test_a_broken_promise_is_told_and_fails_the_tour(
    step: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(touring, "STEPS", (("A step that fails.", step),))
    told = said("tour", "--json")
    assert told.code == 1
    assert (told.data["held"], told.data["broken"]) == (0, 1)
    assert "0 promises held, 1 broken" in told.err
    assert "what there is to look at lies in" in told.err
    assert list(tmp_path.iterdir()) != []


def test_it_is_shown_as_it_happens_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(touring, "STEPS", STEPS[:1])
    told = said("tour")
    assert told.code == 0
    assert "✓ the policy can be read (zh)" in told.out
    assert list(tmp_path.iterdir()) == []
    said("tour", "--keep")
    assert list(tmp_path.iterdir()) != []
