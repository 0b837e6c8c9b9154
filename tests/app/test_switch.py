"""New files in place of old ones: all of them or none, wherever it is interrupted."""

import itertools
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from troth.app import switch
from troth.app.switch import Move
from troth.vault import files

OLD = {"data.db": b"old data", "keys.db": b"old keys"}
NEW = {"data.db": b"new data", "keys.db": b"new keys"}


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def moves(tmp_path: Path) -> list[Move]:
    """Lay two databases and a key folder, and what is to replace them."""
    for name in OLD:
        (tmp_path / name).write_bytes(OLD[name])
        switch.fresh(tmp_path / name).write_bytes(NEW[name])
    for folder, text in (("keys", b"old"), ("keys.next", b"new")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "epoch-0001.key").write_bytes(text)
    (tmp_path / "data.db-wal").write_bytes(b"the old log")
    return [*(Move(str(tmp_path / name)) for name in OLD), Move(str(tmp_path / "keys"), True)]


def state(folder: Path) -> set[bytes]:
    """Return which of the old and the new lies in place."""
    found = {name: (folder / name).read_bytes() for name in OLD}
    return {octets.split()[0] for octets in found.values()} | {
        (folder / "keys/epoch-0001.key").read_bytes()
    }


def test_everything_takes_its_place(tmp_path: Path, moves: list[Move]) -> None:
    switch.commit(tmp_path, moves)
    assert state(tmp_path) == {b"new"}
    assert not switch.interrupted(tmp_path)


def test_old_data_stays_beside_it_and_old_keys_do_not(tmp_path: Path, moves: list[Move]) -> None:
    switch.commit(tmp_path, moves)
    assert (tmp_path / "data.db.before-restore").read_bytes() == OLD["data.db"]
    assert not (tmp_path / "keys.before-restore").exists()


def test_the_log_of_the_old_database_is_not_taken_for_the_new_ones(
    tmp_path: Path, moves: list[Move]
) -> None:
    switch.commit(tmp_path, moves)
    assert not (tmp_path / "data.db-wal").exists()
    assert (tmp_path / "data.db.before-restore-wal").read_bytes() == b"the old log"


def kill_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process end at the n-th change of the disk."""
    steps = itertools.count(1)

    def dies(act: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **kwargs: object) -> object:
            if next(steps) == step:
                raise Killed
            return act(*args, **kwargs)

        return counted

    for owner, name in ((Path, "replace"), (Path, "unlink"), (files, "sync_folder")):
        monkeypatch.setattr(owner, name, dies(getattr(owner, name)))


@pytest.mark.parametrize("step", range(1, 40))
def test_wherever_it_is_interrupted_the_old_state_stands_or_the_new(
    tmp_path: Path, moves: list[Move], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        kill_at(step, patched)
        with suppress(Killed):
            switch.commit(tmp_path, moves)
    decided = switch.interrupted(tmp_path) or not switch.fresh(tmp_path / "keys").exists()
    switch.finish(tmp_path)
    switch.sweep(tmp_path, moves)
    assert state(tmp_path) == ({b"new"} if decided else {b"old"})
    assert not list(tmp_path.rglob("*.next*"))
    assert not (tmp_path / "keys.before-restore").exists()


def test_what_was_never_decided_on_is_removed(tmp_path: Path, moves: list[Move]) -> None:
    (tmp_path / "data.db.next-wal").write_bytes(b"log")
    (tmp_path / ".restore.part").mkdir()
    (tmp_path / ".restore.part/epoch-0001.key").write_bytes(b"key")
    assert len(switch.left(tmp_path, moves)) == 5
    switch.sweep(tmp_path, moves)
    assert switch.left(tmp_path, moves) == []
    assert state(tmp_path) == {b"old"}


def test_a_workshop_is_empty_private_and_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / ".x.part").mkdir()
    (tmp_path / ".x.part/left").write_bytes(b"by a crash")
    with switch.workshop(tmp_path / "x") as folder:
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "key").write_bytes(b"key")
    assert list(tmp_path.iterdir()) == []


def test_finishing_nothing_does_nothing(tmp_path: Path) -> None:
    switch.finish(tmp_path)
    switch.destroy(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []
