"""A process is killed at any point: what it acknowledged stands, what it erased stays erased."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.vault.room import PROFILE, Room
from tests.vault.worker import AT, opened
from troth.model.errors import NotFound
from troth.model.terms import SubjectId

ROOT = Path(__file__).parents[2]
State = dict[str, str | None]


def killed(folder: Path, seed: int, seconds: float) -> list[str]:
    """Let a worker work for a while, kill it, and return what it acknowledged."""
    told = folder / "told"
    with told.open("w") as out:
        command = [sys.executable, "-m", "tests.vault.worker", str(folder), str(seed)]
        worker = subprocess.Popen(command, cwd=ROOT, stdout=out)
        while not told.stat().st_size and worker.poll() is None:
            time.sleep(0.01)
        time.sleep(seconds)
        worker.kill()
        worker.wait()
    return told.read_text().rpartition("\n")[0].splitlines()


def noted(state: State, lines: list[str]) -> State:
    """Return what has to be held: per subject the address, "" without one, ``None``: erased."""
    for line in lines:
        verb, subject, *rest = line.split()
        if verb == "kept":
            state[subject] = rest[0]
        elif verb in ("erased", "shortened"):
            state[subject] = None if verb == "erased" else ""
    return state


def wrong(room: Room, state: State, unsure: set[str]) -> list[str]:
    """Return the subjects of whom something else is held than was acknowledged."""
    return [s for s, email in state.items() if s not in unsure and held(room, s) != email]


def held(room: Room, subject: str) -> str | None:
    """Return a subject's address, "" when only that is gone, ``None`` when all is."""
    try:
        values = room.open(room.vault.handle(SubjectId(subject)))
    except NotFound:
        return None
    assert values.items() - {("contact.email", values.get("contact.email"))} == {
        (field, value) for field, value in PROFILE.items() if field != "contact.email"
    }
    return str(values.get("contact.email", ""))


def whole(room: Room) -> None:
    """Everything that is left of a killed act is mended, and nothing is half done."""
    room.vault.finish_pending()
    subjects = dict(room.data.query("SELECT subject_id, key_id FROM subjects"))
    assert room.keys.missing(list(subjects.values())[:500]) == set()
    for table in ("cells", "blind"):
        found = room.data.query(f"SELECT DISTINCT subject_id FROM {table}")
        assert {subject for (subject,) in found} <= set(subjects)
    for subject in subjects:
        room.open(room.vault.handle(SubjectId(subject)))


def survives(folder: Path, kills: int, seed: int) -> None:
    """Kill a worker many times and demand after each that all acknowledged acts stand."""
    chance, state = random.Random(seed), State()
    for number in range(kills):
        before = dict(state)
        lines = killed(folder, seed * 1000 + number, chance.uniform(0, 0.4))
        noted(state, lines)
        room = opened(folder)
        whole(room)
        # The act that was under way when the process died may have happened or not, but that can
        # only be an act on a subject this worker had made: one that no later line speaks of.
        mine = {line.split()[1] for line in lines if line.startswith("kept")}
        broken = set(wrong(room, state, set()))
        assert len(broken) <= 1
        assert broken <= mine - set(before)
        for subject in broken:
            state[subject] = held(room, subject)
        room.data.close(), room.keys_data.close()


@pytest.mark.clause("6.4b", "9.4-6")
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path):
    survives(tmp_path, kills=4, seed=1)
    room = opened(tmp_path)
    assert room.keys.rotate(AT).live == room.home.epochs()[-1]
    whole(room)


@pytest.mark.torture
def test_nothing_acknowledged_is_lost_in_a_hundred_kills(tmp_path: Path):
    survives(tmp_path, kills=100, seed=2)
