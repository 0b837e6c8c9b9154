"""What falls due by itself: epochs end, and no database is made anew in place of a lost one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.app.files import prints
from tests.gate.house import House
from tests.interfaces.terminal import changed
from troth.app import create, memory, safekeeping
from troth.app.lock import Lock
from troth.model.acts import Erase
from troth.model.clock import HOUR, SetClock
from troth.model.errors import BadInput, Misconfigured, WrongRootKey

Enter = Callable[[], AbstractContextManager[House]]


# --- epochs ------------------------------------------------------------------------------------


@pytest.mark.clause("9.4-6")
def test_an_epoch_ends_by_itself_before_what_a_certificate_promised(
    enter: Enter, folder: Path, clock: SetClock
) -> None:
    with enter() as house:
        certificate = house.perform(Erase(subject=house.admit())).certificate
        assert certificate is not None
        house.troth.rotate_keys()
        clock.forward(days=5.9)
        assert house.troth.tick()["rotated"] == 0
        clock.forward(days=0.1)
        house.troth.tick()
        assert clock.now() < certificate.irreversible_by
        assert [path.name for path in folder.glob("regions/*/keys/epoch-*")] == [
            "epoch-0003.key",
            "epoch-0003.key",
        ]
        assert house.troth.tick()["rotated"] == 0


@pytest.mark.parametrize(("days", "left"), [(1, 24 / 7), (7, 24), (30, 24)])
def test_it_ends_early_enough_for_a_daily_job_and_not_at_every_tick(
    enter: Enter, folder: Path, days: int, left: float
) -> None:
    changed(folder, "# epoch_days = 7", f"epoch_days = {days}")
    with enter() as house:
        (keys, *_) = house.troth._builder.keys.values()
        ahead = safekeeping.epoch_over(keys, house.troth.settings) - safekeeping.epoch_ends(
            keys, house.troth.settings
        )
    assert ahead == pytest.approx(left * HOUR, abs=1)


def test_the_first_epoch_begins_when_the_instance_is_made(tmp_path: Path, clock: SetClock) -> None:
    with memory(clock=clock) as troth:
        troth.tick()
        assert troth.gate.policy().hash
        clock.forward(days=8)
        troth.tick()
        kinds = [e.what["event"] for e in troth.gate.regions[troth.home].log.recent("house.event")]
        assert kinds == ["keys.rotated", "keys.rotated"]


# --- what is lost is not made anew -------------------------------------------------------------


@pytest.mark.parametrize("name", ["data.db", "keys.db"])
def test_a_lost_database_is_not_replaced_by_an_empty_one(
    enter: Enter, folder: Path, name: str
) -> None:
    with enter() as house:
        house.admit()
    (folder / "regions/cn" / name).unlink()
    before = prints(folder)
    with pytest.raises(Misconfigured, match="database of `cn` is missing") as refused, enter():
        pass
    assert "restore" in refused.value.remedy
    assert prints(folder) == before


@pytest.mark.parametrize("region", ["cn", "global"])
def test_a_wrong_root_key_of_any_region_changes_nothing(
    enter: Enter, folder: Path, region: str
) -> None:
    with enter() as house:
        house.admit()
    (folder / f"regions/{region}/root.key").write_bytes(b"A" * 43 + b"=")
    before = prints(folder)
    with pytest.raises(WrongRootKey), enter():
        pass
    assert prints(folder) == before


def test_a_house_that_did_not_come_to_stand_lets_go_of_everything(
    enter: Enter, folder: Path
) -> None:
    (folder / "regions/global/keys.db").rename(folder / "keys.db")
    with pytest.raises(Misconfigured), enter():
        pass
    Lock(folder, alone=True).close()


# --- what is made ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "a b", "A", "with/slash", 'quo"te', "a\nb", "-a"])
def test_a_name_that_no_ledger_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be an instance's name"):
        create(tmp_path / "new", name=name)
    assert not (tmp_path / "new").exists()


def test_an_address_with_a_password_is_not_written_down(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="carries its password") as refused:
        create(tmp_path / "new", on="postgresql://troth:hunter2@db.example/troth")
    assert "hunter2" not in str(refused.value)
    assert not (tmp_path / "new").exists()


def test_an_instance_is_never_made_over_another(folder: Path) -> None:
    before = prints(folder)
    with pytest.raises(Misconfigured, match="already holds an instance"):
        create(folder)
    assert prints(folder) == before


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be written to"):
        create(tmp_path / "file/new")
