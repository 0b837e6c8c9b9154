"""Correcting and completing what we hold; a new contact proved by its code (policy 9.2, 2.1.2)."""

from typing import Final

from msgspec import Struct

from troth.interfaces.pages.doors import Me, me, proved
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    Seen,
    binding,
    forms,
    go,
    house,
    show,
    tongue,
)
from troth.interfaces.pages.words import Trouble
from troth.model.clock import MINUTE, Moment
from troth.model.errors import BadInput, TrothError
from troth.model.secret import Secret
from troth.model.terms import matches

PROVED_APART: Final = ("contact.email", "contact.phone", "account.password")
"""They change only with a proof of the new one, on pages of their own."""
CAN_COMPLETE: Final = ("contact.address", "profile", "account.login")
"""What somebody may add by themselves; the rest is asked for where a service needs it."""
TYPED: Final = ("text", "name", "address", "date", "url", "company_name")
BIND: Final = "bind"
PLACE: Final = "/me/correct"
LIFE: Final = 10 * MINUTE


class Line(Struct, frozen=True, kw_only=True):
    """One field of the form: its name in words, and whether we hold a value."""

    field: str
    name: str
    held: bool


class Bound(Struct, frozen=True, kw_only=True):
    """A new contact on its way: the address and the challenge of its code."""

    address: str
    challenge: str


def form(request: Call) -> Page:
    """Offer what can be corrected or added, and the contacts."""
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
    try:
        house(request).rights.correct(who.subject, values, by=who.by)
    except TrothError as error:
        trouble = tongue(request).trouble(error)
        return _form(request, who, trouble, error.status, sent.carried())
    return go(request, f"{PLACE}?done=1")


def _lines(request: Call, who: Me) -> list[Line]:
    gate = house(request).gate
    edition, words = gate.policy().edition, tongue(request)
    held = gate.standing(who.subject).held
    return [
        Line(field=field, name=words.field(field), held=field in held)
        for field, category in edition.categories.items()
        if field not in PROVED_APART and category.form in TYPED and _offered(field, category, held)
    ]


def _offered(field: str, category: Seen, held: Seen) -> bool:
    if category.closed or category.source != "provided":
        return False
    return field in held or any(matches(pattern, field) for pattern in CAN_COMPLETE)


def _form(
    request: Call,
    who: Me,
    trouble: Trouble | None = None,
    status: int = 200,
    typed: dict[str, str] | None = None,
) -> Page:
    return show(
        request,
        "centre/correct.html",
        status=status,
        lines=_lines(request, who),
        troubles=(trouble,) if trouble else (),
        typed=typed or {},
    )


# --- contacts ----------------------------------------------------------------------------------


def contact_form(request: Call) -> Page:
    """Ask for a new e-mail address or phone number."""
    me(request)
    return show(request, "centre/contact.html", typed={})


def _send(request: Call, sent: Form, who: Me) -> Page:
    words = tongue(request)
    try:
        challenge = house(request).accounts.begin_bind(
            who.token, sent.secret("address"), language=words.language
        )
    except TrothError as error:
        return show(
            request,
            "centre/contact.html",
            status=error.status,
            typed=sent.carried(),
            troubles=(words.trouble(error),),
        )
    return _enter(request, Bound(address=sent.text("address"), challenge=challenge))


send_contact_code = proved(_send, why="step.contact", place="/me/contact")


def _enter(request: Call, bound: Bound, trouble: Trouble | None = None, status: int = 200) -> Page:
    until = Moment(house(request).clock.now() + LIFE)
    state = forms(request).seal(BIND, binding(request), bound, until=until)
    return show(
        request,
        "centre/contact_code.html",
        status=status,
        place="/me/contact/code",
        again={"state": state},
        state=state,
        sent_to=bound.address,
        troubles=(trouble,) if trouble else (),
    )


def bind(request: Call, sent: Form) -> Page:
    """Bind the new contact in place of the old one, which is told."""
    who, words = me(request), tongue(request)
    at = house(request).clock.now()
    try:
        bound = forms(request).open(BIND, binding(request), sent.text("state"), Bound, at=at)
    except BadInput as error:
        troubles = (words.trouble(error),)
        return show(
            request,
            "centre/contact.html",
            status=422,
            place="/me/contact",
            typed={},
            troubles=troubles,
        )
    if "code" not in sent.carried():
        return _enter(request, bound)
    try:
        house(request).accounts.bind(
            who.token, Secret(bound.address), bound.challenge, sent.secret("code")
        )
    except TrothError as error:
        return _enter(request, bound, words.trouble(error), error.status)
    return go(request, "/me?changed=1")
