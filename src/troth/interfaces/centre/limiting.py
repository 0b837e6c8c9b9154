"""Setting aside, refusing, limiting: what each does at once, and how to undo it (9.4, 9.5, 9.6).

What the law of whoever is signed in gives them is offered; each button acts at once, and beside it
stands the one that takes it back.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from troth.interfaces.pages.doors import Me, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house, show, tongue
from troth.interfaces.pages.words import Tongue
from troth.model.clock import Moment
from troth.model.errors import BadInput, NotFound

PLACE: Final = "/me/limits"


class Aside(Struct, frozen=True, kw_only=True):
    """A field and whether it is set aside; ``why`` says who demands it where that is not they."""

    field: str
    name: str
    set_aside: bool
    own: bool
    why: str


class Refusal(Struct, frozen=True, kw_only=True):
    """A purpose that can be refused, in words, and since when it is."""

    purpose: str
    name: str
    about: str
    clauses: tuple[str, ...]
    since: Moment | None


def limits(request: Call) -> Page:
    """Show what can be set aside, refused and limited, and what is."""
    who = me(request)
    troth, words = house(request), tongue(request)
    limits = troth.rights.limits
    rights = limits.rights(who.subject)
    return show(
        request,
        "centre/limits.html",
        place=PLACE,
        rights=rights,
        asides=[_aside(each, words) for each in limits.settings(who.subject)],
        refusals=[_refusal(each, words) for each in limits.refusable(who.subject)],
        sensitive=limits.sensitive_limited(who.subject),
        opted_out=limits.opted_out(who.subject),
        done=_done(request),
    )


def _aside(each: Seen, words: Tongue) -> Aside:
    why = ""
    if each.ground and not each.own:
        day = words.day(each.until)
        why = words.say("aside_until", day=day) if day else words.say("aside_by_law")
    return Aside(
        field=each.field,
        name=words.field(each.field),
        set_aside=bool(each.ground),
        own=each.own,
        why=why,
    )


def _refusal(each: Seen, words: Tongue) -> Refusal:
    to = words.listed(map(words.recipient, each.recipients))
    return Refusal(
        purpose=each.purpose,
        name=words.say("refuse_giving", recipients=to) if to else words.purpose(each.purpose),
        about=words.fields(each.fields),
        clauses=each.clauses,
        since=each.since,
    )


def _done(request: Call) -> str:
    done = request.query_params.get("done", "")
    return done if done in DEEDS else ""


# --- acts --------------------------------------------------------------------------------------

Deed = Callable[[Call, Form, Me], object]


def _restrict(request: Call, form: Form, who: Me) -> object:
    fields = _fields(request, form, who, set_aside=False)
    return house(request).rights.restrict(who.subject, fields, by=who.by)


def _release(request: Call, form: Form, who: Me) -> object:
    fields = _fields(request, form, who, set_aside=True)
    return house(request).rights.release(who.subject, fields, by=who.by)


def _fields(request: Call, form: Form, who: Me, *, set_aside: bool) -> tuple[str, ...]:
    """Return the fields that a form means: one by its name, or all that there are."""
    wanted = form.text("field")
    found = tuple(
        each.field
        for each in house(request).rights.limits.settings(who.subject)
        if each.own and bool(each.ground) is set_aside and wanted in (each.field, "*")
    )
    if not found:
        raise NotFound("nothing of that name can be set aside or used again")
    return found


def _object(request: Call, form: Form, who: Me) -> object:
    purpose = _purpose(request, form, who)
    return house(request).rights.object(who.subject, purpose, by=who.by)


def _allow(request: Call, form: Form, who: Me) -> object:
    purpose = _purpose(request, form, who)
    return house(request).rights.lift_objection(who.subject, purpose, by=who.by)


def _purpose(request: Call, form: Form, who: Me) -> str:
    wanted = form.text("purpose")
    if wanted not in {one.purpose for one in house(request).rights.limits.refusable(who.subject)}:
        raise NotFound("no purpose of that name can be refused")
    return wanted


DEEDS: Final[dict[str, Deed]] = {
    "restrict": _restrict,
    "release": _release,
    "object": _object,
    "allow": _allow,
    "limit": lambda request, _, who: house(request).rights.limits.limit_sensitive(
        who.subject, by=who.by
    ),
    "unlimit": lambda request, _, who: house(request).rights.limits.release_sensitive(
        who.subject, by=who.by
    ),
    "opt_out": lambda request, _, who: house(request).rights.limits.opt_out(who.subject, by=who.by),
    "opt_in": lambda request, _, who: house(request).rights.limits.opt_in(who.subject, by=who.by),
}
"""What a button does, by its value."""


def act(request: Call, form: Form) -> Page:
    """Do what a button says, at once; sent twice, it is done once."""
    who = me(request)
    wanted = form.text("act")
    if wanted not in DEEDS:
        raise NotFound("no such button")
    try:
        DEEDS[wanted](request, form, who)
    except (BadInput, NotFound):
        # It stands as it was wanted already, or the page was an old one: show how it stands.
        return go(request, PLACE)
    return go(request, f"{PLACE}?done={wanted}")
