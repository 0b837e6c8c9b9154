"""Erased is erased: in the tables, in the files, in a restored backup, after a crash."""

import base64
import gzip
import itertools
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.vault.room import CN, PROFILE, Room, furnished
from troth.model.clock import Moment
from troth.model.errors import Erased, NotFound, Sealed
from troth.model.terms import ALL, SubjectId
from troth.store.sqlite import SqliteStore
from troth.vault.cells import Doomed, Handle
from troth.vault.home import KeyHome
from troth.vault.keys import KeyId, KeyStore

NOTHING = {"subjects": 0, "cells": 0, "blind": 0}


def doomed_rows(room: Room) -> list[str]:
    """Return the keys that are written down to die."""
    return [key for (key,) in room.data.query("SELECT key_id FROM doomed")]


# --- all of it ---------------------------------------------------------------------------------


@pytest.mark.clause("6.4b", "9.4-6")
def test_an_erased_subject_is_gone(room: Room):
    handle = room.admitted(PROFILE)
    room.erase(handle)
    assert room.vault.residue(handle.subject) == NOTHING
    assert room.find("contact.email", PROFILE["contact.email"]) == []
    with pytest.raises(NotFound):
        room.vault.handle(handle.subject)
    with pytest.raises(NotFound):
        room.open(handle)
    assert room.keys.missing([handle.key]) == {handle.key}


def test_erasing_one_leaves_the_others(room: Room):
    first = room.admitted(PROFILE)
    second = room.admitted(PROFILE | {"contact.email": "li@example.com"})
    room.erase(first)
    assert room.open(second)["contact.email"] == "li@example.com"
    assert room.find("contact.phone", PROFILE["contact.phone"]) == [second.subject]


def test_erasing_twice_finds_nothing(room: Room):
    handle = room.admitted(PROFILE)
    room.erase(handle)
    for fields in ((), ("contact.email",)):
        with pytest.raises(NotFound):
            room.erase(handle, *fields)


def test_an_erased_subject_gets_nothing_kept(room: Room):
    handle = room.admitted(PROFILE)
    room.erase(handle)
    with pytest.raises(NotFound):
        room.keep(handle, PROFILE)


@pytest.mark.clause("9.4-6")
def test_what_cannot_be_opened_can_still_be_erased(room: Room):
    handle = room.admitted(PROFILE)
    room.data.transact(lambda tx: tx.run("UPDATE cells SET sealed = ?", (b"rotten",)))
    with pytest.raises(Sealed):
        room.open(handle)
    room.erase(handle)
    assert room.vault.residue(handle.subject) == NOTHING


def test_a_subject_without_values_can_be_erased(room: Room):
    handle = room.admitted()
    room.erase(handle)
    assert room.vault.residue(handle.subject) == NOTHING


def test_residue_counts_what_is_there(room: Room):
    handle = room.admitted(PROFILE)
    assert room.vault.residue(handle.subject) == {"subjects": 1, "cells": 3, "blind": 3}
    assert room.vault.residue(SubjectId.new(CN)) == NOTHING


# --- a part ------------------------------------------------------------------------------------


@pytest.mark.clause("9.4-6", "6.4c")
def test_an_erased_field_is_gone_and_the_rest_stays(room: Room):
    handle = room.admitted(PROFILE)
    room.erase(handle, "contact.email", "profile.note")
    left = {f: v for f, v in PROFILE.items() if f not in ("contact.email", "profile.note")}
    assert room.open(handle) == room.open(room.vault.handle(handle.subject)) == left
    assert room.find("contact.email", PROFILE["contact.email"]) == []
    assert room.find("contact.phone", PROFILE["contact.phone"]) == [handle.subject]
    assert room.vault.residue(handle.subject) == {"subjects": 1, "cells": 2, "blind": 2}


@pytest.mark.clause("9.4-6")
def test_a_partial_erasure_ends_the_key_under_which_the_part_lay(room: Room):
    handle = room.admitted(PROFILE)
    room.erase(handle, "contact.email")
    fresh = room.vault.handle(handle.subject)
    assert (fresh.who, fresh.key != handle.key) == (handle.who, True)
    assert room.keys.missing([handle.key, fresh.key]) == {handle.key}


