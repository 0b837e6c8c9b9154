"""The addresses of the API, and the scope that a service key needs at each."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Router, get, post
from litestar.handlers import HTTPRouteHandler

from troth.interfaces.api import open as books
from troth.interfaces.api import subjects
from troth.interfaces.api.door import scope

GUARDED: Final[tuple[tuple[str, str, str, Callable[..., Any]], ...]] = (
    ("POST", "/decide", "decide", subjects.decide),
    ("POST", "/acts", "perform", subjects.perform),
    ("POST", "/subjects", "subjects", subjects.newcomer),
    ("POST", "/subjects/find", "subjects", subjects.find),
    ("POST", "/subjects/{subject:str}/use", "read", subjects.read),
    ("GET", "/subjects/{subject:str}", "subjects", subjects.standing),
    ("GET", "/subjects/{subject:str}/consents", "subjects", subjects.consents),
    ("GET", "/subjects/{subject:str}/inventory", "subjects", subjects.inventory),
    ("GET", "/subjects/{subject:str}/trail", "subjects", subjects.trail),
    ("POST", "/subjects/{subject:str}/export", "read", subjects.export),
    ("POST", "/subjects/{subject:str}/erase", "erase", subjects.erase),
    ("GET", "/metrics", "metrics", books.metrics),
)
OPEN: Final[tuple[tuple[str, Callable[..., Any]], ...]] = (
    ("/v1/policy", books.policy),
    ("/v1/policy/editions", books.editions),
    ("/v1/clauses", books.clauses),
    ("/v1/ledger/{region:str}/checkpoint", books.checkpoint),
    ("/v1/ledger/{region:str}/entries", books.entries),
    ("/v1/ledger/{region:str}/entries/{entry:str}/proof", books.proof),
    ("/v1/ledger/{region:str}/consistency/{old:int}/{new:int}", books.consistency),
    ("/healthz", books.alive),
    ("/readyz", books.ready),
    ("/.well-known/security.txt", books.security_txt),
)


def handlers(*, slow: bool) -> list[HTTPRouteHandler | Router]:
    """Bind every address. ``slow`` stores (a server) are waited for in the thread pool."""
    found: list[HTTPRouteHandler | Router] = []
    for method, path, need, work in GUARDED:
        bind = get if method == "GET" else post
        place = path if path == "/metrics" else f"/v1{path}"
        kind: dict[str, Any] = {"guards": [scope(need)], "sync_to_thread": slow}
        if bind is post:
            kind["status_code"] = 200
        found.append(bind(place, **kind)(work))
    found += [get(path, sync_to_thread=slow)(work) for path, work in OPEN]
    return found
