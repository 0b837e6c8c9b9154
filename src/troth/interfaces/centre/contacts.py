"""A new e-mail address or phone number, bound by the code that was sent to it (policy 2.1.2)."""

from typing import Final

from msgspec import Struct

from troth.interfaces.http.peers import origin_of
from troth.interfaces.pages.doors import Me, me, proved
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
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

BIND: Final = "bind"
LIFE: Final = 10 * MINUTE


class Bound(Struct, frozen=True, kw_only=True):
    """A new contact on its way: the address and the challenge of its code."""

    address: str
    challenge: str


def contact_form(request: Call) -> Page:
    """Ask for a new e-mail address or phone number."""
    me(request)
    return show(request, "centre/contact.html", typed={})


def _send(request: Call, sent: Form, who: Me) -> Page:
    words = tongue(request)
    try:
        challenge = house(request).accounts.begin_bind(
            who.token,
            sent.secret("address"),
            language=words.language,
            origin=origin_of(request),
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
