"""What a browser chose about cookies, on every page: asked for, told, honoured (3, A.5, 9.6).

The banner stands on what is opened, not in the middle of a form that was sent, and not at the desk.
"""

from typing import Any, Final

from litestar import Request
from markupsafe import Markup

from troth.app import Troth
from troth.interfaces.cookies import banner
from troth.interfaces.cookies.banner import SAID, Place
from troth.interfaces.cookies.words import say
from troth.model.acts import Actor
from troth.model.cookies import COOKIE, HEADER, Decision, signalled
from troth.model.errors import Refused, TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Call = Request[Any, Any, Any]
SETTINGS: Final = "/cookies"
"""The page where every cookie is listed and a choice can be changed."""
TAKEN: Final = "/cookies/choice"
NEVER: Final = ("/desk", SETTINGS)
"""Where nobody is asked: staff at work, and the page that has the form itself."""
DECIDED: Final = "cookie_decision"


def signals(request: Call) -> bool:
    """Tell whether the browser sends Global Privacy Control."""
    return signalled(request.headers.getall(HEADER, []))


def decision(request: Call, token: Secret) -> Decision:
    """Return what may be set for the browser; ``token`` is the session of who is signed in.

    A privacy signal is counted, and is the opt-out of who is signed in.
    """
    state = request.scope["state"]
    found: Decision | None = state.get(DECIDED)
    if found is None:
        cookies, signal = _house(request).cookies, signals(request)
        who = _subject(request, token)
        if signal:
            cookies.hear()
            _heed(request, who)
        value, subject = request.cookies.get(COOKIE, ""), who[0] if who else None
        found = state[DECIDED] = cookies.decide(value, signal=signal, subject=subject)
    return found


def _subject(request: Call, token: Secret) -> tuple[SubjectId, Actor] | None:
    if not token:
        return None
    try:
        session, by = _house(request).accounts.who(token)
    except TrothError:
        return None
    return session.subject, by


def _heed(request: Call, who: tuple[SubjectId, Actor] | None) -> None:
    if who is None:
        return
    try:
        _house(request).cookies.heed(who[0], by=who[1])
    except Refused:
        # Whoever may not object for themselves has somebody who does; nothing is set meanwhile.
        return


def shown(request: Call, found: Decision, place: Place) -> Markup:
    """Return the banner that this page has to show, or nothing."""
    if request.method != "GET" or request.url.path.startswith(NEVER):
        return Markup()
    register = _house(request).cookies.register()
    told = ""
    if SAID in request.query_params:
        told = banner.saying(register, found, place)
    elif found.ask:
        told = banner.asking(register, found, place)
    return Markup(told)  # noqa: S704  # escaped where it is made


def form(request: Call, found: Decision, place: Place) -> Markup:
    """Return the inside of the form on the page of all cookies, unfolded."""
    register = _house(request).cookies.register()
    return Markup(banner.controls(register, found, place, folded=False))  # noqa: S704  # as above


def honoured(found: Decision, language: str) -> str:
    """Say that the browser's privacy signal is honoured; nothing where it sends none."""
    return say("signal", language) if found.signal else ""


def place_of(request: Call, language: str, token: tuple[str, str]) -> Place:
    """Return where a banner stands and leads back to: here. ``token`` is the form's, if any."""
    query = "&".join(
        part for part in request.url.query.split("&") if part and not part.startswith(f"{SAID}=")
    )
    here = f"{request.url.path}{'?' if query else ''}{query}"
    back = banner.led_back(here)
    return Place(language=language, action=TAKEN, back=back, settings=SETTINGS, token=token)


def _house(request: Call) -> Troth:
    troth: Troth = request.app.state.troth
    return troth
