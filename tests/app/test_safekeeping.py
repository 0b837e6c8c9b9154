"""Keys are copied for one epoch at most, and no copy of them brings the erased back (F9, F15)."""

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from tests.app.files import altered, asked, contents, prints
from tests.gate.house import House, PostgresHouses
from tests.support.postgres import Server
from troth.app import bury, change_root, create, restore, restore_keys, safekeeping, switch
from troth.app import open as open_house
from troth.app.safekeeping import BroughtBack
from troth.model.acts import Erase, Notify, Use
from troth.model.clock import SetClock, iso
from troth.model.errors import BadInput, Erased, Misconfigured, StoreBusy, WrongRootKey
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Enter = Callable[[], AbstractContextManager[House]]
Bring = Callable[[], dict[str, BroughtBack]]


def email(house: House, subject: SubjectId) -> str:
    use = Use(subject=subject, fields=("contact.email",), purpose="authenticate")
    return house.perform(use).values["contact.email"].reveal()


def lose_keys(folder: Path) -> None:
    """Lose every key database and key folder; the root keys lie elsewhere."""
    for region in ("cn", "global"):
        (folder / f"regions/{region}/keys.db").unlink()
        shutil.rmtree(folder / f"regions/{region}/keys")


def lose_data(folder: Path) -> None:
    """Lose every data database."""
    for region in ("cn", "global"):
        (folder / f"regions/{region}/data.db").unlink()


@pytest.fixture
def keys(folder: Path) -> Path:
    """Return where the test's backup of keys is made."""
    return folder.parent / "keys.tar.gz"


@pytest.fixture
def bring(folder: Path, keys: Path, clock: SetClock) -> Bring:
    """Return a function that restores the backup of keys."""
    return lambda: restore_keys(folder, keys, clock=clock)


@pytest.fixture
def anna(enter: Enter, keys: Path) -> SubjectId:
    """Admit somebody, make a backup of the keys, and close."""
    with enter() as house:
        subject = house.admit(contact_email=Secret("anna@mail.example"))
        house.troth.back_up_keys(keys)
    return subject


# --- what a backup is --------------------------------------------------------------------------


def test_a_backup_of_keys_holds_no_root_key(folder: Path, anna: SubjectId, keys: Path) -> None:
    everything = b"".join(contents(keys).values())
    for region in ("cn", "global"):
        root = (folder / f"regions/{region}/root.key").read_bytes().strip()
        assert root not in everything
    assert not [name for name in contents(keys) if "root" in name]


def test_it_says_until_when_it_may_be_kept(enter: Enter, keys: Path, clock: SetClock) -> None:
    with enter() as house:
        made = house.troth.back_up_keys(keys)
        assert house.last("house.event", house.gate.home).what == {
            "event": "keys.backed_up",
            "not_after": made.not_after,
        }
    told = json.loads(contents(keys)["manifest.json"])
    assert told["not_after"] == made.not_after == iso(clock.forward(days=7))
    assert told["epochs"] == {"cn": [1], "global": [1]}


def test_nothing_of_the_making_is_left(folder: Path, anna: SubjectId, keys: Path) -> None:
    assert not list(folder.glob(".*"))
    assert [path.name for path in keys.parent.glob(".*")] == []
    assert keys.stat().st_mode & 0o777 == 0o600


