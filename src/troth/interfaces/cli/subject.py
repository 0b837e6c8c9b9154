"""One subject at a terminal: what is held, who looked, a copy, erasure."""

import os
from pathlib import Path

import click

from troth.interfaces.cli.saying import (
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
from troth.model.errors import BadInput
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
    subject = _id(subject_id)
    with house(folder) as troth:
        held = troth.gate.inventory(subject)
    say(
        held,
        json_wanted=as_json,
        table=lambda: rows(
            "what is held",
            ("field", "since", "for", "until", "law"),
            (
                (
                    h.field,
                    iso(h.since),
                    " ".join(h.purposes),
                    iso(h.until) if h.until else "",
                    h.hold,
                )
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
    subject = _id(subject_id)
    with house(folder) as troth:
        found = troth.gate.trail(subject)
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
@click.option("--request", default="", help="Number of the proved request that the copy answers.")
@as_json
@says_why
def export(folder: Path, subject_id: str, target: Path, *, request: str, as_json: bool) -> None:
    """Write a portable copy (zip: JSON, CSV, manifest) to TARGET, for the subject to be given.

    It answers a request that was proved to be theirs, and settles it.
    """
    subject = _id(subject_id)
    with house(folder) as troth:
        _demand_new(target)
        copy = troth.rights.copy(subject, request=request, by=DESK)
        archive = copy.archive.reveal_raw()
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(archive if isinstance(archive, bytes) else archive.encode())
    say({"written": str(target)}, json_wanted=as_json)


@subject.command()
@folder
@who
@click.option("--request", default="", help="Number of the proved request that it fulfils.")
@click.option("--ground", default="", help="Why the law has it erased though nobody asked.")
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@says_why
def erase(
    folder: Path,
    subject_id: str,
    *,
    request: str,
    ground: str,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase what no law holds; the plan is shown first. There is no way back.

    It takes the number of a request that was proved to be theirs, or a ground of the law:
    purpose_ended, term_ended, consent_withdrawn, unlawful, no_consent, law, child.
    """
    subject = _id(subject_id)
    with house(folder) as troth:
        plan = troth.rights.plan(subject)
        if dry_run:
            say(plan, json_wanted=as_json)
            return
        troth.rights.desk.warrant(subject, "erase", request, ground, by=DESK)
        err.print(
            f"{len(plan.gone)} fields go, {len(plan.held)} are held by law; there is no way back"
        )
        if not yes:
            click.confirm("Erase?", err=True, abort=True)
        done = troth.rights.erase(subject, ground=ground, by=DESK, settles=request)
        say(done, json_wanted=as_json)


def _demand_new(target: Path) -> None:
    """Demand a place for a new file before anything is opened for it."""
    if target.exists():
        raise BadInput(f"`{target}` exists", remedy="name a new file; nothing was overwritten")
    if not target.parent.is_dir():
        raise BadInput(f"`{target.parent}` is no folder", remedy="make it, or name another")


def _id(text: str) -> SubjectId:
    try:
        return SubjectId(text)
    except ValueError:
        raise click.BadParameter("not a subject id: one looks like cn-2k4p...") from None
