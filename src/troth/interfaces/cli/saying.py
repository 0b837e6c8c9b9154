"""How commands speak: data as a table or JSON on standard output, errors on standard error."""

import functools
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NoReturn, ParamSpec, TypeVar

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from troth import app
from troth.app import Troth
from troth.model.errors import BadInput, Misconfigured, Refused, TrothError

P = ParamSpec("P")
T = TypeVar("T")

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)

FOUND_WRONG: Final = 1
CALLED_WRONG: Final = 2
REFUSED: Final = 3
NOT_SET_UP: Final = 4
BROKEN: Final = 5

as_json = click.option("--json", "as_json", is_flag=True, help="Print data as JSON.")
folder = click.argument("folder", type=click.Path(path_type=Path), default=".")


def says_why(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command end with the error's words and exit code instead of a traceback."""

    @functools.wraps(command)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except TrothError as error:
            fail(error)

    return told


def fail(error: TrothError) -> NoReturn:
    """Print what happened, why and what to do, then exit with the code of its kind."""
    err.print(f"[bold red]✗[/] {error.message}")
    if error.clause:
        err.print(f"  why: §{error.clause}")
    if error.remedy:
        err.print(f"  do:  {error.remedy}")
    match error:
        case Refused():
            sys.exit(REFUSED)
        case BadInput():
            sys.exit(CALLED_WRONG)
        case Misconfigured():
            sys.exit(NOT_SET_UP)
        case _:
            sys.exit(BROKEN)


def say(data: object, *, json_wanted: bool, table: Callable[[], Table] | None = None) -> None:
    """Print data: as JSON when asked to, as a table where one is given, else one line a key."""
    plain = msgspec.to_builtins(data, enc_hook=str, str_keys=True)
    if json_wanted:
        click.echo(json.dumps(plain, ensure_ascii=False, indent=1))
    elif table is not None:
        out.print(table())
    elif isinstance(plain, dict):
        for key, value in plain.items():
            out.print(f"{key}: {value}")
    else:
        out.print(plain)


def rows(title: str, columns: Iterable[str], lines: Iterable[Iterable[object]]) -> Table:
    """Build a table."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*(escape(str(cell)) for cell in line))
    return table


def house(place: Path) -> Troth:
    """Open the instance in a folder."""
    return app.open(place)
