"""The addresses of sign-in for other applications: pages for people, answers for programs."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from litestar import Request, Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from troth.interfaces.http.endpoint import ARRIVAL, Arrival
from troth.interfaces.oidc import authorizing, connected, discovery, leaving, programs
from troth.interfaces.oidc.answers import declined
from troth.interfaces.oidc.programs import for_scripts, preflight
from troth.interfaces.pages.binding import Addresses
from troth.model.errors import TrothError

Call = Request[Any, Any, Any]
Work = Callable[[Call], Response[Any]]


def by_address(request: Call) -> Response[Any]:
    """Bring a person whom another site's form sent here to the same place by its address.

    Their session does not travel with such a form; and a form that only leads to an address has no
    more authority than a link.
    """
    arrival: Arrival = request.scope["state"][ARRIVAL]
    sent = parse_qsl(arrival.body.decode("latin-1"), keep_blank_values=True, max_num_fields=64)
    return Redirect(f"{request.url.path}?{urlencode(sent)}", status_code=303)


PAGES: Final = Addresses(
    by_link=(
        (authorizing.PLACE, authorizing.authorize, by_address),
        (leaving.PLACE, leaving.end, by_address),
    ),
    read=((connected.PLACE, connected.applications),),
    change=(
        (authorizing.ANSWER, authorizing.answer),
        (leaving.CONFIRM, leaving.confirm),
        (connected.PLACE, connected.disconnect),
    ),
)
"""What people see."""
OPEN: Final[tuple[tuple[str, Work], ...]] = (
    (discovery.METADATA, discovery.metadata),
    ("/.well-known/oauth-authorization-server", discovery.metadata),
    (discovery.KEYS, discovery.keys),
)
CALLED: Final[tuple[tuple[str, Work], ...]] = (
    ("/token", programs.token),
    ("/revoke", programs.revoke),
    ("/userinfo", programs.userinfo),
)


def programs_router() -> Router:
    """Bind what programs call. Whatever writes or signs runs in the thread pool."""
    # Before the others: once an address has a handler, the router answers OPTIONS by itself.
    handlers: list[HTTPRouteHandler] = [
        HTTPRouteHandler(path, http_method="OPTIONS", sync_to_thread=True)(preflight)
        for path, _ in CALLED
    ]
    handlers += [get(path, sync_to_thread=True)(work) for path, work in OPEN]
    handlers += [
        post(path, sync_to_thread=True, status_code=200)(for_scripts(work)) for path, work in CALLED
    ]
    handlers.append(get("/userinfo", sync_to_thread=True)(for_scripts(programs.userinfo)))
    return Router(
        "/",
        route_handlers=handlers,
        exception_handlers={TrothError: declined},
        include_in_schema=False,
    )