def test_a_large_field_is_erased_with_its_own_cell(room: Room):
    handle = room.admitted({"enterprise.name": "某某有限公司", "enterprise.licence": b"x" * 9000})
    room.erase(handle, "enterprise.licence")
    assert room.open(handle) == {"enterprise.name": "某某有限公司"}
    assert room.vault.residue(handle.subject)["cells"] == 1


def test_a_large_field_stays_when_its_neighbours_go(room: Room):
    licence = secrets.token_bytes(9000)
    handle = room.admitted({"enterprise.name": "某某有限公司", "enterprise.licence": licence})
    room.erase(handle, "enterprise.name")
    assert room.open(handle, "enterprise.licence") == {"enterprise.licence": licence}


def test_erasing_what_is_not_held_changes_nothing(room: Room):
    handle = room.admitted(PROFILE)
    doomed = room.data.transact(lambda tx: room.vault.erase(tx, handle, ("nickname",)))
    assert not doomed
    assert room.vault.handle(handle.subject) == handle


def test_erasing_every_field_leaves_the_file(room: Room):
    handle = room.admitted(PROFILE)
    room.erase(handle, *PROFILE)
    assert room.vault.residue(handle.subject) == {"subjects": 1, "cells": 0, "blind": 0}
    room.keep(handle, {"nickname": "z"})
    assert room.open(handle) == {"nickname": "z"}


def test_in_one_transaction_a_field_goes_and_another_comes(room: Room):
    handle = room.admitted(PROFILE)

    def work(tx):
        doomed = room.vault.erase(tx, handle, ("contact.email",))
        room.vault.keep(tx, handle, {}, {})
        doomed += room.vault.erase(tx, handle, ("contact.phone",))
        return doomed, room.vault.open(handle, ("contact.address",), tx)

    doomed, opened = room.data.transact(work)
    assert list(opened) == ["contact.address"]
    assert len(set(doomed.keys)) == 2
    room.vault.finish(doomed)
    assert room.keys.missing(doomed.keys) == set(doomed.keys)
    assert "contact.address" in room.open(handle)


def test_an_erasure_that_is_rolled_back_did_not_happen(room: Room):
    handle = room.admitted(PROFILE)

    def erase_and_fail(tx, fields):
        room.vault.erase(tx, handle, fields)
        raise ZeroDivisionError

    for fields in (ALL, ("contact.email",)):
        with pytest.raises(ZeroDivisionError):
            room.data.transact(lambda tx, fields=fields: erase_and_fail(tx, fields))
        assert room.open(room.vault.handle(handle.subject)) == PROFILE
    assert doomed_rows(room) == []


# --- other processes ---------------------------------------------------------------------------


def test_a_process_that_remembers_the_subject_finds_nothing(
    room: Room, another: Callable[[], Room]
):
    handle, other = room.admitted(PROFILE), another()
    remembered = other.vault.handle(handle.subject)
    assert other.open(remembered) == PROFILE
    room.erase(handle)
    with pytest.raises(NotFound):
        other.open(remembered)
    with pytest.raises(NotFound):
        other.keep(remembered, PROFILE)


def test_a_process_that_remembers_the_old_key_goes_on_with_the_new(
    room: Room, another: Callable[[], Room]
):
    handle, other = room.admitted(PROFILE), another()
    remembered = other.vault.handle(handle.subject)
    room.erase(handle, "contact.email")
    assert "contact.email" not in other.open(remembered)
    assert other.open(remembered)["identity.name"] == PROFILE["identity.name"]
    other.keep(remembered, {"nickname": "z"})
    assert room.open(handle, "nickname") == {"nickname": "z"}


def test_a_reader_overtaken_by_a_new_key_reads_again(room: Room):
    handle, records = room.admitted(PROFILE), room.vault._records
    stale = [[(KeyId("0" * 32), "contact", b"sealed under a key that is gone")]]

    def read(sql, params):
        return stale.pop() if stale else room.data.query(sql, params)

    cells = records.read(read, handle.subject, {"contact"})
    assert "contact.email" in cells["contact"].values


