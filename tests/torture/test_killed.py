"""Killed at any moment: what was acknowledged is there, and nothing is half there (F1, F10)."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gate.house import CN, GLOBAL, House, opened
from tests.torture.killer import Killer
from troth.ledger.fold import after
from troth.model.clock import Moment, SetClock
from troth.model.errors import Erased
from troth.model.standing import Standing
from troth.model.terms import SubjectId

ROUND = 20
"""After so many kills the instance has grown enough; the next round begins with a fresh one."""


@pytest.fixture
def killer(tmp_path: Path) -> Iterator[Killer]:
    killer = Killer("tests.torture.writer", tmp_path / "said", {}, seconds=0.25)
    yield killer
    killer.close()


def acknowledged(acks: Path) -> list[dict[str, object]]:
    lines = acks.read_text().splitlines()
    return [json.loads(line) for line in lines if line.endswith("}")]


def check(house: House, acks: list[dict[str, object]]) -> None:
    """Hold everything against what was acknowledged; nothing was repaired before."""
    there = {entry.id for region in (CN, GLOBAL) for entry in everything(house, region)}
    for act in acks:
        assert set(act["entries"]) <= there, "an acknowledged act is lost"
    for report in house.troth.audit().values():
        report.demand()
    gone = {str(act["subject"]) for act in acks if act["ended"]}
    for subject in {str(act["subject"]) for act in acks} - gone:
        look_into(house, SubjectId(subject), can_be_gone=True)
    for subject in gone:
        with pytest.raises(Erased):
            house.gate.standing(SubjectId(subject))
    for region in (CN, GLOBAL):
        assert_no_loose_ends(house, region)


def everything(house: House, region):
    log = house.rooms(region).log
    whos = house.rooms(region).store.query("SELECT DISTINCT who FROM entries")
    return [entry for (who,) in whos for entry in log.trail(who)]


def look_into(house: House, subject: SubjectId, *, can_be_gone: bool = False) -> None:
    """Ledger, standing and vault say the same, and every value opens."""
    try:
        standing = house.gate.standing(subject)
    except Erased:
        # Killed after the commit of an erasure and before its acknowledgement.
        assert can_be_gone
        return
    rooms = house.rooms(subject.region)
    folded = Standing(pseudonym=standing.pseudonym)
    for entry in rooms.log.trail(standing.pseudonym):
        folded = after(folded, entry)
    assert folded == standing
    handle = rooms.vault.handle(subject)
    assert set(rooms.vault.open(handle, ("*",))) == set(standing.held)


def assert_no_loose_ends(house: House, region) -> None:
    """Whoever was erased left no row and no key; whoever is there has both."""
    rooms = house.rooms(region)
    assert rooms.store.query("SELECT * FROM doomed") == []
    assert list(rooms.vault.keyless()) == []
    orphans = (
        "SELECT 1 FROM cells c WHERE NOT EXISTS"
        " (SELECT 1 FROM subjects s WHERE s.subject_id = c.subject_id)"
    )
    assert rooms.store.query(orphans) == []
    assert rooms.store.query("PRAGMA integrity_check") == [("ok",)]


def kill(times: int, killer: Killer, folder: Path, acks: Path, at: Moment, seed: int) -> None:
    pick = random.Random(seed)
    for _ in range(times):
        killer.strike(folder, acks, pick, pick.randrange(2**31))
        with opened(folder, SetClock(at)) as house:
            check(house, acknowledged(acks))


def test_a_killed_writer_loses_nothing(
    killer: Killer, folder: Path, tmp_path: Path, at: Moment
) -> None:
    kill(4, killer, folder, tmp_path / "acks", at, seed=1)


@pytest.mark.torture
@pytest.mark.parametrize("round_", range(10))
def test_two_hundred_killed_writers_lose_nothing(
    killer: Killer, folder: Path, tmp_path: Path, at: Moment, round_: int
) -> None:
    seed = random.SystemRandom().randrange(2**31)
    print(f"seed {seed}")
    kill(ROUND, killer, folder, tmp_path / "acks", at, seed)
