import shutil
from pathlib import Path

import pytest

from tests.ledger.samples import NOON, ORIGIN, entries, entry, placed, record, someone
from troth.ledger.audit import audit
from troth.ledger.checkpoint import Signer
from troth.ledger.log import Log
from troth.store.sqlite import SqliteStore


@pytest.fixture
def made(log):
    """Return 600 integrated entries of three subjects and of nobody, signed."""
    recorded = [one for who in (someone(), someone(), "") for one in placed(log, 200, who)]
    log.checkpoint(NOON)
    return recorded


def run(log, sql, *params):
    assert log.store.transact(lambda tx: tx.change(sql, params)) > 0


def at(log, one):
    """Return the key of an entry's row."""
    return log.store.query("SELECT who, nth FROM placed_entries WHERE id = ?", (one.id,))[0]


def leaf_at(log, key):
    return log.store.query("SELECT leaf FROM entries WHERE who = ? AND nth = ?", key)[0][0]


def alter(log, one, leaf):
    run(log, "UPDATE entries SET leaf = ? WHERE who = ? AND nth = ?", leaf, *at(log, one))


def changed(leaf):
    return leaf.replace(b'"by":"subject"', b'"by":"nobody_"')


# --- sound -------------------------------------------------------------------------------------


def test_an_untouched_database_is_sound(log, made):
    report = audit(log.store, log.vkey, log.latest())
    assert (report.ok, report.size) == (True, 600)


def test_an_empty_database_is_sound(log):
    assert audit(log.store, log.vkey).ok


def test_entries_that_are_not_signed_or_placed_yet_do_no_harm(log, made):
    placed(log, 10)
    record(log, *entries(3), entry())
    assert audit(log.store, log.vkey).ok


def test_what_was_never_signed_cannot_be_vouched_for(log):
    placed(log, 3)
    assert not audit(log.store, log.vkey).ok


# --- altered -----------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 255, 256, 420, 599])
def test_the_altered_entry_is_named(log, made, place):
    alter(log, made[place], changed(leaf_at(log, at(log, made[place]))))
    report = audit(log.store, log.vkey)
    assert (report.ok, report.index, report.entry) == (False, place, made[place].id)
    assert report.exact


def test_a_deleted_entry_is_named(log, made):
    run(log, "DELETE FROM entries WHERE who = ? AND nth = ?", *at(log, made[321]))
    report = audit(log.store, log.vkey)
    assert (report.index, report.entry) == (321, made[321].id)


def test_swapped_entries_are_named(log, made):
    one, other = (leaf_at(log, at(log, made[place])) for place in (100, 101))
    alter(log, made[100], other)
    alter(log, made[101], one)
    assert audit(log.store, log.vkey).index == 100


def test_an_altered_tile_is_found_in_every_row_of_it(log, made):
    (nodes,) = log.store.query("SELECT nodes FROM tiles WHERE level = 0 AND idx = 1")[0]
    for place in (5, 8192 + 5, len(nodes) - 1):
        bad = nodes[:place] + bytes([nodes[place] ^ 1]) + nodes[place + 1 :]
        run(log, "UPDATE tiles SET nodes = ? WHERE level = 0 AND idx = 1", bad)
        assert not audit(log.store, log.vkey).ok
    run(log, "UPDATE tiles SET nodes = ? WHERE level = 0 AND idx = 1", nodes)
    assert audit(log.store, log.vkey).ok


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("UPDATE placed_entries SET id = 'other' WHERE place = 7", "wrong name"),
        ("UPDATE placed_entries SET kind = 'other' WHERE place = 7", "wrong name"),
        ("DELETE FROM placed_entries WHERE place = 7", "not what was signed"),
        ("UPDATE tree_head SET size = 599", "the rest is gone"),
        ("DELETE FROM tiles WHERE level = 1", "tile over entry 0"),
        ("UPDATE tiles SET width = 255 WHERE level = 0 AND idx = 0", "inside tile 0/0"),
        ("UPDATE checkpoints SET note = 'x'", "no signed note"),
        ("INSERT INTO entries (who, nth, leaf) VALUES ('w', 1, 'x')", "601 entries are kept"),
        ("INSERT INTO entries (who, nth, leaf) VALUES ('w', 2, 'x')", "`w` is missing"),
    ],
)
def test_every_table_is_held_to_account(log, made, sql, problem):
    run(log, sql)
    report = audit(log.store, log.vkey)
    assert not report.ok
    assert problem in report.problem


def test_an_entry_altered_before_it_has_a_place_is_found(log, made):
    (one,) = record(log, entry(someone()))
    leaf = changed(leaf_at(log, (one.who, 1)))
    run(log, "UPDATE entries SET leaf = ? WHERE who = ?", leaf, one.who)
    report = audit(log.store, log.vkey)
    assert one.id in report.problem
    log.integrate(NOON)
    assert audit(log.store, log.vkey).entry == one.id


def test_an_entry_dropped_before_it_has_a_place_is_found(log, made):
    record(log, entry(someone()))
    run(log, "DELETE FROM pending_entries")
    assert "wait for one" in audit(log.store, log.vkey).problem


def test_an_entry_that_is_placed_and_not_signed_is_held_to_its_tile(log, made):
    (one, _) = placed(log, 2)
    alter(log, one, changed(leaf_at(log, at(log, one))))
    report = audit(log.store, log.vkey)
    assert (report.index, report.entry) == (600, one.id)
    assert "not signed yet" in report.problem


# --- rolled back -------------------------------------------------------------------------------


def test_a_rolled_back_database_is_found_by_a_remembered_checkpoint(sqlite_maker, tmp_path, signer):
    store, close = sqlite_maker.make(tmp_path, "data")
    log = Log(store, ORIGIN, signer)
    placed(log, 10)
    log.checkpoint(NOON)
    store.backup(str(tmp_path / "old.db"))
    placed(log, 5)
    remembered = log.checkpoint(NOON)
    old = SqliteStore(tmp_path / "old.db")
    assert audit(old, log.vkey).ok
    assert "the rest is gone" in audit(old, log.vkey, remembered).problem
    old.close()
    close()


def test_a_rewritten_database_is_found_by_a_remembered_checkpoint(log, made):
    remembered = log.latest()
    for table in ("entries", "placed_entries", "tiles", "checkpoints"):
        run(log, f"DELETE FROM {table}")
    run(log, "UPDATE tree_head SET size = 0")
    fresh = Log(log.store, ORIGIN, log._signer)
    placed(fresh, 700)
    fresh.checkpoint(NOON)
    assert audit(log.store, log.vkey).ok
    assert "rewritten" in audit(log.store, log.vkey, remembered).problem


def test_another_key_does_not_serve(log, made):
    assert not audit(log.store, Signer(ORIGIN, bytes(32)).vkey).ok


def test_one_byte_changed_in_the_file_is_found_and_named(sqlite_maker, tmp_path, signer):
    store, close = sqlite_maker.make(tmp_path, "data")
    log = Log(store, ORIGIN, signer)
    made = placed(log, 300)
    log.checkpoint(NOON)
    store.scrub()
    copy = Path(shutil.copyfile(store.name, tmp_path / "copy.db"))
    raw = copy.read_bytes()
    place = raw.index(b'"id":"' + made[123].id.encode() + b'","kind":"data.used"') + 50
    copy.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
    altered = SqliteStore(copy)
    report = audit(altered, log.vkey)
    assert (report.ok, report.index, report.entry) == (False, 123, made[123].id)
    altered.close()
    close()