# --- crashes -----------------------------------------------------------------------------------


@pytest.mark.clause("6.4b")
def test_a_crash_before_the_key_died_is_finished_at_the_start(
    room: Room, another: Callable[[], Room]
):
    handle = room.admitted(PROFILE)
    room.data.transact(lambda tx: room.vault.erase(tx, handle, ALL))
    restarted = another()
    assert restarted.keys.missing([handle.key]) == set()
    assert restarted.vault.finish_pending() == 1
    assert restarted.keys.missing([handle.key]) == {handle.key}
    assert doomed_rows(room) == []
    assert restarted.vault.finish_pending() == 0


def test_a_crash_after_the_key_died_is_finished_too(room: Room, another: Callable[[], Room]):
    handle = room.admitted(PROFILE)
    doomed = room.data.transact(lambda tx: room.vault.erase(tx, handle, ALL))
    room.keys.destroy(doomed.keys)
    assert another().vault.finish_pending() == 1
    assert doomed_rows(room) == []


def test_dead_keys_are_struck_off_with_the_next_ones(room: Room):
    first, second = room.admitted(), room.admitted()
    room.erase(first)
    room.erase(second)
    assert doomed_rows(room) == [second.key]
    assert room.vault.finish_pending() == 0
    assert doomed_rows(room) == []


def test_a_rolled_back_transaction_strikes_nobody_off(room: Room):
    first, second = room.admitted(), room.admitted()
    room.erase(first)
    with pytest.raises(ZeroDivisionError):
        room.data.transact(lambda tx: room.vault.erase(tx, second, ALL) and 1 / 0)
    assert doomed_rows(room) == [first.key]
    room.erase(second)
    assert doomed_rows(room) == [second.key]


def test_dead_keys_do_not_gather_without_end(room: Room):
    keys = [KeyId(secrets.token_hex(16)) for _ in range(120)]
    room.vault.finish(room.data.transact(lambda tx: room.vault.doom(tx, keys)))
    assert doomed_rows(room) == []


def test_dooming_nothing_still_strikes_off(room: Room):
    room.erase(room.admitted())
    doomed = room.data.transact(lambda tx: room.vault.doom(tx, []))
    assert (bool(doomed), doomed_rows(room)) == (False, [])
    room.vault.finish(doomed)


def test_finishing_twice_or_nothing_is_no_error(room: Room):
    handle = room.admitted()
    doomed = room.data.transact(lambda tx: room.vault.erase(tx, handle, ALL))
    for _ in range(2):
        room.vault.finish(doomed)
    room.vault.finish(Doomed())


# --- a restored backup -------------------------------------------------------------------------


@pytest.mark.clause("6.4b", "9.4-6")
def test_in_a_restored_backup_the_erased_stay_erased(
    tmp_path: Path, home: KeyHome, sqlite_maker, at: Moment
):
    room, folder = on_disk(tmp_path, home, sqlite_maker, at)
    handles = [room.admitted({"nickname": f"n{number}"}) for number in range(60)]
    room.data.backup(str(folder / "backup.db"))
    for handle in handles[:10]:
        room.erase(handle)
    backup = SqliteStore(folder / "backup.db")
    restored = furnished(backup, room.keys_data, home, KeyStore(room.keys_data, home))
    assert sum(opens(restored, handle) for handle in handles) == 50
    gone = list(restored.vault.keyless())
    assert {handle.subject for handle in gone} == {handle.subject for handle in handles[:10]}
    for handle in gone:
        restored.erase(handle)
    assert list(restored.vault.keyless()) == []
    assert all(restored.vault.residue(handle.subject) == NOTHING for handle in gone)


def opens(room: Room, handle: Handle) -> bool:
    """Tell whether anything of a subject can be opened; each way to it has to agree."""
    try:
        return bool(room.open(room.vault.handle(handle.subject)))
    except Erased:
        with pytest.raises(Erased):
            room.open(handle)
        with pytest.raises(Erased):
            room.keep(handle, {"nickname": "z"})
        return False


