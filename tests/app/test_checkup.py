"""The doctor names each ailment, says how to mend it, and mends nothing."""

import shutil
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.app.files import asked, prints
from tests.gate.house import House
from troth.app import checkup, doctor, switch
from troth.app.checkup import Ailment
from troth.model.acts import Actor, Notify, Use
from troth.model.clock import SetClock
from troth.model.secret import Secret

Enter = Callable[[], AbstractContextManager[House]]
Look = Callable[[], list[Ailment]]
WHOLE = {"no mail server is set: mail is written to the spool folder"}


@pytest.fixture
def look(folder: Path, clock: SetClock) -> Look:
    """Return a function that asks the doctor."""
    return lambda: doctor(folder, clock=clock)


@pytest.fixture
def well(enter: Enter, folder: Path, tmp_path: Path) -> Path:
    """Return an instance that lacks nothing but a mail server."""
    with enter() as house:
        house.troth.back_up(tmp_path / "data.tar.gz")
        house.troth.back_up_keys(tmp_path / "keys.tar.gz")
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    """Change a word of the settings."""
    toml = folder / "troth.toml"
    text = toml.read_text()
    assert old in text
    toml.write_text(text.replace(old, new, 1))


def one(found: list[Ailment], level: str, says: str) -> Ailment:
    """Return the one ailment that says something."""
    (ailment,) = [each for each in found if says in each.what]
    assert ailment.level == level
    assert ailment.remedy
    return ailment


def test_a_healthy_instance_lacks_nothing(well: Path, look: Look) -> None:
    assert {ailment.what for ailment in look()} == WHOLE


def test_looking_changes_nothing(well: Path, look: Look) -> None:
    look()
    before = prints(well)
    look()
    assert prints(well) == before


# --- files and settings ------------------------------------------------------------------------


def test_a_folder_that_holds_no_instance(tmp_path: Path) -> None:
    assert "troth init" in one(doctor(tmp_path), "error", "holds no troth.toml").remedy


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[email]", "[email", "is not TOML"),
        ("port = 8420", "prot = 8420", "unknown key `prot` under [server] (meant: `port`?)"),
        ("port = 8420", "port = 0", "port"),
        ("[sms]", '[sms]\nsecret = "literal"', "holds a secret itself"),
        ("[email]", '[email]\nhost = "127.0.0.1"\npassword = "env:NO_SUCH"', "leads nowhere"),
        ('root_key = "file:regions/cn', 'root_key = "env:NO_SUCH_ROOT" #', "is not set"),
    ],
)
def test_settings_that_are_wrong(well: Path, look: Look, old: str, new: str, says: str) -> None:
    edit(well, old, new)
    one(look(), "error", says)


@pytest.mark.parametrize("kind", ["root key", "keys database", "data database"])
def test_a_file_that_is_missing(well: Path, look: Look, kind: str) -> None:
    name = {"root key": "root.key", "keys database": "keys.db", "data database": "data.db"}[kind]
    (well / "regions/cn" / name).unlink()
    ailment = one(look(), "error", f"the {kind} of `cn` is")
    assert {"root key": "bring it back", "keys database": "troth keys restore"}.get(
        kind, "troth restore"
    ) in ailment.remedy


@pytest.mark.parametrize("name", ["root.key", "data.db", "keys.db"])
def test_a_file_that_others_can_read(well: Path, look: Look, name: str) -> None:
    (well / "regions/cn" / name).chmod(0o644)
    assert "chmod 600" in one(look(), "error", "can be read by others").remedy


def test_a_root_key_of_another_instance(well: Path, look: Look) -> None:
    shutil.copy(well / "regions/global/root.key", well / "regions/cn/root.key")
    one(look(), "error", "does not open")


def test_an_epoch_key_that_is_missing(well: Path, look: Look) -> None:
    (well / "regions/cn/keys/epoch-0001.key").unlink()
    one(look(), "error", "`epoch-0001.key` is missing")


def test_a_database_of_a_newer_version(well: Path, look: Look) -> None:
    asked(well / "regions/cn/data.db", "INSERT INTO migrations VALUES (9999, 'x', 0)")
    assert "newer" in one(look(), "error", "has migration 9999").remedy


@pytest.mark.parametrize("name", ["data.db", "keys.db"])
def test_a_database_that_is_none(well: Path, look: Look, name: str) -> None:
    (well / "regions/cn" / name).write_bytes(b"not a database" * 1000)
    one(look(), "error", "cannot be opened as a database")


