"""Cookies for programs: the register, what a browser may be given, a choice, its proof (3, 9.6).

Anybody may read the register and have a receipt proved. A choice comes from a page of ours, from a
script on one of the sites that the settings name, or from a site's own server with its key.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from litestar.types import ASGIApp, Scope
from msgspec import Struct

from troth.interfaces.cookies import banner
from troth.interfaces.cookies.banner import ANSWER, GIVE, MOST, SIGNAL, Place
from troth.interfaces.cookies.headers import cookies_of
from troth.interfaces.cookies.words import LANGUAGES, language_of
from troth.interfaces.http.codec import decode, encode
from troth.interfaces.http.endpoint import JSON, Arrival, Call, Raw, Written
from troth.interfaces.http.peers import PEERS, Peers
from troth.model.clock import Moment
from troth.model.cookies import COOKIE, HEADER, ON, Choice, Decision, Register, signalled
from troth.model.errors import BadInput, Refused
from troth.model.terms import Region

SCOPE: Final = "cookies"
"""The scope of a key that may record choices: that of a site's own server."""
CHOICE: Final = "/v1/cookies/choice"
FORM: Final = b"application/x-www-form-urlencoded"
SURFACE: Final = "site"
LONGEST_SURFACE: Final = 80
ANYBODY: Final = {"access-control-allow-origin": "*"}
"""The register is no secret, and reading it takes no cookie."""
VARY: Final = {"vary": "Origin"}


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A choice: the categories that are given; every other that is asked about is refused.

    ``signal``: the browser's privacy signal is on. ``language`` is the question's, ``surface`` how
    the site is called.
    """

    given: tuple[str, ...]
    signal: bool = False
    language: str = "zh"
    surface: str = SURFACE


class Chosen(Struct, frozen=True, kw_only=True):
    """What may be set for a browser: by category, and as the signals of Consent Mode.

    ``value`` is what belongs in the cookie ``cookie_choice``; empty where nothing was chosen.
    ``honoured`` are the categories that the browser's privacy signal keeps off. ``html`` is the
    banner's answer, for the script that asked by a form.
    """

    value: str
    allowed: tuple[str, ...]
    ask: bool
    signal: bool
    honoured: tuple[str, ...]
    consent_mode: dict[str, str]
    receipt: str = ""
    until: Moment | None = None
    html: str = ""


class Proved(Struct, frozen=True, kw_only=True):
    """A choice as the ledger remembers it; ``entry`` can be proved to stand in it."""

    entry: str
    region: Region
    at: Moment
    edition: str
    given: tuple[str, ...]
    refused: tuple[str, ...]
    signal: bool
    language: str
    surface: str


def register(call: Call[None]) -> Raw:
    """Give the register of cookies and similar technologies of the edition in force."""
    return Raw(encode(call.troth.cookies.register()), JSON, ANYBODY)


def current(call: Call[Arrival]) -> Raw:
    """Say what may be set for the browser that asks, by its cookie and its privacy signal."""
    arrival = call.body
    sent = cookies_of(arrival.scope["headers"])
    found = call.troth.cookies.decide(sent.get(COOKIE, ""), signal=_signals(arrival))
    return Raw(encode(_chosen(found)), JSON, _shared(call, arrival.headers))


def choose(call: Call[Arrival]) -> Raw:
    """Take a choice and record it, about nobody; the cookie's value is for the site to set."""
    arrival = call.body
    by_form = arrival.headers.get(b"content-type", b"").partition(b";")[0].strip() == FORM
    cookies = call.troth.cookies
    shared = _shared(call, arrival.headers)
    network = _permitted(arrival, shared)
    wanted = _from_form(arrival, cookies.register()) if by_form else _from_json(arrival)
    signal = wanted.signal or _signals(arrival)
    choice = cookies.choose(
        wanted.given,
        signal=signal,
        language=language_of(wanted.language, ""),
        surface=_surface(wanted, arrival.headers),
        network=network,
    )
    found = cookies.decide(choice.written(), signal=signal)
    html = _said(cookies.register(), found, wanted.language) if by_form else ""
    return Raw(encode(_chosen(found, html)), JSON, shared)


