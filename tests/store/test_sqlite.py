"""One machine: safe defaults that are read back, private files, a full disk, a busy file."""

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from troth.model.errors import Misconfigured, StoreBusy, StoreFull
from troth.store import sqlite
from troth.store.sqlite import PRAGMAS, SqliteStore

MAKE = "CREATE TABLE things (id INTEGER PRIMARY KEY, b BLOB)"
PUT = "INSERT INTO things (b) VALUES (?)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "things.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    store.transact(lambda tx: tx.run(MAKE))
    yield store
    store.close()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("setting", [*PRAGMAS, "journal_mode"])
def test_the_safe_defaults_hold_for_writer_and_readers(store: SqliteStore, setting: str) -> None:
    wanted = PRAGMAS.get(setting, "wal")
    asked = f"PRAGMA {setting}"
    assert store.query(asked) == [(wanted,)]
    assert store.transact(lambda tx: tx.run(asked)) == [(wanted,)]


def test_a_build_that_ignores_a_default_is_refused(path: Path, monkeypatch) -> None:
    monkeypatch.setitem(PRAGMAS, "query_only", 7)
    with pytest.raises(Misconfigured, match="refused query_only=7"):
        SqliteStore(path)


def test_every_file_is_its_owners_alone(store: SqliteStore, path: Path) -> None:
    store.transact(lambda tx: tx.run(PUT, (b"x",)))
    store.backup(f"{path}.copy")
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == [
        f"things.db{end}" for end in ("", "-shm", "-wal", ".copy")
    ]
    assert {mode(file) for file in files} == {0o600}


def test_a_file_that_others_could_read_is_narrowed(path: Path) -> None:
    path.touch(0o644)
    SqliteStore(path).close()
    assert mode(path) == 0o600


