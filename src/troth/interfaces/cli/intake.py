"""Requests that come from outside: by mail, in a list; and the agents that may ask (9.1b, 11.3)."""

import sys
import threading
from pathlib import Path
from typing import BinaryIO, Final

import click

from troth.interfaces.cli.saying import (
    FOUND_WRONG,
    as_json,
    err,
    folder,
    house,
    rows,
    say,
    says_why,
)
from troth.interfaces.mail.serving import demand_address, taking_mail
from troth.interfaces.scheduler import Scheduler
from troth.model.clock import iso
from troth.model.errors import BadInput, Misconfigured

MOST: Final = 10 * 1024 * 1024
"""Octets of a mail on standard input."""


@click.group()
def intake() -> None:
    """Requests that come by mail, or in a list."""


@intake.command("serve-mail")
@folder
@says_why
def serve_mail(folder: Path) -> None:
    """Take mail for the address of [intake] until somebody stops it, and nothing else.

    `troth serve` does this along with everything else; this is for a machine of its own.
    """
    with house(folder) as troth:
        named = troth.settings.intake
        demand_address(troth)
        if not (named.port or named.maildir):
            raise Misconfigured(
                "there is nowhere to take mail from",
                remedy="set `port` or `maildir` under [intake] in troth.toml",
            )
        with taking_mail(troth) as reads, Scheduler(*reads):
            err.print(f"taking mail for {named.address}  (Ctrl-C stops it)")
            _wait()


def _wait() -> None:
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        err.print("stopped")


@intake.command()
@folder
@click.argument("file", type=click.File("rb"), default="-")
@as_json
@says_why
def take(folder: Path, file: BinaryIO, *, as_json: bool) -> None:
    """Take one mail from FILE, or from standard input: for a mail server that pipes.

    The same mail again is the same request.
    """
    raw = file.read(MOST + 1)
    with house(folder) as troth:
        demand_address(troth)
        if len(raw) > troth.settings.intake.max_size:
            raise BadInput("this mail is larger than max_size under [intake]", field="mail")
        taken = troth.intake.take_mail(raw)
    say({"outcome": taken.outcome, "request": taken.number}, json_wanted=as_json)


@intake.command("import")
@folder
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Open nothing, and report what is wrong.")
@as_json
@says_why
def import_list(folder: Path, file: Path, *, dry_run: bool, as_json: bool) -> None:
    """Bring in requests that were taken elsewhere: a CSV file, a row each.

    Columns: kind, channel, received, residence, language, name, email, phone, address, login, text,
    reference. A row that was brought in before is known, and opens nothing.
    """
    with house(folder) as troth:
        tally = troth.intake.take_list(file, dry_run=dry_run)
    told = {"opened": tally.opened, "known": tally.known, "wrong": tally.wrong}
    lines = ((wrong.line, wrong.field, wrong.why) for wrong in tally.wrong)
    say(told, json_wanted=as_json, table=lambda: rows(_sum(told), ("line", "column", "why"), lines))
    if tally.wrong:
        sys.exit(FOUND_WRONG)


def _sum(told: dict[str, object]) -> str:
    counts = {name: len(what) if isinstance(what, tuple) else what for name, what in told.items()}
    return ", ".join(f"{count} {name}" for name, count in counts.items())


@intake.command()
@folder
@click.argument("domain")
@as_json
@says_why
def certificate(folder: Path, domain: str, *, as_json: bool) -> None:
    """Make a certificate for DOMAIN and its key, for trials: it is signed by itself.

    Other controllers believe only one that an authority they trust has issued.
    """
    with house(folder) as troth:
        made, key = troth.intake.trial(domain)
    places = {"certificate": folder / "opendsr.pem", "certificate_key": folder / "opendsr.key"}
    for place, octets in zip(places.values(), (made, key), strict=True):
        _write(place, octets)
    say(
        {
            "domain": domain,
            "certificate": places["certificate"].name,
            "certificate_key": f"file:{places['certificate_key'].name}",
            "next": "write these three under [intake] in troth.toml",
        },
        json_wanted=as_json,
    )


def _write(place: Path, octets: bytes) -> None:
    """Write a file that only its owner reads. Raises ``BadInput`` where there is one."""
    if place.exists():
        raise BadInput(f"`{place}` is there already", remedy="move it aside first")
    place.touch(mode=0o600)
    place.write_bytes(octets)


# --- agents ------------------------------------------------------------------------------------


@click.group()
def agents() -> None:
    """Agents that may ask for others, by their keys."""


@agents.command()
@folder
@click.argument("agent")
@click.option("--name", required=True, help="What people know it by.")
@click.option("--key", required=True, help="Its public Ed25519 key, base64 or hexadecimal.")
@click.option(
    "--callback",
    "origins",
    multiple=True,
    help="Where it may be told how far a request is: https://agent.example.com; repeat.",
)
@as_json
@says_why
def add(
    folder: Path, agent: str, name: str, key: str, origins: tuple[str, ...], *, as_json: bool
) -> None:
    """Enter an agent under its id of the Data Rights Protocol.

    Be sure of the key by another way: whoever holds its other half asks in the agent's name.
    """
    with house(folder) as troth:
        made = troth.intake.add_agent(agent, name, key, origins)
        voice = troth.intake.voice
    told = {"id": made.id, "name": made.name, "callbacks": made.origins, "our_key": voice}
    say(told, json_wanted=as_json)


@agents.command("list")
@folder
@as_json
@says_why
def list_agents(folder: Path, *, as_json: bool) -> None:
    """List the agents, ended ones included."""
    with house(folder) as troth:
        found = [
            {
                "id": one.id,
                "name": one.name,
                "key": one.verify_key.hex(),
                "callbacks": " ".join(one.origins),
                "ended": iso(one.ended) if one.ended else "",
            }
            for one in troth.intake.agents()
        ]
    columns = ("id", "name", "key", "callbacks", "ended")
    lines = (tuple(one.values()) for one in found)
    say(found, json_wanted=as_json, table=lambda: rows("agents", columns, lines))


@agents.command()
@folder
@click.argument("agent")
@as_json
@says_why
def end(folder: Path, agent: str, *, as_json: bool) -> None:
    """End an agent by its id: nothing is taken from it, and nothing told it, from now on."""
    with house(folder) as troth:
        troth.intake.end_agent(agent)
    say({"ended": agent}, json_wanted=as_json)
