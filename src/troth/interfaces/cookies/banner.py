"""The banner: asked on the first layer, yes and no alike, nothing ticked before (policy 3, A.5).

Plain HTML with one form, which works without a script and without a cookie. It stands in the flow
of the page and covers nothing; closing it, or going on, says nothing.
"""

from collections.abc import Iterable
from functools import partial
from html import escape
from typing import Final

from msgspec import Struct

from troth.interfaces.cookies.words import joined, maybe, say
from troth.model.cookies import Decision, Register

ANSWER: Final = "answer"
GIVE: Final = "give."
"""How the box of a category is called in the form."""
BACK: Final = "back"
SIGNAL: Final = "signal"
SAID: Final = "cookies"
"""The word in an address that says: a choice was sent just now."""
MARK: Final = "cookie-banner"
"""The banner's id in the page."""
MOST: Final = 40
"""Fields of a form that are read."""


class Place(Struct, frozen=True, kw_only=True):
    """Where a banner stands: its language, where its form goes, where it leads back to.

    ``settings`` is the page where a choice can be changed at any time; ``token`` goes with the form
    of somebody who is signed in: its name and its value.
    """

    language: str
    action: str
    back: str
    settings: str
    token: tuple[str, str] = ("", "")


def asking(register: Register, decision: Decision, place: Place) -> str:
    """Return the banner for somebody who has not chosen."""
    say_here = partial(_said, place.language)
    text = say_here("ask", what=_names(register, register.optional, place.language))
    return (
        f'<aside class="tc" id="{MARK}" aria-label="{say_here("title")}">'
        f'<form method="post" action="{escape(place.action)}" data-cookies="ask">'
        f'<div class="tc-text"><h2>{say_here("title")}</h2>'
        f'<p>{text} <a href="{escape(place.settings)}">{say_here("list")}</a></p>'
        f"{_signal(register, decision, place.language)}</div>"
        f"{controls(register, decision, place)}</form></aside>"
    )


def controls(register: Register, decision: Decision, place: Place, *, folded: bool = True) -> str:
    """Return a form's inside: yes, no, and one by one; a box is ticked by an own earlier yes."""
    say_here = partial(_said, place.language)
    boxes = "".join(_box(register, decision, name, place) for name in register.optional)
    some = f'{boxes}<button name="{ANSWER}" value="some">{say_here("some")}</button>'
    name, value = place.token
    token = f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' if value else ""
    return (
        f'{token}<input type="hidden" name="{BACK}" value="{escape(place.back)}">'
        f'<input type="hidden" name="{SIGNAL}" value="">'
        '<div class="tc-do"><div class="tc-two">'
        f'<button name="{ANSWER}" value="all">{say_here("all")}</button>'
        f'<button name="{ANSWER}" value="none">{say_here("none")}</button></div>'
        f"<details{'' if folded else ' open'}><summary>{say_here('choose')}</summary>"
        f'<div class="tc-some">{some}</div></details></div>'
    )


def _box(register: Register, decision: Decision, name: str, place: Place) -> str:
    language, mark = place.language, f"tc-{escape(name)}"
    ticked = " checked" if decision.choice is not None and decision.allows(name) else ""
    days = [one.days for one in register.technologies if one.category == name]
    told = say("count", language, count=_counted(len(days), language), days=max(days, default=0))
    lost = maybe(f"lost.{name}", "lost", language)
    return (
        f'<div class="tc-box"><input type="checkbox" id="{mark}" name="{GIVE}{escape(name)}"'
        f' aria-describedby="{mark}-what"{ticked}>'
        f'<label for="{mark}">{escape(_name(register, name, language))}</label>'
        f'<p id="{mark}-what">{told} {lost}</p></div>'
    )


def _counted(count: int, language: str) -> str:
    if language == "zh":
        return str(count)
    return "One cookie" if count == 1 else f"{count} cookies"


def honoured(register: Register, decision: Decision, language: str) -> str:
    """Say in words that a privacy signal is honoured; nothing where the browser sends none."""
    if not decision.signal:
        return ""
    off = _names(register, decision.honoured, language)
    more = f" {say('signal.off', language, what=off)}" if off else ""
    return say("signal", language) + more


def _signal(register: Register, decision: Decision, language: str) -> str:
    told = honoured(register, decision, language)
    return f'<p class="tc-signal">{escape(told)}</p>' if told else ""


def saying(register: Register, decision: Decision, place: Place) -> str:
    """Return what stands in the banner's place right after a choice, until it is hidden.

    A browser that keeps no cookies is told that nothing was set and nothing is left to do.
    """
    language = place.language
    told = summary(register, decision, language) or say("kept_nowhere", language)
    return (
        f'<aside class="tc tc-said" id="{MARK}" aria-label="{say("title", language)}">'
        f'<div><p role="status">{escape(told)}</p>'
        f'<p><a href="{escape(place.settings)}">{say("change", language)}</a>'
        f'<a href="{escape(place.back)}" data-cookies="hide">{say("hide", language)}</a></p>'
        "</div></aside>"
    )


def summary(register: Register, decision: Decision, language: str) -> str:
    """Say in words what was chosen; nothing where nothing was."""
    if decision.choice is None:
        return ""
    given = [name for name in register.optional if decision.allows(name)]
    if len(given) == len(register.optional):
        return say("said.all", language)
    if not given:
        return say("said.none", language)
    return say("said.some", language, what=_names(register, given, language))


def way_back(language: str, settings: str) -> str:
    """Return the link that leads back to the choice, for the foot of any page."""
    return (
        f'<nav class="tc-back" aria-label="{say("settings", language)}">'
        f'<a href="{escape(settings)}" data-cookies="open">{say("settings", language)}</a></nav>'
    )


def answered(fields: dict[str, str], register: Register) -> tuple[str, ...] | None:
    """Return which categories a form gives; ``None`` where it answers nothing.

    >>> one = Register(edition="", technologies=())
    >>> answered({"answer": "none"}, one), answered({"answer": "close"}, one)
    ((), None)
    """
    answer = fields.get(ANSWER, "")
    if answer == "all":
        return register.optional
    if answer == "some":
        return tuple(name for name in register.optional if fields.get(f"{GIVE}{name}"))
    return () if answer == "none" else None


def led_back(wish: str, otherwise: str = "/") -> str:
    """Return where a form leads back to: a path of this very site, whatever was sent.

    >>> led_back("/policy?x=1"), led_back("//elsewhere.example"), led_back("https://e.example/")
    ('/policy?x=1', '/', '/')
    """
    plain = wish.startswith("/") and not wish.startswith(("//", "/\\")) and wish.isprintable()
    return wish if plain and "\\" not in wish and wish.isascii() else otherwise


def marked(path: str) -> str:
    """Return an address that says that a choice was sent just now.

    >>> marked("/a?b=1"), marked("/a")
    ('/a?b=1&cookies=said', '/a?cookies=said')
    """
    return f"{path}{'&' if '?' in path else '?'}{SAID}=said"


def _names(register: Register, names: Iterable[str], language: str) -> str:
    return joined([_name(register, name, language) for name in names], language)


def _name(register: Register, name: str, language: str) -> str:
    return register.purposes.get(name, {}).get(language) or name


def _said(language: str, key: str, **values: str) -> str:
    """Return a text, escaped."""
    return escape(say(key, language, **values))
