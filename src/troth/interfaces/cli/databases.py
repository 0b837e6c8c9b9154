"""The controller's other databases at a terminal: where personal data lies in them (policy 9.1)."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from troth.app import offline
from troth.app.offline import CheckedMap, Inspected
from troth.interfaces.cli.saying import (
    FOUND_WRONG,
    as_json,
    at_work,
    err,
    out,
    rows,
    say,
    says_why,
)
from troth.model.errors import BadInput

PRIVATE = 0o600
data_map = click.argument(
    "data_map", metavar="MAP", type=click.Path(path_type=Path, dir_okay=False)
)
output = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file, which must not be there yet.",
)
subject = click.option("--subject", default="", help="Our id of the subject.")
identity = click.option(
    "--identity",
    "identities",
    multiple=True,
    metavar="NAME=VALUE",
    help="What they are known by: email=..., contact.phone=... Can be given again.",
)
patience = click.option(
    "--patience", default=30.0, show_default=True, help="Seconds for all databases together."
)


@click.group()
def databases() -> None:
    """Your other databases: where personal data lies in them, and how it would end.

    A map says so: written by hand, imported, or proposed by looking. `troth.toml` names it under
    [databases], and every copy, correction and erasure follows it.
    """


@databases.command("inspect")
@click.argument("url")
@click.option("--name", default="main", show_default=True, help="What the map calls it.")
@output
@as_json
@says_why
def look(url: str, name: str, output: Path | None, *, as_json: bool) -> None:
    """Look at the database at URL and propose its map, with a reason for every column.

    Names, types and a few values are looked at; nothing is written there, sent anywhere, or shown.
    URL may be env:NAME, so that no password stands in your shell's history. Go through the map
    before you use it: it is a guess.
    """
    with at_work() as progress:
        task = progress.add_task("looking", total=None)
        found = offline.inspect_database(
            url, name, lambda table: progress.update(task, description=f"looking at {table}")
        )
    text = found.proposal.text()
    if output is not None:
        _write(output, text)
    elif not as_json:
        click.echo(text, nl=False)
    if as_json:
        say(_told(found), json_wanted=True)
    unsure = sum(one.what == "not known" for one in found.proposal.proposed)
    err.print(
        f"{found.tables} tables, {found.columns} columns; {unsure} of them nobody can tell:"
        " go through all of it before you use it"
    )


@databases.command()
@data_map
@click.option("--policy", default="itnio", show_default=True, help="Whose categories are meant.")
@click.option("--ask/--no-ask", default=True, show_default=True, help="Ask the databases, too.")
@as_json
@says_why
def check(data_map: Path, policy: str, *, ask: bool, as_json: bool) -> None:
    """Hold MAP against itself, the policy and the databases, and say what is wrong.

    Exit code 1: there is an error, or a database did not answer.
    """
    with at_work() as progress:
        progress.add_task("asking the databases" if ask else "reading", total=None)
        checked = offline.check_map(data_map, policy, ask=ask)
    _say_findings(checked, as_json=as_json)
    if checked.errors or checked.unanswered:
        sys.exit(FOUND_WRONG)


@databases.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output
@as_json
@says_why
def bring_in(file: Path, output: Path | None, *, as_json: bool) -> None:
    """Read FILE, a fideslang Dataset, and write it as a map.

    What has no place in a map is listed. Exit code 1: it could not be read.
    """
    imported = offline.import_map(file)
    if imported.data is not None:
        text = offline.map_text(imported.data)
        if output is not None:
            _write(output, text)
        elif not as_json:
            click.echo(text, nl=False)
    _say_findings(imported, as_json=as_json, to_error=not as_json)
    if imported.errors:
        sys.exit(FOUND_WRONG)


@databases.command()
@data_map
@click.option("--fideslang", is_flag=True, help="Print it as a fideslang Dataset.")
@as_json
@says_why
def show(data_map: Path, *, fideslang: bool, as_json: bool) -> None:
    """Show MAP: databases, tables, columns and what they hold."""
    checked = offline.check_map(data_map, ask=False)
    if checked.data is None:
        _say_findings(checked, as_json=as_json)
        sys.exit(FOUND_WRONG)
    if fideslang:
        click.echo(offline.map_text(checked.data, fides=True), nl=False)
    elif as_json:
        say(checked.data, json_wanted=True)
    else:
        out.print(_tree(msgspec.to_builtins(checked.data)))


@databases.command()
@data_map
@subject
@identity
@patience
@as_json
@says_why
def plan(
    data_map: Path, subject: str, identities: tuple[str, ...], patience: float, *, as_json: bool
) -> None:
    """Say what an erasure would do by MAP, statement by statement; nothing is changed.

    Exit code 1: a database did not answer.
    """
    known = _known(data_map, subject, identities)
    steps: list[offline.Step] = []
    silent: list[str] = []
    with at_work() as progress:
        progress.add_task("asking the databases", total=None)
        for one in offline.plan_databases(data_map, known, patience):
            if isinstance(one, offline.Unanswered):
                silent.append(one.store)
            else:
                steps.append(one)
    say(
        {"steps": steps, "unanswered": silent},
        json_wanted=as_json,
        table=lambda: _plan(steps),
    )
    _say_silent(silent)


@databases.command()
@data_map
@subject
@identity
@patience
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A new file, readable by you alone.",
)
@as_json
@says_why
def find(
    data_map: Path,
    subject: str,
    identities: tuple[str, ...],
    patience: float,
    output: Path,
    *,
    as_json: bool,
) -> None:
    """Write what the databases of MAP hold of a subject to a private file: a JSON line a record.

    To try a map out: no request is answered by it, and no ledger remembers it. Destroy the file.
    Exit code 1: a database did not answer.
    """
    known = _known(data_map, subject, identities)
    counted: dict[str, int] = {}
    silent: list[str] = []
    with at_work() as progress, _private(output) as file:
        progress.add_task("asking the databases", total=None)
        for one in offline.find_in_databases(data_map, known, patience):
            if isinstance(one, offline.Unanswered):
                silent.append(one.store)
                continue
            place = f"{one.store}.{one.table}"
            counted[place] = counted.get(place, 0) + 1
            file.write(_line(one))
    told = {"records": counted, "unanswered": silent, "file": str(output)}
    say(
        told,
        json_wanted=as_json,
        table=lambda: rows("what was found", ("where", "records"), counted.items()),
    )
    _say_silent(silent)


# --- parts -------------------------------------------------------------------------------------


def _known(data_map: Path, subject: str, identities: tuple[str, ...]) -> dict[str, Any]:
    told: dict[str, str] = {"subject": subject} if subject else {}
    for one in identities:
        name, equals, value = one.partition("=")
        if not equals or not value:
            raise BadInput("an identity is written `name=value`", remedy="as in email=mei@...")
        told[name] = value
    if not told:
        raise BadInput("nobody is named", remedy="give --subject or --identity")
    return offline.identities_of(data_map, told)


def _line(held: offline.Held) -> bytes:
    values = {name: _plain(value.reveal_raw()) for name, value in held.values.items()}
    record = {"database": held.store, "table": held.table, "values": values}
    return msgspec.json.encode(record | {"categories": held.categories}) + b"\n"


def _plain(raw: str | bytes) -> str:
    return raw if isinstance(raw, str) else f"\\x{raw.hex()}"


def _write(path: Path, text: str) -> None:
    with _private(path) as file:
        file.write(text.encode())
    err.print(f"written to {path}")


def _private(path: Path) -> Any:  # noqa: ANN401  # a file, whose own type takes a parameter
    """Open a new file that nobody else may read. Raises ``BadInput`` where one is there."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        raise BadInput(f"`{path}` is there already", remedy="name another file") from None
    return os.fdopen(opened, "wb")


