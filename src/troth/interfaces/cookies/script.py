"""The banner's own files, and the one script that brings it to any page (policy 3).

The script for other sites holds the register and the banner's text in both languages: a page needs
one address and nothing is fetched before somebody chose.
"""

from importlib import resources
from typing import Final

import msgspec
from msgspec import Struct

from troth.interfaces.cookies import banner
from troth.interfaces.cookies.banner import Place
from troth.interfaces.cookies.words import LANGUAGES, say
from troth.model.cookies import COOKIE, ESSENTIAL, STORAGE, Decision, Register

FOLDER: Final = resources.files("troth.interfaces.pages") / "static"


class File(Struct, frozen=True, kw_only=True):
    """A file as it is served."""

    name: str
    media: str
    data: bytes


STYLE: Final = File(
    name="cookies.css",
    media="text/css; charset=utf-8",
    data=(FOLDER / "cookies.css").read_bytes(),
)
SCRIPT: Final = File(
    name="cookies.js",
    media="text/javascript; charset=utf-8",
    data=(FOLDER / "cookies.js").read_bytes(),
)


class Told(Struct, frozen=True, kw_only=True):
    """What the script has to know: what may be asked, what is whose, and how it is said."""

    categories: dict[str, dict[str, str]]
    signalled: tuple[str, ...]
    names: tuple[tuple[str, str, str], ...]
    html: dict[str, dict[str, str]]
    failed: dict[str, str]
    css: str


def for_sites(register: Register, *, choice: str, settings: str) -> bytes:
    """Return the script for other sites.

    ``choice`` is the address that takes a choice, ``settings`` that of the page with the register.
    """
    unsaid = Decision(allowed=frozenset({ESSENTIAL}), ask=True, signal=True, honoured=())
    signalled = tuple(name for name in register.optional if name in register.signalled)
    asked = msgspec.structs.replace(unsaid, honoured=signalled)
    html = {}
    for language in LANGUAGES:
        place = Place(language=language, action=choice, back="/", settings=settings)
        html[language] = {
            "ask": banner.asking(register, asked, place),
            "back": banner.way_back(language, settings),
        }
    told = Told(
        categories={name: register.purposes.get(name, {}) for name in register.optional},
        signalled=signalled,
        names=tuple(
            (one.name, one.category, one.kind)
            for one in register.technologies
            if one.kind in STORAGE and one.name != COOKIE and one.category != ESSENTIAL
        ),
        html=html,
        failed={language: say("failed", language) for language in LANGUAGES},
        css=" ".join(STYLE.data.decode().split()),
    )
    return b"window.__trothCookies=%s;\n%s" % (_safe(msgspec.json.encode(told)), SCRIPT.data)


def _safe(data: bytes) -> bytes:
    """Return JSON that no page can mistake for the end of its script."""
    return data.replace(b"<", b"\\u003c")
