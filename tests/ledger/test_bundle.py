import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.samples import NOON, ORIGIN, SEED, placed
from troth.ledger.bundle import Bundle, entries_path, leaves_of, paths_of, tile_path, tiles_over
from troth.ledger.checkpoint import Signer
from troth.ledger.export import export_bundle
from troth.ledger.log import Log
from troth.model.errors import BadInput, NotFound, Unverifiable


@pytest.fixture
def log(sqlite_maker, tmp_path):
    store, close = sqlite_maker.make(tmp_path, "data")
    yield Log(store, ORIGIN, Signer(ORIGIN, SEED))
    close()


def files_in(path):
    return sorted(file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file())


# --- the layout --------------------------------------------------------------------------------


def test_paths_are_those_of_the_standard():
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert tile_path(1, 1_234_067) == "tile/1/x001/x234/067"
    assert entries_path(1_000) == "tile/entries/x001/000"


@given(st.integers(0, 200_000))
def test_tiles_cover_every_hash_once(size):
    for level in range(3):
        widths = [width for at, _, width in tiles_over(size) if at == level]
        assert sum(widths) == size >> (8 * level)


def test_a_folder_has_the_files_of_the_standard(log, tmp_path):
    placed(log, 300)
    export_bundle(log, tmp_path / "out", NOON)
    assert files_in(tmp_path / "out") == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ]


def test_a_zip_has_the_same_files_and_is_the_same_twice(log, tmp_path):
    placed(log, 300)
    head = export_bundle(log, tmp_path / "a.zip", NOON)
    export_bundle(log, tmp_path / "b.zip", NOON)
    assert zipfile.ZipFile(tmp_path / "a.zip").namelist() == list(paths_of(head.size))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_what_is_exported_is_private_to_its_owner(log, tmp_path, name):
    export_bundle(log, tmp_path / name, NOON)
    assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_nothing_is_written_over(log, tmp_path):
    (tmp_path / "there.zip").write_text("mine")
    with pytest.raises(BadInput, match="already"):
        export_bundle(log, tmp_path / "there.zip", NOON)


# --- reading with suspicion --------------------------------------------------------------------


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_a_bundle_is_cut_where_it_was_joined(leaves):
    assert leaves_of(b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)) == leaves


@given(st.binary(max_size=60))
def test_cutting_a_bundle_loses_no_byte(raw):
    assert sum(map(len, leaves_of(raw))) <= len(raw)
    assert bool(leaves_of(raw)) == bool(raw)


def test_a_file_larger_than_it_can_be_is_refused_before_it_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tile/0/000", bytes(50_000_000))
    with Bundle.at(tmp_path / "bomb.zip") as bundle, pytest.raises(Unverifiable, match="larger"):
        bundle.tile(0, 0, 256)


def test_there_must_be_a_bundle(tmp_path):
    with pytest.raises(NotFound):
        Bundle.at(tmp_path / "nowhere")
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(Unverifiable, match="no zip file"):
        Bundle.at(tmp_path / "no.zip")


def test_a_checkpoint_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "checkpoint").write_bytes(b"\xff")
    with pytest.raises(Unverifiable, match="not text"):
        Bundle.at(tmp_path).checkpoint()
