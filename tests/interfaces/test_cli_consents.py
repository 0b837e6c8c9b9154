"""``troth consents`` and ``troth webhooks`` at a terminal: what they take and refuse (9.3)."""

import json
from pathlib import Path

import pytest

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import MAIL, Said, said
from troth.app import Shown, Tick
from troth.app import open as opened
from troth.egress.loopback import HttpSink

ROW = {
    "email": MAIL,
    "to": "improve",
    "at": "2026-01-05",
    "collector": "old shop",
    "means": "checkbox",
    "text": "ab" * 32,
    "reference": "crm/17",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "consents.jsonl"
    path.write_text(json.dumps(ROW) + "\n")
    return path


def imported(instance: Instance, file: Path, *more: object) -> Said:
    return said("consents", "import", instance.folder, file, *more)


def test_consents_are_imported_once(instance: Instance, file: Path) -> None:
    told = imported(instance, file, "--json")
    assert (told.code, told.data["imported"], told.data["dry_run"]) == (0, 1, False)
    again = imported(instance, file)
    assert "1 imported, 0 skipped, 0 refused" in again.err
    with opened(instance.folder) as troth:
        assert len(troth.consent.history(instance.subject)) == 1


def test_a_dry_run_imports_nothing(instance: Instance, file: Path) -> None:
    told = imported(instance, file, "--dry-run")
    assert told.code == 0
    assert "nothing was changed" in told.err
    with opened(instance.folder) as troth:
        assert troth.consent.history(instance.subject) == []


def test_a_row_without_proof_ends_in_one_and_is_named(instance: Instance, file: Path) -> None:
    file.write_text(json.dumps({**ROW, "reference": None}) + "\n")
    told = imported(instance, file)
    assert told.code == 1
    assert "no_proof" in told.out
    assert "reference" in told.out
    assert MAIL not in told.out + told.err


def receipt(instance: Instance, folder: Path) -> tuple[Path, str]:
    """Return somebody's receipt as a file, and the ledger's key."""
    with opened(instance.folder) as troth:
        shown = Shown(edition=troth.gate.policy().hash, language="zh")
        troth.consent.give(instance.subject, [Tick(keys=("improve",), ticked=True)], shown=shown)
        path = folder / "receipt.json"
        path.write_bytes(troth.consent.papers.signed(instance.subject, "improve"))
        return path, troth.checkpoints()["cn"][1]


def test_a_receipt_is_verified_without_the_instance(instance: Instance, tmp_path: Path) -> None:
    path, vkey = receipt(instance, tmp_path)
    told = said("consents", "verify", path, "--key", vkey, "--json")
    assert (told.code, told.data["state"], told.data["in_ledger"]) == (0, "ConsentGiven", True)


def test_a_receipt_that_was_altered_ends_in_one(instance: Instance, tmp_path: Path) -> None:
    path, vkey = receipt(instance, tmp_path)
    path.write_text(path.read_text().replace("ConsentGiven", "ConsentRefused"))
    told = said("consents", "verify", path, "--key", vkey)
    assert told.code == 1
    assert "altered" in told.err


# --- webhooks ----------------------------------------------------------------------------------


def listen(instance: Instance, url: str) -> None:
    """Name an address in the settings."""
    toml = instance.folder / "troth.toml"
    text = toml.read_text().replace("[webhooks]\n", "")
    toml.write_text(
        text + '\n[webhooks]\nnetworks = ["127.0.0.0/8"]\n[webhooks.endpoints.crm]\n'
        f'url = "{url}"\nsecret = "env:CRM_SECRET"\nevents = ["consent.*"]\n'
    )


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SECRET", "whsec_" + "QUJD" * 8)


def test_addresses_are_listed_and_tried(instance: Instance) -> None:
    with HttpSink() as sink:
        listen(instance, sink.url)
        listed = said("webhooks", "list", instance.folder, "--json")
        tried = said("webhooks", "test", instance.folder, "crm")
    assert listed.code == tried.code == 0
    assert [one["name"] for one in listed.data["cn"]] == ["crm"]
    assert len(sink.posts) == 1


def test_an_address_that_does_not_answer_says_so(instance: Instance) -> None:
    with HttpSink() as sink:
        listen(instance, sink.url)
        sink.status = 500
        told = said("webhooks", "test", instance.folder, "crm")
    assert told.code == 5
    assert "500" in told.err


def test_an_address_that_is_left_alone_ends_the_list_in_one_until_it_is_mended(
    instance: Instance,
) -> None:
    with HttpSink() as sink:
        listen(instance, sink.url)
        sink.status = 410
        receipt(instance, instance.folder)
        said("tick", instance.folder)
        listed = said("webhooks", "list", instance.folder)
        assert listed.code == 1
        assert "http_410" in listed.out
        mended = said("webhooks", "enable", instance.folder, "crm", "--json")
    assert mended.data["was_left_alone"]
    assert said("webhooks", "list", instance.folder).code == 0


def test_an_address_there_is_not_is_called_wrongly(instance: Instance) -> None:
    assert said("webhooks", "enable", instance.folder, "nobody").code == 2
