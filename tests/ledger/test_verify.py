import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest

from tests.ledger.samples import NOON, ORIGIN, SEED, entries, placed, record, someone
from troth.ledger.bundle import Bundle
from troth.ledger.checkpoint import Signer
from troth.ledger.export import files
from troth.ledger.log import Log
from troth.ledger.tree import leaf_hash
from troth.ledger.verify import (
    check_bundle,
    verify_bundle,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
    verify_trail,
)
from troth.model.errors import LedgerBroken, NotFound, Unverifiable

SIZE = 2_000
FLIPS = 2_000
LAST = "007.p/208"  # of 2,000 entries, 208 stand in the last tile
SIGNER = Signer(ORIGIN, SEED)


class Memory(dict):
    """Files in memory, as a bundle reads them."""

    def names(self) -> list[str]:
        return sorted(self)

    def read(self, name: str, most: int) -> bytes:
        if name not in self:
            raise NotFound(f"the bundle has no `{name}`")
        return self[name]

    def close(self) -> None:
        pass


class Exported(msgspec.Struct):
    """A ledger of 2,000 entries, its files, and a checkpoint remembered from when it had 1,000."""

    files: dict[str, bytes]
    ids: list[str]
    remembered: str
    log: Log


@pytest.fixture(scope="module")
def exported(sqlite_maker, tmp_path_factory) -> Iterator[Exported]:
    store, close = sqlite_maker.make(tmp_path_factory.mktemp("exported"), "data")
    log = Log(store, ORIGIN, SIGNER)
    made = [*placed(log, SIZE // 2)]
    remembered = log.checkpoint(NOON)
    made += placed(log, SIZE // 2)
    contents = dict(files(log, SIZE, log.checkpoint(NOON)))
    yield Exported(contents, [one.id for one in made], remembered, log)
    close()


def check(contents, remembered=""):
    """Verify files in memory; a note that does not hold makes a report, as for a file."""
    try:
        return check_bundle(Bundle(Memory(contents)), SIGNER.vkey, remembered)
    except (Unverifiable, NotFound) as error:
        return error


def found(result):
    return isinstance(result, Unverifiable | NotFound) or not result.ok


def leaves(exported, place):
    """Return the bundle that holds an entry, cut into leaves, and its path."""
    path = f"tile/entries/{place // 256:03d}" if place < 1792 else f"tile/entries/{LAST}"
    from_bundle = exported.log.entries(place // 256 * 256, 256)
    return path, from_bundle


def joined(parts):
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in parts)


# --- a sound ledger ----------------------------------------------------------------------------


def test_a_sound_ledger_verifies(exported):
    report = check(exported.files, exported.remembered)
    report.demand()
    assert (report.ok, report.size, report.origin) == (True, SIZE, ORIGIN)
    assert report.root == verify_checkpoint(exported.log.latest(), SIGNER.vkey).root.hex()


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_a_sound_ledger_verifies_from_disk(exported, tmp_path, name):
    write(tmp_path / name, exported.files)
    assert verify_bundle(tmp_path / name, SIGNER.vkey, exported.remembered).ok


def write(path, contents):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, raw in contents.items():
                archive.writestr(name, raw)
        return
    for name, raw in contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(raw)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512])
def test_a_ledger_of_any_size_verifies(sqlite_maker, tmp_path, size):
    store, close = sqlite_maker.make(tmp_path, "data")
    log = Log(store, ORIGIN, SIGNER)
    placed(log, size)
    assert check(dict(files(log, size, log.checkpoint(NOON)))).ok
    close()


def test_the_verifier_needs_no_database():
    code = "import sys, troth.ledger.verify; print({'sqlite3', 'psycopg'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


# --- altered: every byte counts ----------------------------------------------------------------


def flip_and_check(exported, times, seed):
    """Change one byte at a time, anywhere; return the flips that were not found."""
    chance, missed = random.Random(seed), []
    names = sorted(exported.files)
    sizes = [len(exported.files[name]) for name in names]
    for _ in range(times):
        name = chance.choices(names, sizes)[0]
        raw = bytearray(exported.files[name])
        place = chance.randrange(len(raw))
        raw[place] ^= chance.randrange(1, 256)
        if not found(check(exported.files | {name: bytes(raw)})):
            missed.append((name, place))
    return missed


def test_every_flipped_byte_is_found(exported):
    assert flip_and_check(exported, FLIPS, 7) == []


@pytest.mark.torture
def test_each_of_100000_flipped_bytes_is_found(exported):
    assert flip_and_check(exported, 100_000, 11) == []


def test_every_byte_of_the_checkpoint_counts(exported):
    note = exported.files["checkpoint"]
    for place in range(len(note)):
        raw = note[:place] + bytes([note[place] ^ 1]) + note[place + 1 :]
        assert found(check(exported.files | {"checkpoint": raw}))


@pytest.mark.parametrize("place", [0, 1, 255, 256, 999, 1791, 1792, 1999])
def test_the_altered_entry_is_named(exported, place):
    path, parts = leaves(exported, place)
    parts[place % 256] = parts[place % 256].replace(b'"by":"subject"', b'"by":"nobody_"')
    report = check(exported.files | {path: joined(parts)})
    assert (report.index, report.entry, report.exact) == (place, exported.ids[place], True)
    assert "not what was signed" in report.problem
    with pytest.raises(LedgerBroken) as caught:
        report.demand()
    assert caught.value.field == exported.ids[place]


def test_the_first_of_many_altered_entries_is_named(exported):
    path, parts = leaves(exported, 600)
    for place in (700, 612, 640):
        parts[place % 256] = b"{}"
    assert check(exported.files | {path: joined(parts)}).index == 612


def test_an_entry_altered_together_with_its_leaf_hash_is_narrowed_to_its_tile(exported):
    path, parts = leaves(exported, 600)
    parts[600 % 256] = b"{}"
    tile = bytearray(exported.files["tile/0/002"])
    tile[32 * 88 : 32 * 89] = leaf_hash(b"{}")
    report = check(exported.files | {path: joined(parts), "tile/0/002": bytes(tile)})
    assert (report.ok, report.index, report.exact) == (False, 512, False)


def test_an_altered_tile_does_not_accuse_the_entries(exported):
    tile = bytearray(exported.files["tile/1/000.p/7"])
    tile[32 * 3] ^= 1
    report = check(exported.files | {"tile/1/000.p/7": bytes(tile)})
    assert (report.ok, report.index) == (False, 3 * 256)
    assert "entries are as signed" in report.problem


# --- altered in structure ----------------------------------------------------------------------


def change(parts, how, at):
    match how:
        case "drop":
            del parts[at]
        case "swap":
            parts[at], parts[at + 1] = parts[at + 1], parts[at]
        case "duplicate":
            parts.insert(at, parts[at])
        case "insert":
            parts.insert(at, b'{"at":1}')
        case "empty":
            parts[at] = b""
    return parts


@pytest.mark.parametrize("how", ["drop", "swap", "duplicate", "insert", "empty"])
@pytest.mark.parametrize("place", [0, 100, 254, 600, 1700, 1795])
def test_a_changed_structure_is_found_at_its_place(exported, how, place):
    path, parts = leaves(exported, place)
    report = check(exported.files | {path: joined(change(parts, how, place % 256))})
    assert (report.ok, report.index) == (False, place + (how == "duplicate"))


@pytest.mark.parametrize("kept", [0, 1, 207])
def test_entries_cut_off_at_the_end_are_found(exported, kept):
    path, parts = leaves(exported, 1999)
    report = check(exported.files | {path: joined(parts[:kept])})
    assert (report.ok, report.index) == (False, 1792 + kept)


def test_entries_added_at_the_end_are_found(exported):
    path, parts = leaves(exported, 1999)
    report = check(exported.files | {path: joined([*parts, parts[-1]])})
    assert (report.ok, report.index) == (False, SIZE)


def test_every_missing_file_is_found(exported):
    for name in exported.files:
        assert found(check({path: raw for path, raw in exported.files.items() if path != name}))


def test_every_pair_of_swapped_files_is_found(exported):
    names = [name for name in sorted(exported.files) if name.startswith("tile/0")]
    for one, other in pairwise(names):
        swapped = {one: exported.files[other], other: exported.files[one]}
        assert found(check(exported.files | swapped))


def test_a_file_too_many_is_found(exported):
    report = check(exported.files | {"tile/0/008": b""})
    assert (report.ok, report.index) == (False, None)
    assert "does not belong" in report.problem


# --- signed again, cut short, rolled back ------------------------------------------------------


def relog(sqlite_maker, tmp_path, leaves):
    """Make a ledger of other entries under the same key, as a dishonest owner could."""
    store, close = sqlite_maker.make(tmp_path, "data")
    log = Log(store, ORIGIN, SIGNER)
    record(log, *leaves)
    log.integrate(NOON)
    return dict(files(log, log.size(), log.checkpoint(NOON))), close


@pytest.mark.parametrize(
    ("size", "problem"), [(999, "the rest is gone"), (1000, "rewritten"), (1500, "rewritten")]
)
def test_a_rewritten_ledger_signed_again_is_found_by_a_remembered_checkpoint(
    exported, sqlite_maker, tmp_path, size, problem
):
    forged, close = relog(sqlite_maker, tmp_path, entries(size))
    assert check(forged).ok
    report = check(forged, exported.remembered)
    assert not report.ok
    assert problem in report.problem
    close()


def test_what_was_remembered_narrows_down_where_the_change_is(exported):
    changed = dict(exported.files)
    for place in (300, 1100):
        path, parts = leaves(exported, place)
        parts[place % 256] = b"{}"
        tile = bytearray(changed[f"tile/0/{place // 256:03d}"])
        tile[32 * (place % 256) : 32 * (place % 256) + 32] = leaf_hash(b"{}")
        changed |= {path: joined(parts), f"tile/0/{place // 256:03d}": bytes(tile)}
    sound = dict(exported.files) | {k: v for k, v in changed.items() if "004" in k}
    assert check(changed, exported.remembered).index == 256
    assert check(sound, exported.remembered).index == 1024


def test_a_checkpoint_of_another_ledger_does_not_serve(exported):
    other = Signer(ORIGIN, SEED).note("another.example\n1\n" + "A" * 43 + "=\n")
    assert "not of" in str(check(exported.files, other))
    with pytest.raises(Unverifiable, match="not of"):
        verify_checkpoint(other, SIGNER.vkey, ORIGIN)


def test_a_ledger_signed_by_somebody_else_is_refused(exported):
    other = Signer(ORIGIN, bytes(32))
    with pytest.raises(Unverifiable):
        check_bundle(Bundle(Memory(exported.files)), other.vkey)


# --- damaged files -----------------------------------------------------------------------------


def test_a_flipped_byte_in_a_zip_is_found_or_changes_no_file(exported, tmp_path):
    chance = random.Random(3)
    write(tmp_path / "good.zip", exported.files)
    good, bad = (tmp_path / "good.zip").read_bytes(), tmp_path / "bad.zip"
    for _ in range(150):
        place = chance.randrange(len(good))
        bad.write_bytes(
            good[:place] + bytes([good[place] ^ chance.randrange(1, 256)]) + good[place + 1 :]
        )
        if verify_bundle(bad, SIGNER.vkey).ok:
            with zipfile.ZipFile(bad) as archive:
                assert {name: archive.read(name) for name in archive.namelist()} == exported.files


def test_what_is_no_bundle_makes_a_report(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere", __file__):
        report = verify_bundle(path, SIGNER.vkey)
        assert not report.ok
        with pytest.raises(LedgerBroken):
            report.demand()


# --- single proofs -----------------------------------------------------------------------------


def test_a_forged_certificate_is_refused(exported):
    proof = exported.log.inclusion(exported.ids[700])
    assert verify_inclusion(proof, SIGNER.vkey).id == exported.ids[700]
    forged = [
        msgspec.structs.replace(proof, leaf=proof.leaf.replace(b"subject", b"nobody_")),
        msgspec.structs.replace(proof, index=701),
        msgspec.structs.replace(proof, path=proof.path[:-1]),
        msgspec.structs.replace(proof, path=(*proof.path, bytes(32))),
        msgspec.structs.replace(proof, path=(proof.path[1], proof.path[0], *proof.path[2:])),
        msgspec.structs.replace(proof, checkpoint=exported.remembered),
        msgspec.structs.replace(proof, checkpoint=proof.checkpoint.replace("2000", "2001")),
    ]
    for bad in forged:
        with pytest.raises(Unverifiable):
            verify_inclusion(bad, SIGNER.vkey)


def test_growth_is_verified_against_both_checkpoints(exported):
    path, now = exported.log.consistency(1000, 2000), exported.log.latest()
    assert verify_consistency(exported.remembered, now, path, SIGNER.vkey).size == SIZE
    for n in range(len(path)):
        with pytest.raises(Unverifiable):
            verify_consistency(
                exported.remembered, now, [*path[:n], bytes(32), *path[n + 1 :]], SIGNER.vkey
            )
    with pytest.raises(Unverifiable):
        verify_consistency(now, exported.remembered, path, SIGNER.vkey)


def test_a_trail_with_a_gap_is_found(exported):
    trail = list(record(exported.log, *entries(4, someone())))
    verify_trail(trail)
    for cut in (trail[1:], [trail[0], *trail[2:]], [trail[1], trail[0], *trail[2:]]):
        with pytest.raises(Unverifiable, match="missing"):
            verify_trail(cut)
