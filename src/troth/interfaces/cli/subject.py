"""One subject at a terminal: what is held, who looked, a copy, erasure."""

from pathlib import Path

import click

from troth.interfaces.cli.saying import (
    CALLED_WRONG,
    as_json,
    err,
    folder,
    house,
    rows,
    say,
    says_why,
)
from troth.model.acts import Actor
from troth.model.clock import iso
from troth.model.terms import SubjectId

DESK = Actor(kind="staff", id="terminal", role="privacy", assurance=2)
who = click.argument("subject_id")


@click.group()
def subject() -> None:
    """Look at, copy and erase what is held about one subject."""


@subject.command()
@folder
@who
@as_json
@says_why
def show(folder: Path, subject_id: str, *, as_json: bool) -> None:
    """Say what is held, why and until when. No value is opened."""
    with house(folder) as troth:
        held = troth.gate.inventory(_id(subject_id))
    say(
        held,
        json_wanted=as_json,
        table=lambda: rows(
            "what is held",
            ("field", "since", "for", "until", "law"),
            (
                (h.field, iso(h.since), " ".join(h.purposes), h.until and iso(h.until), h.hold)
                for h in held
            ),
        ),
    )


@subject.command()
@folder
@who
@as_json
@says_why
def trail(folder: Path, subject_id: str, *, as_json: bool) -> None:
    """Say who did what with it, when, and under which clauses."""
    with house(folder) as troth:
        found = troth.gate.trail(_id(subject_id))
    say(
        found,
        json_wanted=as_json,
        table=lambda: rows(
            "who did what",
            ("when", "who", "what", "clauses"),
            ((iso(e.at), e.by, e.kind, " ".join(e.clauses)) for e in found),
        ),
    )


@subject.command()
@folder
@who
@click.argument("target", type=click.Path(path_type=Path))
@says_why
def export(folder: Path, subject_id: str, target: Path) -> None:
    """Write a portable copy (zip: JSON, CSV, manifest) to TARGET."""
    with house(folder) as troth:
        copy = troth.rights.copy(_id(subject_id), by=DESK)
        target.touch(mode=0o600)
        target.write_bytes(bytes(copy.archive.reveal_raw()))  # type: ignore[arg-type]  # a file
    say({"written": str(target)}, json_wanted=False)


@subject.command()
@folder
@who
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@says_why
def erase(folder: Path, subject_id: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Erase what no law holds; the plan is shown first."""
    with house(folder) as troth:
        plan = troth.rights.plan(_id(subject_id))
        if dry_run:
            say(plan, json_wanted=as_json)
            return
        err.print(
            f"{len(plan.gone)} fields go, {len(plan.held)} are held by law; there is no way back"
        )
        if not yes and not click.confirm("Erase?", err=True):
            raise SystemExit(CALLED_WRONG)
        say(troth.rights.erase(_id(subject_id), by=DESK), json_wanted=as_json)


def _id(text: str) -> SubjectId:
    try:
        return SubjectId(text)
    except ValueError:
        raise click.BadParameter("not a subject id: one looks like cn-2k4p...") from None
