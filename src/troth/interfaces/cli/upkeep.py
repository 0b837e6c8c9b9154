"""Copying the data of an instance, and bringing it back."""

from pathlib import Path

import click

from troth import app
from troth.interfaces.cli.saying import as_json, at_work, folder, house, say, says_why


@click.command()
@folder
@click.argument("target", type=click.Path(path_type=Path))
@as_json
@says_why
def backup(folder: Path, target: Path, *, as_json: bool) -> None:
    """Copy the data of FOLDER into one archive TARGET. It holds no keys.

    Others may work meanwhile. Alone it opens nothing, so it may be kept long; keys are copied
    apart, by `troth keys backup`.
    """
    with at_work() as progress, house(folder) as troth:
        progress.add_task("copying the data", total=None)
        sums = troth.back_up(target)
    say({"target": str(target), "files": sums}, json_wanted=as_json)


@click.command()
@folder
@click.argument("archive", type=click.Path(path_type=Path))
@as_json
@says_why
def restore(folder: Path, archive: Path, *, as_json: bool) -> None:
    """Bring the data of FOLDER back from ARCHIVE; who was erased since stays erased.

    Stop the service first: it is refused while anybody has the instance open. Whoever came since,
    or had a part erased, keeps what they have now. The ledger, sessions and staff stay as they are
    now; where the database of now is lost, sessions, staff and service keys are ended.

    What was there stays beside it as data.db.before-restore. Interrupted at any point, the command
    leaves the old state or the new one.
    """
    with at_work() as progress:
        progress.add_task("restoring", total=None)
        told = app.restore(folder, archive)
    say(told, json_wanted=as_json)
