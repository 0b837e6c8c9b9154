"""A copy: exact in JSON, harmless in a spreadsheet, complete by its manifest, sealed."""

import csv
import hashlib
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.documents.portable import Around, Told, Withheld, archive, harmless, members
from troth.model.clock import moment
from troth.model.secret import Secret

AROUND = Around(
    made=moment("2026-11-22"),
    edition="2023-05-31",
    told=(Told(field="contact.email", name_zh="电子邮箱", name_en="E-mail", source="provided"),),
    consents=({"to": "marketing", "state": "given"},),
    trail=({"kind": "data.shown", "by": "staff:1"},),
    withheld=(Withheld(what="account.id", reason="not_obtainable"),),
)
VALUES = {"contact.email": Secret("李娜@mail.example"), "enterprise.licence": Secret(b"%PDF-1.7 x")}


def opened() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(archive(VALUES, AROUND).reveal_raw()))  # type: ignore[arg-type]


@pytest.mark.clause("9.1a")
def test_the_copy_holds_every_value_its_source_and_the_trail() -> None:
    data = json.loads(opened().read("data.json"))
    assert data["data"][0]["value"] == "李娜@mail.example"
    assert data["data"][0]["name_zh"] == "电子邮箱"
    assert data["consents"] == [{"to": "marketing", "state": "given"}]
    assert data["trail"][0]["kind"] == "data.shown"


def test_files_come_as_files() -> None:
    assert opened().read("files/enterprise.licence.pdf") == b"%PDF-1.7 x"


@pytest.mark.clause("6.1c")
def test_the_manifest_has_every_checksum_and_what_was_withheld() -> None:
    copy = opened()
    told = json.loads(copy.read("manifest.json"))
    assert {file["name"] for file in told["files"]} == set(copy.namelist()) - {"manifest.json"}
    for file in told["files"]:
        data = copy.read(file["name"])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
    assert told["withheld"] == [{"what": "account.id", "reason": "not_obtainable"}]


def test_the_same_data_gives_the_same_archive() -> None:
    assert archive(VALUES, AROUND) == archive(VALUES, AROUND)


def test_the_archive_does_not_print() -> None:
    assert repr(archive(VALUES, AROUND)) == "Secret(…)"


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", " =1", "|x"],
)
def test_a_formula_is_made_harmless(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_no_cell_of_any_copy_starts_a_formula(value: str) -> None:
    raw = members({"contact.email": value}, AROUND)["data.csv"].decode("utf-8-sig")
    for row in csv.reader(io.StringIO(raw, newline="")):
        for cell in row:
            assert cell.lstrip(" ")[:1] not in tuple("=+-@\t\r\n|＝＋－＠") or not cell.strip(" ")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_the_json_is_exact_whatever_the_value(value: str) -> None:
    data = json.loads(members({"contact.email": value}, AROUND)["data.json"])
    assert data["data"][0]["value"] == value
