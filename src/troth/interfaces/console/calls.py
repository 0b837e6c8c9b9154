"""Calls: listed by the end of a number, taken one by one, read out, reported (2.1.2c, 7.1d)."""

from troth.interfaces.console.areas import CALLS, desk_page, number_at, told
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.errors import TrothError


def calls(request: Call, by: Actor) -> Page:
    """List the calls that wait, the most pressing first."""
    return _list(request, by)


def take(request: Call, form: Form, by: Actor) -> Page:
    """Take a call: its number and what to read out are shown to one person, and it is recorded."""
    del form
    try:
        sheet: Seen = house(request).calls.open(number_at(request, "call"), by)
    except TrothError as error:
        return _list(request, by, error.status, told(request, error, "call"))
    return desk_page(
        request,
        by,
        "call",
        place=CALLS.root,
        sheet=sheet,
        number=sheet.number.reveal(),
        lines=sheet.text.reveal().splitlines(),
    )


def report(request: Call, form: Form, by: Actor) -> Page:
    """Say what came of a call."""
    outcome = form.text("outcome")
    try:
        house(request).calls.report(
            number_at(request, "call"),
            outcome,  # type: ignore[arg-type]  # the chapter refuses another word
            by,
        )
    except TrothError as error:
        return _list(request, by, error.status, told(request, error, "call"))
    return go(request, f"{CALLS.root}?done={outcome}")


def _list(request: Call, by: Actor, status: int = 200, troubles: tuple[Trouble, ...] = ()) -> Page:
    waiting = house(request).calls.waiting(by)
    return desk_page(
        request,
        by,
        "calls",
        status=status,
        place=CALLS.root,
        troubles=troubles,
        calls=[(one, one.number.reveal()) for one in waiting],
    )