def _told(found: Inspected) -> object:
    return {
        "tables": found.tables,
        "columns": found.columns,
        "proposed": found.proposal.proposed,
        "impersonal": [name for store in found.proposal.data.stores for name in store.impersonal],
    }


def _say_findings(checked: CheckedMap, *, as_json: bool, to_error: bool = False) -> None:
    told = {"findings": checked.findings, "errors": checked.errors}
    if as_json:
        say(told | {"unanswered": checked.unanswered}, json_wanted=True)
        return
    for found in checked.findings:
        click.echo(str(found), err=to_error)
    for name in checked.unanswered:
        click.echo(f"{name}: error: it did not answer", err=to_error)
    warnings = len(checked.findings) - checked.errors
    click.echo(f"{checked.errors} errors, {warnings} warnings", err=to_error)


def _say_silent(silent: list[str]) -> None:
    for name in silent:
        err.print(f"{name} did not answer")
    if silent:
        sys.exit(FOUND_WRONG)


def _plan(steps: list[offline.Step]) -> Table | Text:
    return rows(
        "nothing is held" if not steps else "what an erasure would do",
        ("database", "table", "records", "how", "statement"),
        ((one.store, one.table, one.records, one.method, one.statement) for one in steps),
    )


def _tree(data: Any) -> Tree:  # noqa: ANN401  # a map as plain data: faces know no egress
    tree = Tree("data map")
    for store in data["stores"]:
        branch = tree.add(Text.assemble((store["name"], "bold"), f"  {store['url']}"))
        for table in store["tables"]:
            leaf = branch.add(Text.assemble(table["name"], (f"  {_ends(table)}", "dim")))
            for line in _lines(table):
                leaf.add(Text(line))
        for name in store["impersonal"]:
            branch.add(Text(f"{name}  nothing personal", style="dim"))
    return tree


def _ends(table: Any) -> str:  # noqa: ANN401  # see above
    return "its rows go" if table["erase"] == "row" else "its fields end one by one"


def _lines(table: Any) -> Iterator[str]:  # noqa: ANN401  # see above
    for column in table["columns"]:
        told = column["category"] or "nothing"
        found = "; people are found by it" if column["identity"] else ""
        ends = f"; ends by {column['erase']}" if column["erase"] else ""
        key = " (key)" if column["name"] in table["key"] else ""
        yield f"{column['name']}{key}: {told}{found}{ends}"
    ways = {"in": "belongs to", "out": "uses", "both": "joins"}
    for one in table["references"]:
        to = f"{one['store']}/{one['table']}({', '.join(one['to'])})"
        yield f"{', '.join(one['columns'])} {ways[one['way']]} {to}"
