"""Cookies at a terminal: the register; a scan whose means are missing says what to install."""

import sys
from pathlib import Path

import pytest

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import said
from troth.interfaces.cookies import registers
from troth.model.errors import Misconfigured, Unreachable


def test_the_register_as_a_file_is_what_a_guard_reads(instance: Instance, tmp_path: Path) -> None:
    told = said("cookies", "register", str(instance.folder), "--json")
    file = tmp_path / "cookies.json"
    file.write_text(told.out)
    register = registers.load(file)
    assert register.optional == ("analytics", "personalise")
    assert register.find("__Host-troth") is not None


def test_without_a_browser_the_scan_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    monkeypatch.delitem(sys.modules, "troth.interfaces.cookies.scan", raising=False)
    told = said("cookies", "scan", "http://localhost:9/", "--policy", "itnio")
    assert told.code == 4
    assert "pip install playwright" in told.err


def test_a_house_is_asked_over_tls_or_on_this_machine() -> None:
    for address in ("http://shop.example", "ftp://localhost", "https://", "shop.example"):
        with pytest.raises(Misconfigured):
            registers.fetch(address)
    with pytest.raises(Unreachable):
        registers.fetch("http://127.0.0.1:9")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"edition": 1}'])
def test_what_is_no_register_is_said_so(text: str, tmp_path: Path) -> None:
    file = tmp_path / "cookies.json"
    file.write_text(text)
    told = said("cookies", "scan", "http://localhost:9/", "--register", str(file))
    assert told.code == 4
    assert "no register of cookies" in told.err
