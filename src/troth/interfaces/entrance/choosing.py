"""Cookies: the list of them all, and the choice, which works without any (policy 3, 9.6; A4).

The choice comes by a plain form and leads back to where somebody was. A page's own script sends the
same form and gets its answer as data.
"""

from typing import Final

from litestar import Response

from troth.interfaces.api.cookies import CHOICE
from troth.interfaces.cookies import banner
from troth.interfaces.cookies.banner import ANSWER, BACK, SIGNAL
from troth.interfaces.cookies.script import for_sites
from troth.interfaces.http.endpoint import JSON
from troth.interfaces.http.peers import PEERS, Peers
from troth.interfaces.pages import choice
from troth.interfaces.pages.doors import me
from troth.interfaces.pages.forms import Form
from troth.interfaces.pages.page import (
    Call,
    Page,
    decision,
    dressed,
    go,
    house,
    keep_choice,
    place_of,
    show,
    tongue,
    visitor,
)
from troth.model.clock import Moment
from troth.model.cookies import ESSENTIAL, ON, Choice, Technology
from troth.model.errors import BadInput

SURFACE: Final = "centre"
FRESH_SECONDS: Final = 300
"""How long a browser asks nothing again: then another edition's register is there, too."""


def cookies(request: Call) -> Page:
    """Show every cookie and similar technology, by what it is for, and the choice about them."""
    register, words = house(request).cookies.register(), tongue(request)
    found, place = decision(request), place_of(request)
    groups: dict[str, list[Technology]] = {}
    for one in register.technologies:
        groups.setdefault(one.category, []).append(one)
    chosen = found.choice
    return show(
        request,
        "entrance/cookies.html",
        groups=groups,
        purposes=register.purposes,
        essential=ESSENTIAL,
        action=choice.TAKEN,
        controls=choice.form(request, found, place),
        said=banner.summary(register, found, words.language),
        just_now=banner.SAID in request.query_params,
        chosen=chosen,
        until=chosen.until if chosen else Moment(0),
    )


def choose(request: Call, form: Form) -> Page:
    """Take a choice and lead back; nobody has to be signed in, nor keep a cookie.

    Of somebody who is signed in it is a word about their data, too. Raises ``BadInput`` for a form
    that answers nothing: closing the banner is no answer.
    """
    cookies, words = house(request).cookies, tongue(request)
    register = cookies.register()
    fields = {name: form.text(name) for name in (ANSWER, *_boxes(register.optional))}
    given = banner.answered(fields, register)
    if given is None:
        raise BadInput("this form answers nothing", clause="3.1.2", field="answer")
    peers: Peers = request.scope["state"][PEERS]
    chosen = cookies.choose(
        given,
        signal=choice.signals(request) or form.text(SIGNAL) == ON,
        language=words.language,
        surface=SURFACE,
        network=peers.network(request.scope),
    )
    if visitor(request) == "subject":
        who = me(request)
        cookies.bring(who.subject, chosen, language=words.language, by=who.by)
    keep_choice(request, chosen.written())
    if JSON in request.headers.get("accept", ""):
        return _told(request, chosen)
    return go(request, banner.marked(banner.led_back(form.text(BACK))))


def script(request: Call) -> Page:
    """Give the one script that brings the banner to another site, with the register in it."""
    secure = house(request).settings.server.secure
    base = f"{'https' if secure else request.url.scheme}://{request.headers.get('host', '')}"
    data = for_sites(
        house(request).cookies.register(),
        choice=f"{base}{CHOICE}",
        settings=f"{base}{choice.SETTINGS}",
    )
    headers = {
        "cache-control": f"public, max-age={FRESH_SECONDS}",
        "cross-origin-resource-policy": "cross-origin",
    }
    return Response(data, media_type="text/javascript; charset=utf-8", headers=headers)


def _boxes(optional: tuple[str, ...]) -> list[str]:
    return [f"{banner.GIVE}{name}" for name in optional]


def _told(request: Call, chosen: Choice) -> Page:
    """Answer the page's own script: the choice, and what to show in the banner's place."""
    register, words = house(request).cookies.register(), tongue(request)
    found = house(request).cookies.decide(chosen.written(), signal=choice.signals(request))
    told = {
        "value": chosen.written(),
        "html": banner.saying(register, found, place_of(request)),
        "language": words.language,
    }
    return dressed(request, Response(told, media_type=JSON))
