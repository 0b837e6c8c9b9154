"""The terms desk: what falls due when, the plan that waits for a yes, the schedule (7.2, 9.4).

A plan names categories, laws and figures, and nobody. Whoever approves one lets sweeps go by it.
"""

from collections.abc import Iterable
from typing import Final

from troth.interfaces.console.areas import TERMS, desk_page, told
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house, tongue
from troth.interfaces.pages.pictures import Bar, Told, bars, pictured
from troth.interfaces.pages.words import Tongue, Trouble
from troth.model.acts import Actor
from troth.model.errors import BadInput, TrothError

MONTHS: Final = 12


def terms(request: Call, by: Actor) -> Page:
    """Show the plan, the months ahead, the orders and the whole schedule."""
    return _page(request, by)


def act(request: Call, form: Form, by: Actor) -> Page:
    """Make a plan anew, or approve the one that was shown."""
    chapter = house(request).retention
    try:
        if form.text("do") == "plan":
            chapter.plan()
            return go(request, f"{TERMS.root}?done=terms_planned")
        if form.text("do") != "approve":
            raise BadInput("say plan or approve", field="do")
        chapter.approve(form.text("plan"), by=by)
    except TrothError as error:
        return _page(request, by, error.status, told(request, error, "plan"))
    return go(request, f"{TERMS.root}?done=terms_approved")


def _page(request: Call, by: Actor, status: int = 200, troubles: tuple[Trouble, ...] = ()) -> Page:
    chapter, words = house(request).retention, tongue(request)
    ahead = chapter.ahead(MONTHS)
    return desk_page(
        request,
        by,
        "terms",
        status=status,
        place=TERMS.root,
        troubles=troubles,
        waiting=chapter.waiting,
        approved=next((one for one in chapter.plans() if one.state == "approved"), None),
        due=chapter.overdue(),
        ahead=ahead,
        picture=_picture(ahead, words),
        schedule=_grouped(chapter.schedule()),
        orders=chapter.closing.orders(),
    )


def _grouped(lines: Iterable[Seen]) -> dict[str, list[Seen]]:
    """Return the schedule by group of categories: all of it at once is more than anybody reads."""
    found: dict[str, list[Seen]] = {}
    for line in lines:
        found.setdefault(line.field.partition(".")[0], []).append(line)
    return found


def _picture(ahead: list[Seen], words: Tongue) -> Seen:
    """Draw the months ahead; the table beneath says the same."""
    named = Told(
        key="terms-ahead",
        title=words.say("terms_ahead"),
        description=words.listed(f"{one.month}{words.colon}{one.subjects}" for one in ahead),
    )
    drawn = [Bar(label=one.month, value=one.subjects, told=str(one.subjects)) for one in ahead]
    return pictured(lambda width: bars(drawn, width), named)
