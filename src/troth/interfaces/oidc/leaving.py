"""Signing out from an application, here and wherever else that session led (3.1.1, 9.3c).

OpenID Connect RP-Initiated Logout 1.0. With a token of ours that names whoever is signed in, it is
done at once; without one the person is asked, so that no page can sign somebody out behind their
back. They are led on only to an address that was entered for this.
"""

from typing import Final

from litestar.response import Redirect
from msgspec import Struct

from troth.interfaces.oidc.answers import address_with, provider
from troth.interfaces.oidc.provider import Provider, Seen
from troth.interfaces.pages.doors import Me, Stranger, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    binding,
    dressed,
    end_session,
    forms,
    house,
    show,
)
from troth.model.clock import MINUTE, Moment
from troth.model.errors import NotFound

PLACE: Final = "/end-session"
CONFIRM: Final = "/end-session/confirm"
LIFE: Final = 10 * MINUTE
LONGEST: Final = 1024


class Leave(Struct, frozen=True, kw_only=True):
    """Where somebody goes after signing out: an entered address with the application's own word."""

    address: str = ""
    name: str = ""


def end(request: Call) -> Page:
    """Sign somebody out whom an application sent, or ask them first."""
    found = provider(request)
    claims = found.signing().hint(request.query_params.get("id_token_hint", ""))
    application = _application(request, found, str(claims.get("aud", "")))
    leave = _leave(request, application, proved=bool(claims))
    try:
        who = me(request)
    except Stranger:
        return _gone(request, leave)
    known = found.applications.name_of(who.subject, application) if application else ""
    if claims and claims.get("sub") == known:
        return _out(request, who, leave)
    until = Moment(house(request).clock.now() + LIFE)
    sealed = forms(request).seal("leave", binding(request), leave, until=until)
    return show(
        request, "applications/leave.html", sealed=sealed, action=CONFIRM, application=leave.name
    )


def confirm(request: Call, sent: Form) -> Page:
    """Sign somebody out at their own word."""
    at = house(request).clock.now()
    leave = forms(request).open("leave", binding(request), sent.text("leave"), Leave, at=at)
    try:
        return _out(request, me(request), leave)
    except Stranger:
        return _gone(request, leave)


def _application(request: Call, found: Provider, hinted: str) -> Seen:
    """Return the application that sends, if it is known and is the one that the token is for."""
    said = request.query_params.get("client_id", "")
    if said and hinted and said != hinted:
        return None
    try:
        return found.one(said or hinted)
    except NotFound:
        return None


def _leave(request: Call, application: Seen, *, proved: bool) -> Leave:
    """Read where to go afterwards: only an entered address, and only with a token of ours."""
    if application is None:
        return Leave()
    wanted = request.query_params.get("post_logout_redirect_uri", "")
    if not proved or wanted not in application.afterwards:
        return Leave(name=application.name)
    state = request.query_params.get("state", "")[:LONGEST]
    return Leave(name=application.name, address=address_with(wanted, state=state))


def _out(request: Call, who: Me, leave: Leave) -> Page:
    house(request).accounts.sign_out(who.token)
    end_session(request)
    return _gone(request, leave)


def _gone(request: Call, leave: Leave) -> Page:
    if not leave.address:
        return show(request, "applications/left.html", place="/", application=leave.name)
    if request.method == "GET" and request.headers.get("sec-fetch-site", "") == "cross-site":
        return dressed(request, Redirect(leave.address, status_code=303))
    return show(request, "applications/leading.html", onward=leave.address, host=leave.name)
