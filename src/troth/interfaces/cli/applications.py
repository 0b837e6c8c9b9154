"""Applications that people sign in to with their account: recipients of the policy (4.1, 3.1.1)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from troth.app import Said, Troth
from troth.interfaces.cli.saying import as_json, folder, house, rows, say, says_why
from troth.interfaces.oidc.provider import ALGORITHMS, SCOPES, Provider
from troth.model.clock import iso
from troth.model.errors import Misconfigured

F = TypeVar("F", bound=Callable[..., Any])


algorithm = click.option(
    "--algorithm",
    type=click.Choice(ALGORITHMS),
    default=ALGORITHMS[0],
    show_default=True,
    help="What signs: RS256, which everybody understands, or ES256.",
)


@click.group()
def applications() -> None:
    """Applications that people sign in to with their account."""


def several(name: str, into: str, told: str, *, needed: bool = False) -> Callable[[F], F]:
    """Return an option that may be given more than once."""
    return click.option(name, into, multiple=True, required=needed, help=told)


@applications.command()
@folder
@click.option("--name", required=True, help="What people know it by.")
@click.option("--operator", required=True, help="Who runs it: the legal name people are told.")
@click.option("--contact", required=True, help="How people reach its operator.")
@click.option("--recipient", required=True, help="The recipient of the policy that it is.")
@several("--redirect", "redirects", "Where people are led back to; repeat.", needed=True)
@click.option("--scopes", default="openid", show_default=True, help=f"From {', '.join(SCOPES)}.")
@click.option("--sector", default="", help="A host name; applications of one share their names.")
@click.option("--public", is_flag=True, help="It runs where it can keep no secret.")
@algorithm
@several("--fact", "facts", "A condition established for it, e.g. standard_contract; repeat.")
@several("--afterwards", "afterwards", "Where people go after signing out; repeat.")
@click.option("--backchannel", default="", help="Where it is told that somebody is signed out.")
@as_json
@says_why
def add(folder: Path, scopes: str, *, as_json: bool, **told: object) -> None:
    """Enter an application. Its id and secret are what its operator sets it up with.

    The secret is shown this once. Nothing is told to it before an agreement with its recipient is
    in force.
    """
    named = tuple(scope for scope in scopes.replace(",", " ").split() if scope)
    said = Said(scopes=named, **told)  # type: ignore[arg-type]  # the options' own names and types
    with house(folder) as troth:
        issuer = _issuer(troth)
        made, secret = troth.applications.add(said)
    say(
        {
            "id": made.id,
            "secret": secret.reveal() if secret else "",
            "sector": made.sector,
            "issuer": issuer,
        },
        json_wanted=as_json,
    )


@applications.command("list")
@folder
@as_json
@says_why
def list_applications(folder: Path, *, as_json: bool) -> None:
    """List the applications, ended ones included, without their secrets."""
    with house(folder) as troth:
        found = troth.applications.all()
    columns = ("id", "name", "recipient", "scopes", "redirects", "ended")
    lines = (
        (
            *(one.id, one.name, one.recipient),
            *(" ".join(one.scopes), " ".join(one.redirects)),
            iso(one.ended_at) if one.ended_at else "",
        )
        for one in found
    )
    say(found, json_wanted=as_json, table=lambda: rows("applications", columns, lines))


@applications.command()
@folder
@click.argument("application")
@as_json
@says_why
def end(folder: Path, application: str, *, as_json: bool) -> None:
    """End an application by its id: nothing is told to it from now on."""
    with house(folder) as troth:
        troth.applications.end(application)
    say({"ended": application}, json_wanted=as_json)


@applications.command()
@folder
@click.argument("application")
@as_json
@says_why
def renew(folder: Path, application: str, *, as_json: bool) -> None:
    """Give an application a new secret; the old one is worth nothing."""
    with house(folder) as troth:
        secret = troth.applications.renew(application)
    say({"id": application, "secret": secret.reveal()}, json_wanted=as_json)


@applications.command()
@folder
@algorithm
@as_json
@says_why
def rekey(folder: Path, algorithm: str, *, as_json: bool) -> None:
    """Replace the keys that sign at once, when one may be in other hands.

    They are replaced by themselves every ninety days; this is for an emergency. What was signed
    before is believed by nobody any more.
    """
    with house(folder) as troth:
        _issuer(troth)
        kid = Provider(troth).signing().replace(algorithm)
        troth.note("keys.replaced", algorithm=algorithm, kid=kid)
    say({"algorithm": algorithm, "kid": kid}, json_wanted=as_json)


def _issuer(troth: Troth) -> str:
    issuer = troth.settings.server.seen_at
    if not issuer:
        raise Misconfigured(
            "applications know this service by an address, and none is set",
            remedy="set `origin` under [server] in troth.toml",
        )
    return issuer
