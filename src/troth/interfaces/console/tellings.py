"""Recipients who have yet to hear: told by people where no machine can (policy 9.2, 9.4; GDPR 19).

A row names a recipient, what happened, field names and the numbers under which the recipient was
given them; nobody is named, and whoever it was about may be gone.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from troth.interfaces.console.areas import TELLINGS, desk_page, number_at, told
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, go, house, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.clock import Moment, after
from troth.model.errors import TrothError
from troth.model.terms import Region

ONE: Final = "/desk/recipients/{region:str}/{number:str}"
DAYS: Final = 30
"""By when a recipient has to have heard."""
EVENTS: Final[Mapping[str, str]] = {
    "data.erased": "kind.data.erased",
    "data.corrected": "kind.data.corrected",
    "restriction.made": "kind.data.restricted",
    "consent.withdrawn": "kind.consent.withdrawn",
    "objection.made": "kind.purpose.objected",
}
"""What happened, by the key of its words."""


class Row(Struct, frozen=True, kw_only=True):
    """One thing that a recipient has to hear, in words; ``addressed``: a machine goes on trying."""

    number: str
    region: str
    recipient: str
    event: str
    fields: str
    references: tuple[str, ...]
    since: Moment
    due: Moment
    addressed: bool


def rows(request: Call, by: Actor) -> list[Row]:
    """Return what recipients have yet to hear of data that lies where a role may read (2.4)."""
    words = tongue(request)
    return [
        Row(
            number=one.id,
            region=str(region),
            recipient=words.recipient(one.recipient),
            event=words.say(EVENTS.get(one.event, "kind.house.event")),
            fields=words.fields(one.fields),
            references=one.references,
            since=one.since,
            due=after(one.since, days=DAYS),
            addressed=one.addressed,
        )
        for region, one in house(request).tellings.waiting()
        if by.region in (None, region)
    ]


def tellings(request: Call, by: Actor) -> Page:
    """List who has yet to hear of what, the oldest first."""
    return _page(request, by)


def done(request: Call, form: Form, by: Actor) -> Page:
    """Note that a recipient was told."""
    del form
    region = Region(str(request.path_params["region"]))
    try:
        house(request).tellings.told(region, number_at(request), by=by)
    except TrothError as error:
        return _page(request, by, status=error.status, troubles=told(request, error, "telling"))
    return go(request, f"{TELLINGS.root}?done=told")


def _page(
    request: Call, by: Actor, *, status: int = 200, troubles: tuple[Trouble, ...] = ()
) -> Page:
    return desk_page(
        request,
        by,
        "tellings",
        status=status,
        place=TELLINGS.root,
        troubles=troubles,
        rows=rows(request, by),
    )
