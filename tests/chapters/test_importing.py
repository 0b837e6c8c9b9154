"""Accounts from elsewhere: taken in with what they rest on, tried first, never twice (2.1.2b)."""

import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import bcrypt
import msgspec
import pytest

from tests.chapters.people import PROVED, House
from troth.app.traces import find_traces
from troth.chapters.accounts.importing import Report, Stated
from troth.documents.imports.batches import BATCH, Problem
from troth.documents.imports.register import Imports, Tally
from troth.model.errors import BadInput, NotFound, NotProved, UnknownTerm
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId

PASSWORD = "an old password of theirs"
HASH = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
STATED = Stated(
    basis="contract", edition="2026-11-20", record="CRM-7", adults_declared_by="TICKET-12"
)
HEADER = "email,phone,login,password_hash,name\n"
ROW = f"chen.yu@mail.example,+8613900007001,chen-yu,{HASH},陈雨\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "accounts.csv"


def run(house: House, path: Path, stated: Stated = STATED, **more: Any) -> Report:
    return house.accounts.importing.run(path, stated, **more)


def written(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text(header + "".join(rows), "utf-8")
    return path


def lines(path: Path, *rows: dict[str, Any]) -> Path:
    target = path.with_suffix(".jsonl")
    target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return target


def many(count: int) -> list[str]:
    return [f"p{n}@mail.example,+861390001{n:04d},p-{n},{HASH},客户\n" for n in range(count)]


def subjects(house: House) -> list[SubjectId]:
    return list(house.gate.regions[Region("cn")].vault.subjects())


def problems(report: Report) -> list[tuple[int, str, str]]:
    return [(one.line, one.code, one.field) for one in report.problems]


# --- what comes in -----------------------------------------------------------------------------


def test_an_imported_account_signs_in_and_its_hash_becomes_ours(house: House, file: Path) -> None:
    assert run(house, written(file, ROW)).imported == 1
    (subject,) = subjects(house)
    for identifier in ("chen.yu@mail.example", "139 0000 7001", "chen-yu"):
        signed = house.accounts.sign_in(Secret(identifier), Secret(PASSWORD))
        assert signed.subject == subject
    (renewed,) = [one for one in house.gate.trail(subject) if one.kind == "data.corrected"]
    assert renewed.what["reference"] == "rehash"
    with pytest.raises(NotProved):
        house.accounts.sign_in(Secret("chen-yu"), Secret("another password"))


def test_a_wrong_password_changes_no_hash(house: House, file: Path) -> None:
    run(house, written(file, ROW))
    with pytest.raises(NotProved):
        house.accounts.sign_in(Secret("chen-yu"), Secret("another password"))
    assert "data.corrected" not in house.kinds(subjects(house)[0])


def test_what_they_agreed_to_is_told_as_imported_and_no_consent_is_invented(
    house: House, file: Path
) -> None:
    run(house, written(file, ROW))
    standing = house.gate.standing(subjects(house)[0])
    (accepted,) = standing.accepted
    assert (accepted.edition, accepted.means) == (house.gate.policy().hash, "imported")
    (entry,) = [one for one in house.gate.trail(subjects(house)[0]) if one.kind == "terms.accepted"]
    assert (entry.by, entry.what["surface"]) == ("system", "CRM-7")
    assert standing.consents == {}
    assert standing.facts == {}


def test_a_row_may_hold_only_what_there_is(house: House, file: Path) -> None:
    rows = [{"email": "a@mail.example"}, {"phone": "+8613900007002", "address": "北京市 1 号"}]
    assert run(house, lines(file, *rows)).imported == 2
    assert {frozenset(house.held(one)) for one in subjects(house)} == {
        frozenset({"contact.email"}),
        frozenset({"contact.phone", "contact.address"}),
    }


def test_both_spellings_of_a_file_import_the_same(house: House, file: Path) -> None:
    told = {
        "contact.email": "chen.yu@mail.example",
        "phone": "+8613900007001",
        "login": "chen-yu",
        "password_hash": HASH,
        "identity.name": "陈雨",
        "address": None,
    }
    run(house, lines(file, told))
    assert run(house, written(file, ROW)).skipped == 1


def test_nothing_of_a_file_lies_open_afterwards(house: House, file: Path) -> None:
    run(house, written(file, ROW))
    house.troth.tick()
    folder = Path(house.troth.settings.folder)
    for ballast in folder.rglob("*.ballast"):
        ballast.unlink()
    values = ["chen.yu@mail.example", "13900007001", "chen-yu", HASH, "陈雨"]
    assert find_traces(folder, values) == []


# --- what is stated ----------------------------------------------------------------------------


def test_what_an_import_rests_on_stands_in_the_ledger(house: House, file: Path) -> None:
    run(house, written(file, ROW))
    told = {
        entry.what["event"]: entry.what
        for entry in house.recent("house.event", "global")
        if str(entry.what["event"]).startswith("accounts.import")
    }
    stated, done = told["accounts.import_stated"], told["accounts.imported"]
    assert (stated["basis"], stated["record"]) == ("contract", "CRM-7")
    assert stated["adults_declared_by"] == "TICKET-12"
    assert stated["edition"] == house.gate.policy().hash
    assert (done["imported"], done["refused"], done["skipped"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"basis": "consent"}, UnknownTerm, "basis"),
        ({"basis": "A6-1-b"}, UnknownTerm, "basis"),
        ({"record": ""}, BadInput, "record"),
        ({"record": "a\nb"}, BadInput, "record"),
        ({"adults_declared_by": "x" * 201}, BadInput, "adults_declared_by"),
        ({"language": "fr"}, UnknownTerm, "language"),
        ({"edition": "last year"}, BadInput, "edition"),
        ({"edition": "1999-01-01"}, NotFound, ""),
        ({"edition": "0" * 64}, NotFound, ""),
    ],
)
def test_a_statement_the_policy_does_not_bear_out_imports_nothing(
    house: House, file: Path, changes: dict[str, str], error: type[BadInput], field: str
) -> None:
    with pytest.raises(error) as refused:
        run(house, written(file, ROW), msgspec.structs.replace(STATED, **changes))
    assert refused.value.field == field
    assert subjects(house) == []


