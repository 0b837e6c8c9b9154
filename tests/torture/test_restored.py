"""A backup comes back and the erased do not (F11); a wrong root key changes nothing (F9)."""

import hashlib
import shutil
import sqlite3
import tarfile
import threading
from pathlib import Path

import pytest

from tests.gate.house import GLOBAL, House, opened
from troth.app import restore, settings
from troth.app.house import Troth
from troth.model.acts import ConsentWithdrawn, Erase, Use
from troth.model.clock import Moment, SetClock
from troth.model.errors import BadInput, Erased, Misconfigured, Refused, WrongRootKey
from troth.model.terms import SubjectId

PEOPLE, GONE = 30, 10


def use(subject: SubjectId, purpose: str = "authenticate") -> Use:
    return Use(subject=subject, fields=("contact.email",), purpose=purpose)


@pytest.fixture
def people(folder: Path, at: Moment) -> list[SubjectId]:
    """Admit people, make a backup, erase some of them, and close."""
    with opened(folder, SetClock(at)) as house:
        people = [house.admit("CN" if n % 2 else "EEA", "marketing") for n in range(PEOPLE)]
        house.troth.back_up(folder.parent / "backup.tar.gz")
        for subject in people[:GONE]:
            assert house.perform(Erase(subject=subject)).certificate.complete
        house.perform(ConsentWithdrawn(subject=people[-1], to="marketing"))
    return people


def brought_back(folder: Path, at: Moment) -> dict[str, object]:
    return restore(folder, folder.parent / "backup.tar.gz", clock=SetClock(at))


@pytest.mark.clause("6.4b", "9.4-6")
def test_the_erased_stay_erased_and_everybody_else_comes_back(
    folder: Path, people: list[SubjectId], at: Moment
) -> None:
    brought_back(folder, at)
    with opened(folder, SetClock(at)) as house:
        for subject in people[:GONE]:
            with pytest.raises(Erased):
                house.perform(use(subject))
        for subject in people[GONE:]:
            assert house.perform(use(subject)).values
        for table in ("subjects", "cells", "blind"):
            rows = [
                subject
                for rooms in house.gate.regions.values()
                for (subject,) in rooms.store.query(f"SELECT DISTINCT subject_id FROM {table}")
            ]
            assert set(rows) == set(people[GONE:])


@pytest.mark.clause("9.3c")
def test_what_was_withdrawn_since_stays_withdrawn(
    folder: Path, people: list[SubjectId], at: Moment
) -> None:
    brought_back(folder, at)
    with opened(folder, SetClock(at)) as house:
        with pytest.raises(Refused):
            house.perform(use(people[-1], "marketing"))
        for report in house.troth.audit().values():
            report.demand()


@pytest.mark.clause("9.4-6", "7.1b")
def test_a_backup_opens_nothing_of_the_erased_with_every_key_there_is(
    folder: Path, people: list[SubjectId], at: Moment, tmp_path: Path
) -> None:
    with tarfile.open(folder.parent / "backup.tar.gz") as archive:
        archive.extractall(tmp_path / "stolen", filter="data")
    for region in ("cn", "global"):
        shutil.copy(tmp_path / "stolen" / f"{region}.db", folder / f"regions/{region}/data.db")
        for side in ("-wal", "-shm"):
            (folder / f"regions/{region}/data.db{side}").unlink(missing_ok=True)
    with opened(folder, SetClock(at)) as house:
        for subject in people[:GONE]:
            assert house.rooms(subject.region).vault.residue(subject)["cells"] == 1
            with pytest.raises(Erased):
                house.rooms(subject.region).vault.handle(subject)


def test_a_backup_holds_no_key(folder: Path, people: list[SubjectId], tmp_path: Path) -> None:
    with tarfile.open(folder.parent / "backup.tar.gz") as archive:
        names = archive.getnames()
        archive.extractall(tmp_path / "stolen", filter="data")
    assert sorted(names) == ["cn.db", "global.db", "manifest.json"]
    keys = sqlite3.connect(folder / "regions/cn/keys.db")
    wrapped = {row[0] for row in keys.execute("SELECT wrapped FROM wrapped_keys")}
    data = (tmp_path / "stolen/cn.db").read_bytes()
    assert wrapped
    assert not any(each in data for each in wrapped)


def test_an_altered_backup_is_refused_and_nothing_is_changed(
    folder: Path, people: list[SubjectId], at: Moment
) -> None:
    archive = folder.parent / "backup.tar.gz"
    shutil.unpack_archive(archive, folder.parent / "open")
    (folder.parent / "open/cn.db").write_bytes(b"not what it was")
    with tarfile.open(archive, "w:gz") as again:
        for file in sorted((folder.parent / "open").iterdir()):
            again.add(file, arcname=file.name)
    before = sums(folder)
    with pytest.raises(BadInput):
        brought_back(folder, at)
    assert sums(folder) == before


# --- the root key ---------------------------------------------------------------------------------


def sums(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("what", ["another", "short", "none"])
def test_a_wrong_root_key_opens_nothing_and_changes_nothing(
    folder: Path, people: list[SubjectId], at: Moment, what: str
) -> None:
    root = folder / "regions/cn/root.key"
    if what == "none":
        root.unlink()
    else:
        root.write_bytes(b"0" * (64 if what == "another" else 3))
    before = sums(folder)
    with pytest.raises((WrongRootKey, Misconfigured)):
        Troth(settings.load(folder), clock=SetClock(at))
    assert {k: v for k, v in sums(folder).items() if "-shm" not in k} == {
        k: v for k, v in before.items() if "-shm" not in k
    }


# --- rotation under load --------------------------------------------------------------------------


def test_no_read_fails_while_every_key_is_rewrapped(house: House) -> None:
    people = [house.admit() for _ in range(40)]
    wrong: list[BaseException] = []
    stop = threading.Event()

    def read(start: int) -> None:
        number = start
        while not stop.is_set():
            number += 1
            try:
                assert house.perform(use(people[number % len(people)])).values
            except BaseException as error:
                wrong.append(error)
                return

    readers = [threading.Thread(target=read, args=(n * 7,)) for n in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(4):
        house.troth.rotate_keys()
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert len(list(house.folder.glob("regions/cn/keys/epoch-*.key"))) == 1
    assert house.last("house.event", GLOBAL).what["event"] == "keys.rotated"
