"""Every command does what it says, prints data as JSON when asked to, and nothing else there."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import MAIL, asked, changed, said
from troth.app import open as opened
from troth.interfaces.cli import COMMANDS, main
from troth.policy import packs

PLAIN = {
    "init": "init TMP/new",
    "tick": "tick FOLDER",
    "doctor": "doctor FOLDER",
    "backup": "backup FOLDER TMP/data.tar.gz",
    "restore": "restore FOLDER DATA",
    "keys rotate": "keys rotate FOLDER",
    "keys backup": "keys backup FOLDER TMP/keys.tar.gz",
    "keys restore": "keys restore FOLDER KEYS",
    "keys bury": "keys bury FOLDER",
    "keys root": "keys root FOLDER --to file:regions/{region}/new.key",
    "keys make": "keys make FOLDER shop --scope read --scope decide --purpose authenticate",
    "keys list": "keys list FOLDER",
    "applications add": (
        "applications add FOLDER --name Shop --operator Shop --contact a@shop.example"
        " --recipient affiliates-cn --redirect https://shop.example/back"
    ),
    "applications list": "applications list FOLDER",
    "applications rekey": "applications rekey FOLDER",
    "cookies register": "cookies register FOLDER",
    "staff add": "staff add FOLDER anna --role support",
    "policy check": "policy check itnio",
    "policy show": "policy show FOLDER --language zh",
    "policy diff": "policy diff itnio itnio",
    "subject show": "subject show FOLDER SUBJECT",
    "subject trail": "subject trail FOLDER SUBJECT",
    "subject export": "subject export FOLDER SUBJECT TMP/copy.zip --request ASKED",
    "subject erase": "subject erase FOLDER SUBJECT --ground purpose_ended --yes",
    "ledger checkpoint": "ledger checkpoint FOLDER",
    "ledger export": "ledger export FOLDER cn TMP/ledger.zip",
    "ledger audit": "ledger audit FOLDER",
    "clauses": "clauses --status open",
    "webhooks list": "webhooks list FOLDER",
    "retention schedule": "retention schedule FOLDER",
    "retention plan": "retention plan FOLDER",
    "retention run": "retention run FOLDER",
    "retention anonymised": "retention anonymised FOLDER",
    "retention close-purpose": "retention close-purpose FOLDER marketing --dry-run",
    "retention stop-service": "retention stop-service FOLDER cloud --dry-run",
    "retention by-law": (
        "retention by-law FOLDER order-7 --law order-7 --category contact.phone --dry-run"
    ),
    "retention paper list": "retention paper list FOLDER",
    "requests list": "requests list FOLDER",
    "requests due": "requests due FOLDER",
    "agents list": "agents list FOLDER",
}
"""A call of each command that prints data and needs nothing made before."""
ELSEWHERE = {
    *("serve", "demo", "tour", "accounts import"),
    *("keys end", "staff end", "policy publish", "ledger verify"),
    *("applications end", "applications renew", "cookies scan"),
    *("agents add", "agents end", "intake certificate", "intake import", "intake serve-mail"),
    *("intake take", "requests show", "databases check", "databases find", "databases import"),
    *("databases inspect", "databases plan", "databases show", "retention approve"),
    *("retention paper enter", "retention paper move", "retention paper destroy"),
    "retention paper certificate",
    *("consents import", "consents verify", "webhooks test", "webhooks enable"),
}
"""What is called in a test of its own, here or in test_tour and the other test_cli files."""


def words(call: str, instance: Instance, tmp_path: Path) -> list[str]:
    """Put the instance's own words into a call."""
    asks = "ASKED" in call
    for word, value in {
        "ASKED": asked(instance.folder, instance.subject) if asks else "",
        "TMP": tmp_path,
        "FOLDER": instance.folder,
        "DATA": instance.data,
        "KEYS": instance.keys,
        "SUBJECT": instance.subject,
    }.items():
        call = re.sub(rf"\b{word}\b", str(value), call)
    return call.split()


