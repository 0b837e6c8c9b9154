"""The register of imports, and the rows of a file: kept by a keyed digest, read one at a time."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.imports.register import Imports, Seen, Tally
from troth.documents.imports.rows import Row, form_of, read
from troth.model.clock import Moment
from troth.model.errors import BadInput
from troth.store.sql import Store

KEY = b"k" * 32
FIELDS = {"contact.email", "identity.name", "profile.work"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.csv"
    path.write_text("email,name\na@mail.example,李娜\n")
    return path


def test_an_import_goes_on_where_it_was(data_store: Store) -> None:
    imports, digest = Imports(data_store, KEY), b"d" * 32
    assert imports.so_far(digest) == Tally()
    for line in (65, 130):
        tally = Tally(line=line, imported=line - 3, skipped=1, refused=1)
        imports.note(digest, tally, Moment(line))
        assert imports.so_far(digest) == tally
    assert imports.so_far(b"e" * 32) == Tally()


def test_an_import_is_its_file_and_what_is_stated_about_it(data_store: Store, file: Path) -> None:
    imports = Imports(data_store, KEY)
    known = imports.digest_of(file, "contract", "CN")
    assert known == imports.digest_of(file, "contract", "CN")
    assert known != imports.digest_of(file, "contract", "HK")
    assert known != Imports(data_store, b"l" * 32).digest_of(file, "contract", "CN")
    file.write_text(file.read_text() + "\n")
    assert known != imports.digest_of(file, "contract", "CN")


def test_a_mark_is_seen_from_the_line_that_had_it_first() -> None:
    seen = Seen()
    seen.add([b"a", b"b"], 2)
    seen.add([b"b", b"c"], 3)
    assert seen.lines({"x": b"b", "y": b"c", "z": b"d"}) == {"x": 2, "y": 3}
    seen.close()


def rows(path: Path, content: str | bytes, form: str = "csv") -> list[Row]:
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(raw)
    return list(read(path, form_of(path, form), FIELDS))


def test_short_names_and_names_of_the_policy_are_columns(file: Path) -> None:
    (row,) = rows(file, "email,profile.work\r\na@mail.example,\r\n")
    assert set(row.values) == {"contact.email"}
    assert row.line == 2


def test_an_empty_file_and_an_empty_table_differ(file: Path) -> None:
    with pytest.raises(BadInput):
        rows(file, "")
    assert rows(file, "email\n") == []
    assert rows(file, "", "jsonl") == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('{"email": "a@mail.example"', "malformed"),
        ('["a@mail.example"]', "malformed"),
        ('{"email": ["a@mail.example"]}', "malformed"),
        ("[" * 5000, "malformed"),
        ('{"email": "\\ud800"}', "malformed"),
        ('{"shoe.size": "43"}', "unknown_term"),
    ],
)
def test_a_line_that_is_no_object_of_texts_is_named(file: Path, line: str, wrong: str) -> None:
    first, second = rows(file, line + '\n{"email": "a@mail.example"}\n', "jsonl")
    assert (first.line, first.wrong) == (1, wrong)
    assert (second.line, second.wrong) == (2, "")


@given(st.binary(max_size=300), st.sampled_from(["csv", "jsonl"]))
def test_no_file_breaks_the_reading(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, form: str
) -> None:
    path = tmp_path_factory.mktemp("rows") / "file"
    with suppress(BadInput):
        for row in rows(path, b"email,name\n" + raw if form == "csv" else raw, form):
            assert row.wrong or set(row.values) <= FIELDS
