"""A copy to take along, and moving elsewhere: ordered, packed, fetched for a week (9.1, 9.5).

The link to a copy works for whoever is signed in as its subject and proved it just now; it says
nothing by itself.
"""

from typing import Final

from msgspec import Struct

from troth.interfaces.pages.doors import Me, me, proved
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, go, house, show, stream, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.clock import Moment
from troth.model.errors import NotFound
from troth.model.secret import Secret

PLACE: Final = "/me/copy"
MOVE: Final = "/me/move"
ZIP: Final = "application/zip"
LOOK_AGAIN: Final = 2
"""Seconds after which a page about something under way is asked for again."""
PROVED: Final = 2
"""The assurance of somebody who proved who they are a moment ago."""


class Waiting(Struct, frozen=True, kw_only=True):
    """A copy as its page shows it: how far it is (``done`` of 100), how large, until when."""

    number: str
    state: str
    done: int
    size: str
    ordered: Moment
    until: Moment
    fetched: int


def copies(request: Call) -> Page:
    """Say what a copy holds and what it leaves out, and list those that wait."""
    who = me(request)
    troth = house(request)
    return show(
        request,
        "centre/copy.html",
        place=PLACE,
        fields=troth.rights.showable(who.subject),
        copies=_waiting(request, who),
    )


def _order(request: Call, form: Form, who: Me) -> Page:
    del form
    number = house(request).rights.copies.order(
        who.subject, by=who.by, language=tongue(request).language
    )
    return go(request, f"{PLACE}/{number}")


order = proved(_order, why="step.copy", place=PLACE)


def one(request: Call) -> Page:
    """Show how far a copy is; when it is ready, where to fetch it and until when."""
    who = me(request)
    found = _one(request, who)
    under_way = found.state in ("ordered", "made")
    return show(
        request,
        "centre/copy_one.html",
        copy=found,
        refresh=LOOK_AGAIN if under_way else 0,
        begun="begun" in request.query_params and found.state == "ready",
        sure=who.by.assurance >= PROVED,
    )


def _one(request: Call, who: Me) -> Waiting:
    number = str(request.path_params["number"])
    for copy in _waiting(request, who):
        if copy.number == number:
            return copy
    raise NotFound("no copy of yours has this number")


def _waiting(request: Call, who: Me) -> list[Waiting]:
    words = tongue(request)
    return [
        Waiting(
            number=one.id,
            state=one.state,
            done=one.done,
            size=words.size(one.size),
            ordered=one.ordered,
            until=one.until,
            fetched=one.fetched,
        )
        for one in house(request).rights.copies.of(who.subject)
    ]


def _fetch(request: Call, form: Form, who: Me) -> Page:
    """Lead to the copy's page, which starts the download by itself: nobody is left at a form."""
    del form
    return go(request, f"{PLACE}/{_one(request, who).number}?begun=1")


fetch = proved(_fetch, why="step.copy", place=PLACE)


def file(request: Call) -> Page:
    """Give the archive to whoever proved a moment ago who they are; lead others to its page."""
    who = me(request)
    found = _one(request, who)
    if who.by.assurance < PROVED:
        return go(request, f"{PLACE}/{found.number}")
    pieces = house(request).rights.copies.fetch(who.subject, found.number, by=who.by)
    return stream(request, pieces, f"my-data-{found.number}.zip", ZIP)


def drop(request: Call, form: Form) -> Page:
    """Destroy a copy before its date."""
    del form
    who = me(request)
    house(request).rights.copies.drop(who.subject, str(request.path_params["number"]))
    return go(request, f"{PLACE}?dropped=1")


# --- moving elsewhere --------------------------------------------------------------------------


def move_form(request: Call) -> Page:
    """Say how to take data elsewhere by oneself, and ask us to send it to somebody."""
    return _move(request, me(request))


def move(request: Call, form: Form) -> Page:
    """Take the wish to have data sent to somebody else; people see to it."""
    who, words = me(request), tongue(request)
    empty = [name for name in ("receiver", "receiver_contact") if not form.text(name)]
    if empty:
        return _move(request, who, words.missing(*empty), form.carried())
    told = words.say(
        "move_told", receiver=form.text("receiver"), contact=form.text("receiver_contact")
    )
    number = house(request).rights.desk.request(
        who.subject, "port", text=Secret(f"{told}\n{form.text('text')}".strip()), by=who.by
    )
    return go(request, f"/me/requests/{number}?done=1")


def _move(
    request: Call,
    who: Me,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
) -> Page:
    return show(
        request,
        "centre/move.html",
        status=422 if troubles else 200,
        place=MOVE,
        troubles=troubles,
        typed=typed or {},
        given="port" in house(request).rights.limits.rights(who.subject),
    )
