"""A copy: exact in JSON, harmless in a spreadsheet, complete by its manifest, sealed."""

import csv
import hashlib
import io
import json
import tracemalloc
import zipfile
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from troth.documents.packages import printing
from troth.documents.packages.contents import Around, Elsewhere, Told, Withheld
from troth.documents.packages.packing import Package
from troth.documents.packages.tables import harmless
from troth.model.clock import moment
from troth.model.secret import Secret

AROUND = Around(
    made=moment("2026-11-22"),
    edition="2023-05-31",
    told=(Told(field="contact.email", name_zh="电子邮箱", name_en="E-mail", source="provided"),),
    consents=({"to": "marketing", "state": "given"},),
    trail=lambda: ({"kind": "data.shown", "by": "staff:1"},),
    withheld=(Withheld(what="account.id", reason="not_obtainable"),),
)
VALUES = {"contact.email": Secret("李娜@mail.example"), "enterprise.licence": Secret(b"%PDF-1.7 x")}


def packed(values: dict[str, Secret], around: Around = AROUND) -> bytes:
    return b"".join(piece.reveal_raw() for piece in Package(values, around).pieces())  # type: ignore[misc]


def opened(values: dict[str, Secret] = VALUES, around: Around = AROUND) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(packed(values, around)))


class Row(NamedTuple):
    store: str
    table: str
    values: dict[str, Secret]


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


@pytest.mark.printed
def test_the_same_data_gives_the_same_archive() -> None:
    assert packed(VALUES) == packed(VALUES)


def test_the_archive_does_not_print() -> None:
    assert {repr(piece) for piece in Package(VALUES, AROUND).pieces()} == {"Secret(…)"}


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx", "\rx", "＝1", "＋1", "－1", "＠x", " =1", "|x"],
)
def test_a_formula_is_made_harmless(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_no_cell_of_any_copy_starts_a_formula(value: str) -> None:
    copy = opened({"contact.email": Secret(value)})
    raw = copy.read("data.csv").decode("utf-8-sig")
    for row in csv.reader(io.StringIO(raw, newline="")):
        for cell in row:
            assert cell.lstrip(" ")[:1] not in tuple("=+-@\t\r\n|＝＋－＠") or not cell.strip(" ")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_the_json_is_exact_whatever_the_value(value: str) -> None:
    data = json.loads(opened({"contact.email": Secret(value)}).read("data.json"))
    assert data["data"][0]["value"] == value


# --- what other databases hold -----------------------------------------------------------------


def around(*rows: Row, unanswered: tuple[str, ...] = ()) -> Around:
    elsewhere = Elsewhere(records=iter(rows), unanswered=lambda: unanswered)
    return msgspec.structs.replace(AROUND, elsewhere=elsewhere)


def test_every_table_of_another_database_is_a_file_of_lines_and_a_spreadsheet() -> None:
    copy = opened(
        VALUES,
        around(
            Row("shop", "orders", {"note": Secret("=1+1"), "id": Secret("7")}),
            Row("shop", "orders", {"note": Secret("second")}),
            Row("mail", "public.sent", {"to": Secret("李娜")}),
        ),
    )
    lines = copy.read("elsewhere/shop/orders.jsonl").decode().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"note": "=1+1", "id": "7"},
        {"note": "second"},
    ]
    sheet = list(
        csv.reader(io.StringIO(copy.read("elsewhere/shop/orders.csv").decode("utf-8-sig")))
    )
    assert sheet == [["note", "id"], ["'=1+1", "7"], ["second", ""]]
    assert "李娜" in copy.read("elsewhere/mail/public.sent.jsonl").decode()
    assert "orders" in copy.read("read-me-first.html").decode()


def test_a_database_that_did_not_answer_is_named_on_the_page_and_in_the_manifest() -> None:
    copy = opened(VALUES, around(unanswered=("shop",)))
    assert json.loads(copy.read("manifest.json"))["unanswered"] == ["shop"]
    page = copy.read("read-me-first.html").decode()
    assert "没有答复" in page
    assert "<td>shop</td>" in page


def test_no_table_gets_out_of_the_folder_of_the_copy() -> None:
    rows = [Row("../..", f"{place}/../../etc", {"a": Secret("1")}) for place in range(3)]
    names = opened(VALUES, around(*rows)).namelist()
    assert not any(".." in name.split("/") or name.startswith("/") for name in names)
    assert len(names) == len(set(names))


def test_a_table_of_many_records_costs_no_memory() -> None:
    rows = (Row("shop", "visits", {"page": Secret("x" * 200)}) for _ in range(20_000))
    told = Elsewhere(records=rows)
    package = Package(VALUES, msgspec.structs.replace(AROUND, elsewhere=told))
    tracemalloc.start()
    size = sum(len(piece.reveal_raw()) for piece in package.pieces())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000, (peak, size)
    assert "elsewhere/shop/visits.csv" not in package.manifest.decode()


# --- sheets ------------------------------------------------------------------------------------


@pytest.mark.printed
@pytest.mark.parametrize(
    ("language", "title"), [("zh", "您的个人信息副本"), ("en", "A copy of your")]
)
def test_the_sheets_say_what_the_page_says_in_letters_that_can_be_copied(
    language: str, title: str
) -> None:
    copy = opened(VALUES, msgspec.structs.replace(AROUND, language=language))
    sheets = PdfReader(io.BytesIO(copy.read("read-me-first.pdf")))
    # The reader takes each two-byte code for two characters, the first of them nothing.
    text = "".join(page.extract_text() for page in sheets.pages).replace("\x00", "")
    assert title in text
    assert "李娜@mail.example" in text.replace("\n", "")


def test_without_a_font_the_copy_is_whole_and_has_no_sheets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(printing, "font", lambda: None)
    copy = opened()
    assert "read-me-first.pdf" not in copy.namelist()
    assert "read-me-first.html" in copy.namelist()


def test_people_see_the_newest_of_a_long_history_and_where_the_rest_is() -> None:
    given = [{"at": f"2026-01-01T00:00:{n:02}Z", "recipient": f"r{n}"} for n in range(201)]
    page = opened(VALUES, msgspec.structs.replace(AROUND, given=lambda: given)).read(
        "read-me-first.html"
    )
    assert "<td>r0</td>" not in page.decode()
    assert "<td>r200</td>" in page.decode()
    assert "given.csv" in page.decode()
