"""A backup is what the instance made, to the last octet, or it is refused before it lies there."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.files import altered, contents, packed, prints
from troth.app import archive
from troth.app.archive import Manifest
from troth.model.errors import BadInput, DatabaseTooNew

KEY = b"k" * 32
DATA = b"what is held" * 100


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Return a backup of two files."""
    folder = tmp_path / "folder"
    (folder / "cn").mkdir(parents=True)
    (folder / "cn.db").write_bytes(DATA)
    (folder / "cn/index.key").write_bytes(b"key")
    told = Manifest(kind="data", instance="a", at="2026-11-02T12:00:00Z")
    archive.pack(folder, tmp_path / "backup.tar.gz", told, KEY)
    return tmp_path / "backup.tar.gz"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Return an empty folder to unpack into."""
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def test_what_went_in_comes_out(made: Path, target: Path) -> None:
    manifest = archive.unpack(made, target, "data")
    archive.demand_ours(manifest, KEY)
    assert (target / "cn.db").read_bytes() == DATA
    assert (target / "cn/index.key").read_bytes() == b"key"
    assert sorted(manifest.files) == ["cn.db", "cn/index.key"]


def test_a_backup_is_private_and_its_manifest_comes_first(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o600
    assert next(iter(contents(made))) == "manifest.json"


def test_nothing_is_overwritten_and_nothing_is_left_behind(made: Path, tmp_path: Path) -> None:
    before = prints(tmp_path)
    with pytest.raises(BadInput, match="exists"):
        archive.pack(tmp_path / "folder", made, Manifest(kind="data", instance="a", at=""), KEY)
    with pytest.raises(BadInput, match="is no folder"):
        archive.demand_new(tmp_path / "nowhere" / "backup.tar.gz")
    assert prints(tmp_path) == before


def test_a_manifest_that_somebody_else_wrote_is_not_ours(made: Path, target: Path) -> None:
    manifest = archive.unpack(made, target, "data")
    with pytest.raises(BadInput, match="another instance"):
        archive.demand_ours(manifest, b"x" * 32)


@pytest.mark.parametrize("word", ["instance", "at", "not_after", "kind"])
def test_no_word_of_a_manifest_can_be_changed(made: Path, target: Path, word: str) -> None:
    manifest = archive.unpack(made, target, "data")
    other = Manifest(**{**{f: getattr(manifest, f) for f in manifest.__struct_fields__}, word: "z"})
    with pytest.raises(BadInput):
        archive.demand_ours(other, KEY)


def flip(files: dict[str, bytes]) -> None:
    files["cn.db"] = b"x" + files["cn.db"][1:]


def longer(files: dict[str, bytes]) -> None:
    files["cn.db"] += b"more"


def one_more(files: dict[str, bytes]) -> None:
    files["extra.db"] = b""


def one_less(files: dict[str, bytes]) -> None:
    del files["cn/index.key"]


def manifest_last(files: dict[str, bytes]) -> None:
    files["manifest.json"] = files.pop("manifest.json")


def no_manifest(files: dict[str, bytes]) -> None:
    del files["manifest.json"]


def not_json(files: dict[str, bytes]) -> None:
    files["manifest.json"] = b"{"


def not_a_manifest(files: dict[str, bytes]) -> None:
    files["manifest.json"] = b"[1]"


def huge_manifest(files: dict[str, bytes]) -> None:
    files["manifest.json"] += b" " * archive.MANIFEST_MOST


def bomb(files: dict[str, bytes]) -> None:
    said = json.loads(files["manifest.json"])
    said["files"]["cn.db"]["size"] = 1 << 60
    files["manifest.json"] = json.dumps(said).encode()


CHANGES = (
    *(flip, longer, one_more, one_less, manifest_last, no_manifest),
    *(not_json, not_a_manifest, huge_manifest, bomb),
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_an_altered_backup_is_refused(
    made: Path, target: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    with pytest.raises(BadInput):
        archive.unpack(altered(made, change), target, "data")


@pytest.mark.parametrize("name", ["../out.db", "/tmp/out.db", "cn/../../out.db", "a/b/c.db", ".x"])
def test_a_path_that_climbs_is_refused_even_where_the_manifest_names_it(
    made: Path, target: Path, name: str
) -> None:
    def climb(files: dict[str, bytes]) -> None:
        said = json.loads(files["manifest.json"])
        said["files"][name] = said["files"].pop("cn.db")
        files["manifest.json"] = json.dumps(said).encode()
        files[name] = files.pop("cn.db")

    with pytest.raises(BadInput):
        archive.unpack(altered(made, climb), target, "data")
    assert not list(target.parent.glob("out.db"))
    assert not list(target.rglob("*"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_in_the_place_of_a_file_is_refused(made: Path, target: Path, kind: bytes) -> None:
    with tarfile.open(made.with_name("links.tar.gz"), "w:gz") as links:
        for name, octets in contents(made).items():
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            if name == "cn.db":
                member.type, member.linkname = kind, "/etc/passwd"
            links.addfile(member, io.BytesIO(octets))
    with pytest.raises(BadInput):
        archive.unpack(made.with_name("links.tar.gz"), target, "data")
    assert not (target / "cn.db").is_symlink()


@pytest.mark.parametrize("octets", [b"", b"not an archive", b"\x1f\x8b\x08" + bytes(50)])
def test_what_is_no_archive_is_refused(tmp_path: Path, target: Path, octets: bytes) -> None:
    (tmp_path / "file").write_bytes(octets)
    with pytest.raises(BadInput, match="no backup of ours"):
        archive.unpack(tmp_path / "file", target, "data")


def test_an_archive_that_was_cut_short_is_refused(made: Path, target: Path) -> None:
    octets = made.read_bytes()
    for length in range(0, len(octets) - 8, 29):
        made.write_bytes(octets[:length])
        with pytest.raises(BadInput):
            archive.unpack(made, target, "data")


def test_a_backup_of_another_kind_is_named(made: Path, target: Path) -> None:
    with pytest.raises(BadInput, match="a backup of data, not of keys"):
        archive.unpack(made, target, "keys")


def test_a_backup_of_a_newer_version_is_refused(made: Path, target: Path) -> None:
    def newer(files: dict[str, bytes]) -> None:
        said = json.loads(files["manifest.json"])
        files["manifest.json"] = json.dumps({**said, "troth": 2, "new": 1}).encode()

    with pytest.raises(DatabaseTooNew, match="newer version"):
        archive.unpack(altered(made, newer), target, "data")


def test_a_folder_in_the_place_of_an_archive_is_refused(tmp_path: Path, target: Path) -> None:
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(BadInput):
            archive.unpack(place, target, "data")


def test_an_empty_archive_is_refused(tmp_path: Path, target: Path) -> None:
    with pytest.raises(BadInput):
        archive.unpack(packed(tmp_path / "empty.tar.gz", {}), target, "data")
