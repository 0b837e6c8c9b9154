"""The ledger at a terminal: its signed head, a copy for auditors, and verification offline."""

from pathlib import Path

import click

from troth.app import offline
from troth.interfaces.cli.saying import as_json, folder, house, out, say, says_why


@click.group()
def ledger() -> None:
    """Sign, copy and verify the ledger."""


@ledger.command()
@folder
@says_why
def checkpoint(folder: Path) -> None:
    """Print the signed head of every region's ledger, and the key that verifies it."""
    with house(folder) as troth:
        for region, (note, key) in troth.checkpoints().items():
            out.print(f"[bold]{region}[/]  verify with: {key}")
            click.echo(note)


@ledger.command("export")
@folder
@click.argument("region")
@click.argument("target", type=click.Path(path_type=Path))
@as_json
@says_why
def export_bundle(folder: Path, region: str, target: Path, *, as_json: bool) -> None:
    """Write a region's whole ledger to TARGET, a zip that anybody can verify offline."""
    with house(folder) as troth:
        say(troth.export_ledger(region, target), json_wanted=as_json)


@ledger.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--key", "vkey", required=True, help="The ledger's public key, as checkpoint prints it."
)
@as_json
@says_why
def verify(bundle: Path, vkey: str, *, as_json: bool) -> None:
    """Verify a BUNDLE with the public key alone; needs no instance."""
    say(offline.verify_bundle(bundle, vkey), json_wanted=as_json)


@ledger.command()
@folder
@as_json
@says_why
def audit(folder: Path, *, as_json: bool) -> None:
    """Recompute every region's tree from its entries and compare it with what was signed."""
    with house(folder) as troth:
        say(troth.audit(), json_wanted=as_json)
