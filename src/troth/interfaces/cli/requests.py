"""Requests at a terminal: what waits, one of them, what is due; never of whom (9.7)."""

from pathlib import Path
from typing import Any, Final

import click

from troth.interfaces.cli.saying import as_json, folder, house, rows, say, says_why
from troth.model.acts import Actor
from troth.model.clock import DAY, Moment, date, iso

Seen = Any
"""A struct that the app hands over; the room that defines it may not be imported here."""
DESK: Final = Actor(kind="staff", id="terminal", role="privacy", assurance=2)
COLUMNS: Final = ("number", "kind", "state", "waits for", "with", "own day", "legal day", "days")


@click.group()
def requests() -> None:
    """List what people asked for, and by when it is due."""


def _line(one: Seen, now: Moment) -> dict[str, object]:
    """Say what a list tells of a request of the register, whose type no face may import."""
    said = one.said
    return {
        "number": one.number,
        "kind": one.kind,
        "state": one.state,
        "waits_for": said.reason,
        "with": one.assignee,
        "internal_due": date(said.internal) if said.internal else "",
        "statutory_due": date(one.due),
        "days_left": (one.due - now) // DAY,
    }


def _told(found: list[dict[str, object]], title: str, *, json_wanted: bool) -> None:
    say(
        found,
        json_wanted=json_wanted,
        table=lambda: rows(title, COLUMNS, ([*line.values()] for line in found)),
    )


@requests.command(name="list")
@folder
@click.option("--kind", default="", help="Only of this kind.")
@as_json
@says_why
def list_(folder: Path, kind: str, *, as_json: bool) -> None:
    """List what waits, soonest due first."""
    with house(folder) as troth:
        now = troth.clock.now()
        found = [_line(one, now) for one in troth.rights.desk.queue(by=DESK)]
    found = [line for line in found if not kind or line["kind"] == kind]
    _told(found, "what waits", json_wanted=as_json)


@requests.command()
@folder
@click.option("--within", "days", default=5, show_default=True, help="Days from now.")
@as_json
@says_why
def due(folder: Path, days: int, *, as_json: bool) -> None:
    """List what is overdue, or due within some days, by our own day or by law."""
    with house(folder) as troth:
        now = troth.clock.now()
        last = now + days * DAY
        found = [
            _line(one, now)
            for one in troth.rights.desk.queue(by=DESK)
            if min(one.due, one.said.internal or one.due) <= last
        ]
    _told(found, "what is due", json_wanted=as_json)


@requests.command()
@folder
@click.argument("number")
@as_json
@says_why
def show(folder: Path, number: str, *, as_json: bool) -> None:
    """Say how far one request is, and every term that counts."""
    with house(folder) as troth:
        desk = troth.rights.desk
        status = desk.status(number)
        told: dict[str, object] = {
            "number": status.number,
            "state": status.state,
            "reason": status.reason,
            "received": iso(status.received),
            "due": iso(status.due),
        }
        if status.state in ("open", "in_progress"):
            around = desk.around(desk.find(number), number, by=DESK)
            told |= {
                "proved": around.proved,
                "needs_two": around.two,
                "terms": [
                    {"rule": term.cite, "from": term.start, "due": iso(term.due)}
                    for term in around.terms
                    if term.due is not None
                ],
            }
    say(told, json_wanted=as_json)
