"""Accounts that were opened elsewhere, brought in from a file (policy 2.1.2b)."""

from pathlib import Path

import click

from troth.app import Stated
from troth.interfaces.cli.saying import (
    as_json,
    at_work,
    counted,
    file_of_rows,
    folder,
    house,
    say_imported,
    says_why,
    written_as,
)


@click.group()
def accounts() -> None:
    """Accounts that were opened elsewhere, brought in with what their people agreed to."""


@accounts.command("import")
@folder
@file_of_rows
@written_as
@click.option("--basis", required=True, help="The legal basis, as the policy names it: contract.")
@click.option(
    "--edition",
    required=True,
    help="The edition these people accepted: its hash, or a date on which it was in force.",
)
@click.option(
    "--record",
    required=True,
    help="Your own record of that: a contract's or ticket's number, not a name.",
)
@click.option("--residence", default="CN", show_default=True, help="Where they live.")
@click.option("--language", default="zh", show_default=True, help="In which they accepted it.")
@click.option(
    "--adults-declared-by",
    default="",
    metavar="RECORD",
    help="Your record of the statement that all of them are of age; without one, each row tells"
    " a birth date or an identity number.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing, and report the same.")
@as_json
@says_why
def bring_in(
    folder: Path, file: Path, form: str | None, *, dry_run: bool, as_json: bool, **stated: str
) -> None:
    """Import the accounts in FILE (CSV or JSON lines) into the instance in FOLDER.

    Columns: email, phone, login, password_hash, name, address, born, id_number, or any field of the
    policy that takes no consent of its own. A birth date and an identity number tell the age and
    are not kept. Hashes: bcrypt, scrypt, PBKDF2, Argon2, salted SHA; each is replaced by ours at
    the next good sign-in.

    Who is here already is skipped, so the command can be run again; interrupted, it goes on where
    it was. What is refused is named by line, field and code, never by its value. Exit code 1: some
    rows were refused.
    """
    with at_work() as progress, house(folder) as troth:
        task = progress.add_task("reading the file", total=None)
        report = troth.accounts.importing.run(
            file,
            Stated(**stated),
            form=form or "",
            dry_run=dry_run,
            progress=lambda tally: progress.update(task, description=counted(tally)),
        )
    say_imported(report, json_wanted=as_json)
