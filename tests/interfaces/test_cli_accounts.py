"""``troth accounts import``: what it takes, says and refuses, at a terminal (2.1.2b)."""

from pathlib import Path

import pytest

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import Said, said
from troth.app import open as opened

HASH = "$2b$04$" + "a" * 53
GOOD = f"email,phone,password_hash\nchen@mail.example,+8613900007001,{HASH}\n"
STATED = ("--basis", "contract", "--edition", "2026-01-01", "--record", "CRM-7")
ADULTS = ("--adults-declared-by", "TICKET-12")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.csv"
    path.write_text(GOOD)
    return path


def imported(instance: Instance, file: Path, *more: object) -> Said:
    return said("accounts", "import", instance.folder, file, *STATED, *ADULTS, *more)


def people(instance: Instance) -> int:
    with opened(instance.folder) as troth:
        return len(list(troth.gate.subjects()))


def test_accounts_are_imported_once(instance: Instance, file: Path) -> None:
    before = people(instance)
    told = imported(instance, file, "--json")
    assert (told.code, told.data["imported"], told.data["dry_run"]) == (0, 1, False)
    assert people(instance) == before + 1
    again = imported(instance, file)
    assert again.code == 0
    assert "1 imported, 0 skipped, 0 refused" in again.err
    assert people(instance) == before + 1


def test_a_dry_run_imports_nobody(instance: Instance, file: Path) -> None:
    before = people(instance)
    told = imported(instance, file, "--dry-run")
    assert told.code == 0
    assert "nothing was changed" in told.err
    assert people(instance) == before


def test_what_is_refused_is_named_without_its_value_and_ends_with_1(
    instance: Instance, file: Path
) -> None:
    file.write_text(GOOD + "canary at nowhere,,\n")
    told = imported(instance, file)
    assert told.code == 1
    assert "bad_value" in told.out
    assert "contact.email" in told.out
    assert "canary" not in told.out + told.err
    again = imported(instance, file)
    assert "went on after line 3" in again.err


def test_without_an_age_nobody_is_imported(instance: Instance, file: Path) -> None:
    told = said("accounts", "import", instance.folder, file, *STATED, "--json")
    assert told.code == 1
    assert told.data["problems"] == [
        {"line": 2, "code": "age_unknown", "field": "identity.birth_date"}
    ]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--basis", "consent"), 2),
        (("--edition", "1999-01-01"), 2),
        (("--residence", "CN", "--language", "fr"), 2),
        (("--format", "xml"), 2),
    ],
)
def test_a_statement_that_does_not_hold_is_called_wrongly(
    instance: Instance, file: Path, more: tuple[str, ...], code: int
) -> None:
    assert imported(instance, file, *more).code == code


def test_a_file_that_is_not_there_is_called_wrongly(instance: Instance, tmp_path: Path) -> None:
    told = imported(instance, tmp_path / "nothing.csv")
    assert told.code == 2
    assert "nothing.csv" in told.err


def test_the_format_may_be_said(instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "accounts.txt"
    path.write_text('{"email": "chen@mail.example"}\n')
    assert imported(instance, path).code == 2
    assert imported(instance, path, "--format", "jsonl").code == 0