def test_an_edition_is_named_by_its_hash_too(house: House, file: Path) -> None:
    digest = house.gate.policy().hash
    for named in (digest, digest[:16]):
        stated = msgspec.structs.replace(STATED, edition=named)
        assert run(house, written(file, ROW), stated).edition == digest


def test_the_basis_is_the_one_of_their_residence(house: House, file: Path) -> None:
    stated = msgspec.structs.replace(STATED, residence="EEA", basis="A6-1-b", language="en")
    row = ROW.replace("+8613900007001", "+4915112345678")
    assert run(house, written(file, row), stated).imported == 1
    assert subjects(house) == []
    (subject,) = house.gate.regions[Region("global")].vault.subjects()
    assert house.gate.standing(subject).regimes == ("eu",)


# --- age ---------------------------------------------------------------------------------------


@pytest.mark.clause("8.1b")
def test_whose_age_nobody_tells_is_refused_and_so_is_a_minor(house: House, file: Path) -> None:
    stated = msgspec.structs.replace(STATED, adults_declared_by="")
    people = [
        {"email": "a@mail.example"},
        {"email": "b@mail.example", "born": "1990-03-07"},
        {"email": "c@mail.example", "born": "2008-11-23"},
        {"email": "d@mail.example", "id_number": "110105199003071802"},
        {"email": "e@mail.example", "born": "1990-03-07", "id_number": "11010520110307009X"},
        {"email": "f@mail.example", "born": "not a date"},
    ]
    report = run(house, lines(file, *people), stated)
    assert problems(report) == [
        (1, "age_unknown", "identity.birth_date"),
        (3, "not_of_age", ""),
        (5, "not_of_age", ""),
        (6, "bad_value", "identity.birth_date"),
    ]
    assert [house.held(one) for one in subjects(house)] == [{"contact.email"}] * 2
    denied = house.recent("use.denied")
    assert [entry.who for entry in denied] == ["", ""]