def test_a_file_that_is_no_database_is_refused_and_stays_as_it_is(path: Path) -> None:
    path.write_bytes(b"a letter, not a database " * 100)
    before = path.read_bytes()
    with pytest.raises(Misconfigured, match="cannot be opened as a database"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises((Misconfigured, FileNotFoundError), match="nowhere"):
        SqliteStore(tmp_path / "nowhere" / "things.db")


def test_a_full_database_says_so_and_leaves_nothing_half_done(store: SqliteStore) -> None:
    pages = store.query("PRAGMA page_count")[0][0]
    store._writer.execute(f"PRAGMA max_page_count={pages + 3}")
    with pytest.raises(StoreFull):
        store.transact(lambda tx: tx.run_many(PUT, [(b"x" * 4000,)] * 50))
    assert store.query("SELECT count(*) FROM things") == [(0,)]
    store.transact(lambda tx: tx.run(PUT, (b"small",)))


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("skipped, because only root may mount a small disk here")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(store: SqliteStore) -> int:
    """Write rows until the disk is full; return how many were acknowledged."""
    for kept in range(1000):
        try:
            store.transact(lambda tx: tx.run(PUT, (os.urandom(4000),)))
        except StoreFull:
            return kept
    raise AssertionError("the disk never filled")


def test_a_full_disk_says_so_and_keeps_what_was_acknowledged(tiny: Path) -> None:
    store = SqliteStore(tiny / "things.db")
    store.transact(lambda tx: tx.run(MAKE))
    kept = fill(store)
    assert kept > 10
    assert store.query("SELECT count(*) FROM things") == [(kept,)]
    assert store.query("PRAGMA integrity_check") == [("ok",)]
    store.close()


def test_another_program_that_writes_makes_it_busy_not_wrong(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MS", 10)
    store = SqliteStore(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            store.transact(lambda tx: tx.run(MAKE))
    store.transact(lambda tx: tx.run(MAKE))
    store.close()


def test_a_backup_is_whole_and_never_overwrites(store: SqliteStore, tmp_path: Path) -> None:
    store.transact(lambda tx: tx.run(PUT, (b"x",)))
    target = tmp_path / "copy.db"
    store.backup(str(target))
    with pytest.raises(Misconfigured, match="exists"):
        store.backup(str(target))
    copy = SqliteStore(target, readonly=True)
    assert copy.query("SELECT b FROM things") == [(b"x",)]
    copy.close()


def test_a_store_opened_to_read_cannot_write(store: SqliteStore, path: Path) -> None:
    reader = SqliteStore(path, readonly=True)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.transact(lambda tx: tx.run(PUT, (b"x",)))
    reader.close()


def test_a_path_with_signs_in_it_is_still_that_path(tmp_path: Path) -> None:
    path = tmp_path / "a?b#c%20d.db"
    SqliteStore(path).close()
    SqliteStore(path, readonly=True).close()
    assert {file.name.removesuffix("-wal").removesuffix("-shm") for file in tmp_path.iterdir()} == {
        path.name
    }


def test_what_was_deleted_and_scrubbed_is_in_no_file(store: SqliteStore, path: Path) -> None:
    canary = b"canary-" + os.urandom(8).hex().encode()
    store.transact(lambda tx: tx.run_many(PUT, [(canary * 20,)] * 50))
    assert any(canary in file.read_bytes() for file in path.parent.iterdir())
    store.transact(lambda tx: tx.run("DELETE FROM things"))
    store.scrub()
    assert not any(canary in file.read_bytes() for file in path.parent.iterdir())


def test_readers_share_connections(store: SqliteStore) -> None:
    for _ in range(20):
        store.query("SELECT 1")
    assert len(store._idle) == 1


def test_row_locks_are_left_to_databases_that_need_them() -> None:
    assert sqlite.portable("SELECT 1 FOR UPDATE SKIP LOCKED") == "SELECT 1"


BALLAST = 256 << 10


@pytest.fixture
def filled(tiny: Path) -> Iterator[SqliteStore]:
    """A store with a ballast, on a disk without a free byte."""
    store = SqliteStore(tiny / "things.db", ballast=BALLAST)
    store.transact(lambda tx: tx.run(MAKE))
    (tiny / "else").write_bytes(b"x" * BALLAST)
    fill(store)
    with contextlib.suppress(OSError), (tiny / "more").open("wb", buffering=0) as more:
        while more.write(b"x" * 512):
            pass
    yield store
    store.close()


def test_on_a_full_disk_urgent_work_gets_through(filled: SqliteStore) -> None:
    with pytest.raises(StoreFull):
        filled.transact(lambda tx: tx.run("DELETE FROM things WHERE id > 1"))
    filled.transact(lambda tx: tx.run("DELETE FROM things WHERE id > 1"), urgent=True)
    assert filled.query("SELECT count(*) FROM things") == [(1,)]


def test_what_is_not_urgent_waits_until_the_ballast_is_back(
    filled: SqliteStore, tiny: Path
) -> None:
    filled.transact(lambda tx: tx.run("DELETE FROM things WHERE id > 1"), urgent=True)
    with pytest.raises(StoreFull):
        filled.transact(lambda tx: tx.run(PUT, (b"x",)))
    filled.transact(lambda tx: tx.run("DELETE FROM things"), urgent=True)
    (tiny / "else").unlink()
    filled.scrub()
    filled.transact(lambda tx: tx.run(PUT, (b"x",)))
    assert (tiny / "things.db.ballast").stat().st_size == BALLAST


def test_a_ballast_is_private_and_laid_once(tmp_path: Path) -> None:
    path = tmp_path / "things.db"
    SqliteStore(path, ballast=BALLAST).close()
    laid = tmp_path / "things.db.ballast"
    before = laid.stat()
    SqliteStore(path, ballast=BALLAST).close()
    assert (mode(laid), before.st_size, before.st_mtime_ns) == (
        *(0o600, BALLAST),
        laid.stat().st_mtime_ns,
    )
