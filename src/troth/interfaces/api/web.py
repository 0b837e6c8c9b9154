"""The web layer under the API and the privacy centre: one litestar application, one threshold."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

from litestar import Litestar, Request, Response, Router
from litestar.concurrency import get_asyncio_executor, set_asyncio_executor
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from troth.app import Troth
from troth.interfaces.api.limits import Threshold
from troth.interfaces.api.routes import Shortcuts, handlers
from troth.interfaces.http.endpoint import House
from troth.interfaces.http.gather import Reads, Words
from troth.interfaces.http.pages import Pages
from troth.interfaces.http.problems import refused, unexpected, unroutable
from troth.model.errors import TrothError

Astray = Callable[[Request[Any, Any, Any], HTTPException], Response[Any]]


THREADS: Final = 40
"""Where pages and slow addresses wait. The default, cores and four more, is too few: those who wait
for a password's hash alone may take seventeen of them (``documents/proof/passwords``)."""


def _furnish_threads() -> None:
    """Let there be threads enough, once for a process; a loop that runs already keeps its own."""
    if get_asyncio_executor() is None:
        with suppress(RuntimeError):
            set_asyncio_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="troth"))


def web(
    troth: Troth,
    *,
    pages: Sequence[Router] = (),
    state: Mapping[str, Any] | None = None,
    astray: Astray = unroutable,
    failures: Callable[[], list[str]] = list,
) -> Threshold:
    """Build the ASGI application of one instance: the API, and pages beside it.

    ``state`` is what pages find at ``request.app.state`` besides ``troth``; ``astray`` answers what
    leads nowhere; ``failures`` tells what the scheduler could not do lately, for ``/readyz``.
    """
    _furnish_threads()
    house = House(
        troth=troth,
        slow=troth.slow,
        reads=Reads(troth),
        words=Words(troth),
        pages=Pages(troth.token_key),
        served=Counter(),
        failures=failures,
    )
    app = Litestar(
        route_handlers=[*handlers(house), *pages],
        state=State({"troth": troth, **(state or {})}),
        exception_handlers={
            TrothError: refused,
            HTTPException: astray,
            Exception: unexpected,
        },
        openapi_config=None,
        logging_config=None,
        # The threshold reads every body, up to its own limit, before the application is asked.
        request_max_body_size=None,
        debug=False,
    )
    return Threshold(app, house, Shortcuts())