def test_a_declaration_does_not_help_who_is_told_to_be_a_minor(house: House, file: Path) -> None:
    report = run(house, lines(file, {"email": "c@mail.example", "born": "2008-11-23"}))
    assert problems(report) == [(1, "not_of_age", "")]
    assert subjects(house) == []


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"email": "nowhere"}, "bad_value", "contact.email"),
        ({"email": "a@mail.example", "phone": "12"}, "bad_value", "contact.phone"),
        ({"email": "a@mail.example", "name": "张\u202e三"}, "bad_value", "identity.name"),
        ({"login": "a\u200bb"}, "bad_value", "account.login"),
        ({"email": "a@mail.example", "password_hash": "secret"}, "bad_value", "account.password"),
        (
            {"email": "a@mail.example", "password_hash": "$2b$31$" + "a" * 53},
            "bad_value",
            "account.password",
        ),
        ({"name": "陈雨"}, "no_identifier", "contact.email"),
        ({"email": "a@mail.example", "profile.work": "建筑师"}, "consent_missing", "profile.work"),
        ({"email": "a@mail.example", "shoe.size": "43"}, "unknown_term", ""),
        ({"email": "a@mail.example", "bank.number": "62220202"}, "unknown_term", ""),
        ({"email": "a@mail.example", "handler.name": "陈雨"}, "unknown_term", ""),
        ({"email": 7}, "malformed", ""),
        ({"email": "a@mail.example", "contact.email": "b@mail.example"}, "malformed", ""),
    ],
)
def test_a_row_that_is_wrong_is_named_by_line_field_and_code(
    house: House, file: Path, row: dict[str, Any], code: str, field: str
) -> None:
    good = {"email": "good@mail.example"}
    report = run(house, lines(file, good, row, {**good, "email": "better@mail.example"}))
    assert problems(report) == [(2, code, field)]
    assert (report.imported, report.refused) == (2, 1)
    assert len(subjects(house)) == 2


def test_a_problem_never_says_what_stood_there(house: House, file: Path) -> None:
    told = str(run(house, lines(file, {"email": "canary at nowhere", "phone": "canary"})))
    assert "canary" not in told


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_bytes_that_are_no_utf8_are_named_by_their_line(
    house: House, tmp_path: Path, form: str
) -> None:
    good, bad = "a@mail.example,李娜".encode(), "b@mail.example,李娜".encode("gbk")
    if form == "csv":
        content = b"email,name\n" + good + b"\n" + bad + b"\n"
        place = (3, "bad_bytes", "identity.name")
    else:
        good = b'{"email": "a@mail.example"}'
        content = good + b"\n" + '{"name": "李娜"}'.encode("gbk") + b"\n"
        place = (2, "bad_bytes", "")
    path = tmp_path / f"accounts.{form}"
    path.write_bytes(content)
    report = run(house, path)
    assert (problems(report), report.imported) == ([place], 1)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_byte_order_mark_is_accepted(house: House, tmp_path: Path, form: str) -> None:
    text = "email\na@mail.example\n" if form == "csv" else '{"email": "a@mail.example"}\n'
    path = tmp_path / f"accounts.{form}"
    path.write_text(text, "utf-8-sig")
    assert run(house, path).imported == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", BadInput),
        ("email,email\na@mail.example,b@mail.example\n", BadInput),
        ("email,shoe.size\na@mail.example,43\n", BadInput),
        ("canary@mail.example,13900001111\n", BadInput),
        ('email\n"a@mail.example\n', BadInput),
        ("email\n" + "x" * (1024 * 1024 + 1) + "\n", BadInput),
    ],
)
def test_a_file_that_cannot_be_read_on_says_where_and_not_what(
    house: House, file: Path, content: str, error: type[BadInput]
) -> None:
    file.write_text(content)
    with pytest.raises(error) as refused:
        run(house, file)
    assert "canary" not in str(refused.value)
    assert subjects(house) == []


def test_cells_may_hold_commas_quotes_and_new_lines_and_lines_are_counted_by_the_file(
    house: House, file: Path
) -> None:
    rows = [
        '"a@mail.example","北京市, ""一"" 号"\n',
        '"b@mail.example","北京市\n二号"\n',
        "nowhere,x\n",
    ]
    report = run(house, written(file, *rows, header="email,address\n"))
    assert problems(report) == [(5, "bad_value", "contact.email")]
    assert report.imported == 2


def test_a_row_of_another_length_is_malformed(house: House, file: Path) -> None:
    report = run(house, written(file, "a@mail.example\n", ROW))
    assert problems(report) == [(2, "malformed", "")]


