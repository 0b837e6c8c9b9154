"""Signing in by password or code, recovering a password, sessions (policy 2.1.2, 3.1.1, 7.1).

A known and an unknown account get the same page, the same words and the same status everywhere.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from troth.interfaces.entrance import halfway
from troth.interfaces.http.peers import origin_of
from troth.interfaces.pages.doors import AFTER, led_to
from troth.interfaces.pages.factors import asking
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    DESK,
    Call,
    Page,
    begin_session,
    binding,
    end_session,
    forms,
    go,
    house,
    session,
    show,
    tongue,
)
from troth.interfaces.pages.words import Trouble
from troth.model.clock import MINUTE, Moment
from troth.model.errors import BadInput, FactorMissing, TrothError
from troth.model.secret import Secret

LIFE: Final = 10 * MINUTE


class Asked(Struct, frozen=True, kw_only=True):
    """What was asked to be proved: an identifier, and the challenge of the code sent to it."""

    identifier: str
    challenge: str
    to: str


def _after(request: Call, sent: Form | None = None) -> str:
    wish = sent.text("to") if sent else request.query_params.get("to", "")
    return led_to(wish)


# --- in ----------------------------------------------------------------------------------------


def form(request: Call) -> Page:
    """Ask for a name and a password, or offer a code instead."""
    # What an application says of whoever it sends is typed for them, and nothing is looked up.
    return _sign_in(
        request, {"to": _after(request), "identifier": request.query_params.get("hint", "")}
    )


def sign_in(request: Call, sent: Form) -> Page:
    """Sign in by password."""
    accounts = house(request).accounts
    try:
        _demand(sent, "identifier", "password")
        signed = accounts.sign_in(
            sent.secret("identifier"), sent.password("password"), origin=origin_of(request)
        )
    except FactorMissing as missing:
        return halfway.ask(request, missing, _after(request, sent))
    except TrothError as error:
        return _sign_in(request, sent.carried(), tongue(request).trouble(error), error.status)
    return _in(request, signed.token, _after(request, sent))


def code_form(request: Call) -> Page:
    """Ask where to send a code to sign in with."""
    return show(request, "entrance/code.html", typed={"to": _after(request)}, flow="sign_in")


def send_code(request: Call, sent: Form) -> Page:
    """Send a code to sign in with."""
    return _send(request, sent, "sign_in", house(request).accounts.begin_sign_in)


def sign_in_with_code(request: Call, sent: Form) -> Page:
    """Sign in by a code."""
    asked = _asked(request, sent, "sign_in")
    if not isinstance(asked, Asked):
        return asked
    if not sent.text("code"):
        return _enter(request, asked, "sign_in", _missing(request, sent))
    try:
        signed = house(request).accounts.sign_in_with_code(
            Secret(asked.identifier),
            asked.challenge,
            sent.secret("code"),
            origin=origin_of(request),
        )
    except FactorMissing as missing:
        return halfway.ask(request, missing, asked.to)
    except TrothError as error:
        return _enter(request, asked, "sign_in", tongue(request).trouble(error), error.status)
    return _in(request, signed.token, asked.to)


def _in(request: Call, token: Secret, path: str) -> Page:
    begin_session(request, token)
    return go(request, path)


# --- recovery ----------------------------------------------------------------------------------


def recovery_form(request: Call) -> Page:
    """Ask whose password was lost."""
    return show(request, "entrance/code.html", typed={"to": AFTER[0]}, flow="recover")


def send_recovery(request: Call, sent: Form) -> Page:
    """Send a code to recover with."""
    return _send(request, sent, "recover", house(request).accounts.begin_recovery)


def recover(request: Call, sent: Form) -> Page:
    """Set a new password by a code; every other session ends."""
    asked = _asked(request, sent, "recover")
    if not isinstance(asked, Asked):
        return asked
    if not sent.text("code"):
        return _enter(request, asked, "recover", _missing(request, sent))
    try:
        signed = house(request).accounts.recover(
            Secret(asked.identifier),
            asked.challenge,
            sent.secret("code"),
            sent.password("password"),
            sent.password("password_confirm"),
            origin=origin_of(request),
        )
    except FactorMissing as missing:
        return halfway.ask(request, missing, AFTER[0])
    except TrothError as error:
        trouble = tongue(request).trouble(error)
        return _enter(request, asked, "recover", trouble, error.status, typed=sent.carried())
    return _in(request, signed.token, AFTER[0])


# --- a code on its way -------------------------------------------------------------------------


def _send(request: Call, sent: Form, flow: str, begin: Callable[..., str]) -> Page:
    words = tongue(request)
    try:
        _demand(sent, "identifier")
        challenge = begin(
            sent.secret("identifier"),
            language=words.language,
            via="phone_call" if sent.ticked("by_phone") else "",
            origin=origin_of(request),
        )
    except TrothError as error:
        return show(
            request,
            "entrance/code.html",
            status=error.status,
            typed=sent.carried(),
            flow=flow,
            troubles=(words.trouble(error),),
        )
    identifier = sent.text("identifier")
    return _enter(
        request, Asked(identifier=identifier, challenge=challenge, to=_after(request, sent)), flow
    )


def _enter(
    request: Call,
    asked: Asked,
    flow: str,
    trouble: Trouble | None = None,
    status: int = 200,
    *,
    typed: dict[str, str] | None = None,
) -> Page:
    until = Moment(house(request).clock.now() + LIFE)
    state = forms(request).seal(flow, binding(request), asked, until=until)
    return show(
        request,
        "entrance/code_enter.html",
        status=status,
        place=_paths(flow)[1],
        again={"state": state},
        troubles=(trouble,) if trouble else (),
        state=state,
        flow=flow,
        action=_paths(flow)[1],
        typed=typed or {},
        identifier=asked.identifier,
    )


def _paths(flow: str) -> tuple[str, str]:
    return (
        ("/recover", "/recover/code") if flow == "recover" else ("/sign-in/code", "/sign-in/enter")
    )


def _asked(request: Call, sent: Form, flow: str) -> Asked | Page:
    at = house(request).clock.now()
    try:
        return forms(request).open(flow, binding(request), sent.text("state"), Asked, at=at)
    except BadInput as error:
        trouble = tongue(request).trouble(error)
        return show(
            request,
            "entrance/code.html",
            status=error.status,
            place=_paths(flow)[0],
            typed={},
            flow=flow,
            troubles=(trouble,),
        )


def _missing(request: Call, sent: Form) -> Trouble | None:
    """Tell a code left empty from a page that is only shown again in another language."""
    if "code" not in sent.carried():
        return None
    return tongue(request).trouble(BadInput("a field is empty", field="code"))


def _demand(sent: Form, *names: str) -> None:
    for name in names:
        if not sent.password(name):
            raise BadInput("a field is empty", field=name)


def _sign_in(
    request: Call, typed: dict[str, str], trouble: Trouble | None = None, status: int = 200
) -> Page:
    return show(
        request,
        "entrance/sign_in.html",
        status=status,
        typed=typed,
        troubles=(trouble,) if trouble else (),
        asked=asking(request),
    )


# --- out ---------------------------------------------------------------------------------------


def sign_out(request: Call, sent: Form) -> Page:
    """End this session, a subject's or the desk's."""
    del sent
    troth, token = house(request), session(request)
    if token.reveal().startswith(DESK):
        troth.access.sign_out(token.reveal().removeprefix(DESK), troth.clock.now())
    elif token:
        troth.accounts.sign_out(token)
    end_session(request)
    return go(request, "/")