def test_an_epoch_that_ends_while_it_is_copied_is_no_harm(
    enter: Enter, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, rotations = safekeeping._key_files, [1]

    def rotating(folder: Path) -> list[Path]:
        if rotations:
            rotations.pop()
            house.troth.rotate_keys()
        return real(folder)

    monkeypatch.setattr(safekeeping, "_key_files", rotating)
    with enter() as house:
        house.admit()
        assert house.troth.back_up_keys(keys).epochs == {"cn": (2,), "global": (2,)}


def test_where_epochs_keep_ending_it_gives_up(
    enter: Enter, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safekeeping, "_key_files", lambda _: [])
    with enter() as house, pytest.raises(StoreBusy, match="changed while they were copied"):
        house.troth.back_up_keys(keys)
    assert not keys.exists()


# --- coming back -------------------------------------------------------------------------------


def test_lost_keys_come_back(enter: Enter, folder: Path, anna: SubjectId, bring: Bring) -> None:
    lose_keys(folder)
    with pytest.raises(Misconfigured, match="key database of `cn` is missing"), enter():
        pass
    told = bring()["cn"]
    assert (told.keys, told.lost, told.replayed) == (1, 0, True)
    with enter() as house:
        assert email(house, anna) == "anna@mail.example"
        events = house.recent("house.event", house.gate.home)
        assert "keys.restored" in [event.what["event"] for event in events]


@pytest.mark.clause("6.4b", "9.4-6")
def test_who_was_erased_since_stays_erased_even_from_older_data(
    enter: Enter, folder: Path, anna: SubjectId, bring: Bring, clock: SetClock, tmp_path: Path
) -> None:
    with enter() as house:
        kept = house.admit()
        house.troth.back_up(tmp_path / "data.tar.gz")
        house.perform(Erase(subject=anna))
    lose_keys(folder)
    told = bring()["cn"]
    assert (told.destroyed > 0, told.lost) == (True, 1)
    restore(folder, tmp_path / "data.tar.gz", clock=clock)
    with enter() as house:
        with pytest.raises(Erased):
            email(house, anna)
        with pytest.raises(Erased):
            email(house, kept)


def test_who_came_since_is_counted_as_lost_and_can_be_buried(
    enter: Enter, folder: Path, anna: SubjectId, bring: Bring, clock: SetClock
) -> None:
    with enter() as house:
        since = house.admit()
    lose_keys(folder)
    assert bring()["cn"].lost == 1
    assert bury(folder, clock=clock)["cn"]["buried"] == 1
    with enter() as house:
        assert email(house, anna)
        with pytest.raises(Erased):
            email(house, since)
        house.admit()


def test_everything_is_lost_and_comes_back_from_both_backups(
    enter: Enter, folder: Path, anna: SubjectId, bring: Bring, clock: SetClock, tmp_path: Path
) -> None:
    with enter() as house:
        house.troth.back_up(tmp_path / "data.tar.gz")
    lose_keys(folder)
    lose_data(folder)
    assert not bring()["cn"].replayed
    with pytest.raises(Misconfigured, match="data database of `cn` is missing"), enter():
        pass
    restore(folder, tmp_path / "data.tar.gz", clock=clock)
    bury(folder, clock=clock)
    with enter() as house:
        assert email(house, anna)


def test_every_table_that_names_a_key_is_asked(folder: Path, anna: SubjectId) -> None:
    """A new table with a column ``key_id`` keeps its keys alive; one without would lose them."""
    with safekeeping.merge.joined(
        folder / "regions/cn/keys.db", data=folder / "regions/cn/data.db"
    ) as database:
        named = {name for (name,) in database.execute(safekeeping.NAMING)}
    waiting = {"outbox", "orders", "deposits", "webhooks"}
    assert named == {"subjects", "log_days", "log_files"} | waiting


def test_messages_on_their_way_keep_their_keys(
    enter: Enter, folder: Path, keys: Path, bring: Bring
) -> None:
    with enter() as house:
        subject = house.admit()
        house.perform(
            Notify(subject=subject, notice="code", purpose="authenticate", text=Secret("246810"))
        )
        waiting = asked(folder / "regions/cn/data.db", "SELECT key_id FROM outbox")
        assert waiting
        house.troth.back_up_keys(keys)
    lose_keys(folder)
    bring()
    left = asked(folder / "regions/cn/keys.db", "SELECT key_id FROM wrapped_keys")
    assert set(waiting) <= set(left)


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.clause("9.4-6")
def test_a_backup_past_its_epoch_is_refused(
    folder: Path, anna: SubjectId, bring: Bring, clock: SetClock
) -> None:
    lose_keys(folder)
    clock.forward(days=7, seconds=1)
    with pytest.raises(BadInput, match="was to be kept until 2026-11-09T12:00:00Z") as refused:
        bring()
    assert "destroy this one" in refused.value.remedy
    assert not (folder / "regions/cn/keys.db").exists()


@pytest.mark.clause("9.4-6")
@pytest.mark.parametrize("left", ["everything", "no database", "no folder", "the ledger alone"])
def test_a_backup_whose_epoch_was_destroyed_is_refused_by_whatever_is_left(
    enter: Enter, folder: Path, anna: SubjectId, bring: Bring, left: str
) -> None:
    with enter() as house:
        house.troth.rotate_keys()
    for region in ("cn", "global"):
        if left in ("no database", "the ledger alone"):
            (folder / f"regions/{region}/keys.db").unlink()
        if left in ("no folder", "the ledger alone"):
            shutil.rmtree(folder / f"regions/{region}/keys")
    with pytest.raises(BadInput, match="epoch 1 of `cn` was destroyed") as refused:
        bring()
    assert "since the last rotation" in refused.value.remedy


def test_living_keys_are_not_thrown_away_for_older_ones(
    enter: Enter, folder: Path, anna: SubjectId, bring: Bring
) -> None:
    with enter() as house:
        since = house.admit()
    before = prints(folder)
    with pytest.raises(BadInput, match="1 living keys"):
        bring()
    assert prints(folder) == before
    with enter() as house:
        assert email(house, since)


def test_nor_where_the_data_is_lost_and_the_keys_are_not(
    enter: Enter, folder: Path, anna: SubjectId, bring: Bring
) -> None:
    with enter() as house:
        house.admit()
    lose_data(folder)
    with pytest.raises(BadInput, match="living keys"):
        bring()


def test_nobody_may_have_the_instance_open(
    enter: Enter, anna: SubjectId, bring: Bring, folder: Path
) -> None:
    with enter():
        for refused in (bring, lambda: bury(folder), lambda: change_root(folder, "env:X")):
            with pytest.raises(StoreBusy, match="in use"):
                refused()


@pytest.mark.parametrize("what", ["not_after", "no date", "cn/epoch-0001.key", "cn.db"])
def test_an_altered_backup_changes_nothing(
    folder: Path, anna: SubjectId, keys: Path, clock: SetClock, what: str
) -> None:
    def change(files: dict[str, bytes]) -> None:
        if what in ("not_after", "no date"):
            date = b"2099-11-09" if what == "not_after" else b"never"
            files["manifest.json"] = files["manifest.json"].replace(b"2026-11-09", date)
        else:
            files[what] = files[what][:-1] + b"?"

    lose_keys(folder)
    before = prints(folder)
    with pytest.raises(BadInput):
        restore_keys(folder, altered(keys, change), clock=clock)
    assert prints(folder) == before


def test_a_backup_under_another_root_key_changes_nothing(
    folder: Path, anna: SubjectId, bring: Bring, clock: SetClock, tmp_path: Path
) -> None:
    create(tmp_path / "other", clock=clock).close()
    lose_keys(folder)
    for region in ("cn", "global"):
        shutil.copy(tmp_path / f"other/regions/{region}/root.key", folder / f"regions/{region}")
    before = prints(folder)
    with pytest.raises(WrongRootKey):
        bring()
    assert prints(folder) == before


def test_a_backup_from_before_the_root_key_changed_needs_the_old_one(
    enter: Enter, folder: Path, anna: SubjectId, keys: Path, clock: SetClock
) -> None:
    change_root(folder, "file:regions/cn/new.key", region="cn", clock=clock)
    (folder / "regions/cn/keys.db").unlink()
    with pytest.raises(WrongRootKey):
        restore_keys(folder, keys, clock=clock)
    restore_keys(folder, keys, root="file:regions/{region}/root.key", clock=clock)
    (folder / "regions/cn/root.key").unlink()
    with enter() as house:
        assert email(house, anna)


def test_on_postgresql_the_servers_own_tools_are_named(
    server: Server, clock: SetClock, tmp_path: Path
) -> None:
    house = PostgresHouses(server, tmp_path).template
    for copy in (
        lambda: troth.back_up_keys(tmp_path / "keys.tar.gz"),
        lambda: troth.back_up(tmp_path / "data.tar.gz"),
    ):
        with open_house(house, clock=clock) as troth, pytest.raises(Misconfigured) as refused:
            copy()
        assert "pg_dump" in refused.value.remedy
    assert bury(house, clock=clock)["cn"] == {"destroyed": 0, "buried": 0}
    assert [path.name for path in tmp_path.iterdir()] == ["house"]


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("where", ["_replayed", "commit", "_make"])
def test_an_interrupted_restore_of_keys_leaves_no_copy_of_them(
    enter: Enter,
    folder: Path,
    anna: SubjectId,
    bring: Bring,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for region in ("cn", "global"):
        (folder / f"regions/{region}/keys.db").unlink()

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(safekeeping if where == "_replayed" else switch, where, killed)
        with suppress(Killed):
            bring()
    if where == "_make":
        with enter() as house:
            assert email(house, anna)
    assert not list(folder.rglob("*.next*"))
    assert not list(folder.rglob("*.part"))
