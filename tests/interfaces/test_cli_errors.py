"""Whatever goes wrong is said in words with a remedy, by its own exit code, never by a traceback.

Codes: 1 found wrong, 2 called wrongly, 3 refused, 4 not set up right, 5 broken, 130 interrupted.
"""

import io
import shutil
import socket
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import MAIL, Said, admitted, changed, said
from tests.interfaces.test_cli_commands import PLAIN, words
from troth.app import create
from troth.interfaces.cli import saying
from troth.interfaces.cli.serving import free_port
from troth.model import errors
from troth.model.errors import Misconfigured, TrothError
from troth.policy import packs

IN_A_FOLDER = [name for name, call in PLAIN.items() if "FOLDER" in call]
CALLS = {**PLAIN, "serve": "serve FOLDER"}


def written(name: str, instance: Instance, tmp_path: Path) -> list[str]:
    """Write a command down, JSON wanted wherever it has any."""
    json_too = () if name == "serve" else ("--json",)
    return [*words(CALLS[name], instance, tmp_path), *json_too]


def call(name: str, instance: Instance, tmp_path: Path) -> Said:
    """Call a command."""
    return said(*written(name, instance, tmp_path))


# --- the instance is not right -----------------------------------------------------------------


def nothing_there(folder: Path) -> None:
    shutil.rmtree(folder)


def a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("")


def broken_toml(folder: Path) -> None:
    (folder / "troth.toml").write_text("[email\n")


def unknown_key(folder: Path) -> None:
    changed(folder, "port = 8420", "prot = 8420")


def literal_secret(folder: Path) -> None:
    changed(folder, "[sms]", '[sms]\nsecret = "hunter2hunter2"')


def no_root_key(folder: Path) -> None:
    (folder / "regions/cn/root.key").unlink()


def wrong_root_key(folder: Path) -> None:
    shutil.copy(folder / "regions/global/root.key", folder / "regions/cn/root.key")


def open_root_key(folder: Path) -> None:
    (folder / "regions/cn/root.key").chmod(0o644)


def newer(folder: Path) -> None:
    for region in ("cn", "global"):
        with sqlite3.connect(folder / f"regions/{region}/data.db") as database:
            database.execute("INSERT INTO migrations VALUES (9999, 'of the future', 0)")
        database.close()


def no_database(folder: Path) -> None:
    (folder / "regions/global/data.db").write_bytes(b"not a database" * 1000)


AILMENTS: dict[Callable[[Path], None], str] = {
    nothing_there: "holds no troth.toml",
    a_file: "holds no troth.toml",
    broken_toml: "line 1",
    unknown_key: "unknown key `prot` under [server]",
    literal_secret: "holds a secret itself",
    no_root_key: "cannot be read",
    wrong_root_key: "does not open",
    open_root_key: "can be read by others",
    newer: "9999",
    no_database: "cannot be opened as a database",
}


@pytest.mark.parametrize("ail", AILMENTS, ids=lambda ail: ail.__name__)
@pytest.mark.parametrize("name", ["tick", "subject show", "restore", "keys root", "serve"])
def test_an_instance_that_is_not_right_is_said_to_be(
    name: str, ail: Callable[[Path], None], instance: Instance, tmp_path: Path
) -> None:
    ail(instance.folder)
    told = call(name, instance, tmp_path)
    assert told.code == saying.NOT_SET_UP, told.err
    assert told.out == ""
    assert "hunter2" not in told.err
    assert "do: " in told.err
    if name not in ("restore", "keys root"):
        assert AILMENTS[ail] in told.err


@pytest.mark.parametrize("name", IN_A_FOLDER)
def test_no_command_takes_a_folder_that_is_no_instance(
    name: str, instance: Instance, tmp_path: Path
) -> None:
    line = written(name, instance, tmp_path)
    shutil.rmtree(instance.folder)
    told = said(*line)
    if name == "doctor":
        assert told.code == saying.FOUND_WRONG
        assert "troth init" in told.data[0]["remedy"]
    else:
        assert (told.code, told.out) == (saying.NOT_SET_UP, "")
        assert f"do:    make an instance: troth init {instance.folder}" in told.err
    assert not instance.folder.exists()