def test_a_file_that_is_not_there_is_said_so(house: House, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        run(house, tmp_path / "nothing.csv")
    with pytest.raises(BadInput, match="how the file is written"):
        run(house, tmp_path / "nothing.txt")


# --- again, and tried --------------------------------------------------------------------------


def test_who_is_here_already_is_skipped(house: House, file: Path) -> None:
    run(house, written(file, ROW))
    again = run(house, written(file, ROW, "\n"))
    assert (again.imported, again.skipped, again.refused) == (0, 1, 0)
    assert len(subjects(house)) == 1


def test_identifiers_of_two_people_are_no_ones_row(house: House, file: Path) -> None:
    run(house, written(file, ROW))
    mixed = ROW.replace("chen.yu@mail.example", "somebody.else@mail.example")
    report = run(house, written(file, mixed))
    assert problems(report) == [(2, "taken", "account.login")]


def test_one_person_twice_in_a_file_is_imported_once(house: House, file: Path) -> None:
    spelled = ROW.replace("chen.yu@mail.example", "Chen.Yu@MAIL.example").replace("+86139", "139")
    report = run(house, written(file, ROW, spelled))
    assert (report.imported, report.skipped) == (1, 1)


def test_the_same_file_goes_on_where_it_was_interrupted(house: House, file: Path) -> None:
    written(file, *many(3 * BATCH))

    class Killed(BaseException):
        pass

    def kill(tally: Tally) -> None:
        if tally.line > BATCH + 1:
            raise Killed

    with pytest.raises(Killed):
        run(house, file, progress=kill)
    assert len(subjects(house)) == 2 * BATCH
    report = run(house, file)
    assert (report.since, report.imported, report.skipped) == (2 * BATCH + 1, 3 * BATCH, 0)
    assert len(subjects(house)) == 3 * BATCH


def test_a_batch_whose_note_was_lost_is_skipped_the_next_time(
    house: House, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(file, *many(BATCH + 1))
    with monkeypatch.context() as patched:
        patched.setattr(Imports, "note", Mock(side_effect=OSError("gone")))
        with pytest.raises(OSError, match="gone"):
            run(house, file)
    report = run(house, file)
    assert (report.imported, report.skipped) == (1, BATCH)
    assert len(subjects(house)) == BATCH + 1


def test_a_file_run_again_brings_nobody_back_who_was_erased(house: House, file: Path) -> None:
    run(house, written(file, ROW))
    (subject,) = subjects(house)
    house.rights.erase(subject, by=PROVED)
    assert run(house, file).imported == 1
    assert subjects(house) == []


@pytest.mark.parametrize("count", [3, BATCH + 1])
def test_a_trial_changes_nothing_and_says_the_same(house: House, file: Path, count: int) -> None:
    rows = many(count)
    written(file, *rows, rows[0], "nowhere,,,,\n", rows[1].replace("p1@", "q1@"), ROW)
    before = [
        rooms.store.query("SELECT COUNT(*) FROM entries") for rooms in house.gate.regions.values()
    ]
    trial = run(house, file, dry_run=True)
    assert subjects(house) == []
    assert before == [
        rooms.store.query("SELECT COUNT(*) FROM entries") for rooms in house.gate.regions.values()
    ]
    earnest = run(house, file)
    assert msgspec.structs.replace(trial, dry_run=False) == earnest
    assert (earnest.imported, earnest.skipped, earnest.refused) == (count + 1, 1, 2)


def test_progress_is_told_batch_by_batch(house: House, file: Path) -> None:
    heard: list[Tally] = []
    run(house, written(file, *many(BATCH + 2)), progress=heard.append)
    assert [tally.imported for tally in heard] == [BATCH, BATCH + 2]
    assert heard[-1].line == BATCH + 3


def test_somebody_who_registers_meanwhile_costs_their_row_and_no_other(
    house: House, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between weighing and doing, another takes an address: the batch is done by halves."""
    perform, came = house.gate.perform, list[bool]()

    def faster(*acts: Any, **more: Any) -> Any:
        if len(acts) > 10 and not came:
            came.append(True)
            house.register(email=Secret("p2@mail.example"))
        return perform(*acts, **more)

    monkeypatch.setattr(house.gate, "perform", faster)
    report = run(house, written(file, *many(8)))
    assert (report.imported, problems(report)) == (7, [(4, "taken", "contact.email")])


def test_the_report_names_the_first_problems_and_counts_the_rest(
    house: House, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("troth.documents.imports.batches.MOST_TOLD", 2)
    report = run(house, written(file, *("nowhere,,,,\n",) * 5))
    assert report.refused == 5
    assert report.problems == tuple(
        Problem(line=line, code="bad_value", field="contact.email") for line in (2, 3)
    )
