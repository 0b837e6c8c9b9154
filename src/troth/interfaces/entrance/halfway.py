"""Signing in by a passkey, and the second half of any other sign-in (policy 7.1, 7.2).

Who has a second factor is not let in by a password or a code alone. What the first half proved
travels sealed in the page, for ten minutes, and is good once.
"""

from typing import Final

from msgspec import Struct

from troth.interfaces.http.peers import origin_of
from troth.interfaces.pages.doors import led_to
from troth.interfaces.pages.factors import asking, given, passkey
from troth.interfaces.pages.forms import CODE, Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    begin_session,
    binding,
    forms,
    go,
    house,
    show,
    tongue,
)
from troth.interfaces.pages.words import Trouble
from troth.model.clock import MINUTE, Moment
from troth.model.errors import BadInput, FactorMissing, NotProved, TrothError
from troth.model.secret import Secret

PLACE: Final = "/sign-in/second"
LIFE: Final = 10 * MINUTE
KIND: Final = "half a sign-in"


class Half(Struct, frozen=True, kw_only=True):
    """What the first half proved, by what the second may be proved, and where it leads."""

    ticket: str
    ways: tuple[str, ...]
    to: str


def ask(request: Call, missing: FactorMissing, to: str) -> Page:
    """Ask for the second factor of whoever proved the first."""
    half = Half(ticket=missing.ticket.reveal(), ways=missing.ways, to=to)
    return _asked(request, half)


def finish(request: Call, sent: Form) -> Page:
    """Sign in whoever brings the second factor, too."""
    at = house(request).clock.now()
    try:
        half = forms(request).open(KIND, binding(request), sent.text("state"), Half, at=at)
    except BadInput as error:
        return _from_the_start(request, tongue(request).trouble(error), error.status)
    brought = given(request, sent)
    if brought is None:
        return _asked(request, half, _missing(request, sent))
    try:
        signed = house(request).accounts.factors.finish(
            Secret(half.ticket), brought, origin=origin_of(request)
        )
    except TrothError as error:
        words = tongue(request)
        code = "factor" if isinstance(error, NotProved) else error.code
        trouble = words.instead(words.trouble(error), code, field=CODE)
        return _asked(request, half, trouble, error.status)
    begin_session(request, signed.token)
    return go(request, half.to)


def by_passkey(request: Call, sent: Form) -> Page:
    """Sign in by a passkey alone: it verified who used it."""
    try:
        signed = house(request).accounts.factors.sign_in(
            passkey(request, sent), origin=origin_of(request)
        )
    except TrothError as error:
        words = tongue(request)
        code = "passkey" if isinstance(error, NotProved) else error.code
        trouble = words.instead(words.trouble(error), code, field="main")
        return _from_the_start(request, trouble, error.status)
    begin_session(request, signed.token)
    return go(request, led_to(sent.text("to")))


def _asked(request: Call, half: Half, trouble: Trouble | None = None, status: int = 200) -> Page:
    ticket = Secret(half.ticket)
    try:
        asked = asking(request, ticket=ticket) if "passkey" in half.ways else None
    except NotProved as error:
        return _from_the_start(request, tongue(request).trouble(error), error.status)
    until = Moment(house(request).clock.now() + LIFE)
    state = forms(request).seal(KIND, binding(request, make=True), half, until=until)
    return show(
        request,
        "entrance/second.html",
        status=status,
        place=PLACE,
        again={"state": state},
        troubles=(trouble,) if trouble else (),
        state=state,
        ways=half.ways,
        asked=asked,
        action=PLACE,
    )


def _from_the_start(request: Call, trouble: Trouble, status: int) -> Page:
    return show(
        request,
        "entrance/sign_in.html",
        status=status,
        place="/sign-in",
        troubles=(trouble,),
        typed={},
        asked=asking(request),
    )


def _missing(request: Call, sent: Form) -> Trouble | None:
    """Tell a code left empty from a page that is only shown again in another language."""
    if not sent.sent(CODE):
        return None
    return tongue(request).trouble(BadInput("a field is empty", field=CODE))
