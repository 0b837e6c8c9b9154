"""The policy at a terminal: check it, read it, compare editions, publish one; the clause board."""

from pathlib import Path

import click
import msgspec

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
    """Compile DOCUMENT (a file, or the name of a shipped policy) and say what is wrong with it.

    Each finding names its file, line and clause, and how to mend it. Exits with 1 when there is an
    error.
    """
    checked = offline.check_policy(document)
    if as_json:
        say(checked, json_wanted=True)
    else:
        for finding in checked.findings:
            click.echo(str(finding))
        click.echo(
            f"{checked.name}: {checked.errors} errors, {checked.warnings} warnings,"
            f" hash {checked.hash[:16] or 'none'}"
        )
    if checked.errors or (strict and checked.warnings):
        raise SystemExit(FOUND_WRONG)


@policy.command()
@folder
@click.option(
    "--language",
    type=click.Choice(["zh", "en"]),
    default="en",
    show_default=True,
    help="Which text; the Chinese one prevails.",
)
@as_json
@says_why
def show(folder: Path, language: str, *, as_json: bool) -> None:
    """Print the edition in force, its bold passages bold."""
    with house(folder) as troth:
        edition = troth.gate.policy().edition
    if as_json:
        told = [
            {"id": c.id, "printed": c.printed, "bold": c.emphasis, "text": c.words[language]}
            for c in edition.clauses
        ]
        say({"edition": edition.hash, "language": language, "clauses": told}, json_wanted=True)
        return
    for clause in edition.clauses:
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
    compared = offline.compare_policies(old, new)
    changes = [("wider", c) for c in compared.widened] + [
        ("narrower", c) for c in compared.narrowed
    ]
    lines: list[tuple[str, ...]] = [
        (way, c.what, c.name, c.how["en"], " ".join(c.clauses)) for way, c in changes
    ]
    lines += [("text", "clause", t.clause, t.language, "") for t in compared.texts]
    said = "material: people are told before it binds" if compared.material else "not material"
    told = {"material": compared.material, **msgspec.structs.asdict(compared)}
    say(
        told,
        json_wanted=as_json,
        table=lambda: rows(
            f"{said}; {len(lines)} changes",
            ("", "what", "name", "how", "clauses"),
            lines,
        ),
    )


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
@click.option(
    "--policy",
    "name",
    default="itnio",
    show_default=True,
    help="A policy that ships, or the path of a document.",
)
@click.option("--status", type=click.Choice(["kept", "partial", "open"]), help="Only these rows.")
@as_json
@says_why
def clauses(name: str, status: str | None, *, as_json: bool) -> None:
    """The clause board: which rows of the policy are kept, by what, and how that is tested.

    Needs no instance. A row is kept only where a rule or control keeps it, a test proves it, and
    (of a duty or a right) an entry of the ledger would show it.
    """
    board = app.board(name)
    shown = tuple(row for row in board.rows if status in (None, row.status))
    say(
        msgspec.structs.replace(board, rows=shown),
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
