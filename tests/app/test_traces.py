"""A value is found in every spelling a thief would try, and not where it lies sealed."""

import base64
import gzip
import json
import os
import urllib.parse
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gate.house import EMAIL, PHONE, House
from troth.app.traces import find_traces, spellings

NAME = "林若梅 & sons"
SPELT: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "utf-16": lambda text: text.encode("utf-16-le"),
    "utf-16 big": lambda text: text.encode("utf-16-be"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 safe": lambda text: base64.urlsafe_b64encode(text.encode()),
    "hex": lambda text: text.encode().hex().encode(),
    "hex upper": lambda text: text.encode().hex().upper().encode(),
    "url": lambda text: urllib.parse.quote(text, safe="").encode(),
    "url plus": lambda text: urllib.parse.quote_plus(text).encode(),
    "json": lambda text: json.dumps({"a": text}).encode(),
}


def found(folder: Path, value: str = NAME) -> list[str]:
    """Return how a value was found to be spelled in a folder."""
    return [trace.spelling for trace in find_traces(folder, [value])]


@pytest.mark.parametrize("spelt", SPELT)
def test_each_spelling_is_found(tmp_path: Path, spelt: str) -> None:
    (tmp_path / "file").write_bytes(b"before " + SPELT[spelt](NAME) + b" after")
    assert spelt.split()[0] in found(tmp_path)


@pytest.mark.parametrize("offset", range(12))
def test_base64_is_found_whatever_stands_before_it(tmp_path: Path, offset: int) -> None:
    around = os.urandom(offset) + NAME.encode() + os.urandom(5)
    (tmp_path / "file").write_bytes(base64.b64encode(around))
    assert found(tmp_path) == ["base64"]


def test_it_is_found_inside_gzip_wherever_that_begins(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"log" + gzip.compress(NAME.encode()) + b"more")
    assert found(tmp_path) == ["gzip utf-8"]


def test_it_is_found_in_a_folder_below_and_named_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.db").write_bytes(b"x" * 5000 + NAME.encode())
    (trace,) = find_traces(tmp_path, ["not there at all", NAME])
    assert (trace.value, trace.file, trace.spelling) == (1, "a/b/c.db", "utf-8")


@pytest.mark.parametrize(
    "octets", [b"", b"\x1f\x8b\x08 not gzip", gzip.compress(b"else", mtime=0)[:9]]
)
def test_what_does_not_hold_it_gives_nothing(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "file").write_bytes(octets)
    assert found(tmp_path) == []


def test_a_short_value_is_not_sought(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert found(tmp_path, "12345") == []


def test_a_bomb_is_not_inflated_without_end(tmp_path: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    zeros = b"".join(packer.compress(bytes(1 << 20)) for _ in range(128)) + packer.flush()
    (tmp_path / "file").write_bytes(zeros)
    assert found(tmp_path) == []


def test_all_spellings_of_a_plain_number_are_told_apart() -> None:
    told = spellings("13912345678")
    assert sorted(told) == ["base64", "hex", "json", "url", "utf-16", "utf-8"]
    assert len(set(told["base64"])) == 3


@pytest.mark.clause("7.1b")
def test_nothing_is_found_of_what_the_vault_holds(house: House) -> None:
    house.admit(contact_email=EMAIL, contact_phone=PHONE)
    assert find_traces(house.folder, [EMAIL.reveal(), PHONE.reveal()]) == []
