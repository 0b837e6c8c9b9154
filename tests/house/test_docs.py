"""The documentation cannot lie: every command, setting, error and act is in it, as it is."""

import doctest
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.support.source import ROOT
from tools import reference
from troth.model import acts, errors

DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BY_NAME = pytest.mark.parametrize(
    "page", DOCS, ids=lambda page: page.relative_to(ROOT).as_posix().replace("/", "-")
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PLACE = re.compile(r"(src|tests|docs|tools)/[\w./]+")
INLINE = re.compile(r"`([^`\n]+)`")


written = cache(reference.page)


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_reference_says_what_the_code_says(name: str) -> None:
    path = reference.FOLDER / name
    assert path.exists(), "make docs"
    assert path.read_text("utf-8") == written(name), "make docs"


def test_every_act_and_every_error_is_in_the_reference() -> None:
    kinds = [n for n in acts.__all__ if isinstance(getattr(acts, n), type(acts.Act))]
    assert [n for n in kinds if f"`{n}`" not in written("acts.md")] == []
    family = [n for n, e in vars(errors).items() if isinstance(e, type) and hasattr(e, "status")]
    assert [n for n in family if f"| `{n}` |" not in written("errors.md")] == []


@BY_NAME
def test_every_link_leads_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text("utf-8"))
    assert [to for to in LINK.findall(text) if not (page.parent / to).exists()] == []


@BY_NAME
def test_every_example_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [code for kind, code in FENCE.findall(page.read_text("utf-8")) if kind == "python"]
    session = "\n".join(code for code in blocks if ">>>" in code)
    monkeypatch.chdir(tmp_path)
    parsed = doctest.DocTestParser().get_doctest(session, {}, page.name, str(page), 0)
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(parsed)
    assert results.failed == 0


@BY_NAME
def test_every_make_target_named_is_there(page: Path) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE))
    there = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert named <= set(there)


@BY_NAME
def test_every_command_named_is_there(page: Path) -> None:
    said = re.findall(r"(?:^|`|\$ )troth ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
    there = re.findall(r"^## `troth ([a-z]+)", written("commands.md"), re.MULTILINE) if said else []
    assert set(said) <= set(there)


@BY_NAME
def test_no_page_names_a_source_file_that_is_gone(page: Path) -> None:
    text = FENCE.sub("", page.read_text("utf-8"))
    named = {name for name in INLINE.findall(text) if PLACE.fullmatch(name)}
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_defines_itself_and_shows_code_at_once() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    code = next((n for n, line in enumerate(lines, 1) if line.startswith("```")), None)
    assert code is not None
    assert code <= 20
    assert lines[0].startswith("# ")


def test_decisions_are_numbered_once() -> None:
    numbers = Counter(path.name[:4] for path in (ROOT / "docs/decisions").glob("*.md"))
    assert [number for number, count in numbers.items() if count > 1] == []
    assert all(number.isdigit() for number in numbers)


def test_change_fragments_say_what_they_are() -> None:
    kinds = "added|changed|fixed|removed|security"
    names = [path.name for path in (ROOT / "changes").glob("*") if path.name[0] != "."]
    assert [n for n in names if not re.fullmatch(rf"[\w-]+\.({kinds})\.md|README\.md", n)] == []
