"""Requests that people answer: asked here, followed here, with the day they are due (6.3, 9.7)."""

from typing import Final

from msgspec import Struct

from troth.interfaces.pages.doors import Me, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, go, house, show, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.clock import Moment

PLACE: Final = "/me/requests"
KINDS: Final = ("question", "explain", "human_review", "delete")
GROUNDS: Final = ("unlawful", "no_consent", "breach_of_agreement")
"""The three grounds on which the policy lets a deletion be asked for (6.3.1 to 6.3.3)."""


class Asked(Struct, frozen=True, kw_only=True):
    """A request as its subject follows it."""

    number: str
    what: str
    since: Moment
    by: Moment
    state: str


def requests(request: Call) -> Page:
    """List what was asked, how far it is and by when it is due; and take another one."""
    return _page(request, me(request))


def ask(request: Call, form: Form) -> Page:
    """Take a request; the clock starts now."""
    who, words = me(request), tongue(request)
    kind, ground = form.text("kind"), form.text("ground")
    empty = [] if kind in KINDS else ["kind"]
    if not form.text("text"):
        empty.append("text")
    if kind == "delete" and ground not in GROUNDS:
        empty.append("ground")
    if empty:
        return _page(request, who, words.missing(*empty), form.carried())
    house(request).rights.desk.request(
        who.subject,
        kind,  # type: ignore[arg-type]  # one of KINDS, which the desk names by the same words
        text=form.secret("text"),
        ground=ground if kind == "delete" else "",
        by=who.by,
    )
    return go(request, f"{PLACE}?done=1")


def _page(
    request: Call,
    who: Me,
    troubles: tuple[Trouble, ...] = (),
    typed: dict[str, str] | None = None,
) -> Page:
    owed = house(request).gate.owed(who.subject)
    asked = [
        Asked(number=number, what=each.what, since=each.since, by=each.by, state=each.state)
        for number, each in owed.items()
    ]
    return show(
        request,
        "centre/requests.html",
        status=422 if troubles else 200,
        place=PLACE,
        troubles=troubles,
        typed=typed or {},
        asked=sorted(asked, key=lambda one: -one.since),
        kinds=KINDS,
        grounds=GROUNDS,
        now=house(request).clock.now(),
    )
