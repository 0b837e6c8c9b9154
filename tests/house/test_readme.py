"""What a reader copies works: the README's first block, and every page's Python and commands.

The blocks of a page run in order, as one program, in an empty folder. What is not meant to run
alone (a sketch of a test, a part of somebody's own program) is marked ``py``, not ``python``.
"""

import re
import shlex
from pathlib import Path

import click
import pytest

from tests.support.source import ROOT, modules
from troth.interfaces import cli

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`(troth [^`\n]+)`")
HOUSE = ROOT / "docs/house.md"
EVERY = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(page: Path) -> list[str]:
    """Return the Python blocks of a page that are programs, not sessions with a prompt."""
    return [code for code in BLOCK.findall(page.read_text("utf-8")) if ">>>" not in code]


def commands(page: Path) -> list[str]:
    """Return every call of ``troth`` on a page, in a shell block or inside a sentence."""
    text = page.read_text("utf-8")
    lines = "\n".join(SHELL.findall(text)).replace("\\\n", " ").splitlines()
    told = [line.partition("#")[0].strip().removeprefix("venv/bin/") for line in lines]
    return [line for line in told if line.startswith("troth ")] + INLINE.findall(text)


PAGES = [page for page in EVERY if blocks(page) and page.name != "README.md"]
CALLS = sorted({(page.stem, call) for page in EVERY for call in commands(page)})


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


@pytest.mark.parametrize(("page", "call"), CALLS)
def test_a_command_on_a_page_is_one_that_can_be_called(page: str, call: str) -> None:
    command: click.Command | None = cli.main
    words = shlex.split(call)[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.get_command(click.Context(command), words.pop(0))
    assert command is not None
    known = {option for param in command.params for option in param.opts} | {"--help", "--version"}
    assert [word for word in words if word.startswith("-") and word not in known] == []


def test_every_file_of_the_house_stands_on_its_plan() -> None:
    told = set(re.findall(r"`([\w/]+)`", HOUSE.read_text("utf-8")))
    files = {module.path.stem for module in modules() if module.path.stem != "__init__"}
    assert sorted(files - told) == [], "give it a word in docs/house.md"
