"""The command line: the same acts, for people at a terminal and for scripts.

Exit codes: 0 done; 1 it ran and what it looked for is not as it should be (a finding, a ledger that
does not verify); 2 the command was called wrongly; 3 the policy refused; 4 the instance is not set
up right; 5 something else went wrong. ``--json`` prints data for programs on every command that has
any; progress and errors go to standard error.
"""

from importlib import import_module
from typing import Any, Final

import click

import troth

COMMANDS: Final = {
    "init": "instance:init",
    "serve": "serving:serve",
    "demo": "serving:demo",
    "tour": "touring:tour",
    "tick": "instance:tick",
    "doctor": "instance:doctor",
    "backup": "instance:backup",
    "restore": "instance:restore",
    "keys": "keys:keys",
    "staff": "keys:staff",
    "policy": "policy:policy",
    "subject": "subject:subject",
    "ledger": "ledger:ledger",
    "clauses": "policy:clauses",
}


class Rooms(click.Group):
    """A group whose commands are loaded when they are called, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        del ctx
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: Any = getattr(import_module(f"troth.interfaces.cli.{module}"), name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(troth.__version__, prog_name="troth")
def main() -> None:
    """Troth: a privacy policy that keeps its word."""
