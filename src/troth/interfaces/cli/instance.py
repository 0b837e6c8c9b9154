"""Making, checking, copying and bringing back an instance."""

from pathlib import Path

import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from troth import app
from troth.interfaces.cli.saying import (
    FOUND_WRONG,
    as_json,
    err,
    folder,
    house,
    out,
    rows,
    say,
    says_why,
)


@click.command()
@folder
@click.option(
    "--policy", default="itnio", show_default=True, help="A shipped policy or a document."
)
@click.option(
    "--name", default="troth.local", show_default=True, help="Its name: the ledger's origin."
)
@click.option("--on", "server", default="", help="postgresql://HOST/NAME instead of SQLite files.")
@as_json
@says_why
def init(folder: Path, policy: str, name: str, server: str, *, as_json: bool) -> None:
    """Make a new instance in FOLDER."""
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
    """Say what is wrong with the instance in FOLDER, and how to mend it."""
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
@click.argument("target", type=click.Path(path_type=Path))
@as_json
@says_why
def backup(folder: Path, target: Path, *, as_json: bool) -> None:
    """Copy the data of FOLDER into one archive TARGET. It holds no keys."""
    with _progress("copying") as progress, house(folder) as troth:
        progress.add_task("copying", total=None)
        sums = troth.back_up(target)
    say({"target": str(target), "files": sums}, json_wanted=as_json)


@click.command()
@folder
@click.argument("archive", type=click.Path(path_type=Path, exists=True))
@as_json
@says_why
def restore(folder: Path, archive: Path, *, as_json: bool) -> None:
    """Bring the data of FOLDER back from ARCHIVE; who was erased stays so.

    Stop the service first.
    """
    with _progress("restoring") as progress:
        progress.add_task("restoring", total=None)
        told = app.restore(folder, archive)
    say(told, json_wanted=as_json)


@click.command()
@folder
@as_json
@says_why
def tick(folder: Path, *, as_json: bool) -> None:
    """Do once what the clock brings: deliver, integrate, sweep. For cron, where nothing serves."""
    with house(folder) as troth:
        done = troth.tick()
    say(done, json_wanted=as_json)


def _progress(what: str) -> Progress:
    """Show that long work goes on, on standard error."""
    del what
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err
    )


__all__ = ["backup", "doctor", "init", "out", "restore", "tick"]
