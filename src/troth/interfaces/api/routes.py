"""Every address of the API: what it needs, takes and gives. The one table that all is made from.

The router, the check of the key and the description at ``/openapi.json`` are bound from it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, Scope

from troth.interfaces.api import acts, consents, cookies, ledger, requests, subjects
from troth.interfaces.api import answers as gives
from troth.interfaces.api import bodies as takes
from troth.interfaces.api import open as books
from troth.interfaces.http import schema
from troth.interfaces.http.codec import encode
from troth.interfaces.http.endpoint import JSON, Endpoint, House, Raw, Written
from troth.model.cookies import Register

WHO: Final = "/v1/subjects/{subject}"
BOOK: Final = "/v1/ledger/{region}"
TLOG: Final = "/ledger/{region}"
TEXT, TILE, ZIP = ledger.TEXT, ledger.OCTETS, "application/zip"
JUDGED: Final = tuple[gives.Judged, ...]
HOLDINGS: Final = tuple[gives.Holding, ...]
CONSENTS: Final = dict[str, gives.ConsentState]
OFFERS: Final = tuple[consents.Offered, ...]
WORDS: Final = tuple[consents.Uttered, ...]
ASKED: Final = tuple[requests.Asked, ...]
EDITIONS: Final = tuple[books.Shelved, ...]
HASHES: Final = tuple[str, ...]
REST: Final = "place"
"""The part of an address that may hold slashes: where a tile stands."""

TABLE: Final[Mapping[str, tuple[Endpoint, ...]]] = {
    "acts": (
        Endpoint("POST", "/v1/decide", acts.decide, JUDGED, "decide", takes.Question),
        Endpoint(
            "POST",
            "/v1/acts",
            acts.perform,
            gives.Done,
            "perform",
            takes.Wish,
            slow=True,
            once=True,
        ),
        Endpoint("POST", "/v1/identity/calls", acts.called, gives.Heard, slow=True, raw=True),
    ),
    "subjects": (
        Endpoint(
            "POST", "/v1/subjects", subjects.newcomer, gives.Drawn, "subjects", takes.Newcomer
        ),
        Endpoint("POST", "/v1/subjects/find", subjects.find, gives.Found, "subjects", takes.Sought),
        Endpoint("GET", WHO, subjects.standing, gives.StandingNow, "subjects"),
        Endpoint(
            "POST",
            f"{WHO}/use",
            subjects.read,
            gives.Read,
            "read",
            takes.Reading,
            waits=True,
            hot=True,
        ),
        Endpoint("GET", f"{WHO}/consents", subjects.consents, CONSENTS, "subjects"),
        Endpoint("GET", f"{WHO}/inventory", subjects.inventory, HOLDINGS, "subjects"),
        Endpoint("GET", f"{WHO}/trail", subjects.trail, gives.Entries, "subjects", takes.Paging),
        Endpoint("POST", f"{WHO}/export", subjects.export, ZIP, "read", takes.Answering, slow=True),
        Endpoint(
            "POST", f"{WHO}/erase", subjects.erase, gives.Erased, "erase", takes.Ending, slow=True
        ),
    ),
    "consents": (
        *(
            Endpoint("POST", WHO + path, work, given, "perform", sent, once=True, waits=True)
            for path, work, given, sent in (
                ("/consents", consents.give, consents.Taken, consents.Granting),
                ("/consents/refuse", consents.refuse, consents.Taken, consents.About),
                ("/consents/withdraw", consents.withdraw, consents.Ended, consents.About),
            )
        ),
        *(
            Endpoint("POST", WHO + path, work, consents.Taken, "perform", sent, once=True)
            for path, work, sent in (
                ("/consents/ask", consents.ask, consents.Posing),
                ("/consents/later", consents.later, consents.About),
                ("/objections", consents.refuse_purpose, consents.Refusing),
                ("/objections/lift", consents.allow_purpose, consents.Refusing),
                ("/opt-out", consents.opt_out, takes.Nothing),
                ("/opt-in", consents.opt_in, takes.Nothing),
                ("/limit-sensitive", consents.limit_sensitive, takes.Nothing),
                ("/release-sensitive", consents.release_sensitive, takes.Nothing),
            )
        ),
        Endpoint("GET", f"{WHO}/consents/offers", consents.offers, OFFERS, "subjects"),
        Endpoint("GET", f"{WHO}/consents/history", consents.history, WORDS, "subjects"),
        Endpoint(
            "GET",
            f"{WHO}/consents/receipt",
            consents.receipt,
            consents.LINKED,
            "subjects",
            consents.Fetching,
            slow=True,
        ),
        Endpoint("GET", f"{WHO}/objections", consents.limits, consents.Limited, "subjects"),
    ),
    "requests": (
        Endpoint(
            "POST", f"{WHO}/requests", requests.ask, requests.HowFar, "perform", requests.Asking
        ),
        Endpoint("GET", f"{WHO}/requests", requests.listed, ASKED, "subjects"),
        Endpoint("GET", f"{WHO}/requests/{{number}}", requests.one, requests.Asked, "subjects"),
        *(
            Endpoint("POST", f"{WHO}/requests/{{number}}/{word}", work, gives_, "perform", sent)
            for word, work, gives_, sent in (
                ("messages", requests.write, requests.HowFar, requests.Saying),
                ("revoke", requests.revoke, requests.HowFar, takes.Nothing),
                ("code", requests.begin, requests.Challenged, takes.Nothing),
                ("verify", requests.verify, requests.HowFar, requests.Proving),
            )
        ),
        Endpoint(
            "POST", "/v1/requests", requests.claim, requests.Came, "perform", requests.Claimed
        ),
        Endpoint("GET", "/v1/requests/{number}", requests.status, requests.HowFar, "subjects"),
    ),
    "policy": (
        Endpoint("GET", "/v1/policy", books.policy, books.InForce),
        Endpoint("GET", "/v1/policy/editions", books.editions, EDITIONS),
        Endpoint("GET", "/v1/policy/editions/{edition}/source", books.source, books.YAML),
        Endpoint("GET", "/v1/clauses", books.clauses, books.ClauseBoard, slow=True),
    ),
    "ledger": (
        Endpoint("GET", f"{BOOK}/entries", ledger.entries, gives.Entries, "ledger", takes.Paging),
        Endpoint("GET", f"{BOOK}/entries/{{entry}}/proof", ledger.proof, ledger.Proof),
        Endpoint("GET", f"{BOOK}/consistency", ledger.consistency, HASHES, takes=takes.Sizes),
        Endpoint("GET", f"{TLOG}/checkpoint", ledger.checkpoint, TEXT),
        Endpoint("GET", f"{TLOG}/key", ledger.key, TEXT),
        Endpoint("GET", f"{TLOG}/tile/entries/{{place}}", ledger.bundle, TILE, "ledger"),
        Endpoint("GET", f"{TLOG}/tile/{{place}}", ledger.tile, TILE),
    ),
    "cookies": (
        Endpoint("GET", "/v1/cookies", cookies.register, Register),
        Endpoint("GET", cookies.CHOICE, cookies.current, cookies.Chosen, raw=True),
        Endpoint(
            "POST",
            cookies.CHOICE,
            cookies.choose,
            cookies.Chosen,
            takes=cookies.Wanted,
            slow=True,
            raw=True,
        ),
        Endpoint("GET", "/v1/cookies/receipts/{receipt}", cookies.prove, cookies.Proved),
    ),
    "service": (
        Endpoint("GET", "/healthz", books.alive, books.Alive),
        Endpoint("GET", "/readyz", books.ready, books.Ready),
        Endpoint("GET", "/metrics", books.metrics, books.FIGURES, "metrics"),
        Endpoint("GET", "/.well-known/security.txt", books.security_txt, TEXT),
        Endpoint("GET", "/.well-known/gpc.json", books.gpc, books.Signal),
    ),
}
"""The addresses, by what they are about."""


def endpoints() -> Iterator[Endpoint]:
    """Go through every address."""
    for rows in TABLE.values():
        yield from rows


class Shortcuts:
    """Finds the rows that are hot, and their part of an address, without the router."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Endpoint] = {
            (endpoint.method, endpoint.path.rpartition("/")[2]): endpoint
            for endpoint in endpoints()
            if endpoint.hot
        }

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """Find a row by an address as it is spelled in the table; the router knows all the others.

        >>> Shortcuts().find("POST", "/v1/subjects/cn-x/use")[1]
        {'subject': 'cn-x'}
        >>> Shortcuts().find("POST", "/v1/subjects/cn-x/y/use")
        """
        head, _, word = path.rpartition("/")
        endpoint = self._rows.get((method, word))
        if endpoint is None:
            return None
        before, _, value = head.rpartition("/")
        around, _, part = endpoint.path.rpartition("/")[0].rpartition("/")
        return (endpoint, {part[1:-1]: value}) if before == around and value else None


