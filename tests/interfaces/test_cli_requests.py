"""Requests at a terminal: what waits, what is due, every term of one; never of whom."""

from tests.interfaces.conftest import Instance
from tests.interfaces.terminal import said
from troth.app import open as opened
from troth.model.secret import Secret


def test_what_waits_and_what_is_due_are_listed(instance: Instance) -> None:
    with opened(instance.folder) as troth:
        number = troth.rights.desk.request(instance.subject, "explain", text=Secret("?"))
    (line,) = said("requests", "list", instance.folder, "--json").data
    assert (line["number"], line["kind"], line["state"]) == (number, "explain", "open")
    assert line["internal_due"] < line["statutory_due"]
    assert said("requests", "list", instance.folder, "--kind", "copy", "--json").data == []
    assert said("requests", "due", instance.folder, "--json").data == []
    due = said("requests", "due", instance.folder, "--within", 30, "--json").data
    assert [one["number"] for one in due] == [number]
    shown = said("requests", "show", instance.folder, number, "--json").data
    assert {"9.7", "11.2"} <= {term["rule"] for term in shown["terms"]}
    assert shown["proved"] is True
    listed = said("requests", "list", instance.folder).out
    assert number in listed
    assert str(instance.subject) not in listed


def test_a_number_that_is_none_is_told(instance: Instance) -> None:
    assert said("requests", "show", instance.folder, "r-000000000000").code == 2