def test_a_disk_that_is_nearly_full(
    well: Path, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda _: SimpleNamespace(free=7 << 20))
    one(look(), "warning", "only 7 MiB are free")


def test_a_service_that_listens_to_everybody(well: Path, look: Look) -> None:
    edit(well, '\nhost = "127.0.0.1"', '\nhost = "0.0.0.0"')
    assert "trusted_proxies" in one(look(), "warning", "listens on 0.0.0.0").remedy
    edit(well, "# trusted_proxies", "trusted_proxies")
    assert not [each for each in look() if "listens" in each.what]


def test_an_authority_that_is_none(well: Path, look: Look) -> None:
    edit(well, "[identity]", '[identity]\nauthority = "fake"')
    assert "people decide" in one(look(), "warning", "fake authority").remedy


def test_a_mail_server_that_does_not_answer(well: Path, look: Look) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        edit(well, "[email]", f'[email]\nhost = "127.0.0.1"\nport = {port}')
        assert look() == []
    one(look(), "warning", f"127.0.0.1:{port} does not answer")


def test_what_a_restore_left_beside(well: Path, look: Look) -> None:
    switch.before(well / "regions/cn/data.db").write_bytes(b"")
    one(look(), "warning", "data.db.before-restore is still there")


# --- inside ------------------------------------------------------------------------------------


def test_a_ledger_that_was_altered(well: Path, look: Look) -> None:
    asked(
        well / "regions/global/data.db",
        "UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), 'backup', 'bakcup') AS BLOB)",
    )
    one(look(), "error", "ledger of `global` does not verify")


def test_a_subject_in_the_wrong_region(enter: Enter, well: Path, look: Look) -> None:
    with enter() as house:
        house.admit("CN")
    asked(well / "regions/cn/data.db", "UPDATE subjects SET subject_id = 'global-' || subject_id")
    one(look(), "error", "subjects of another region lie in `cn`")


def test_an_epoch_that_should_have_ended(well: Path, look: Look, clock: SetClock) -> None:
    clock.forward(days=5)
    assert not [each for each in look() if "rotated" in each.what]
    clock.forward(days=1)
    found = [each.what for each in look() if "rotated" in each.what]
    assert found == [f"the keys of `{r}` have not been rotated for over 7 days" for r in REGIONS]


REGIONS = ("cn", "global")


def test_a_notice_that_reached_nobody(enter: Enter, well: Path, look: Look) -> None:
    with enter() as house:
        subject = house.admit()
        house.perform(
            Notify(subject=subject, notice="code", purpose="authenticate", text=Secret("246810"))
        )
    asked(well / "regions/cn/data.db", "UPDATE outbox SET state = 'dead'")
    one(look(), "warning", "1 notices of `cn` reached nobody")


def test_a_clock_that_was_put_back(well: Path, look: Look, clock: SetClock) -> None:
    clock.forward(days=-1)
    one(look(), "error", "the clock of this machine stands before")


def test_backups_that_are_missing(
    folder: Path, look: Look, clock: SetClock, enter: Enter, tmp_path: Path
) -> None:
    assert "troth keys backup" in one(look(), "warning", "no backup of the keys").remedy
    assert not [each for each in look() if "of the data" in each.what]
    clock.forward(days=8)
    one(look(), "warning", "no backup of the data was made for 7 days")
    with enter() as house:
        house.troth.back_up_keys(tmp_path / "keys.tar.gz")
        house.troth.back_up(tmp_path / "data.tar.gz")
    assert not [each for each in look() if "no backup" in each.what]
    clock.forward(seconds=1)
    with enter() as house:
        house.troth.rotate_keys()
    one(look(), "warning", "no backup of the keys was made in this epoch")


def test_it_does_not_count_what_people_do_as_the_houses_own(
    enter: Enter, well: Path, look: Look
) -> None:
    with enter() as house:
        subject = house.admit("EEA")
        house.perform(Use(subject=subject, fields=("contact.email",), purpose="authenticate"))
    assert {ailment.what for ailment in look()} == WHOLE


def test_a_plan_that_waits_for_somebody(enter: Enter, well: Path, look: Look) -> None:
    with enter() as house:
        plan = house.troth.retention.plan()
    told = one(look(), "warning", "waits for an approval since 2026-11-02")
    assert f"troth retention approve {plan.id}" in told.remedy
    with enter() as house:
        by = Actor(kind="staff", id="s4", role="privacy")
        house.troth.retention.approve(plan.id, by=by)
    assert {ailment.what for ailment in look()} == WHOLE