def handlers(house: House) -> list[HTTPRouteHandler]:
    """Bind every address, and the description of them all."""
    described = cache(lambda: encode(schema.description(TABLE, house.troth)))

    async def openapi() -> ASGIApp:
        return Written(Raw(described(), JSON))

    # Before the others: once an address has a handler, the router answers OPTIONS by itself.
    early = HTTPRouteHandler(cookies.CHOICE, http_method="OPTIONS", status_code=200)
    found = [early(cookies.preflight), *(_bound(endpoint, house) for endpoint in endpoints())]
    return [*found, HTTPRouteHandler("/openapi.json", http_method="GET")(openapi)]


def _bound(endpoint: Endpoint, house: House) -> HTTPRouteHandler:
    async def handle(scope: Scope) -> ASGIApp:
        return await endpoint.answer(scope, house)

    bind = HTTPRouteHandler(
        _spelled(endpoint.path), http_method=endpoint.method, status_code=200, name=endpoint.name
    )
    return bind(handle)


def _spelled(path: str) -> str:
    """Spell an address as the router does.

    >>> _spelled("/ledger/{region}/tile/{place}")
    '/ledger/{region:str}/tile/{place:path}'
    """
    return (
        path.replace(f"{{{REST}}}", f"{{{REST}:path}}")
        .replace("}", ":str}")
        .replace(":path:str}", ":path}")
    )
