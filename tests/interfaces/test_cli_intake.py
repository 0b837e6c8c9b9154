"""Requests at the command line: a mail that is piped, a list, agents (9.1b, 11.3)."""

import os
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from tests.documents.intake.hostile import OURS, REFUSED, mail
from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import said

KEY = bytes(SigningKey(b"a" * 32).verify_key).hex()


@pytest.fixture
def taking(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(os.environ, "TROTH_INTAKE_ADDRESS", OURS)
    return instance.folder


def test_a_mail_that_is_piped_becomes_a_request_once(taking: Path, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(mail())
    first = said("intake", "take", taking, path, "--json").data
    again = said("intake", "take", taking, "-", "--json", stdin=mail().decode()).data
    assert (first["outcome"], again["outcome"]) == ("opened", "again")
    assert first["request"] == again["request"]


def test_what_is_no_mail_is_said_and_exits_so(taking: Path, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(REFUSED["noise"])
    assert said("intake", "take", taking, path).code == 2


def test_without_an_address_no_mail_is_taken(instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    path.write_bytes(mail())
    told = said("intake", "take", instance.folder, path)
    assert told.code == 4
    assert "[intake]" in told.err
    assert said("intake", "serve-mail", instance.folder).code == 4


def test_a_list_is_brought_in_and_wrong_rows_are_named(instance: Instance, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("kind,name,reference\ndelete,Ana,1\ndance,Ana,2\n", "utf-8")
    told = said("intake", "import", instance.folder, path)
    assert told.code == 1
    assert "1 opened" in told.out
    data = said("intake", "import", instance.folder, path, "--json").data
    assert (data["known"], data["opened"]) == (1, [])
    assert data["wrong"][0]["line"] == 3


def test_a_certificate_is_made_for_trials_and_never_over_another(instance: Instance) -> None:
    told = said("intake", "certificate", instance.folder, "troth.example", "--json").data
    key = instance.folder / "opendsr.key"
    assert told["certificate_key"] == "file:opendsr.key"
    assert key.stat().st_mode & 0o077 == 0
    assert said("intake", "certificate", instance.folder, "troth.example").code == 2


def test_agents_are_entered_listed_and_ended(instance: Instance) -> None:
    folder = instance.folder
    options = ("--name", "Permission", "--key", KEY, "--callback", "https://agent.example")
    made = said("agents", "add", folder, "PERMISSION", *options, "--json").data
    assert made["callbacks"] == ["https://agent.example"]
    assert made["our_key"]
    (listed,) = said("agents", "list", folder, "--json").data
    assert (listed["id"], listed["key"], listed["ended"]) == ("PERMISSION", KEY, "")
    assert said("agents", "end", folder, "PERMISSION").code == 0
    assert "PERMISSION" in said("agents", "list", folder).out
    assert said("agents", "end", folder, "PERMISSION").code == 2
    assert said("agents", "add", folder, "PERMISSION", *options).code == 2


@pytest.mark.parametrize(
    "wrong", [("--key", "x"), ("--key", KEY, "--callback", "http://x.example")]
)
def test_what_is_no_key_or_address_is_refused(instance: Instance, wrong: tuple[str, ...]) -> None:
    assert said("agents", "add", instance.folder, "A", "--name", "A", *wrong).code == 2
