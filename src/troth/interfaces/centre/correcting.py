"""Correcting and completing what we hold; what only people change is named, too (6.2, 9.2)."""

from typing import Final

from msgspec import Struct

from troth.interfaces.pages.doors import Me, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, go, house, show, tongue
from troth.interfaces.pages.words import Tongue, Trouble
from troth.model.errors import BadInput, TrothError
from troth.model.terms import matches

CAN_COMPLETE: Final = ("contact.address", "profile", "account.login")
"""What somebody may add by themselves; the rest is asked for where a service needs it."""
NOT_TYPED: Final = ("file", "json", "password_hash")
"""Forms of values that nobody types."""
PLACE: Final = "/me/correct"


class Line(Struct, frozen=True, kw_only=True):
    """One field of the form: its name in words, and whether we hold a value."""

    field: str
    name: str
    held: bool
    long: bool


class Locked(Struct, frozen=True, kw_only=True):
    """A field that we hold and people change, and why it is they."""

    field: str
    name: str
    why: str


def form(request: Call) -> Page:
    """Offer what can be corrected or added, and say who changes the rest."""
    return _form(request, me(request))


def correct(request: Call, sent: Form) -> Page:
    """Supersede what was filled in; what was left empty stays."""
    who = me(request)
    values = {
        line.field: sent.secret(line.field)
        for line in _lines(request, who)
        if sent.text(line.field)
    }
    if not values:
        trouble = tongue(request).trouble(BadInput("nothing was filled in", field="nothing"))
        return _form(request, who, trouble, 422)
    told = house(request).rights.limits.receivers(
        who.subject, values.keys() & house(request).gate.standing(who.subject).held.keys()
    )
    try:
        house(request).rights.correct(who.subject, values, by=who.by)
    except TrothError as error:
        trouble = tongue(request).trouble(error)
        return _form(request, who, trouble, error.status, sent.carried())
    return go(request, f"{PLACE}?done={'told' if told else '1'}")


def _lines(request: Call, who: Me) -> list[Line]:
    troth, words = house(request), tongue(request)
    held = troth.gate.standing(who.subject).held
    categories = troth.gate.policy().edition.categories
    return [
        Line(
            field=field,
            name=words.field(field),
            held=field in held,
            long=categories[field].form == "text" and field.startswith("profile."),
        )
        for field in troth.rights.correctable(who.subject)
        if categories[field].form not in NOT_TYPED
        and (field in held or any(matches(pattern, field) for pattern in CAN_COMPLETE))
    ]


def _locked(request: Call, who: Me, lines: list[Line]) -> list[Locked]:
    """Name what we hold, was given by them, and stands on no form of theirs."""
    troth, words = house(request), tongue(request)
    standing = troth.gate.standing(who.subject)
    own = {line.field for line in lines}
    return [
        Locked(field=field, name=words.field(field), why=_why(field, standing, words))
        for field, held in standing.held.items()
        if held.source == "provided" and field not in own and not field.startswith(APART)
    ]


APART: Final = ("account.", "contact.email", "contact.phone", "rights.", "support.")
"""What changes on pages of its own, or is a record of what was said."""


def _why(field: str, standing: Seen, words: Tongue) -> str:
    fact = standing.facts.get("realname")
    confirmed = fact is not None and fact.result == "verified"
    return words.say("locked_confirmed" if confirmed and "identity" in field else "locked_checked")


def _form(
    request: Call,
    who: Me,
    trouble: Trouble | None = None,
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> Page:
    lines = _lines(request, who)
    return show(
        request,
        "centre/correct.html",
        status=status,
        place=PLACE,
        held=[line for line in lines if line.held],
        missing=[line for line in lines if not line.held],
        locked=_locked(request, who, lines),
        troubles=(trouble,) if trouble else (),
        typed=typed or {},
    )