def prove(call: Call[None]) -> Proved:
    """Tell what a receipt proves; its entry's place in the ledger can be proved as any other's."""
    found = call.troth.cookies.prove(call.path["receipt"])
    return Proved(
        entry=found.entry,
        region=found.region,
        at=found.at,
        edition=found.edition,
        given=found.given,
        refused=found.refused,
        signal=found.signal,
        language=found.language,
        surface=found.surface,
    )


async def preflight(scope: Scope) -> ASGIApp:
    """Tell a browser beforehand whether a page of some origin may choose here."""
    arrival: Arrival = scope["state"]["arrival"]
    origin = arrival.headers.get(b"origin", b"").decode("latin-1")
    told = dict(VARY)
    if origin in scope["litestar_app"].state.troth.settings.cookies.origins:
        told |= _for(origin) | {
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "content-type",
            "access-control-max-age": "600",
        }
    return Written(Raw(b"", "text/plain", told, status=204))


# --- who may choose here -----------------------------------------------------------------------


def _permitted(arrival: Arrival, shared: Mapping[str, str]) -> str:
    """Return the network that is paced; none for a site's own server. Raises ``Refused``."""
    if arrival.caller is not None:
        arrival.caller.need(SCOPE)
        return ""
    if not any(name.endswith("allow-origin") for name in shared):
        raise Refused(
            "no choice is taken from this site",
            clause="3.1",
            remedy="name its origin under [cookies], or send a key with the scope `cookies`",
        )
    peers: Peers = arrival.scope["state"][PEERS]
    return peers.network(arrival.scope)


def _shared(call: Call[Arrival], headers: Mapping[bytes, bytes]) -> dict[str, str]:
    """Return the headers that let the page that asks read the answer, if it is one of ours."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    settings = call.troth.settings
    host = headers.get(b"host", b"").decode("latin-1")
    own = (f"https://{host}", *(() if settings.server.secure else (f"http://{host}",)))
    if origin in settings.cookies.origins or origin in own:
        return VARY | _for(origin)
    return dict(VARY)


def _for(origin: str) -> dict[str, str]:
    return {"access-control-allow-origin": origin}


def _surface(wanted: Wanted, headers: Mapping[bytes, bytes]) -> str:
    """Return where it was asked: a script's site by its origin, which it cannot choose."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    return origin or wanted.surface[:LONGEST_SURFACE]


# --- what was chosen ---------------------------------------------------------------------------


def _from_json(arrival: Arrival) -> Wanted:
    return decode(arrival.body, Wanted)


def _from_form(arrival: Arrival, register: Register) -> Wanted:
    try:
        told = parse_qsl(arrival.body.decode(), keep_blank_values=True, max_num_fields=MOST)
    except ValueError as error:
        raise BadInput("this is no form", field="form") from error
    fields = dict(told)
    given = banner.answered(fields, register)
    if given is None:
        remedy = f"send `{ANSWER}`: all, none or some, and `{GIVE}NAME` for each"
        raise BadInput("this form answers nothing", clause="3.1.2", field=ANSWER, remedy=remedy)
    language = fields.get("language", "")
    return Wanted(
        given=given,
        signal=fields.get(SIGNAL) == ON,
        language=language if language in LANGUAGES else "zh",
    )


def _said(register: Register, found: Decision, language: str) -> str:
    place = Place(language=language_of(language, ""), action="", back="#", settings="/cookies")
    return banner.saying(register, found, place)


def _signals(arrival: Arrival) -> bool:
    values = (value for name, value in arrival.scope["headers"] if name == HEADER.encode())
    return signalled(value.decode("latin-1").strip() for value in values)


def _chosen(found: Decision, html: str = "") -> Chosen:
    choice: Choice | None = found.choice
    return Chosen(
        value=choice.written() if choice else "",
        allowed=tuple(sorted(found.allowed)),
        ask=found.ask,
        signal=found.signal,
        honoured=found.honoured,
        consent_mode=found.consent_mode(),
        receipt=choice.receipt if choice else "",
        until=choice.until if choice else None,
        html=html,
    )