# --- nothing on the disk -----------------------------------------------------------------------


def on_disk(tmp_path: Path, home: KeyHome, maker, at: Moment) -> tuple[Room, Path]:
    """Return a room whose SQLite files lie in a folder of their own, and that folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    data, _ = maker.make(folder, "data")
    keys_data, _ = maker.make(folder, "keys")
    return furnished(data, keys_data, home, KeyStore(keys_data, home, at=at)), folder


def disguises(needle: bytes) -> Iterator[bytes]:
    """Give the ways in which a value can lie in a file: raw, UTF-16, base64, hex, packed."""
    yield needle
    yield from (needle.hex().encode(), needle.hex().upper().encode(), gzip.compress(needle)[10:-8])
    # Base64 has three phases; the ends of each depend on what stands beside it.
    for shift in range(3):
        yield base64.b64encode(b"\0" * shift + needle)[4:-4]
    try:
        text = needle.decode()
    except UnicodeDecodeError:
        return
    yield from (text.encode("utf-16-le"), text.encode("utf-16-be"))


def found_on_disk(folders: list[Path], needles: list[bytes]) -> list[tuple[str, bytes]]:
    """Return where any needle, however disguised, lies in any file."""
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    haystacks = [(path.name, path.read_bytes()) for path in files]
    return [
        (name, needle)
        for (name, contents), needle in itertools.product(haystacks, needles)
        if any(form in contents for form in disguises(needle))
    ]


@pytest.mark.clause("7.1b")
def test_no_value_lies_on_the_disk(tmp_path: Path, home: KeyHome, sqlite_maker, at: Moment):
    room, folder = on_disk(tmp_path, home, sqlite_maker, at)
    canaries = [f"canary-{number}-{secrets.token_hex(8)}" for number in range(200)]
    for canary in canaries:
        email = {"contact.email": f"{canary}@example.com", "profile.note": canary}
        room.admitted(email | {"enterprise.licence": canary.encode() * 300})
    needles = [canary.encode() for canary in canaries]
    room.data.backup(str(folder / "backup.db"))
    assert found_on_disk([folder, home.folder], needles) == []


@pytest.mark.clause("6.4b", "9.4-6")
def test_no_key_and_no_ciphertext_of_the_erased_lies_on_the_disk(
    tmp_path: Path, home: KeyHome, sqlite_maker, at: Moment
):
    room, folder = on_disk(tmp_path, home, sqlite_maker, at)
    some = [room.admitted({"nickname": f"canary-{number}"}) for number in range(40)]
    needles = [traces(room, handle) for handle in some]
    assert all(found_on_disk([folder], needle) for needle in needles)
    for number, handle in enumerate(some):
        room.erase(handle, *(("nickname",) if number % 2 else ()))
    room.data.scrub(), room.keys_data.scrub()
    assert found_on_disk([folder], [trace for needle in needles for trace in needle]) == []


def traces(room: Room, handle: Handle) -> list[bytes]:
    """Return the wrapped key and the sealed cell of a subject, less the bytes a page may cut."""
    wrapped = "SELECT wrapped FROM wrapped_keys WHERE key_id = ?"
    sealed = "SELECT sealed FROM cells WHERE subject_id = ?"
    return [
        bytes(room.keys_data.query(wrapped, (handle.key,))[0][0])[8:],
        bytes(room.data.query(sealed, (handle.subject,))[0][0])[8:],
    ]


@pytest.mark.clause("9.4-6")
def test_after_a_rotation_no_older_wrapped_key_lies_on_the_disk(
    tmp_path: Path, home: KeyHome, sqlite_maker, at: Moment
):
    room, folder = on_disk(tmp_path, home, sqlite_maker, at)
    room.keys.claim_many(100)
    old = [bytes(w) for (w,) in room.keys_data.query("SELECT wrapped FROM wrapped_keys")]
    epoch = (home.folder / "epoch-0001.key").read_bytes()
    room.keys.rotate(at)
    assert found_on_disk([folder, home.folder], [*old, epoch[20:]]) == []
