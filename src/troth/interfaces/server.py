"""The HTTP service: the API, the privacy centre and the desk on one address (policy 7.1).

Nothing listens beyond loopback unless told to. What comes in passes the threshold first; what does
not come in whole and in time is hung up on.
"""

import contextlib
import gc
from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

import uvicorn
from litestar import Request, Response
from litestar.exceptions import HTTPException
from uvicorn.config import HTTPProtocolType

from troth.app import Troth
from troth.interfaces import logs
from troth.interfaces.agents.routes import POWERS, agents_router, controllers_router
from troth.interfaces.api.limits import Pace, Threshold
from troth.interfaces.api.web import web
from troth.interfaces.centre.routes import CENTRE
from troth.interfaces.connections import Guard, Patience, Porch
from troth.interfaces.console.routes import CONSOLE
from troth.interfaces.entrance.routes import ENTRANCE
from troth.interfaces.http.peers import networks
from troth.interfaces.http.problems import unroutable
from troth.interfaces.oidc.answers import PACE, STATE
from troth.interfaces.oidc.provider import Provider
from troth.interfaces.oidc.routes import PAGES, programs_router
from troth.interfaces.pages.binding import bound, lost
from troth.interfaces.pages.forms import Forms
from troth.model.errors import Misconfigured

SHUTDOWN_SECONDS: Final = 10


def application(troth: Troth, *, failures: Callable[[], list[str]] = list) -> Threshold:
    """Build the ASGI application of one instance.

    ``failures`` tells what the scheduler could not do lately, for ``/readyz``.
    """
    return web(
        troth,
        pages=[
            *bound((ENTRANCE, CENTRE, CONSOLE, PAGES, POWERS), slow=troth.slow),
            *(programs_router(), agents_router(), controllers_router()),
        ],
        state={
            "forms": Forms(troth.token_key),
            STATE: Provider(troth),
            PACE: Pace(troth.clock, troth.settings.server.requests_per_minute),
        },
        astray=astray,
        failures=failures,
    )


def astray(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what leads nowhere: a page for a browser, a problem document for a program."""
    browsing = "text/html" in request.headers.get("accept", "")
    if browsing and not request.url.path.startswith("/v1"):
        return lost(request, error)
    return unroutable(request, error)


def configured(app: Threshold, host: str, port: int, guard: Guard) -> uvicorn.Config:
    """Return how the web server serves an application: our time limits, and no access log.

    What proxies say of a client is read by the threshold alone, so the server believes nobody.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        # What strangers send is no news: a warning for each would fill the log for them.
        log_level="error",
        log_config=None,
        access_log=False,
        timeout_keep_alive=guard.patience.idle,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        proxy_headers=False,
        server_header=False,
        # The server only ever calls it, as it would call a class.
        http=cast(HTTPProtocolType, partial(Porch, guard=guard)),
        ws="none",
        loop="uvloop",
        lifespan="off",
    )


def serve(
    troth: Troth,
    host: str,
    port: int,
    *,
    patience: Patience | None = None,
    failures: Callable[[], list[str]] = list,
) -> None:
    """Serve until interrupted. Raises ``Misconfigured`` when the address cannot be listened on."""
    trusted = networks(troth.settings.server.trusted_proxies)
    guard = Guard(patience or Patience(), trusted)
    app = application(troth, failures=failures)
    server = uvicorn.Server(configured(app, host, port, guard))
    # What was built so far stays to the end: the collector need not walk through it any more.
    gc.collect()
    gc.freeze()
    logs.begin()
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise Misconfigured(
            f"nothing can listen on `{host}:{port}`", remedy="take another host or port"
        )
