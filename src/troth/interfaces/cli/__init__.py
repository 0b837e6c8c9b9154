"""The command line: the same acts, for people at a terminal and for scripts.

Exit codes: 0 done; 1 it ran, and what it looked at is not as it should be (a policy or a ledger
that does not hold, an ailment, a broken promise); 2 it was called wrongly, or names something that
is not there; 3 the policy refused; 4 the instance is not set up right; 5 something else went wrong;
130 somebody interrupted it or declined. ``--json`` prints data for programs on every command that
has any, and nothing else on standard output; progress and errors go to standard error.
"""

from importlib import import_module
from typing import Final

import click

import troth

COMMANDS: Final = {
    "init": ("instance:init", "Make a new instance in FOLDER."),
    "serve": ("serving:serve", "Serve the instance in FOLDER: API, privacy centre, desk."),
    "demo": ("serving:demo", "Make a demonstration with synthetic subjects, and serve it."),
    "tour": ("touring:tour", "Show one subject's whole life, and check every promise."),
    "tick": ("instance:tick", "Do once what the clock brings; for cron."),
    "doctor": ("instance:doctor", "Say what is wrong with an instance, and how to mend it."),
    "backup": ("instance:backup", "Copy the data into one archive. It holds no keys."),
    "restore": ("instance:restore", "Bring the data back; who was erased stays so."),
    "keys": ("keys:keys", "The vault's keys, and the service keys of programs."),
    "applications": (
        "applications:applications",
        "Applications that people sign in to with their account.",
    ),
    "cookies": ("cookies:cookies", "The register of cookies, and what a site really sets."),
    "accounts": ("accounts:accounts", "Accounts that were opened elsewhere, brought in."),
    "intake": ("intake:intake", "Requests that come by mail, or in a list."),
    "agents": ("intake:agents", "Agents that may ask for others, by their keys."),
    "consents": ("consents:consents", "Consents from elsewhere, and receipts of consents."),
    "webhooks": ("consents:webhooks", "Your own services that are told what happened."),
    "databases": ("databases:databases", "Your other databases: their map, and what it finds."),
    "staff": ("staff:staff", "People who act under the controller's authority."),
    "policy": ("policy:policy", "Check, show, compare and publish the policy."),
    "subject": ("subject:subject", "Look at, copy and erase what is held about one subject."),
    "retention": ("retention:retention", "What is kept how long, what is due, and its end."),
    "requests": ("requests:requests", "What people asked for, and by when it is due."),
    "ledger": ("ledger:ledger", "Sign, copy and verify the ledger."),
    "clauses": ("policy:clauses", "The clause board: which rows are kept, and by what."),
}
"""Every command: where it is, and what it is for, so that nothing is loaded to say so."""


class Rooms(click.Group):
    """A group whose commands are loaded when they are called, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: object = getattr(import_module(f"troth.interfaces.cli.{module}"), name)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command is for, without loading it."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])


@click.group(
    cls=Rooms,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 found wrong, 2 called wrongly, 3 refused, 4 not set up right,"
    " 5 broken, 130 interrupted. `--help` after a command says more.",
)
@click.version_option(troth.__version__, prog_name="troth")
def main() -> None:
    """Troth: a privacy policy that keeps its word."""
