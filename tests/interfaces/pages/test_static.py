"""The centre's own files: their types, their names, and the policy that lets nothing else in."""

import re

import pytest

from tests.interfaces.visitor import Visitor
from troth.app import Troth
from troth.interfaces.pages.static import MEDIA, address, served

MOST_STYLE = 16 * 1024


def test_every_file_is_served_with_its_type_for_good(troth: Troth) -> None:
    visitor = Visitor(troth)
    for name, asset in served().items():
        answer = visitor.get(f"/static/{name}")
        assert answer.content == asset.data
        assert answer.headers["content-type"].startswith(MEDIA[f".{name.rpartition('.')[2]}"])
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_script_has_the_type_that_browsers_ask_for() -> None:
    assert MEDIA[".js"] == "text/javascript"


def test_a_name_that_is_not_there_has_no_address() -> None:
    with pytest.raises(StopIteration):
        address("nothing")


def test_a_page_may_load_from_here_alone_and_run_nothing_inline(troth: Troth) -> None:
    sent = Visitor(troth).get("/").headers["content-security-policy"]
    rules = dict(rule.strip().partition(" ")[::2] for rule in sent.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    for kind in ("script-src", "style-src", "font-src", "connect-src", "form-action"):
        assert rules[kind] == "'self'"
    assert rules["img-src"] == "'self' data:"


def test_the_sheet_is_small_and_names_nothing_from_elsewhere() -> None:
    sheet = served()[address("centre.css").removeprefix("/static/")].data.decode()
    assert len(sheet.encode()) <= MOST_STYLE
    assert not re.search(r"url\(|@import|@font-face", sheet)


def test_the_sheet_provides_for_the_dark_for_paper_and_for_forced_colours() -> None:
    sheet = served()[address("centre.css").removeprefix("/static/")].data.decode()
    for asked in ("prefers-color-scheme: dark", "print", "forced-colors", "prefers-reduced-motion"):
        assert asked in sheet
