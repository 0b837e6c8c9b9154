"""Small private files: whole or not there, and destroyed for good."""

from pathlib import Path

import pytest

from troth.vault import files


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.key"


def test_a_new_file_is_private(path: Path):
    assert files.write_new(path, b"contents")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"contents", 0o600)


def test_a_file_that_is_there_is_left_alone(path: Path):
    path.write_bytes(b"old")
    assert not files.write_new(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_replaced_file_is_private_and_new(path: Path):
    path.write_bytes(b"old")
    files.replace(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)


def test_nothing_is_left_beside_a_written_file(path: Path):
    files.write_new(path, b"1")
    files.write_new(path, b"2")
    files.replace(path, b"3")
    assert list(path.parent.iterdir()) == [path]


def test_a_shredded_file_is_overwritten_before_it_goes(path: Path):
    files.write_new(path, b"secret" * 100)
    witness = path.with_name("same blocks")
    witness.hardlink_to(path)
    files.shred(path)
    assert not path.exists()
    assert len(witness.read_bytes()) == 600
    assert b"secret" not in witness.read_bytes()


def test_shredding_nothing_is_no_error(path: Path):
    files.shred(path)
