"""How a page is made: its language, its cookies, and a template with everything escaped (3.1, A.5).

Four cookies, all in the policy's register and all needed: the session, a random value that binds
forms to a browser, the language somebody chose, and what they chose about cookies. Reading sets
none of them.
"""

import secrets
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect, Stream

from troth.app import Troth
from troth.interfaces.cookies.banner import SAID, Place
from troth.interfaces.pages import choice
from troth.interfaces.pages.forms import TOKEN, Forms
from troth.interfaces.pages.menu import section
from troth.interfaces.pages.static import address
from troth.interfaces.pages.words import LANGUAGES, TAGS, Tongue, Trouble, outward
from troth.model.cookies import AGAIN_DAYS, COOKIE, Decision
from troth.model.errors import TrothError
from troth.model.secret import Secret

Call = Request[Any, Any, Any]
Page = Response[Any]
Seen = Any
"""A struct that the app hands over; the rooms that define it may not be imported here."""

SESSION: Final = "__Host-troth"
FORM: Final = "__Host-csrf"
LANGUAGE: Final = "language"
SUGGESTED: Final = "language_suggested"
DESK: Final = "desk."
"""How the session of a member of staff begins; one browser is somebody's or the desk's."""
UNCARRIED: Final = ("lang", SAID)
"""What an address says once, and does not say again on the page it leads to."""
DAY: Final = 24 * 3600
YEAR: Final = 365 * DAY
AGAIN: Final = AGAIN_DAYS * DAY
HTML: Final = "text/html"
MOST_RENDERED: Final = 16
_RENDERED: Final[dict[tuple[str, str], Seen]] = {}
"""Documents by edition's hash and language: what has the same hash reads the same."""


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the templates: autoescaped, and an unknown name is an error."""
    made = Environment(
        loader=PackageLoader("troth.interfaces.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["outward"] = outward
    made.globals["address"] = address
    return made


def house(request: Call) -> Troth:
    """Return the instance that serves this request."""
    troth: Troth = request.app.state.troth
    return troth


def forms(request: Call) -> Forms:
    """Return what signs and seals this instance's forms."""
    found: Forms = request.app.state.forms
    return found


def tongue(request: Call) -> Tongue:
    """Return the page's language: asked for in the address, chosen before, or the browser's.

    Chinese prevails and is the default; English is for who asks for it first (policy 11.4).
    """
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE, "")
    if asked not in LANGUAGES:
        asked = request.scope["state"].get(SUGGESTED, "")
    if asked not in LANGUAGES:
        first = request.headers.get("accept-language", "").partition(",")[0].strip().lower()
        asked = "en" if first.startswith("en") else "zh"
    return Tongue(house(request), str(asked))


def suggest(request: Call, language: str) -> None:
    """Have this answer in a language, unless whoever reads has chosen one here."""
    request.scope["state"][SUGGESTED] = language


def document(request: Call) -> Seen:
    """Return the policy in force as people read it here, rendered once for each language."""
    troth, language = house(request), tongue(request).language
    key = troth.gate.policy().hash, language
    if key not in _RENDERED:
        if len(_RENDERED) >= MOST_RENDERED:
            _RENDERED.clear()
        _RENDERED[key] = troth.document(language)
    return _RENDERED[key]


# --- cookies -----------------------------------------------------------------------------------


def session(request: Call) -> Secret:
    """Return the token of the browser's session; empty when it has none."""
    return Secret(_jar(request).get(SESSION, request.cookies.get(SESSION, "")))


def visitor(request: Call) -> str:
    """Say whose session the browser has: ``subject``, ``staff``, or nobody's (``""``)."""
    token = session(request).reveal()
    return "staff" if token.startswith(DESK) else "subject" if token else ""


def begin_session(request: Call, token: Secret) -> None:
    """Let the browser keep a session's token, which no script and no other site can read."""
    _jar(request)[SESSION] = token.reveal()


def end_session(request: Call) -> None:
    """Let the browser forget its session."""
    _jar(request)[SESSION] = ""


def binding(request: Call, *, make: bool = False) -> str:
    """Return the cookie value that forms are bound to: the session, or the browser's own."""
    jar = _jar(request)
    found = session(request).reveal() or jar.get(FORM) or request.cookies.get(FORM, "")
    if not found and make:
        found = jar[FORM] = secrets.token_urlsafe(18)
    return found


