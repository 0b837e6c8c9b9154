"""Consents from elsewhere and their receipts; webhooks that tell your services (policy 9.3)."""

import sys
from pathlib import Path

import click
import msgspec

from troth.app import offline
from troth.interfaces.cli.saying import (
    FOUND_WRONG,
    as_json,
    at_work,
    counted,
    file_of_rows,
    folder,
    house,
    rows,
    say,
    say_imported,
    says_why,
    written_as,
)
from troth.model.clock import iso


@click.group()
def consents() -> None:
    """Consents that were given elsewhere, and receipts of consents."""


@consents.command("import")
@folder
@file_of_rows
@written_as
@click.option("--dry-run", is_flag=True, help="Change nothing, and report the same.")
@as_json
@says_why
def bring_in(folder: Path, file: Path, form: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Import the consents in FILE (CSV or JSON lines) into the instance in FOLDER.

    Whose word it is: subject (the id here), email, phone or login. What they said: to (the
    consent's key) and state (given, refused, withdrawn). Its proof, each of them required: at (when
    it was said), collector (which system or office took it), means (checkbox, form, call), text
    (the SHA-256 of what they read) and reference (your own record of it). May stand besides:
    expires, language, notice.

    A row without proof is refused and named by line and column. What somebody said here since
    counts, so the command can be run again; interrupted, it goes on where it was. Exit code 1: some
    rows were refused.
    """
    with at_work() as progress, house(folder) as troth:
        task = progress.add_task("reading the file", total=None)
        report = troth.consent.importing.run(
            file,
            form=form or "",
            dry_run=dry_run,
            progress=lambda tally: progress.update(task, description=counted(tally)),
        )
    say_imported(report, json_wanted=as_json)


@consents.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--key", "vkey", required=True, help="The ledger's public key, as checkpoint prints it."
)
@as_json
@says_why
def verify(file: Path, vkey: str, *, as_json: bool) -> None:
    """Verify a consent's receipt with the public key alone; needs no instance.

    FILE is the JSON or JSON-LD that somebody downloaded. Exits with 1 when anything in it was
    altered, another key signed it, or its entry is not the one in the ledger.
    """
    say(offline.verify_receipt(file, vkey), json_wanted=as_json)


@click.group()
def webhooks() -> None:
    """Your own services, and recipients, that are told what happened."""


@webhooks.command("list")
@folder
@as_json
@says_why
def states(folder: Path, *, as_json: bool) -> None:
    """Say how every address under [webhooks] stands: what waits, what failed, what is left alone.

    Exit code 1: some address is left alone, because it took nothing for three days.
    """
    with house(folder) as troth:
        found = troth.webhooks()
    plain = {region: msgspec.to_builtins(states) for region, states in found.items()}
    lines = [
        (
            region,
            one.name,
            " ".join(one.events),
            one.waiting,
            one.code,
            iso(one.off_since) if one.off_since is not None else "",
        )
        for region, states in found.items()
        for one in states
    ]
    columns = ("region", "name", "events", "waiting", "last failure", "left alone since")
    say(plain, json_wanted=as_json, table=lambda: rows("webhooks", columns, lines))
    if any(one.off_since is not None for states in found.values() for one in states):
        sys.exit(FOUND_WRONG)


@webhooks.command()
@folder
@click.argument("name")
@as_json
@says_why
def test(folder: Path, name: str, *, as_json: bool) -> None:
    """Post a word of no consequence (webhook.test) to the address called NAME, and say if it came.

    A recipient's address is called recipient/ID.
    """
    with house(folder) as troth:
        troth.test_webhook(name)
    say({"name": name, "taken": True}, json_wanted=as_json)


@webhooks.command()
@folder
@click.argument("name")
@as_json
@says_why
def enable(folder: Path, name: str, *, as_json: bool) -> None:
    """Tell the address called NAME again that was left alone; what waits for it is due at once."""
    with house(folder) as troth:
        was = troth.enable_webhook(name)
    say({"name": name, "was_left_alone": was}, json_wanted=as_json)
