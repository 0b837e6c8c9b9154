"""Who is there, and how sure we are: subject, staff, and the proof before grave acts (6.1, A17)."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from troth.interfaces.http.peers import origin_of
from troth.interfaces.pages.factors import asking, given
from troth.interfaces.pages.forms import CODE, PASSWORD, Form
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

AFTER: Final = (
    *("/me", "/me/consents", "/me/copy", "/me/cancel", "/me/trail", "/me/correct"),
    *("/me/limits", "/me/move", "/me/papers", "/me/complain", "/me/requests", "/me/sessions"),
    *("/me/security", "/me/applications"),
)
"""Where a sign-in may lead; any other wish leads to the first."""
ONWARD: Final = "/authorize?"
"""Where it may also lead: on to the application that somebody came from, with what that asked."""


class Stranger(NotProved):
    """nobody is signed in; sign in first."""


class Me(Struct, frozen=True, kw_only=True):
    """Who is signed in: their token, their id, and they as an actor."""

    token: Secret
    subject: SubjectId
    by: Actor
    session: str


Work = Callable[[Call, Form], Page]


def led_to(wish: str) -> str:
    """Return where a sign-in leads: the wish, if it is an address of ours that it may lead to.

    >>> led_to("/me/copy"), led_to("/authorize?client_id=app-1"), led_to("//elsewhere.example")
    ('/me/copy', '/authorize?client_id=app-1', '/me')
    """
    return wish if wish in AFTER or wish.startswith(ONWARD) else AFTER[0]


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
    """Return a form's work that is done only by who proved it is they within ten minutes.

    Who did not is asked for their password, or for a second factor where they have one, on a page
    that carries the form's other fields along; ``why`` names the text that says for what, ``place``
    the page the form stands on.
    """

    def guarded(request: Call, form: Form) -> Page:
        who = me(request)
        if who.by.assurance < 2:
            try:
                token = _stepped_up(request, form, who)
            except (NotProved, TooMany) as error:
                return _ask(request, form, who, why, place, _at_its_field(request, form, error))
            if token is None:
                return _ask(request, form, who, why, place)
            begin_session(request, token)
            who = me(request)
        return work(request, form, who)

    return guarded


def _stepped_up(request: Call, form: Form, who: Me) -> Secret | None:
    """Step up by what the form brings; nothing where it brings nothing yet."""
    accounts, origin = house(request).accounts, origin_of(request)
    brought = given(request, form)
    if brought is not None:
        return accounts.factors.step_up(who.token, brought, origin=origin)
    password = form.password(PASSWORD)
    return accounts.step_up(who.token, password, origin=origin) if password else None


def _at_its_field(request: Call, form: Form, error: NotProved | TooMany) -> Trouble:
    words, by_password = tongue(request), bool(form.password(PASSWORD))
    code = error.code
    if isinstance(error, NotProved):
        code = "step" if by_password else "factor"
    return words.instead(words.trouble(error), code, field=PASSWORD if by_password else CODE)


def _ask(
    request: Call, form: Form, who: Me, why: str, place: str, trouble: Trouble | None = None
) -> Page:
    ways = house(request).accounts.factors.ways(who.token)
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
        ways=ways,
        asked=asking(request, token=who.token) if "passkey" in ways else None,
    )
