"""The tour at a terminal."""

import click
import msgspec

from troth.app.rehearsal import Rehearsal
from troth.interfaces.cli.saying import FOUND_WRONG, as_json, err, out, say, says_why
from troth.interfaces.tour.stage import Check, Stage
from troth.interfaces.tour.steps import STEPS
from troth.model.errors import TrothError


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How a tour went."""

    held: int
    broken: int
    checks: list[Check]


@click.command()
@click.option(
    "--policy",
    default="itnio",
    show_default=True,
    help="A policy that ships, or the path of a document.",
)
@click.option("--keep", is_flag=True, help="Leave the instance and what arrived, to look at.")
@as_json
@says_why
def tour(policy: str, *, keep: bool, as_json: bool) -> None:
    """Show one subject's whole life under the policy, and check every promise on the way.

    Exits 0 only if each was seen to hold: in the stores' own files, in the mail that arrived, in
    the ledger. Where one was broken, everything is left for you to look at.
    """
    say_it = (err if as_json else out).print
    with Rehearsal(policy=policy) as rehearsal:
        stage = Stage(rehearsal, say_it)
        for number, (title, step) in enumerate(STEPS, start=1):
            stage.step = number
            say_it(f"\n[bold]{number}. {title}[/]")
            try:
                step(stage)
            except (TrothError, LookupError) as error:
                # A step that finds nothing where something had to be, has seen a promise broken.
                stage.check("the step goes through", False, error)
    broken = [check for check in stage.checks if not check.held]
    told = Told(held=len(stage.checks) - len(broken), broken=len(broken), checks=stage.checks)
    if as_json:
        say(told, json_wanted=True)
    say_it(f"\n[bold]{told.held} promises held, {told.broken} broken[/]")
    if keep or broken:
        say_it(f"what there is to look at lies in {rehearsal.outside}")
    else:
        rehearsal.clear()
    if broken:
        raise SystemExit(FOUND_WRONG)
