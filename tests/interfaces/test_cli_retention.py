"""Keeping and ending at the terminal: a plan is approved, paper is entered, moved and destroyed."""

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import said

SHELF = ("--category", "rights.letter", "--place", "archive 2, shelf 4", "--letter", "L-7")


def test_a_plan_is_made_and_approved_by_its_number(instance: Instance) -> None:
    plan = said("retention", "plan", instance.folder, "--json")
    assert plan.code == 0
    approved = said("retention", "approve", instance.folder, plan.data["plan"]["id"], "--json")
    assert (approved.code, approved.err) == (0, "")


def test_a_plan_that_nobody_made_is_not_approved(instance: Instance) -> None:
    assert said("retention", "approve", instance.folder, "p-none").code == 2


def test_paper_is_entered_moved_destroyed_and_certified(instance: Instance) -> None:
    entered = said("retention", "paper", "enter", instance.folder, *SHELF, "--json")
    number = entered.data["id"]
    moved = said("retention", "paper", "move", instance.folder, number, "archive 3", "--json")
    assert moved.code == 0
    assert said("retention", "paper", "list", instance.folder, "--json").code == 0
    gone = said(
        *("retention", "paper", "destroy", instance.folder, number),
        *("--method", "shredded", "--level", "P-5", "--json"),
    )
    assert gone.code == 0
    certificate = said("retention", "paper", "certificate", instance.folder, number, "--json")
    assert certificate.data["method"] == "shredded"
