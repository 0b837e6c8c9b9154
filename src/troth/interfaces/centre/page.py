"""How a page is made: language, session, form token, and the template with everything escaped."""

import re
from functools import lru_cache
from importlib import resources
from typing import Any, Final

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.response import Redirect

from troth.app import Troth
from troth.model.acts import Actor
from troth.model.clock import Moment, date, iso
from troth.model.errors import NotProved, TrothError
from troth.model.terms import SubjectId

Call = Request[Any, Any, Any]
Page = Response[str]

SESSION: Final = "__Host-troth"
LANGUAGE: Final = "__Host-language"
LANGUAGES: Final = ("zh", "en")
TAGS: Final = {"zh": "zh-CN", "en": "en"}
YEAR: Final = 365 * 24 * 3600
FORM_TOKEN: Final = "_csrf_token"  # noqa: S105  # the field's name


@lru_cache(maxsize=1)
def texts() -> dict[str, dict[str, str]]:
    """Return every text of the pages, by key, in each language."""
    raw = (resources.files("troth.interfaces.centre") / "texts.yaml").read_text("utf-8")
    found: dict[str, dict[str, str]] = yaml.safe_load(raw)
    return found


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Return the templates: autoescaped, and an unknown name is an error."""
    return Environment(
        loader=PackageLoader("troth.interfaces.centre", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def house(connection: ASGIConnection[Any, Any, Any, Any]) -> Troth:
    """Return the instance that serves this request."""
    troth: Troth = connection.app.state.troth
    return troth


def language(request: Call) -> str:
    """Return the page's language: asked for in the address, chosen before, or the browser's."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE, "")
    if asked in LANGUAGES:
        return str(asked)
    accepted = request.headers.get("accept-language", "")
    english = re.match(r"\s*en\b", accepted)
    return "en" if english else "zh"


def show(request: Call, name: str, *, status: int = 200, **given: object) -> Page:
    """Render a template in the request's language."""
    words = texts()
    tongue = language(request)

    def say(key: str, **values: object) -> str:
        text = words[key][tongue]
        for place, value in values.items():
            text = text.replace("{" + place + "}", str(value))
        return text

    told = templates().get_template(name).render(
        say=say,
        tongue=tongue,
        tag=TAGS[tongue],
        path=request.url.path,
        token=form_token(request),
        signed_in=SESSION in request.cookies,
        edition=house(request).gate.policy().edition,
        day=date,
        moment=iso,
        **given,
    )
    response = Response(told, status_code=status, media_type="text/html; charset=utf-8")
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(_cookie(LANGUAGE, tongue, YEAR))
    return response


def form_token(request: Call) -> str:
    """Return the token every form carries; without it nothing is changed (reliability A4)."""
    return str(request.app.state.forms.token(request))


def go(path: str) -> Redirect:
    """Send the browser on to another page of ours."""
    return Redirect(path, status_code=303)


def signed_in(request: Call, token: str, path: str = "/me") -> Redirect:
    """Start a browser session and go on."""
    response = go(path)
    response.set_cookie(_cookie(SESSION, token, None))
    return response


def signed_out(path: str = "/") -> Redirect:
    """Forget the browser's session and go on."""
    response = go(path)
    response.set_cookie(_cookie(SESSION, "", 0))
    return response


def _cookie(name: str, value: str, age: int | None) -> Cookie:
    # __Host- binds the cookie to this very host: Secure, path /, no domain.
    return Cookie(
        key=name, value=value, max_age=age, path="/", secure=True, httponly=True, samesite="lax"
    )


def subject(request: Call) -> tuple[SubjectId, Actor]:
    """Return who is signed in. Raises ``NotProved``."""
    token = request.cookies.get(SESSION, "")
    if not token:
        raise NotProved("sign in first")
    troth = house(request)
    return troth.accounts.who(token)


def wrong(request: Call, error: TrothError) -> Page | Redirect:
    """Show what happened, why and what to do; who is not signed in is asked to."""
    if isinstance(error, NotProved) and request.method == "GET":
        return go("/sign-in")
    return show(request, "wrong.html", status=error.status, error=error)


def ago(at: Moment) -> str:
    """Write a moment for people: the date and time in UTC."""
    return iso(at).replace("T", " ").removesuffix("Z")
