"""What keeps an account one's own: where somebody is signed in, and the password (3.1.1, 7.2)."""

from troth.interfaces.http.peers import origin_of
from troth.interfaces.pages.doors import Me, me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    begin_session,
    end_session,
    go,
    house,
    show,
    tongue,
)
from troth.model.errors import TrothError


def sessions(request: Call) -> Page:
    """List where somebody is signed in."""
    who = me(request)
    found = house(request).accounts.sessions(who.token)
    return show(request, "centre/sessions.html", sessions=found, here=who.session)


def end_one(request: Call, sent: Form) -> Page:
    """End one of the sessions, all others, or all of them."""
    who = me(request)
    accounts = house(request).accounts
    wanted = sent.text("session")
    if wanted == "all":
        accounts.sign_out_everywhere(who.token)
        end_session(request)
        return go(request, "/")
    if wanted == "others":
        accounts.sign_out_everywhere(who.token, but_here=True)
    else:
        accounts.end_session(who.token, wanted)
    return go(request, "/me/sessions?ended=1")


# --- the password, changed ---------------------------------------------------------------------


def password_form(request: Call) -> Page:
    """Ask for the old password and a new one."""
    me(request)
    return show(request, "centre/password.html")


def change_password(request: Call, sent: Form) -> Page:
    """Change the password; every session ends and this browser gets a new one."""
    who: Me = me(request)
    try:
        signed = house(request).accounts.change_password(
            who.token,
            sent.password("old_password"),
            sent.password("password"),
            sent.password("password_confirm"),
            origin=origin_of(request),
        )
    except TrothError as error:
        trouble = tongue(request).trouble(error)
        return show(request, "centre/password.html", status=error.status, troubles=(trouble,))
    begin_session(request, signed.token)
    return go(request, "/me?changed=1")
