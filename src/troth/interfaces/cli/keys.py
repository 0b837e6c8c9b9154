"""Keys of the house, of programs, and the people who may come in."""

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from troth.interfaces.cli.saying import as_json, err, folder, house, rows, say, says_why


@click.group()
def keys() -> None:
    """The vault's keys, and the service keys of programs."""


@keys.command()
@folder
@as_json
@says_why
def rotate(folder: Path, *, as_json: bool) -> None:
    """Rewrap every living key under a new epoch and destroy the old one, while others work."""
    bar = Progress(
        TextColumn("rotating {task.description}"), BarColumn(), MofNCompleteColumn(), console=err
    )
    with bar, house(folder) as troth:
        tasks = {region: bar.add_task(region, total=None) for region in troth.settings.regions}
        told = troth.rotate_keys(lambda region, done: bar.update(tasks[region], completed=done))
    say(told, json_wanted=as_json)


@keys.command()
@folder
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it may do; repeat.")
@click.option("--purpose", "purposes", multiple=True, help="For which purposes; repeat. None: all.")
@click.option("--region", default="", help="Where the program runs, if it is not where data lies.")
@as_json
@says_why
def make(
    folder: Path,
    name: str,
    scopes: tuple[str, ...],
    purposes: tuple[str, ...],
    region: str,
    *,
    as_json: bool,
) -> None:
    """Make a service key for a program. It is shown this once."""
    with house(folder) as troth:
        key = troth.access.make_key(name, scopes, purposes, troth.clock.now(), region)
    say({"name": name, "key": key.reveal()}, json_wanted=as_json)


@keys.command("list")
@folder
@as_json
@says_why
def list_keys(folder: Path, *, as_json: bool) -> None:
    """List the service keys, without the keys."""
    with house(folder) as troth:
        found = troth.access.keys()
    columns = ("id", "name", "scopes", "purposes", "ended_at")
    say(
        found,
        json_wanted=as_json,
        table=lambda: rows("service keys", columns, ([k[c] for c in columns] for k in found)),
    )


@keys.command()
@folder
@click.argument("key_id")
@says_why
def end(folder: Path, key_id: str) -> None:
    """End a service key by its id."""
    with house(folder) as troth:
        troth.access.end_key(key_id, troth.clock.now())
    say({"ended": key_id}, json_wanted=False)


@click.group()
def staff() -> None:
    """People who act under the controller's authority."""


@staff.command()
@folder
@click.argument("login")
@click.option("--role", required=True, help="A role the policy declares under `staff`.")
@click.option("--region", default="global", show_default=True, help="Where they read from.")
@as_json
@says_why
def add(folder: Path, login: str, role: str, region: str, *, as_json: bool) -> None:
    """Admit somebody. Their first password is shown this once."""
    with house(folder) as troth:
        password = troth.add_staff(login, role, region=region)
    say({"login": login, "role": role, "password": password.reveal()}, json_wanted=as_json)


@staff.command("end")
@folder
@click.argument("login")
@says_why
def end_staff(folder: Path, login: str) -> None:
    """End somebody's access and every session of theirs."""
    with house(folder) as troth:
        troth.access.end_staff(login, troth.clock.now())
    say({"ended": login}, json_wanted=False)
