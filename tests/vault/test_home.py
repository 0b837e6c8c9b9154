"""The folder of long-lived keys: opened by the right root key, never damaged by a wrong one."""

import base64
import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from troth.model.errors import Misconfigured, WrongRootKey
from troth.vault import files
from troth.vault.home import KeyHome, RootKey

OTHER = RootKey(b"\xff" * 32, "another")


def prints(folder: Path) -> dict[str, str]:
    """Return every file of a folder with the hash of its contents."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture
def full(home: KeyHome) -> KeyHome:
    """Return a key folder with two named keys and an epoch."""
    home.named("index"), home.named("signer"), home.make_epoch(1)
    return home


def contents(home: KeyHome) -> tuple[bytes, bytes, bytes | None]:
    """Return the keys that ``full`` has."""
    return home.named("index"), home.named("signer"), home.epoch(1)


# --- the root key ------------------------------------------------------------------------------


def test_a_root_key_file_is_private_and_read_back(tmp_path: Path):
    made = RootKey.create(tmp_path / "root")
    read = RootKey.from_reference(f"file:{tmp_path / 'root'}")
    assert read.unwrap("named", "a", made.wrap("named", "a", b"k")) == b"k"
    assert (tmp_path / "root").stat().st_mode & 0o777 == 0o600


def test_a_root_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("A_ROOT", base64.b64encode(bytes(32)).decode())
    assert repr(RootKey.from_reference("env:A_ROOT")) == "RootKey(env:A_ROOT)"


def test_a_root_key_is_never_overwritten(tmp_path: Path):
    RootKey.create(tmp_path / "root")
    before = prints(tmp_path)
    with pytest.raises(Misconfigured, match="exists"):
        RootKey.create(tmp_path / "root")
    assert prints(tmp_path) == before


@pytest.mark.parametrize("reference", ["", "file:", "env:", "kms:key", "/a/path", "file"])
def test_a_reference_that_is_not_understood_is_refused(reference: str):
    with pytest.raises(Misconfigured, match="reference"):
        RootKey.from_reference(reference)


def test_a_missing_root_key_is_never_made_anew(tmp_path: Path):
    with pytest.raises(Misconfigured, match="put the root key of this instance back"):
        RootKey.from_reference(f"file:{tmp_path / 'root'}")
    assert not list(tmp_path.iterdir())


def test_a_missing_variable_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("A_ROOT", raising=False)
    with pytest.raises(Misconfigured, match="not set"):
        RootKey.from_reference("env:A_ROOT")


@pytest.mark.parametrize("text", ["", "short", "!!!", base64.b64encode(bytes(31)).decode()])
def test_a_malformed_root_key_is_refused(monkeypatch: pytest.MonkeyPatch, text: str):
    monkeypatch.setenv("A_ROOT", text)
    with pytest.raises(Misconfigured):
        RootKey.from_reference("env:A_ROOT")


def test_a_binary_root_key_file_is_refused(tmp_path: Path):
    files.write_new(tmp_path / "root", b"\xff" * 32)
    with pytest.raises(Misconfigured, match="cannot be read"):
        RootKey.from_reference(f"file:{tmp_path / 'root'}")


def test_a_root_key_others_can_read_is_refused(tmp_path: Path):
    RootKey.create(tmp_path / "root")
    (tmp_path / "root").chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        RootKey.from_reference(f"file:{tmp_path / 'root'}")


# --- named keys and epochs ---------------------------------------------------------------------


def test_a_key_is_made_once_and_stays(full: KeyHome, root: RootKey):
    assert contents(full) == contents(full) == contents(KeyHome(full.folder, root))
    assert len({*contents(full)}) == 3


def test_another_process_s_key_is_taken_not_made_twice(home: KeyHome, root: RootKey):
    twin = KeyHome(home.folder, root)
    assert home.named("index") == twin.named("index")
    assert twin.make_epoch(1) == home.make_epoch(1)


@pytest.mark.parametrize("name", ["", "../root", "epoch-0001", "A", "a/b", ".a"])
def test_a_key_cannot_have_any_name(home: KeyHome, name: str):
    with pytest.raises(Misconfigured):
        home.named(name)


def test_key_files_are_private_and_hold_no_key(full: KeyHome):
    for path in full.folder.glob("*.key"):
        assert path.stat().st_mode & 0o777 == 0o600
        assert not any(key in path.read_bytes() for key in contents(full) if key)


def test_a_destroyed_epoch_is_gone_with_all_its_remains(full: KeyHome, root: RootKey):
    (full.folder / ".epoch-0001.key.0123").write_bytes(b"left by a kill")
    (full.folder / "epoch-0001.next").write_bytes(b"left by a kill")
    full.destroy_epoch(1)
    assert (full.epoch(1), full.epochs()) == (None, [])
    assert not [path for path in full.folder.iterdir() if "epoch" in path.name]
    assert KeyHome(full.folder, root).epochs() == []
    full.destroy_epoch(1)


# --- a wrong root key, a lost file -------------------------------------------------------------


@pytest.mark.clause("7.1b")
def test_a_wrong_root_key_is_refused_and_nothing_is_written(full: KeyHome):
    before = prints(full.folder)
    with pytest.raises(WrongRootKey, match="`another` does not open") as refused:
        KeyHome(full.folder, OTHER)
    assert refused.value.remedy
    assert prints(full.folder) == before


@pytest.mark.parametrize("name", ["index", "signer", "epoch-0001"])
def test_a_lost_key_file_is_missed_not_made_anew(full: KeyHome, root: RootKey, name: str):
    (full.folder / f"{name}.key").unlink()
    before = prints(full.folder)
    with pytest.raises(Misconfigured, match=f"`{name}.key` is missing"):
        KeyHome(full.folder, root)
    assert prints(full.folder) == before


@pytest.mark.parametrize("place", [0, 15, 30, -1])
def test_an_altered_key_file_is_refused(full: KeyHome, root: RootKey, place: int):
    path = full.folder / "index.key"
    altered = bytearray(path.read_bytes())
    altered[place] ^= 1
    path.write_bytes(altered)
    with pytest.raises(WrongRootKey, match=r"`index.key`"):
        KeyHome(full.folder, root)


def test_key_files_cannot_change_places(full: KeyHome, root: RootKey):
    index, signer = full.folder / "index.key", full.folder / "signer.key"
    one, other = index.read_bytes(), signer.read_bytes()
    index.write_bytes(other), signer.write_bytes(one)
    with pytest.raises(WrongRootKey):
        KeyHome(full.folder, root)


# --- a new root key ----------------------------------------------------------------------------


def test_after_a_rewrap_only_the_new_root_key_opens(full: KeyHome, root: RootKey):
    keys = contents(full)
    full.rewrap(OTHER)
    assert contents(KeyHome(full.folder, OTHER)) == contents(full) == keys
    with pytest.raises(WrongRootKey):
        KeyHome(full.folder, root)
    assert sorted(path.suffix for path in full.folder.iterdir()) == [".key"] * 3 + [".list"]


class Killed(BaseException):
    """The process ends here."""


def killing(step: int, work: Callable[..., object]) -> Callable[..., object]:
    """Return ``work`` that ends the process when it is called for the nth time."""
    calls = iter(range(step + 1))

    def work_or_die(*args: object, **named: object) -> object:
        if next(calls, None) == step:
            raise Killed
        return work(*args, **named)

    return work_or_die


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("what", ["replace", "shred", "sync_folder"])
def test_a_rewrap_killed_anywhere_leaves_one_root_key_that_opens_all(
    full: KeyHome, root: RootKey, monkeypatch: pytest.MonkeyPatch, what: str, step: int
):
    keys = contents(full)
    with monkeypatch.context() as patch:
        patch.setattr(files, what, killing(step, getattr(files, what)))
        with contextlib.suppress(Killed):
            full.rewrap(OTHER)
    assert [keys] == [contents(home) for home in opened(full.folder, root, OTHER)]


@pytest.mark.parametrize("step", range(6))
def test_a_rewrap_killed_between_two_renames_is_finished(
    full: KeyHome, root: RootKey, monkeypatch: pytest.MonkeyPatch, step: int
):
    keys, rename = contents(full), Path.replace
    switched = (full.folder / "rewrap.commit").exists
    calls = iter(range(100))

    def rename_or_die(path: Path, target: Path) -> Path:
        if switched() and next(calls) == step:
            raise Killed
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", rename_or_die)
        with pytest.raises(Killed):
            full.rewrap(OTHER)
    assert [keys] == [contents(home) for home in opened(full.folder, root, OTHER)]


def opened(folder: Path, *roots: RootKey) -> list[KeyHome]:
    """Return the folder as each root key opens it, leaving out those that do not."""
    homes = []
    for root in roots:
        try:
            homes.append(KeyHome(folder, root))
        except WrongRootKey:
            continue
    return homes


def test_a_stale_rewrap_does_not_bring_an_epoch_back(full: KeyHome):
    (full.folder / "epoch-0009.next").write_bytes(b"left by a kill")
    full.rewrap(OTHER)
    assert full.epochs() == KeyHome(full.folder, OTHER).epochs() == [1]


def test_the_folder_is_for_its_owner_alone(home: KeyHome):
    assert home.folder.stat().st_mode & 0o777 == 0o700
