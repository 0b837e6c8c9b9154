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
    "--policy", default="itnio", show_default=True, help="A shipped policy or a document."
)
@as_json
@says_why
def tour(policy: str, *, as_json: bool) -> None:
    """Show one subject's whole life under the policy, and check every promise on the way.

    Exits 0 only if each was seen to hold: in the stores' own files, in the mail that arrived, in
    the ledger.
    """
    say_it = (err if as_json else out).print
    with Rehearsal(policy=policy) as rehearsal:
        stage = Stage(rehearsal, say_it)
        for number, (title, step) in enumerate(STEPS, start=1):
            stage.step = number
            say_it(f"\n[bold]{number}. {title}[/]")
            try:
                step(stage)
            except TrothError as error:
                stage.check("the step goes through", False, error)
    broken = [check for check in stage.checks if not check.held]
    told = Told(held=len(stage.checks) - len(broken), broken=len(broken), checks=stage.checks)
    if as_json:
        say(told, json_wanted=True)
    say_it(f"\n[bold]{told.held} promises held, {told.broken} broken[/]")
    if broken:
        raise SystemExit(FOUND_WRONG)