def decision(request: Call) -> Decision:
    """Return what the browser's choice about cookies, and its privacy signal, let be set."""
    token = session(request) if visitor(request) == "subject" else Secret("")
    return choice.decision(request, token)


def keep_choice(request: Call, value: str) -> None:
    """Let the browser keep a choice about cookies, for as long as it holds."""
    request.scope["state"][COOKIE] = value


def place_of(request: Call) -> Place:
    """Return where the choice about cookies stands on this page, and who may send its form."""
    token = forms(request).token(binding(request)) if visitor(request) else ""
    return choice.place_of(request, tongue(request).language, (TOKEN, token))


def _jar(request: Call) -> dict[str, str]:
    """Return the cookies that the answer to this request will set."""
    jar: dict[str, str] = request.scope["state"].setdefault("cookies", {})
    return jar


def dressed(request: Call, response: Page) -> Page:
    """Put the cookies on an answer that this request has to set."""
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(_cookie(LANGUAGE, str(request.query_params["lang"]), YEAR))
    if COOKIE in request.scope["state"]:
        response.set_cookie(_cookie(COOKIE, request.scope["state"][COOKIE], AGAIN, scripts=True))
    for name, value in _jar(request).items():
        response.set_cookie(_cookie(name, value, (DAY // 2 if value else 0)))
    return response


def _cookie(name: str, value: str, age: int, *, scripts: bool = False) -> Cookie:
    # __Host- binds a cookie to this very host; browsers take Secure on loopback without TLS, too.
    return Cookie(
        key=name,
        value=value,
        max_age=age,
        path="/",
        secure=True,
        # What was chosen about cookies is no secret: a page's script sees that it was kept.
        httponly=not scripts,
        samesite="lax",
    )


# --- answers -----------------------------------------------------------------------------------


def show(
    request: Call,
    name: str,
    *,
    status: int = 200,
    place: str = "",
    again: dict[str, str] | None = None,
    troubles: tuple[Trouble, ...] = (),
    refresh: int = 0,
    **given: object,
) -> Page:
    """Render a template in the request's language.

    ``place`` is where a change of language leads, this address unless told; a page that stands in
    the middle of a form gives ``again``, the hidden fields that bring it back when sent there.
    ``refresh`` is after how many seconds the browser asks again, while something is under way and
    until whoever reads says to leave it alone (``?still=1``).
    """
    words = tongue(request)
    who, chosen = visitor(request), decision(request)
    told = (
        templates()
        .get_template(name)
        .render(
            words=words,
            say=words.say,
            tags=TAGS,
            path=request.url.path,
            place=place or request.url.path,
            again=again,
            query={
                key: value for key, value in request.query_params.items() if key not in UNCARRIED
            },
            token=lambda: forms(request).token(binding(request, make=True)),
            token_name=TOKEN,
            who=who,
            section=section(request.url.path, who),
            asks=choice.shown(request, chosen, place_of(request)),
            signal=choice.honoured(chosen, words.language),
            edition=house(request).gate.policy().edition,
            troubles=troubles,
            wrong={trouble.field: trouble for trouble in troubles},
            **given,
        )
    )
    headers = {"refresh": str(refresh)} if refresh and "still" not in request.query_params else {}
    answer = Response(told, status_code=status, media_type=HTML, headers=headers)
    return dressed(request, answer)


def go(request: Call, path: str) -> Page:
    """Send the browser on to another page of ours."""
    return dressed(request, Redirect(path, status_code=303))


def download(request: Call, data: bytes, name: str, media: str) -> Page:
    """Give a file to keep."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return dressed(request, Response(data, media_type=media, headers=headers, status_code=200))


def stream(request: Call, pieces: Iterator[Secret], name: str, media: str) -> Page:
    """Give a long file to keep, as it is read: it is never whole in memory."""
    opened = (piece.reveal_raw() for piece in pieces)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return dressed(request, Stream(opened, media_type=media, headers=headers, status_code=200))


def wrong(request: Call, error: TrothError) -> Page:
    """Show what happened, why and what to do."""
    trouble = tongue(request).trouble(error)
    return show(request, "wrong.html", status=error.status, place="/", trouble=trouble)
