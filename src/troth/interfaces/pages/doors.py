"""Who is there, and how sure we are: subject, staff, and the proof before grave acts (6.1, A17)."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from troth.interfaces.pages.forms import PASSWORD, Form
from troth.interfaces.pages.page import (
    DESK,
    Call,
    Page,
    begin_session,
    house,
    session,
    show,
    tongue,
)
from troth.interfaces.pages.words import Trouble
from troth.model.acts import Actor
from troth.model.errors import NotProved, TooMany
from troth.model.secret import Secret
from troth.model.terms import SubjectId

AFTER: Final = ("/me", "/me/consents", "/me/copy", "/me/cancel", "/me/trail", "/me/correct")
"""Where a sign-in may lead; any other wish leads to the first."""


class Stranger(NotProved):
    """nobody is signed in; sign in first."""


class Me(Struct, frozen=True, kw_only=True):
    """Who is signed in: their token, their id, and they as an actor."""

    token: Secret
    subject: SubjectId
    by: Actor
    session: str


Work = Callable[[Call, Form], Page]
Proven = Callable[[Call, Form, Me], Page]


def me(request: Call) -> Me:
    """Return the subject who is signed in. Raises ``Stranger``."""
    token = session(request)
    if not token or token.reveal().startswith(DESK):
        raise Stranger(remedy="sign in")
    try:
        found, by = house(request).accounts.who(token)
    except NotProved as error:
        raise Stranger(remedy="sign in") from error
    return Me(token=token, subject=found.subject, by=by, session=found.id)


def officer(request: Call) -> Actor:
    """Return the member of staff who is signed in at the desk. Raises ``Stranger``."""
    token = session(request).reveal()
    if not token.startswith(DESK):
        raise Stranger(remedy="sign in at the desk")
    troth = house(request)
    try:
        return troth.access.staff(token.removeprefix(DESK), troth.clock.now())
    except NotProved as error:
        raise Stranger(remedy="sign in at the desk") from error


def proved(work: Proven, *, why: str, place: str) -> Work:
    """Return a form's work that is done only by who proved their password within ten minutes.

    Who did not is asked for it on a page that carries the form's other fields along; ``why`` names
    the text that says for what, ``place`` the page the form stands on.
    """

    def guarded(request: Call, form: Form) -> Page:
        who = me(request)
        if who.by.assurance < 2:
            if not form.password(PASSWORD):
                return _ask(request, form, why, place)
            try:
                token = house(request).accounts.step_up(who.token, form.password(PASSWORD))
            except (NotProved, TooMany) as error:
                return _ask(request, form, why, place, _at_password(request, error))
            begin_session(request, token)
            who = me(request)
        return work(request, form, who)

    return guarded


def _at_password(request: Call, error: NotProved | TooMany) -> Trouble:
    words = tongue(request)
    code = "step" if isinstance(error, NotProved) else error.code
    return words.instead(words.trouble(error), code, field=PASSWORD)


def _ask(request: Call, form: Form, why: str, place: str, trouble: Trouble | None = None) -> Page:
    return show(
        request,
        "step.html",
        status=403 if trouble else 200,
        place=request.url.path,
        again=form.carried(),
        troubles=(trouble,) if trouble else (),
        carried=form.carried(),
        why=why,
        back=place,
    )
