"""What an answer may carry: cookies that are declared and agreed to, tags likewise (policy 3, 9.6).

A guard stands before any application and knows nothing of it. It reads what the browser chose and
signals, keeps from the application the cookies that were not agreed to, takes those it may not set
out of its answers, and makes tags of categories without a yes inert. ``asgi`` and ``wsgi`` carry
what it decides.
"""

from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from troth.interfaces.cookies import banner
from troth.interfaces.cookies.banner import BACK, SAID, SIGNAL, Place
from troth.interfaces.cookies.headers import HTML, Header, cookies_of, takes_away, without
from troth.interfaces.cookies.keeper import Keeper
from troth.interfaces.cookies.markup import Rewriter
from troth.interfaces.cookies.script import SCRIPT, STYLE
from troth.interfaces.cookies.settings import page
from troth.interfaces.cookies.words import language_of, say
from troth.model.clock import Clock, SystemClock
from troth.model.cookies import (
    AGAIN_DAYS,
    COOKIE,
    HEADER,
    ON,
    Choice,
    Decision,
    Register,
    choose,
    decide,
    header,
    signalled,
)
from troth.model.errors import TrothError

Note = Callable[[str, str], None]
"""Is told a cookie's name and why it was taken out: ``undeclared`` or its category."""
KEY: Final = "troth.cookies"
"""Where an application finds the ``Decision``: in the scope of ASGI, the environment of WSGI."""
HOME: Final = "/.cookies"
UNDECLARED: Final = "undeclared"
LARGEST_FORM: Final = 16 * 1024
UNCARRIED: Final = (b"accept-encoding", b"range", b"if-range")
"""What a browser asks for that would bring a page in a form we cannot look into."""


class Asked(Struct, frozen=True, kw_only=True):
    """One request as the guard sees it."""

    method: str
    path: str
    query: str
    secure: bool
    host: str
    network: str
    headers: tuple[Header, ...]
    decision: Decision
    language: str
    sent: dict[str, str]

    def value(self, name: bytes) -> str:
        """Return a header's value; the last one where there are several."""
        return dict(self.headers).get(name, b"").decode("latin-1")


class Given(Struct, frozen=True, kw_only=True):
    """An answer of the guard's own."""

    status: int
    headers: tuple[Header, ...]
    body: bytes = b""