def test_an_instance_is_not_made_over_another(instance: Instance) -> None:
    told = said("init", instance.folder)
    assert told.code == saying.NOT_SET_UP
    assert "already holds an instance" in told.err


@pytest.mark.parametrize("place", ["file/new", "/proc/no/such"])
def test_an_instance_is_not_made_where_nothing_can_be_written(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    told = said("init", tmp_path / place)
    assert told.code == saying.NOT_SET_UP
    assert "cannot be written to" in told.err


def test_a_database_that_breaks_later_is_said_to(instance: Instance) -> None:
    with sqlite3.connect(instance.folder / "regions/cn/data.db") as database:
        database.execute("DROP TABLE standings")
    database.close()
    told = said("subject", "show", instance.folder, instance.subject)
    assert told.code == saying.BROKEN
    assert "the database answered: no such table" in told.err
    assert "troth doctor" in told.err


# --- it was called wrongly ---------------------------------------------------------------------

WRONG = {
    "init TMP/new --policy nosuch": (2, "no policy is called `nosuch`"),
    "init TMP/new --name A/B": (2, "cannot be an instance's name"),
    "init TMP/new --on postgresql://u:hunter2@localhost/x": (2, "carries its password"),
    "backup FOLDER DATA": (2, "exists"),
    "backup FOLDER TMP/none/b.tar.gz": (2, "is no folder"),
    "restore FOLDER TMP/none": (2, "no backup of ours"),
    "restore FOLDER KEYS": (2, "a backup of keys, not of data"),
    "keys backup FOLDER KEYS": (2, "exists"),
    "keys restore FOLDER DATA": (2, "a backup of data, not of keys"),
    "keys restore FOLDER KEYS --root kms:x": (0, ""),
    "keys root FOLDER --to file:one.key": (2, "each region has a root key of its own"),
    "keys root FOLDER --to env:NO_SUCH --region cn": (4, "is not set"),
    "keys root FOLDER": (2, "Missing option '--to'"),
    "keys make FOLDER shop --scope everything": (2, "no scope is called `everything`"),
    "keys make FOLDER shop": (2, "Missing option '--scope'"),
    "keys end FOLDER nosuch": (2, "no living key"),
    "staff add FOLDER anna --role king": (2, "king"),
    "staff add FOLDER A! --role support": (2, "login"),
    "staff end FOLDER nobody": (2, "is not staff"),
    "policy check nosuch": (2, "no policy is called `nosuch`"),
    "policy check TMP": (2, "no policy is called"),
    "policy show FOLDER --language fr": (2, "Invalid value for '--language'"),
    "policy diff itnio nosuch": (2, "no policy is called `nosuch`"),
    "subject show FOLDER nonsense": (2, "not a subject id"),
    "subject show FOLDER moon-aaaaaaaaaaaaaaaaaaaaaaaaaa": (2, "no region `moon`"),
    "subject show FOLDER cn-aaaaaaaaaaaaaaaaaaaaaaaaaa": (2, "no subject has this id"),
    "subject trail FOLDER cn-aaaaaaaaaaaaaaaaaaaaaaaaaa": (2, "no subject has this id"),
    "subject erase FOLDER cn-aaaaaaaaaaaaaaaaaaaaaaaaaa": (2, "no subject has this id"),
    "subject export FOLDER SUBJECT DATA": (2, "exists"),
    "subject export FOLDER SUBJECT TMP/none/copy.zip": (2, "is no folder"),
    "ledger export FOLDER moon TMP/l": (2, "no region `moon`"),
    "ledger export FOLDER cn DATA": (2, "already"),
    "ledger verify TMP/none --key k": (2, "does not exist"),
    "clauses --policy nosuch": (2, "no policy is called `nosuch`"),
    "clauses --status maybe": (2, "Invalid value for '--status'"),
    "serve FOLDER --port 0": (2, "Invalid value for '--port'"),
    "serve FOLDER --port 70000": (2, "Invalid value for '--port'"),
    "serve FOLDER --host 203.0.113.7": (4, "nothing can listen on `203.0.113.7`"),
    "serve FOLDER --host no.such.host.invalid": (4, "nothing can listen on"),
    "demo FOLDER --port many": (2, "Invalid value for '--port'"),
    "tour --policy nosuch": (2, "no policy is called `nosuch`"),
    "nosuch": (2, "No such command 'nosuch'"),
    "keys nosuch": (2, "No such command 'nosuch'"),
    "doctor --nosuch": (2, "No such option"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_call_is_named_and_nothing_is_printed_as_data(
    wrong: str, instance: Instance, tmp_path: Path
) -> None:
    code, says = WRONG[wrong]
    told = said(*words(wrong, instance, tmp_path))
    assert told.code == code, told.err
    assert says in told.err
    assert code == 0 or told.out == ""
    assert "hunter2" not in told.err


def test_a_subject_id_is_not_repeated(instance: Instance) -> None:
    assert MAIL not in said("subject", "show", instance.folder, MAIL).err


@pytest.mark.parametrize("octets", [b"\xff\xfe", b"troth: [", b"", b"a: b"])
def test_a_policy_that_is_none_is_said_to_be(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "p.yaml").write_bytes(octets)
    for command in (("policy", "check"), ("policy", "diff", "itnio"), ("clauses", "--policy")):
        told = said(*command, tmp_path / "p.yaml")
        assert told.code == saying.FOUND_WRONG
    assert said("init", tmp_path / "new", "--policy", tmp_path / "p.yaml").code != 0
    assert not (tmp_path / "new").exists()


# --- found wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("troth: 1", "troth: 1\nnonsense: 3", "nonsense"),
        ("  r-marketing:\n", "  r-marketing:\n    allow: [use]\n", "allow"),
    ],
)
def test_each_mistake_of_a_policy_is_named_by_file_line_clause_and_remedy(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    source, _ = packs.source("itnio")
    (tmp_path / "mine.yaml").write_text(source.replace(old, new, 1))
    line = source[: source.index(old)].count("\n") + 2
    told = said("policy", "check", tmp_path / "mine.yaml")
    assert told.code == saying.FOUND_WRONG
    place = f"mine.yaml:{line}: error: "
    assert place in told.out, told.out
    what, remedy = told.out.partition(place)[2].splitlines()[:2]
    assert says in what
    assert remedy.startswith("  ")


def test_a_mistake_in_a_rule_quotes_its_clause(tmp_path: Path) -> None:
    source, _ = packs.source("itnio")
    (tmp_path / "mine.yaml").write_text(source.replace("purpose: marketing", "purpose: m", 1))
    found = said("policy", "check", tmp_path / "mine.yaml", "--json").data["findings"]
    (error,) = [each for each in found if each["level"] == "error"]
    assert (error["clause"], error["file"]) == ("2.1.2e", "mine.yaml")
    assert error["remedy"]
    assert error["line"] > 100


def test_warnings_are_errors_where_that_is_asked_for() -> None:
    assert said("policy", "check", "itnio").code == 0
    strict = said("policy", "check", "itnio", "--strict", "--json")
    assert strict.code == (saying.FOUND_WRONG if strict.data["warnings"] else 0)


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_a_ledger_that_was_altered_names_the_entry(
    instance: Instance, tmp_path: Path, json_too: tuple[str, ...]
) -> None:
    bundle = tmp_path / "ledger"
    key = said("ledger", "export", instance.folder, "cn", bundle, "--json").data["key"]
    (file,) = [path for path in (bundle / "tile/entries").rglob("*") if path.is_file()]
    octets = bytearray(file.read_bytes())
    octets[len(octets) // 2] ^= 1
    file.write_bytes(octets)
    told = said("ledger", "verify", bundle, "--key", key, *json_too)
    assert told.code == saying.FOUND_WRONG
    assert "is not what was signed" in told.out
    assert "entry" in told.out


@pytest.mark.parametrize("key", ["nonsense", "troth.local/cn+00000000+AAAA"])
def test_a_ledger_is_not_verified_by_another_key(
    instance: Instance, tmp_path: Path, key: str
) -> None:
    said("ledger", "export", instance.folder, "cn", tmp_path / "l.zip")
    told = said("ledger", "verify", tmp_path / "l.zip", "--key", key, "--json")
    assert (told.code, told.data["ok"]) == (saying.FOUND_WRONG, False)


def test_what_is_no_ledger_does_not_verify(tmp_path: Path) -> None:
    (tmp_path / "file.zip").write_bytes(b"not a zip")
    (tmp_path / "folder").mkdir()
    for name in ("file.zip", "folder"):
        assert said("ledger", "verify", tmp_path / name, "--key", "k").code == saying.FOUND_WRONG


def test_an_audit_of_an_altered_ledger_fails(instance: Instance) -> None:
    assert said("ledger", "audit", instance.folder).code == 0
    sql = "UPDATE entries SET leaf = CAST(replace(CAST(leaf AS TEXT), 'email', 'phone') AS BLOB)"
    with sqlite3.connect(instance.folder / "regions/cn/data.db") as database:
        database.execute(sql)
    database.close()
    told = said("ledger", "audit", instance.folder, "--json")
    assert (told.code, told.data["cn"]["ok"]) == (saying.FOUND_WRONG, False)


def test_an_altered_backup_is_refused(instance: Instance, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as made:
        member = tarfile.TarInfo("../../etc/cron.d/troth")
        member.size = 1
        made.addfile(member, io.BytesIO(b"x"))
    for command in (("restore",), ("keys", "restore")):
        told = said(*command, instance.folder, tmp_path / "bad.tar.gz")
        assert told.code == saying.CALLED_WRONG
        assert "no backup of ours" in told.err


# --- refused, busy, interrupted ----------------------------------------------------------------


def test_a_refusal_of_the_policy_has_its_code_and_quotes_the_clause(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise errors.Refused("it may not be shown", clause="7.1d", remedy="ask the person")

    monkeypatch.setattr("troth.gate.Gate.inventory", refuse)
    told = said("subject", "show", instance.folder, instance.subject)
    assert told.code == saying.REFUSED
    assert told.err == "✗ it may not be shown\n  why:   §7.1d\n  do:    ask the person\n"


def test_an_instance_that_is_in_use_is_not_replaced(instance: Instance, tmp_path: Path) -> None:
    other = create(tmp_path / "other")
    with other:
        for name in ("restore", "keys restore", "keys bury", "keys root"):
            call = words(PLAIN[name].replace("FOLDER", "TMP/other"), instance, tmp_path)
            told = said(*call)
            assert told.code == saying.BROKEN
            assert "stop it first" in told.err
        admitted(other, "still@works.example")


def test_ctrl_c_ends_a_command_without_a_word_too_many(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("troth.app.Troth.tick", interrupted)
    told = said("tick", instance.folder)
    assert (told.code, told.out, told.err) == (saying.INTERRUPTED, "", "interrupted\n")


def test_what_the_system_refuses_is_said(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/data/x")

    monkeypatch.setattr("troth.app.Troth.tick", full)
    told = said("tick", instance.folder)
    assert told.code == saying.BROKEN
    assert "no space left on device: `/data/x`" in told.err


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = "from troth.interfaces.cli import main; main(['clauses', '--json'])"
    shown = subprocess.run(
        f'{sys.executable} -c "{program}" | head -1',
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.stdout, shown.stderr) == ("{\n", "")


@pytest.mark.parametrize(
    "kind",
    [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, TrothError)
    ],
    ids=lambda kind: kind.__name__,
)
def test_every_error_has_a_documented_code(kind: type[TrothError]) -> None:
    assert saying.code_of(kind("x")) in (1, 2, 3, 4, 5)


def test_brackets_in_a_message_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        saying.fail(Misconfigured("[email] is wrong", remedy="see [bold]it[/bold]"))
    assert "[email] is wrong" in capsys.readouterr().err


# --- ports -------------------------------------------------------------------------------------


def test_the_next_free_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert port < free_port("127.0.0.1", port) < port + 20


def test_where_every_port_is_taken_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", taken)
    with pytest.raises(Misconfigured, match="all taken"):
        free_port("127.0.0.1", 65530)
