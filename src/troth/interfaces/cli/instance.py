"""Making and checking an instance, copying its data, and giving it the time of day."""

from pathlib import Path

import click

from troth import app
from troth.interfaces.cli.saying import (
    FOUND_WRONG,
    as_json,
    at_work,
    folder,
    house,
    rows,
    say,
    says_why,
)
from troth.interfaces.oidc.upkeep import Upkeep


@click.command()
@folder
@click.option(
    "--policy",
    default="itnio",
    show_default=True,
    help="A policy that ships, or the path of a document.",
)
@click.option(
    "--name",
    default="troth.local",
    show_default=True,
    help="Its name for ever: the ledger's origin and part of every seal.",
)
@click.option("--on", "server", default="", help="postgresql://HOST/NAME instead of SQLite files.")
@as_json
@says_why
def init(folder: Path, policy: str, name: str, server: str, *, as_json: bool) -> None:
    """Make a new instance in FOLDER: its settings, keys and databases, its policy published.

    Nothing is ever overwritten. Keep regions/*/root.key apart from everything else: without it
    nothing can be opened again, by anybody.
    """
    with app.create(folder, policy=policy, name=name, on=server) as troth:
        told = {
            "folder": str(folder),
            "policy": troth.gate.policy().edition.policy.id,
            "edition": troth.gate.policy().edition.hash,
            "regions": list(troth.settings.regions),
            "next": f"troth serve {folder}",
        }
    say(told, json_wanted=as_json)


@click.command()
@folder
@as_json
@says_why
def doctor(folder: Path, *, as_json: bool) -> None:
    """Say what is wrong with the instance in FOLDER, and how to mend it.

    It looks at settings, keys, files, disk, mail, clock, ledgers, epochs, backups and the outbox,
    and mends nothing. Exits with 1 when something is broken; warnings alone leave it at 0.
    """
    found = app.doctor(folder)
    say(
        found,
        json_wanted=as_json,
        table=lambda: rows(
            "what the doctor found" if found else "all is well",
            ("", "what", "do"),
            ((a.level, a.what, a.remedy) for a in found),
        ),
    )
    if any(ailment.level == "error" for ailment in found):
        raise SystemExit(FOUND_WRONG)


@click.command()
@folder
@as_json
@says_why
def tick(folder: Path, *, as_json: bool) -> None:
    """Do once what the clock brings: deliver, integrate, sweep, end an epoch that is over.

    For cron, where nothing serves.
    """
    with house(folder) as troth:
        done = troth.tick() | Upkeep(troth).tick()
    say(done, json_wanted=as_json)


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
