"""Real-name checks that end later, and papers that people look at (policy 2.1.1, 2.3, 6.2)."""

from typing import Final

from troth.interfaces.centre.identity import (
    BANK,
    PERSON,
    PLACE,
    again,
    demanded,
    paper_ticks,
    shown,
    ticks,
)
from troth.interfaces.pages.doors import me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, go, house
from troth.model.errors import NotFound, TrothError

TASKS: Final = {"face": PERSON, "deposit": BANK, "reverse_deposit": BANK}
"""What each of these checks is asked with."""


def start(request: Call, sent: Form) -> Page:
    """Begin a check that ends later; a face is shown to the authority and never to us."""
    who, task = me(request), sent.text("task")
    if task not in TASKS:
        raise NotFound("no such check")
    fields = TASKS[task]
    try:
        house(request).realname.start(
            who.subject,
            task,
            demanded(sent, *fields),
            ticks(request, who, sent, fields),
            shown=shown(request),
            by=who.by,
        )
    except TrothError as error:
        return again(request, who, sent, error)
    return go(request, f"{PLACE}#waiting")


def answer(request: Call, sent: Form) -> Page:
    """Take the amount or the digits that arrived, or ask how a check stands."""
    who = me(request)
    try:
        house(request).realname.answer(who.subject, sent.text("check"), sent.secret("amount"))
    except TrothError as error:
        return again(request, who, sent, error)
    return go(request, f"{PLACE}#waiting")


def ask_people(request: Call, sent: Form) -> Page:
    """Ask for people to look: the way for whoever has no other, and to appeal."""
    del sent
    who = me(request)
    house(request).realname.ask_people(who.subject, by=who.by)
    return go(request, f"{PLACE}#papers")


def attach(request: Call, sent: Form) -> Page:
    """Take a picture of a paper for the review that waits."""
    who, field = me(request), sent.text("field")
    try:
        house(request).realname.attach(
            who.subject,
            field,
            sent.file(field),
            paper_ticks(request, who, sent, field),
            shown=shown(request),
            by=who.by,
        )
    except TrothError as error:
        return again(request, who, sent, error)
    return go(request, f"{PLACE}?attached=1#papers")