class Guard:
    """Decides for one site. Safe from many threads.

    ``home`` is the path under which its own pages and files lie; ``surface`` is how the site is
    called in the ledger. ``foot``: a link to the settings is put at the end of every page.
    """

    def __init__(
        self,
        register: Register,
        keeper: Keeper,
        *,
        home: str = HOME,
        surface: str = "site",
        foot: bool = True,
        note: Note | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.register = register
        self._keeper = keeper
        self._home = home.rstrip("/")
        self._surface = surface
        self._foot = foot
        self._note = note or _nothing
        self._clock = clock or SystemClock()

    # --- what comes in -------------------------------------------------------------------------

    def asked(
        self,
        headers: Iterable[Header],
        *,
        method: str,
        path: str,
        query: str,
        secure: bool,
        network: str = "",
    ) -> Asked:
        """Read a request: what its browser chose, signals and prefers."""
        told = tuple((name.lower(), value) for name, value in headers)
        sent = cookies_of(told)
        signal = signalled(
            value.decode("latin-1").strip() for name, value in told if name == HEADER.encode()
        )
        named = dict(told)
        return Asked(
            method=method,
            path=path,
            query=query,
            secure=secure,
            host=named.get(b"host", b"").decode("latin-1"),
            network=network,
            headers=told,
            decision=decide(
                self.register, sent.get(COOKIE, ""), signal=signal, at=self._clock.now()
            ),
            language=language_of("", named.get(b"accept-language", b"").decode("latin-1")),
            sent=sent,
        )

    def let_in(self, asked: Asked) -> list[Header]:
        """Return the headers for the application: without cookies that were not agreed to."""
        shut = self.shut(asked)
        page_wanted = HTML in dict(asked.headers).get(b"accept", b"")
        kept = []
        for name, value in asked.headers:
            if name == b"cookie" and shut:
                value = without(value, shut)
                if not value:
                    continue
            if not (page_wanted and name in UNCARRIED):
                kept.append((name, value))
        return kept

    def shut(self, asked: Asked) -> frozenset[str]:
        """Return the cookies a browser sent that are declared and not agreed to any more."""
        found = set()
        for name in asked.sent:
            entry = self.register.find(name)
            if entry is not None and not asked.decision.allows(entry.category):
                found.add(name)
        return frozenset(found)

    # --- what goes out -------------------------------------------------------------------------

    def let_out(self, asked: Asked, headers: Iterable[Header]) -> list[Header]:
        """Return an answer's headers: without cookies that may not be set; old ones taken away."""
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() != b"set-cookie" or self._may(asked.decision, value.decode("latin-1"))
        ]
        gone = header("{}", "", days=0, secure=asked.secure, script=True)
        return kept + [
            (b"set-cookie", gone.replace("{}", name, 1).encode("latin-1"))
            for name in sorted(self.shut(asked))
        ]

    def _may(self, decision: Decision, line: str) -> bool:
        name = line.partition("=")[0].strip()
        if takes_away(line, self._clock.now()):
            return True
        entry = self.register.find(name)
        if entry is not None and decision.allows(entry.category):
            return True
        self._note(name, entry.category if entry else UNDECLARED)
        return False

    def rewriter(self, asked: Asked) -> Rewriter:
        """Return what goes through this answer's page."""
        decision, place = asked.decision, self._place(asked)
        just_now = f"{SAID}=said" in asked.query.split("&")
        top = ""
        if just_now:
            top = banner.saying(self.register, decision, place)
        elif decision.ask:
            top = banner.asking(self.register, decision, place)
        foot = banner.way_back(asked.language, place.settings) if self._foot else ""
        head = f'<link rel="stylesheet" href="{self._home}/{STYLE.name}">' if top or foot else ""
        head += self._script(decision) if top else ""
        return Rewriter(decision.allowed, head=head.encode(), top=top.encode(), foot=foot.encode())

    def _script(self, decision: Decision) -> str:
        register, value = self.register, decision.choice.written() if decision.choice else ""
        return (
            f'<script src="{self._home}/{SCRIPT.name}" defer data-choice="{value}"'
            f' data-optional="{" ".join(register.optional)}"'
            f' data-signalled="{" ".join(sorted(register.signalled))}"></script>'
        )

    def _place(self, asked: Asked) -> Place:
        query = "&".join(
            one for one in asked.query.split("&") if one and not one.startswith(f"{SAID}=")
        )
        here = banner.led_back(f"{asked.path}{'?' if query else ''}{query}")
        choice = f"{self._home}/choice"
        return Place(language=asked.language, action=choice, back=here, settings=choice)

    # --- pages and files of its own ------------------------------------------------------------

    def is_own(self, path: str) -> bool:
        """Tell whether an address is the guard's own."""
        return path.startswith(f"{self._home}/")

    def answer(self, asked: Asked, body: bytes) -> Given:
        """Answer a request for the guard's own: its files, the settings, a choice."""
        name = asked.path[len(self._home) + 1 :]
        for file in (STYLE, SCRIPT):
            if name == file.name and asked.method in ("GET", "HEAD"):
                return _given(200, file.media, file.data, (b"cache-control", b"max-age=3600"))
        if name != "choice" or asked.method not in ("GET", "HEAD", "POST"):
            return _given(404, "text/plain", b"")
        if asked.method == "POST":
            return self._choice(asked, body)
        return self._settings(asked)

    def _settings(self, asked: Asked, status: int = 200, told: str = "") -> Given:
        place = self._place(asked)
        made = page(self.register, asked.decision, place, home=self._home, told=told)
        return _given(status, "text/html; charset=utf-8", made.encode())

    def _choice(self, asked: Asked, body: bytes) -> Given:
        fields = dict(parse_qsl(body[:LARGEST_FORM].decode("utf-8", "replace")))
        given = banner.answered(fields, self.register)
        if not self._from_here(asked) or given is None:
            return _given(403, "text/plain", b"")
        signal = asked.decision.signal or fields.get(SIGNAL) == ON
        try:
            choice = self._keeper.choose(
                given,
                signal=signal,
                language=asked.language,
                surface=self._surface,
                network=asked.network,
            )
        except TrothError:
            if given:
                return self._settings(asked, 503, say("failed", asked.language))
            # A no holds whether or not anybody can write it down.
            choice = choose(self.register, (), signal=signal, at=self._clock.now())
        return self._chosen(asked, choice, fields.get(BACK, ""))

    def _chosen(self, asked: Asked, choice: Choice, back: str) -> Given:
        value = choice.written()
        line = header(COOKIE, value, days=AGAIN_DAYS, secure=asked.secure, script=True)
        kept = (b"set-cookie", line.encode())
        if "application/json" in asked.value(b"accept"):
            found = decide(self.register, value, signal=asked.decision.signal, at=self._clock.now())
            html = banner.saying(self.register, found, self._place(asked))
            told = msgspec.json.encode({"value": value, "html": html, "language": asked.language})
            return _given(200, "application/json", told, kept)
        to = banner.marked(banner.led_back(back)).encode()
        return _given(303, "text/plain", b"", kept, (b"location", to))

    @staticmethod
    def _from_here(asked: Asked) -> bool:
        """Tell whether a form comes from a page of this very site."""
        scheme = "https" if asked.secure else "http"
        site = asked.value(b"sec-fetch-site")
        own = asked.value(b"origin") in (f"{scheme}://{asked.host}", f"https://{asked.host}")
        return own and site in ("", "same-origin", "none")


def _given(status: int, media: str, body: bytes, *more: Header) -> Given:
    own: tuple[Header, ...] = (
        (b"content-type", media.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
    )
    named = {name for name, _ in more}
    kept = () if b"cache-control" in named else ((b"cache-control", b"no-store"),)
    return Given(status=status, headers=(*own, *kept, *more), body=body)


def _nothing(_name: str, _why: str) -> None:
    return
