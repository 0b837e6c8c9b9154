"""The ledger at a terminal: its signed head, a copy for auditors, and verification offline."""

from pathlib import Path

import click

from troth.app import offline
from troth.interfaces.cli.saying import FOUND_WRONG, as_json, folder, house, say, says_why


@click.group()
def ledger() -> None:
    """Sign, copy and verify the ledger."""


@ledger.command()
@folder
@as_json
@says_why
def checkpoint(folder: Path, *, as_json: bool) -> None:
    """Print the signed head of every region's ledger, and the key that verifies it.

    Keep both somewhere else: with an old head, a ledger that was cut short is found out.
    """
    with house(folder) as troth:
        heads = troth.checkpoints()
    if as_json:
        told = {region: {"key": key, "checkpoint": note} for region, (note, key) in heads.items()}
        say(told, json_wanted=True)
        return
    for region, (note, key) in heads.items():
        click.echo(f"{region}  verify with: {key}\n{note}")


@ledger.command("export")
@folder
@click.argument("region")
@click.argument("target", type=click.Path(path_type=Path))
@as_json
@says_why
def export_bundle(folder: Path, region: str, target: Path, *, as_json: bool) -> None:
    """Write a region's whole ledger to TARGET (a folder, or a .zip) for anybody to verify."""
    with house(folder) as troth:
        head = troth.export_ledger(region, target)
        key = troth.checkpoints()[region][1]
    told = {"target": str(target), "origin": head.origin, "size": head.size, "key": key}
    say({**told, "root": head.root.hex()}, json_wanted=as_json)


@ledger.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--key", "vkey", required=True, help="The ledger's public key, as checkpoint prints it."
)
@click.option(
    "--remembered",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A checkpoint kept from earlier: finds a ledger that was cut short or written anew.",
)
@as_json
@says_why
def verify(bundle: Path, vkey: str, remembered: Path | None, *, as_json: bool) -> None:
    """Verify a BUNDLE, or the proof of one entry, with the public key alone; needs no instance.

    Exits with 1, naming the first entry that is wrong, when it is not what was signed.
    """
    old = remembered.read_text("utf-8") if remembered else ""
    report = offline.examine_bundle(bundle, vkey, old)
    say(report, json_wanted=as_json)
    if not report.ok:
        raise SystemExit(FOUND_WRONG)


@ledger.command()
@folder
@as_json
@says_why
def audit(folder: Path, *, as_json: bool) -> None:
    """Recompute every region's tree from its entries and compare it with what was signed.

    Exits with 1 when one of them is not what was signed.
    """
    with house(folder) as troth:
        reports = troth.audit()
    say(reports, json_wanted=as_json)
    if not all(report.ok for report in reports.values()):
        raise SystemExit(FOUND_WRONG)