def leaves(command: click.Command = main, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Give every command that is no group, by its whole name."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command)
    for below in command.list_commands(context):
        found = command.get_command(context, below)
        assert found is not None
        yield from leaves(found, f"{name} {below}".strip())


# --- all of them -------------------------------------------------------------------------------


def test_no_command_is_left_out() -> None:
    assert {name for name, _ in leaves()} == set(PLAIN) | ELSEWHERE


@pytest.mark.parametrize("name", PLAIN)
def test_data_is_printed_as_json_and_nothing_else_with_it(
    name: str, instance: Instance, tmp_path: Path
) -> None:
    told = said(*words(PLAIN[name], instance, tmp_path), "--json")
    assert told.code == 0, told.err
    assert told.data is not None


@pytest.mark.parametrize("name", PLAIN)
def test_the_same_is_printed_for_people(name: str, instance: Instance, tmp_path: Path) -> None:
    told = said(*words(PLAIN[name], instance, tmp_path))
    assert told.code == 0, told.err
    assert told.out.strip()
    assert "{'" not in told.out


@pytest.mark.parametrize(("name", "command"), [*leaves()], ids=[name for name, _ in leaves()])
def test_help_says_what_each_command_is_for_and_what_each_option_does(
    name: str, command: click.Command
) -> None:
    told = said(*name.split(), "-h")
    assert told.code == 0
    first = (command.help or "").partition("\n")[0]
    assert first.endswith((".", ":")) or len(first) > 60
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"
            assert parameter.opts[0] in told.out


def test_the_list_of_commands_says_what_the_commands_say() -> None:
    told = said("--help").out
    for name, (_, short) in COMMANDS.items():
        assert f"{name} " in told
        assert short in " ".join(told.split())


# --- some of them ------------------------------------------------------------------------------


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"troth, version \d+\.\d+\.\d+\n", said("--version").out)


def test_a_service_key_is_made_shown_once_and_ended(instance: Instance) -> None:
    made = said("keys", "make", instance.folder, "shop", "--scope", "read", "--json").data
    assert made["key"].startswith("troth_")
    (kept,) = said("keys", "list", instance.folder, "--json").data
    assert made["key"] not in json.dumps(kept)
    assert said("keys", "end", instance.folder, kept["id"], "--json").data == {"ended": kept["id"]}
    assert said("keys", "list", instance.folder, "--json").data[0]["ended_at"]


def test_somebody_is_admitted_and_ended(instance: Instance) -> None:
    added = said("staff", "add", instance.folder, "anna", "--role", "support", "--json").data
    assert added["password"]
    assert said("staff", "end", instance.folder, "anna", "--json").data == {"ended": "anna"}


def test_the_keys_are_rotated_and_the_next_step_is_named(instance: Instance) -> None:
    told = said("keys", "rotate", instance.folder, "--json").data
    assert told["keys"]["cn"] > 0
    assert told["next"].startswith("troth keys backup")
    refused = said("keys", "restore", instance.folder, instance.keys)
    assert refused.code == 2
    assert "was destroyed since" in refused.err


def test_a_backup_of_keys_says_by_when_it_has_to_be_destroyed(
    instance: Instance, tmp_path: Path
) -> None:
    told = said("keys", "backup", instance.folder, tmp_path / "k.tar.gz", "--json")
    assert f"destroy {tmp_path / 'k.tar.gz'} by {told.data['not_after']}" in told.err


def test_lost_keys_come_back_and_where_data_is_lost_too_the_next_step_is_named(
    instance: Instance,
) -> None:
    for region in ("cn", "global"):
        (instance.folder / f"regions/{region}/keys.db").unlink()
        (instance.folder / f"regions/{region}/data.db").unlink()
    told = said("keys", "restore", instance.folder, instance.keys)
    assert told.code == 0
    assert "next, troth restore, then troth keys bury" in told.err
    assert said("restore", instance.folder, instance.data).code == 0
    assert said("keys", "bury", instance.folder, "--json").code == 0
    held = said("subject", "show", instance.folder, instance.subject, "--json").data
    assert [each["field"] for each in held] == ["contact.email"]


def test_what_is_held_is_told_without_a_value(instance: Instance) -> None:
    told = said("subject", "show", instance.folder, instance.subject)
    assert "contact.email" in told.out
    assert MAIL not in told.out
    assert MAIL not in said("subject", "trail", instance.folder, instance.subject, "--json").out


def test_a_copy_is_private_and_whole(instance: Instance, tmp_path: Path) -> None:
    target = tmp_path / "copy.zip"
    number = asked(instance.folder, instance.subject)
    said("subject", "export", instance.folder, instance.subject, target, "--request", number)
    assert target.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(target) as packed:
        assert MAIL in packed.read("data.json").decode()


