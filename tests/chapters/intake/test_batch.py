"""A list of requests is brought in row by row, and again without harm (9.7b; F7)."""

from pathlib import Path

import pytest

from tests.chapters.intake.world import World
from troth.model.clock import moment
from troth.model.errors import BadInput, NotFound

LIST = """kind,channel,received,residence,language,name,email,text,reference
delete,letter,2026-11-10,CN,zh,李娜,li.na@mail.example,请删除我的信息,A-1
copy,telephone,2026-11-12,EEA,en,Ana Ruiz,,please,A-2
dance,email,,,,Ana Ruiz,,please,A-3
delete,pigeon,,,,Ana Ruiz,,please,A-4
delete,email,yesterday,,,Ana Ruiz,,please,A-5
delete,email,,,,,,please,A-6
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "requests.csv"
    found.write_text(LIST, "utf-8")
    return found


def test_each_row_stands_for_itself(world: World, path: Path) -> None:
    tally = world.intake.take_list(path)
    assert len(tally.opened) == 2
    assert [(wrong.line, wrong.field) for wrong in tally.wrong] == [
        (4, "kind"),
        (5, "channel"),
        (6, "received"),
        (7, "email"),
    ]
    assert world.desk.status(tally.opened[0]).received == moment("2026-11-10")
    assert world.requests() == {"delete": 1, "copy": 1}


def test_a_list_that_comes_again_opens_nothing(world: World, path: Path) -> None:
    world.intake.take_list(path)
    again = world.intake.take_list(path)
    assert (again.opened, again.known) == ((), 2)


def test_a_trial_opens_nothing(world: World, path: Path) -> None:
    tally = world.intake.take_list(path, dry_run=True)
    assert (tally.opened, len(tally.wrong)) == ((), 4)
    assert not world.requests()


@pytest.mark.parametrize(
    "told", ["", "name\nx\n", "kind,kind\n", "kind,colour\n", 'kind,name\n"delete,x\n']
)
def test_what_is_no_list_is_refused(world: World, tmp_path: Path, told: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(told, "utf-8")
    with pytest.raises(BadInput):
        world.intake.take_list(path)


def test_a_list_that_is_not_there_is_said(world: World, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        world.intake.take_list(tmp_path / "nothing.csv")
