"""Who may come in under the controller's authority (policy 7.1d)."""

from pathlib import Path

import click

from troth.interfaces.cli.saying import as_json, folder, house, say, says_why


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


@staff.command()
@folder
@click.argument("login")
@as_json
@says_why
def end(folder: Path, login: str, *, as_json: bool) -> None:
    """End somebody's access and every session of theirs."""
    with house(folder) as troth:
        troth.access.end_staff(login, troth.clock.now())
    say({"ended": login}, json_wanted=as_json)
