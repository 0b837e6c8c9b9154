"""Another root key: from then on only that one opens the instance (F9)."""

import base64
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from tests.app.files import prints
from tests.gate.house import House
from troth.app import change_root, doctor, rewrap, settings
from troth.model.acts import Use
from troth.model.clock import SetClock
from troth.model.errors import BadInput, Misconfigured, WrongRootKey
from troth.model.terms import SubjectId
from troth.vault.home import KeyHome

Enter = Callable[[], AbstractContextManager[House]]
Change = Callable[..., dict[str, object]]
TO = "file:regions/{region}/new.key"


@pytest.fixture
def change(folder: Path, clock: SetClock) -> Change:
    """Return a function that changes the root key."""
    return lambda to=TO, **more: change_root(folder, to, clock=clock, **more)


@pytest.fixture
def anna(enter: Enter) -> SubjectId:
    """Admit somebody, and close."""
    with enter() as house:
        return house.admit()


def opens(enter: Enter, subject: SubjectId) -> bool:
    with enter() as house:
        use = Use(subject=subject, fields=("contact.email",), purpose="authenticate")
        return bool(house.perform(use).values)


def test_the_new_root_key_opens_and_the_old_one_does_not(
    enter: Enter, folder: Path, anna: SubjectId, change: Change
) -> None:
    change()
    assert settings.load(folder).regions["cn"].root_key == "file:regions/cn/new.key"
    assert opens(enter, anna)
    settings.name_root_key(folder, "cn", "file:regions/cn/root.key")
    before = prints(folder)
    with pytest.raises(WrongRootKey), enter():
        pass
    assert prints(folder) == before


def test_it_says_what_changed_and_until_when_the_old_one_is_of_use(change: Change) -> None:
    told = change()
    assert told["destroy_the_old_after"] == "2026-11-09T12:00:00Z"
    changed = told["regions"]["cn"]  # type: ignore[index]
    assert (changed.was, changed.now) == ("file:regions/cn/root.key", "file:regions/cn/new.key")


def test_one_region_alone_can_change(enter: Enter, folder: Path, change: Change) -> None:
    change("file:elsewhere.key", region="cn")
    loaded = settings.load(folder).regions
    assert loaded["cn"].root_key == "file:elsewhere.key"
    assert loaded["global"].root_key == "file:regions/global/root.key"
    with enter() as house:
        assert house.last("house.event", house.gate.home).what["region"] == "cn"


def test_a_root_key_can_move_to_the_environment(
    enter: Enter, anna: SubjectId, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_ROOT", base64.b64encode(b"r" * 32).decode())
    change("env:A_ROOT", region="cn")
    assert opens(enter, anna)


def test_everything_else_in_the_settings_stays_as_it_was_written(
    folder: Path, change: Change
) -> None:
    before = (folder / "troth.toml").read_text().splitlines()
    change()
    after = (folder / "troth.toml").read_text().splitlines()
    differ = [new for old, new in zip(before, after, strict=True) if old != new]
    assert differ == [f'root_key = "file:regions/{name}/new.key"' for name in ("cn", "global")]


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize(
    ("owner", "name"),
    [(KeyHome, "rewrap"), (settings, "name_root_key"), (KeyHome, "_finish_rewrap")],
    ids=["before", "after", "amid"],
)
def test_interrupted_the_same_command_goes_on(
    enter: Enter,
    folder: Path,
    anna: SubjectId,
    change: Change,
    owner: object,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = getattr(owner, name)

    def killed(*args: object) -> None:
        if name != "_finish_rewrap" or (args[0].folder / "rewrap.commit").exists():  # type: ignore[attr-defined]
            raise Killed
        real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed)
        with suppress(Killed):
            change()
    found = doctor(folder)
    assert "interrupted" in found[0].what
    assert "--region cn --to file:regions/cn/new.key" in found[0].remedy
    change()
    assert opens(enter, anna)
    assert not (folder / rewrap.PENDING).exists()


@pytest.mark.parametrize(
    ("to", "more", "says"),
    [
        ("file:one.key", {}, "each region has a root key of its own"),
        ("file:one.key", {"region": "moon"}, "no region `moon`"),
        ("kms:key", {}, "not a reference"),
        ("file:", {}, "not a reference"),
        ("file:nowhere/{region}.key", {}, "is no folder"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    folder: Path, change: Change, to: str, more: dict[str, str], says: str
) -> None:
    before = prints(folder)
    with pytest.raises(BadInput, match=says):
        change(to, **more)
    assert prints(folder) == before


@pytest.mark.parametrize("key", ["short", "not base64!", ""])
def test_a_variable_that_is_no_key_is_refused(
    folder: Path, change: Change, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_ROOT", key)
    before = prints(folder)
    for name in ("A_ROOT", "NO_ROOT"):
        with pytest.raises(Misconfigured):
            change(f"env:{name}", region="cn")
    assert prints(folder) == before


def test_a_root_key_that_a_variable_names_is_not_changed_in_the_file(
    folder: Path, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TROTH_REGIONS_CN_ROOT_KEY", "file:/elsewhere")
    with pytest.raises(BadInput, match="named by a variable"):
        change()


def test_a_file_that_was_written_in_another_way_is_left_alone(
    folder: Path, anna: SubjectId, change: Change, enter: Enter
) -> None:
    toml = folder / "troth.toml"
    line = 'root_key = "file:regions/cn/root.key"'
    toml.write_text(toml.read_text().replace(line, '"root_key" = "file:regions/cn/root.key"'))
    with pytest.raises(Misconfigured, match="cannot be changed") as refused:
        change()
    toml.write_text(toml.read_text().replace("cn/root.key", "cn/new.key"))
    assert 'root_key = "file:regions/cn/new.key"' in refused.value.remedy
    assert opens(enter, anna)
