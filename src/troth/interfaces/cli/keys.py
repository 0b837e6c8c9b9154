"""Keys: the vault's, looked after, and the service keys of programs."""

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from troth import app
from troth.interfaces.cli.saying import as_json, at_work, err, folder, house, rows, say, says_why


@click.group()
def keys() -> None:
    """The vault's keys, and the service keys of programs."""


@keys.command()
@folder
@as_json
@says_why
def rotate(folder: Path, *, as_json: bool) -> None:
    """Rewrap every living key under a new epoch and destroy the old one, while others work.

    What was erased before becomes irrecoverable by it, and every earlier backup of keys worthless:
    make a new one afterwards. Killed, it goes on where it was.
    """
    bar = Progress(
        TextColumn("rotating {task.description}"), BarColumn(), MofNCompleteColumn(), console=err
    )
    with bar, house(folder) as troth:
        tasks = {region: bar.add_task(region, total=None) for region in troth.settings.regions}
        told = troth.rotate_keys(lambda region, done: bar.update(tasks[region], completed=done))
    say({"keys": told, "next": f"troth keys backup {folder} FILE"}, json_wanted=as_json)


@keys.command()
@folder
@click.argument("target", type=click.Path(path_type=Path))
@as_json
@says_why
def backup(folder: Path, target: Path, *, as_json: bool) -> None:
    """Copy the wrapped keys of FOLDER into one archive TARGET; never a root key.

    It can bring the erased back, so it may be kept for one epoch and no longer: destroy it by the
    date it names.
    """
    with at_work() as progress, house(folder) as troth:
        progress.add_task("copying the keys", total=None)
        made = troth.back_up_keys(target)
    err.print(f"destroy {target} by {made.not_after}", soft_wrap=True, markup=False)
    say(made, json_wanted=as_json)


@keys.command()
@folder
@click.argument("archive", type=click.Path(path_type=Path))
@click.option(
    "--root", default="", help="The root key it was made under, if another: file:PATH or env:NAME."
)
@as_json
@says_why
def restore(folder: Path, archive: Path, root: str, *, as_json: bool) -> None:
    """Bring lost keys of FOLDER back from ARCHIVE; keys that were erased since die again.

    Stop the service first. Refused: an archive that is past its epoch or needs one that was
    destroyed, and one that would lose living keys. Where the data is lost too, bring that back
    next, then call `troth keys bury`.
    """
    with at_work() as progress:
        progress.add_task("restoring the keys", total=None)
        told = app.restore_keys(folder, archive, root=root)
    if not all(region.replayed for region in told.values()):
        err.print("the data is missing: next, troth restore, then troth keys bury")
    say({"regions": told}, json_wanted=as_json)


@keys.command()
@folder
@as_json
@says_why
def bury(folder: Path, *, as_json: bool) -> None:
    """Finish every erasure in FOLDER: keys that nothing names die, subjects without a key go.

    For when keys and data were brought back apart. Stop the service first.
    """
    with at_work() as progress:
        progress.add_task("finishing erasures", total=None)
        told = app.bury(folder)
    say({"regions": told}, json_wanted=as_json)


@keys.command()
@folder
@click.option(
    "--to", required=True, help="file:PATH (made if it is not there) or env:NAME; {region} in it."
)
@click.option("--region", default="", help="Only this region's; needed where {region} is not used.")
@as_json
@says_why
def root(folder: Path, to: str, region: str, *, as_json: bool) -> None:
    """Put the keys of FOLDER under another root key, and name that in troth.toml.

    Stop the service first. Relative paths start at FOLDER. Interrupted, the same command goes on
    where it was. The old root key still opens backups of keys made before: destroy it once those
    are gone.
    """
    told = app.change_root(folder, to, region=region)
    say(told, json_wanted=as_json)


# --- programs ----------------------------------------------------------------------------------


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
@as_json
@says_why
def end(folder: Path, key_id: str, *, as_json: bool) -> None:
    """End a service key by its id; its next call is refused."""
    with house(folder) as troth:
        troth.access.end_key(key_id, troth.clock.now())
    say({"ended": key_id}, json_wanted=as_json)