@pytest.mark.parametrize("rest", [(), ("--ground", "request"), ("--request", "r-none")])
def test_nobody_is_erased_or_given_out_on_nothing(
    rest: tuple[str, ...], instance: Instance, tmp_path: Path
) -> None:
    about = (instance.folder, instance.subject)
    erased = said("subject", "erase", *about, "--yes", *rest)
    copied = said("subject", "export", *about, tmp_path / "copy.zip", *rest[:0])
    assert (erased.code, copied.code) == (2 if "r-none" in rest else 3, 3)
    assert "proved request" in copied.err
    assert not (tmp_path / "copy.zip").exists()
    assert said("subject", "show", *about, "--json").data


def test_a_copy_settles_the_request_it_answers_and_goes_out_once(
    instance: Instance, tmp_path: Path
) -> None:
    number = asked(instance.folder, instance.subject)
    call = ("subject", "export", instance.folder, instance.subject)
    assert said(*call, tmp_path / "one.zip", "--request", number).code == 0
    assert said(*call, tmp_path / "two.zip", "--request", number).code == 2
    assert said("requests", "list", instance.folder, "--json").data == []


def test_an_erasure_shows_its_plan_and_can_be_declined(instance: Instance) -> None:
    call = ("subject", "erase", instance.folder, instance.subject)
    assert said(*call, "--dry-run", "--json").data["gone"] == ["contact.email"]
    call = (*call, "--ground", "purpose_ended")
    declined = said(*call, stdin="n\n")
    assert (declined.code, declined.out) == (130, "")
    assert "1 fields go" in declined.err
    assert said(*call, stdin="y\n").code == 0
    gone = said("subject", "show", instance.folder, instance.subject)
    assert gone.code == 2
    assert "erased" in gone.err


def test_the_policy_is_shown_with_its_bold_passages(instance: Instance) -> None:
    told = said("policy", "show", instance.folder, "--json").data
    assert len(told["clauses"]) == 175
    assert any(clause["bold"] for clause in told["clauses"])


def test_a_new_edition_is_compared_and_published(instance: Instance, tmp_path: Path) -> None:
    source, _ = packs.source("itnio")
    old = source.partition("edition: ")[2].partition("\n")[0]
    new = source.replace(f"edition: {old}", 'edition: "2099-01-01"', 1)
    new = re.sub(r"effective: [\d-]+", "effective: 2099-01-01", new, count=1)
    (tmp_path / "new.yaml").write_text(new)
    compared = said("policy", "diff", "itnio", tmp_path / "new.yaml", "--json").data
    assert compared["old"] != compared["new"]
    told = said("policy", "publish", instance.folder, tmp_path / "new.yaml", "--json")
    assert told.code == 0, told.err
    assert told.data["edition"] == compared["new"]


def test_a_ledger_is_exported_and_verified_by_whoever_has_the_public_key(
    instance: Instance, tmp_path: Path
) -> None:
    made = said("ledger", "export", instance.folder, "cn", tmp_path / "l.zip", "--json").data
    heads = said("ledger", "checkpoint", instance.folder, "--json").data
    assert heads["cn"]["key"] == made["key"]
    (tmp_path / "old").write_text(heads["cn"]["checkpoint"])
    call = ("ledger", "verify", tmp_path / "l.zip", "--key", made["key"])
    told = said(*call, "--remembered", tmp_path / "old", "--json")
    assert (told.code, told.data["ok"], told.data["root"]) == (0, True, made["root"])


def test_the_board_shows_the_rows_that_were_asked_for() -> None:
    told = said("clauses", "--json").data
    assert len(told["rows"]) == 175
    some = said("clauses", "--status", "partial", "--json").data
    assert {row["status"] for row in some["rows"]} <= {"partial"}
    assert some["counts"] == told["counts"]


def test_doctor_says_what_to_do_and_warnings_alone_are_no_failure(instance: Instance) -> None:
    told = said("doctor", instance.folder)
    assert told.code == 0
    assert "mail" in told.out
    changed(instance.folder, "port = 8420", "prot = 8420")
    told = said("doctor", instance.folder, "--json")
    assert told.code == 1
    assert "unknown key `prot` under [server]" in told.data[0]["what"]


def test_tick_does_what_the_clock_brings(instance: Instance) -> None:
    assert said("tick", instance.folder, "--json").data.keys() >= {"delivered", "swept", "rotated"}


def test_init_makes_an_instance_that_opens(tmp_path: Path) -> None:
    told = said("init", tmp_path / "new", "--name", "privacy.example", "--json").data
    with opened(tmp_path / "new") as troth:
        assert troth.gate.policy().hash == told["edition"]
        assert troth.settings.instance.name == "privacy.example"
