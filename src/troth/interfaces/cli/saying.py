"""How commands speak: data as a table or JSON on standard output, all else on standard error."""

import functools
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, NoReturn, ParamSpec, TypeVar

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from troth import app
from troth.app import Imported, Tally, Troth
from troth.model.errors import (
    BadInput,
    Erased,
    LedgerBroken,
    Misconfigured,
    NotFound,
    PolicyBroken,
    Refused,
    Taken,
    TrothError,
    Unverifiable,
    WrongRegion,
)

P = ParamSpec("P")
T = TypeVar("T")

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)

FOUND_WRONG: Final = 1
CALLED_WRONG: Final = 2
REFUSED: Final = 3
NOT_SET_UP: Final = 4
BROKEN: Final = 5
INTERRUPTED: Final = 130
CODES: Final = (
    ((LedgerBroken, PolicyBroken, Unverifiable), FOUND_WRONG),
    ((BadInput, Erased, NotFound, Taken), CALLED_WRONG),
    ((Refused, WrongRegion), REFUSED),
    ((Misconfigured,), NOT_SET_UP),
)
"""Which exit code each kind of error has; what is not named here is ``BROKEN``."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print data as JSON.")
folder = click.argument("folder", type=click.Path(path_type=Path), default=".")
file_of_rows = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
written_as = click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default=None,
    help="How FILE is written; else its ending tells.",
)


def says_why(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command end with the error's words and exit code instead of a traceback."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except TrothError as error:
            fail(error)
        except BrokenPipeError:
            # Whoever read our output has gone: that is theirs to decide, and no error.
            raise
        except OSError as error:
            fail(of_the_system(error))
        except sqlite3.DatabaseError as error:
            fail(TrothError(f"the database answered: {error}", remedy="troth doctor looks into it"))
        except (KeyboardInterrupt, click.Abort):
            err.print("interrupted")
            sys.exit(INTERRUPTED)

    return told


def of_the_system(error: OSError) -> TrothError:
    """Say in our words what the operating system refused."""
    what = (error.strerror or "an operation failed").lower()
    where = f": `{error.filename}`" if error.filename else ""
    return TrothError(f"{what}{where}", remedy="check the path, its owner and the free space")


def fail(error: TrothError) -> NoReturn:
    """Print what happened, why and what to do, then exit with the code of its kind."""
    lines = [Text.assemble(("✗ ", "bold red"), error.message)]
    if isinstance(error, LedgerBroken) and error.field:
        lines.append(Text(f"  entry: {error.field}"))
    if error.clause:
        lines.append(Text(f"  why:   §{error.clause}"))
    if error.remedy:
        lines.append(Text(f"  do:    {error.remedy}"))
    for line in lines:
        err.print(line, soft_wrap=True)
    sys.exit(code_of(error))


def code_of(error: TrothError) -> int:
    """Return the exit code of an error."""
    found = (code for kinds, code in CODES if isinstance(error, kinds))
    return next(found, BROKEN)


def say(
    data: object, *, json_wanted: bool, table: Callable[[], Table | Text] | None = None
) -> None:
    """Print data: as JSON when asked to, as a table where one is given, else one line a key."""
    plain = msgspec.to_builtins(data, enc_hook=str, str_keys=True)
    if json_wanted:
        click.echo(json.dumps(plain, ensure_ascii=False, indent=1))
    elif table is not None:
        out.print(table())
    else:
        for line in spelled(plain):
            click.echo(line)


def spelled(plain: object, place: str = "") -> Iterator[str]:
    """Write data as lines, each with the whole name of its place.

    >>> list(spelled({"regions": {"cn": {"keys": 3}}, "next": "troth serve"}))
    ['regions.cn.keys: 3', 'next: troth serve']
    """
    if isinstance(plain, dict):
        for key, value in plain.items():
            yield from spelled(value, f"{place}.{key}" if place else str(key))
    elif isinstance(plain, list | tuple) and any(isinstance(one, dict | list) for one in plain):
        for number, one in enumerate(plain, start=1):
            yield from spelled(one, f"{place}.{number}" if place else str(number))
    else:
        told = ", ".join(map(str, plain)) if isinstance(plain, list | tuple) else str(plain)
        yield f"{place}: {told}" if place else told


def rows(title: str, columns: Iterable[str], lines: Iterable[Iterable[object]]) -> Table | Text:
    """Build a table; where there is nothing to put in it, its title alone."""
    told = list(lines)
    if not told:
        return Text(title)
    table = Table(title=escape(title), title_justify="left", box=None, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in told:
        table.add_row(*(escape(str(cell)) for cell in line))
    return table


def at_work() -> Progress:
    """Show that long work goes on, on standard error."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err
    )


def counted(counts: Tally | Imported) -> str:
    """Say what became of the rows of a file."""
    return f"{counts.imported} imported, {counts.skipped} skipped, {counts.refused} refused"


def say_imported(report: Imported, *, json_wanted: bool) -> None:
    """Print what came of an import; exit with ``FOUND_WRONG`` where a row was refused."""
    lines = ((one.line, one.code, one.field) for one in report.problems)
    columns = ("line", "why", "field")
    say(report, json_wanted=json_wanted, table=lambda: rows("what was refused", columns, lines))
    if not json_wanted:
        err.print(counted(report) + (", and nothing was changed" if report.dry_run else ""))
        if report.since:
            err.print(f"went on after line {report.since}, where an earlier run was")
    if report.refused:
        sys.exit(FOUND_WRONG)


def house(place: Path) -> Troth:
    """Open the instance in a folder."""
    return app.open(place)
