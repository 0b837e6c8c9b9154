"""What a reader copies works: the README's first block, and every Python block of the how-to pages.

The blocks of a page run in order, as one program, in an empty folder. What is not meant to run alone
(a sketch of a test, a part of somebody's own program) is marked ``py`` instead of ``python``.
"""

import re
from pathlib import Path

import pytest

from tests.support.source import ROOT, modules

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
HOUSE = ROOT / "docs/house.md"


def blocks(page: Path) -> list[str]:
    """Return the Python blocks of a page that are programs, not sessions with a prompt."""
    return [code for code in BLOCK.findall(page.read_text("utf-8")) if ">>>" not in code]


PAGES = [page for page in sorted(ROOT.glob("docs/**/*.md")) if blocks(page)]


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_readme_says_what_its_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    run(blocks(ROOT / "README.md")[0], "README.md")
    refused, erased = capsys.readouterr().out.splitlines()
    assert refused.startswith("E-mail address may not be used for “To send you advertising”: ")
    assert erased == "True"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page: Path) -> None:
    run("\n".join(blocks(page)), page.name)


def run(code: str, name: str) -> None:
    """Run a program as a reader would who copied it into a file."""
    exec(compile(code, name, "exec"), {"__name__": "__main__"})


def test_every_file_of_the_house_stands_on_its_plan() -> None:
    told = set(re.findall(r"`([\w/]+)`", HOUSE.read_text("utf-8")))
    files = {module.path.stem for module in modules() if module.path.stem != "__init__"}
    assert sorted(files - told) == [], "give it a word in docs/house.md"
