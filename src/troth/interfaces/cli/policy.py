"""The policy at a terminal: check it, read it, compare editions, publish one; the clause board."""

from pathlib import Path

import click

from troth import app
from troth.app import offline
from troth.interfaces.cli.saying import (
    FOUND_WRONG,
    as_json,
    folder,
    house,
    out,
    rows,
    say,
    says_why,
)

document = click.argument("document")


@click.group()
def policy() -> None:
    """Check, show, compare and publish the policy."""


@policy.command()
@document
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@as_json
@says_why
def check(document: str, *, strict: bool, as_json: bool) -> None:
    """Compile DOCUMENT (a file, or the name of a shipped policy) and say what is wrong with it."""
    checked = offline.check_policy(document)
    found = checked.findings
    say(
        checked,
        json_wanted=as_json,
        table=lambda: rows(
            f"{checked.name}: {checked.errors} errors, {checked.warnings} warnings,"
            f" hash {checked.hash[:16] or 'none'}",
            ("", "line", "clause", "what", "do"),
            ((f.level, f.line, f.clause, f.message, f.remedy) for f in found),
        ),
    )
    if checked.errors or (strict and checked.warnings):
        raise SystemExit(FOUND_WRONG)


@policy.command()
@folder
@click.option("--language", type=click.Choice(["zh", "en"]), default="en", show_default=True)
@says_why
def show(folder: Path, language: str) -> None:
    """Print the edition in force, its bold passages bold."""
    with house(folder) as troth:
        for clause in troth.gate.policy().edition.clauses:
            out.print(f"[dim]{clause.printed:>10}[/]  ", end="")
            style = "bold underline" if clause.emphasis else ""
            out.print(clause.words[language], style=style, markup=False)


@policy.command()
@click.argument("old")
@click.argument("new")
@as_json
@says_why
def diff(old: str, new: str, *, as_json: bool) -> None:
    """Compare two documents: is the change material, what widened, which clauses changed."""
    say(offline.compare_policies(old, new), json_wanted=as_json)


@policy.command()
@folder
@document
@as_json
@says_why
def publish(folder: Path, document: str, *, as_json: bool) -> None:
    """Publish DOCUMENT in the instance at FOLDER: announced, told to each subject, in force later.

    A material change that would bind in less than seven days is refused (policy 10.2).
    """
    source, name = offline.document(document)
    with house(folder) as troth:
        told = troth.updates.publish(source, name=name, subjects=troth.gate.subjects())
        troth.tick()
    say(told, json_wanted=as_json)


@click.command()
@click.option("--policy", "name", default="itnio", show_default=True)
@click.option("--status", type=click.Choice(["kept", "partial", "open"]), help="Only these.")
@as_json
@says_why
def clauses(name: str, status: str | None, *, as_json: bool) -> None:
    """The clause board: which rows of the policy are kept, by what, and how that is tested."""
    board = app.board(name)
    shown = [row for row in board.rows if status in (None, row.status)]
    say(
        board,
        json_wanted=as_json,
        table=lambda: rows(
            f"{board.counts['kept']} kept, {board.counts['partial']} partial,"
            f" {board.counts['open']} open of {len(board.rows)} rows;"
            f" {board.duties['kept']} of {sum(board.duties.values())} duties and rights kept",
            ("clause", "kind", "status", "by", "tests"),
            (
                (
                    row.id,
                    row.kind,
                    row.status,
                    " ".join((*row.rules, *row.controls)),
                    len(row.tests),
                )
                for row in shown
            ),
        ),
    )
