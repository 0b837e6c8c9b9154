"""Second factors, set up and removed: an authenticator app, passkeys, recovery codes (7.1, 7.2).

A secret and recovery codes are shown once. All of it works without a script but for making a
passkey, which no browser does without one.
"""

from collections.abc import Callable
from typing import Final

from markupsafe import Markup
from msgspec import Struct

from troth.interfaces.pages.doors import Me, Work, me, proved
from troth.interfaces.pages.factors import Asking, passkey
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import Call, Page, Seen, binding, go, house, show, tongue
from troth.interfaces.pages.words import Trouble
from troth.model.clock import Moment
from troth.model.errors import BadInput, Misconfigured, NotProved, TrothError, WeakPassword
from troth.model.secret import Secret

PLACE: Final = "/me/security"
APP: Final = "/me/security/app"
KEY: Final = "/me/security/passkey"
FEW: Final = 3
"""Recovery codes that are few enough to say so."""


class Kept(Struct, frozen=True, kw_only=True):
    """A passkey in the list: its id, its name, since when there is one."""

    id: str
    name: str
    made: Moment


def security(request: Call) -> Page:
    """Show what protects the account, and offer what is missing."""
    return _security(request, me(request))


def _security(request: Call, who: Me, trouble: Trouble | None = None, status: int = 200) -> Page:
    had: Seen = house(request).accounts.factors.had(who.token)
    return show(
        request,
        "centre/security.html",
        status=status,
        place=PLACE,
        troubles=(trouble,) if trouble else (),
        app=had.totp,
        passkeys=[Kept(id=one.id, name=one.name.reveal(), made=one.made) for one in had.passkeys],
        codes=had.codes,
        few=FEW,
        last=had.totp + len(had.passkeys) == 1,
    )


def _safely(work: Callable[[Call, Form, Me], Page]) -> Callable[[Call, Form, Me], Page]:
    """Return work whose refusal stands at its field on the page it came from."""

    def done(request: Call, form: Form, who: Me) -> Page:
        try:
            return work(request, form, who)
        except (BadInput, WeakPassword, Misconfigured) as error:
            trouble = tongue(request).trouble(error)
            return _security(request, who, trouble, 422)

    return done


def _stepped(work: Callable[[Call, Form, Me], Page]) -> Work:
    return proved(_safely(work), why="step.factor", place=PLACE)


def _told(request: Call, codes: tuple[Secret, ...], done: str) -> Page:
    """Show codes that were drawn, once; or go back where none were."""
    if not codes:
        return go(request, f"{PLACE}?done={done}")
    shown = [code.reveal() for code in codes]
    return show(request, "centre/codes.html", place=PLACE, codes=shown, done=done)


# --- an authenticator app ----------------------------------------------------------------------


def _begin_app(request: Call, form: Form, who: Me) -> Page:
    del form
    begun: Seen = house(request).accounts.factors.begin_totp(who.token)
    return show(
        request,
        "centre/app.html",
        place=PLACE,
        # Drawn by us from an address of our own making: markup, and safe.
        drawing=Markup(begun.drawing.reveal()),  # noqa: S704
        secret=begun.secret.reveal(),
        link=begun.address.reveal(),
        state=begun.state.reveal(),
    )


begin_app = _stepped(_begin_app)


def confirm_app(request: Call, form: Form) -> Page:
    """Add the app that shows this code."""
    who, words = me(request), tongue(request)
    if not form.text("code"):
        return _again(request, form, words.missing("code")[0])
    try:
        codes = house(request).accounts.factors.confirm_totp(
            who.token, form.secret("app_state"), Secret(form.text("code").replace(" ", ""))
        )
    except TrothError as error:
        code = "app_code" if isinstance(error, NotProved) else error.code
        return _again(request, form, words.instead(words.trouble(error), code, field="code"))
    return _told(request, codes, "app")


def _again(request: Call, form: Form, trouble: Trouble) -> Page:
    """Ask for the code once more; what was drawn is not shown a second time."""
    return show(
        request,
        "centre/app.html",
        status=422,
        place=PLACE,
        troubles=(trouble,),
        drawing="",
        secret="",
        link="",
        state=form.text("app_state"),
    )


def _remove_app(request: Call, form: Form, who: Me) -> Page:
    password = form.password("password") or None
    house(request).accounts.factors.remove_totp(who.token, password=password)
    return go(request, f"{PLACE}?done=removed")


remove_app = _stepped(_remove_app)

# --- passkeys ----------------------------------------------------------------------------------


def _begin_passkey(request: Call, form: Form, who: Me) -> Page:
    del form
    asked: Seen = house(request).accounts.factors.begin_passkey(
        who.token, browser=binding(request, make=True)
    )
    made = Asking(options=asked.options.reveal(), state=asked.state.reveal())
    return show(request, "centre/passkey.html", place=PLACE, asked=made, typed={})


begin_passkey = _stepped(_begin_passkey)


def add_passkey(request: Call, form: Form) -> Page:
    """Add the passkey that the browser made, under the name that was typed."""
    who, words = me(request), tongue(request)
    try:
        codes = house(request).accounts.factors.add_passkey(
            who.token, passkey(request, form), form.secret("name")
        )
    except TrothError as error:
        code = "passkey" if isinstance(error, NotProved) else error.code
        field = "name" if isinstance(error, BadInput) else "main"
        trouble = words.instead(words.trouble(error), code, field=field)
        return _security(request, who, trouble, error.status)
    return _told(request, codes, "passkey")


def _remove_passkey(request: Call, form: Form, who: Me) -> Page:
    password = form.password("password") or None
    house(request).accounts.factors.remove_passkey(
        who.token, form.text("passkey"), password=password
    )
    return go(request, f"{PLACE}?done=removed")


remove_passkey = _stepped(_remove_passkey)

# --- recovery codes ----------------------------------------------------------------------------


def _renew(request: Call, form: Form, who: Me) -> Page:
    del form
    return _told(request, house(request).accounts.factors.renew_codes(who.token), "codes")


renew = _stepped(_renew)
