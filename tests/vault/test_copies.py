"""A copy that was made before an erasure opens nothing of what was erased since (9.4-6)."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.vault.room import Room, furnished
from tests.vault.test_erasure import on_disk, opens
from troth.model.clock import Moment
from troth.store.sqlite import SqliteStore
from troth.vault.home import KeyHome
from troth.vault.keys import KeyStore


def copied(folder: Path, room: Room, where: str, target: Path) -> Path:
    """Copy a living database: its files with the log, a backup of it, or a follower of it."""
    target.mkdir()
    (file,) = folder.glob("data-*.db")
    if where == "backup":
        room.data.backup(str(target / "data.db"))
    elif where == "replica":
        # A follower gets every statement: it holds the same rows in a file of its own.
        follower = sqlite3.connect(target / "data.db", isolation_level=None)
        with closing(sqlite3.connect(file)) as leader, closing(follower):
            follower.executescript("\n".join(leader.iterdump()))
    else:
        for each in folder.glob(f"{file.name}*"):
            shutil.copy(each, target / each.name.replace(file.name, "data.db"))
    return target / "data.db"


@pytest.mark.clause("9.4-6")
@pytest.mark.parametrize("where", ["the file with its log", "backup", "replica"])
def test_no_copy_that_was_made_before_opens_what_was_erased_since(
    tmp_path: Path, home: KeyHome, sqlite_maker, at: Moment, where: str
):
    room, folder = on_disk(tmp_path, home, sqlite_maker, at)
    gone, part, stays = (
        room.admitted({"contact.address": f"a{n}", "nickname": f"n{n}"}) for n in range(3)
    )
    copy = SqliteStore(copied(folder, room, where, tmp_path / "copy"))
    before = furnished(copy, room.keys_data, home, KeyStore(room.keys_data, home))
    assert all(opens(before, handle) for handle in (gone, part, stays))
    room.erase(gone)
    room.erase(part, "nickname")
    after = furnished(copy, room.keys_data, home, KeyStore(room.keys_data, home))
    assert after.vault.residue(gone.subject)["cells"] > 0
    assert [opens(after, handle) for handle in (gone, part, stays)] == [False, False, True]
