"""The applications somebody has let in: what each may learn, and the way to end it (9.1, 9.3)."""

from typing import Final

from msgspec import Struct

from troth.interfaces.oidc.provider import Seen
from troth.interfaces.pages.doors import me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, go, house, show, tongue
from troth.interfaces.pages.words import Tongue
from troth.model.clock import Moment

PLACE: Final = "/me/applications"


class Line(Struct, frozen=True, kw_only=True):
    """One application as its person sees it."""

    id: str
    name: str
    operator: str
    contact: str
    recipient: str
    learns: tuple[str, ...]
    declined: tuple[str, ...]
    since: Moment
    used: Moment
    here: int
    open: bool


def applications(request: Call) -> Page:
    """List them."""
    who, words = me(request), tongue(request)
    found = house(request).applications.mine(who.subject)
    return show(request, "applications/connected.html", lines=[_line(one, words) for one in found])


def _line(one: Seen, words: Tongue) -> Line:
    application, grant = one.application, one.grant
    return Line(
        id=application.id,
        name=application.name,
        operator=application.operator,
        contact=application.contact,
        recipient=words.recipient(application.recipient),
        learns=tuple(words.say(f"scope.{scope}") for scope in grant.scopes),
        declined=tuple(words.say(f"scope.{scope}") for scope in grant.declined),
        since=grant.since,
        used=grant.used,
        here=len(one.sign_ins),
        open=one.open,
    )


def disconnect(request: Call, sent: Form) -> Page:
    """End one: what it was handed is void at once."""
    who = me(request)
    house(request).applications.revoke(who.subject, sent.text("application"), by=who.by)
    return go(request, f"{PLACE}?gone=1")
