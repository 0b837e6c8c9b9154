"""Consents from elsewhere: none without proof, each once, and nobody's word here is overruled."""

import json
from pathlib import Path

import pytest

from tests.chapters.people import EMAIL, House, ticks
from troth.documents.consents.rows import COLUMNS, PROOF
from troth.documents.imports.batches import BATCH, Report
from troth.model.acts import ConsentGiven, Elsewhere, Use
from troth.model.clock import DAY, Moment, iso, moment
from troth.model.errors import BadInput, NotFound
from troth.model.terms import SubjectId
from troth.policy.regimes import later_by_months

TEXT = "ab" * 32
THEN = moment("2026-11-02")
ROW = {
    "to": "marketing",
    "state": "given",
    "at": iso(THEN),
    "collector": "old shop",
    "means": "checkbox",
    "text": TEXT,
    "reference": "crm/consents/17",
}


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def row(**more: str) -> dict[str, str]:
    return {name: value for name, value in ({**ROW, **more}).items() if value}


def written(folder: Path, *rows: dict[str, str], name: str = "consents.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    return path


def bring(house: House, path: Path, **more: object) -> Report:
    return house.consent.importing.run(path, **more)  # type: ignore[arg-type]


@pytest.mark.clause("9.3b")
def test_a_consent_comes_in_with_the_proof_of_its_origin(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    report = bring(house, written(tmp_path, row(email=EMAIL.reveal())))
    assert (report.imported, report.refused) == (1, 0)
    house.gate.perform(Use(subject=subject, fields=("contact.email",), purpose="marketing"))
    (said,) = house.consent.history(subject)
    assert said.elsewhere == Elsewhere(
        collector="old shop", at=THEN, means="checkbox", text=TEXT, reference="crm/consents/17"
    )
    (event,) = house.consent.receipt(subject, "marketing").events
    assert (event.event_time, event.evidence["text"]) == (iso(THEN), TEXT)


def test_the_policys_term_runs_from_when_it_was_given(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    bring(house, written(tmp_path, row(subject=subject)))
    kept = house.gate.standing(subject).consents["marketing"]
    assert kept.expires == later_by_months(THEN, 24)


@pytest.mark.parametrize("lost", PROOF)
def test_a_row_without_its_proof_is_refused_and_named(
    house: House, subject: SubjectId, tmp_path: Path, lost: str
) -> None:
    rows = row(subject=subject), row(subject=subject, **{lost: ""})
    report = bring(house, written(tmp_path, *rows))
    (problem,) = report.problems
    assert (problem.line, problem.code, problem.field) == (2, "no_proof", lost)


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"to": "everything"}, "unknown_term"),
        ({"state": "maybe"}, "malformed"),
        ({"subject": "cn-nobody"}, "nobody_named"),
        ({"subject": "cn-" + "a" * 26}, "not_found"),
        ({"subject": "", "email": "nobody@mail.example"}, "not_found"),
        ({"subject": ""}, "nobody_named"),
        ({"text": "not a digest"}, "no_proof"),
        ({"collector": "li.na@mail.example"}, "no_proof"),
        ({"at": "2031-01-01"}, "bad_input"),
        ({"expires": "soon"}, "malformed"),
        ({"surprise": "1"}, "unknown_term"),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_a_code_and_never_by_its_value(
    house: House, subject: SubjectId, tmp_path: Path, odd: dict[str, str], code: str
) -> None:
    report = bring(house, written(tmp_path, row(subject=subject) | odd))
    (problem,) = report.problems
    assert (problem.code, report.imported) == (code, 0)
    assert "mail.example" not in repr(report)


def test_a_trial_says_the_same_and_changes_nothing(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    path = written(tmp_path, row(subject=subject), row(subject=subject, to="everything"))
    trial = bring(house, path, dry_run=True)
    assert house.gate.standing(subject).consents == {}
    earnest = bring(house, path)
    assert (trial.imported, trial.refused, trial.problems) == (
        earnest.imported,
        earnest.refused,
        earnest.problems,
    )


def test_the_same_file_twice_changes_nothing(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    bring(house, written(tmp_path, row(subject=subject)))
    again = bring(house, written(tmp_path, row(subject=subject)))
    assert (again.since, again.imported) == (1, 1)
    other = written(tmp_path, row(subject=subject), row(subject=subject), name="more.jsonl")
    assert bring(house, other).skipped == 2
    assert len(house.consent.history(subject)) == 1


def test_an_import_goes_on_where_it_was_interrupted(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    class Stopped(Exception):
        pass

    def stop(_: object) -> None:
        raise Stopped

    path = written(tmp_path, *[row(subject=subject, to="improve")] * BATCH, row(subject=subject))
    with pytest.raises(Stopped):
        bring(house, path, progress=stop)
    report = bring(house, path)
    assert (report.since, report.imported, report.skipped) == (BATCH, 2, BATCH - 1)
    assert set(house.gate.standing(subject).consents) == {"marketing", "improve"}


@pytest.mark.clause("9.3c")
def test_what_somebody_said_here_since_counts(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    house.consent.refuse(subject, "marketing")
    assert bring(house, written(tmp_path, row(subject=subject))).skipped == 1
    assert house.gate.standing(subject).consents["marketing"].state == "refused"


def test_a_later_no_from_elsewhere_ends_a_yes_of_before(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    yes, no = row(subject=subject), row(subject=subject, state="withdrawn")
    house.consent.give(subject, ticks("improve"), shown=house.shown())
    house.clock.forward(days=5)
    at = iso(Moment(house.clock.now() - DAY))
    report = bring(house, written(tmp_path, yes, no | {"to": "improve", "at": at}))
    assert report.imported == 2
    states = {one.key: one.state for one in house.consent.choices(subject)}
    assert (states["marketing"], states["improve"]) == ("given", "withdrawn")


def test_a_no_from_elsewhere_is_not_lost_because_the_yes_came_in_first(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    bring(house, written(tmp_path, row(subject=subject)))
    house.clock.forward(days=3)
    between = iso(Moment(THEN + 8 * DAY))
    no = row(subject=subject, state="withdrawn", at=between)
    assert bring(house, written(tmp_path, no, name="later.jsonl")).imported == 1
    assert house.gate.standing(subject).consents["marketing"].state == "withdrawn"


def test_two_words_on_one_thing_in_one_file_are_taken_in_order(
    house: House, subject: SubjectId, tmp_path: Path
) -> None:
    house.clock.forward(days=1)
    no = row(subject=subject, state="refused", at=iso(Moment(house.clock.now())))
    report = bring(house, written(tmp_path, row(subject=subject), no))
    assert report.imported == 2
    assert house.gate.standing(subject).consents["marketing"].state == "refused"


def test_csv_says_the_same(house: House, subject: SubjectId, tmp_path: Path) -> None:
    told = row(subject=subject)
    lines = [",".join(told), ",".join(told.values()), "one cell"]
    (tmp_path / "consents.csv").write_text("\n".join(lines), "utf-8")
    report = bring(house, tmp_path / "consents.csv")
    assert (report.imported, report.problems[0].code) == (1, "malformed")


def test_a_column_there_is_not_stops_a_table(house: House, tmp_path: Path) -> None:
    (tmp_path / "consents.csv").write_text("li.na@mail.example\n", "utf-8")
    with pytest.raises(BadInput) as caught:
        bring(house, tmp_path / "consents.csv")
    assert "li.na" not in str(caught.value)
    assert set(COLUMNS) <= set(caught.value.remedy.replace(",", "").split())


def test_a_file_there_is_not_is_not_found(house: House, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        bring(house, tmp_path / "none.csv")


def test_nobody_but_the_house_brings_in_a_word_from_elsewhere(
    house: House, subject: SubjectId
) -> None:
    shop = Elsewhere(collector="shop", at=THEN, means="form", text=TEXT, reference="r")
    with pytest.raises(BadInput):
        house.gate.perform(ConsentGiven(subject=subject, to="marketing", elsewhere=shop))
