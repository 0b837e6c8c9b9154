"""Binds addresses to pages; whatever changes something is bound in one way (reliability A4).

Every address that takes a form goes through ``_takes``: the request must come from a page of ours
and carry the form's token before a line of its own work runs.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from litestar import Router, get, post
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import Guard
from msgspec import Struct

from troth.interfaces.http.problems import fault
from troth.interfaces.pages.doors import AFTER, Stranger, Work
from troth.interfaces.pages.forms import from_our_own_page
from troth.interfaces.pages.page import (
    Call,
    Page,
    binding,
    end_session,
    forms,
    go,
    show,
    visitor,
    wrong,
)
from troth.interfaces.pages.taking import Turns, taken
from troth.model.errors import Erased, NotFound, TrothError

Reading = Callable[[Call], Page]


class Addresses(Struct, frozen=True, kw_only=True):
    """The addresses of one room of pages: what is read, and what takes a form of ours.

    ``by_link`` are pairs of both whose form others may send too, because a signed link is all the
    authority it has. ``cookieless`` take a form of ours also from a browser that keeps no cookies:
    where nobody is signed in, that it comes from our own page is all there is to check (3.2).
    """

    read: Sequence[tuple[str, Reading]] = ()
    change: Sequence[tuple[str, Work]] = ()
    cookieless: Sequence[tuple[str, Work]] = ()
    by_link: Sequence[tuple[str, Reading, Reading]] = ()


def bound(rooms: Sequence[Addresses], *, slow: bool) -> list[Router]:
    """Bind every page. What hashes or writes runs in the thread pool, as slow stores do."""
    handlers: list[HTTPRouteHandler] = [
        get(path, sync_to_thread=slow, name=path)(work)
        for room in rooms
        for path, work in room.read
    ]
    turns = Turns()
    handlers += [
        post(path, status_code=200)(_takes(work, turns))
        for room in rooms
        for path, work in room.change
    ]
    handlers += [
        post(path, status_code=200)(_takes(work, turns, always=False))
        for room in rooms
        for path, work in room.cookieless
    ]
    by_link: list[HTTPRouteHandler] = []
    for room in rooms:
        for path, shown, done in room.by_link:
            by_link.append(get(path, sync_to_thread=slow, name=path)(shown))
            by_link.append(post(path, sync_to_thread=True, status_code=200)(done))
    return [_bound(handlers, from_our_own_page), _bound(by_link)]


def _bound(handlers: list[HTTPRouteHandler], *guards: Guard) -> Router:
    return Router(
        "/",
        route_handlers=handlers,
        guards=guards,
        exception_handlers={TrothError: refused, HTTPException: lost, Exception: broken},
        include_in_schema=False,
    )


def _takes(
    work: Work, turns: Turns, *, always: bool = True
) -> Callable[..., Coroutine[Any, Any, Page]]:
    """Return a handler that reads a form, checks its token, and only then does the work.

    Unless ``always``, a browser without a session needs no token: there is nobody to act for.
    """

    async def handle(request: Call) -> Page:
        form = await taken(request)
        if always or visitor(request):
            forms(request).check(binding(request), form)
        return await turns.work(work, request, form)

    return handle


# --- what went wrong ---------------------------------------------------------------------------


def refused(request: Call, error: TrothError) -> Page:
    """Answer an error of the house as a page; who is not signed in is asked to sign in."""
    path = request.url.path
    if isinstance(error, Stranger | Erased):
        end_session(request)
        if path.startswith("/desk"):
            return go(request, "/desk/sign-in")
        return go(request, f"/sign-in?to={path}" if path in AFTER else "/sign-in")
    return wrong(request, error)


def lost(request: Call, error: HTTPException) -> Page:
    """Answer an address that leads nowhere, or a form that is none."""
    if error.status_code == 404:
        return wrong(request, NotFound())
    return show(request, "lost.html", status=error.status_code, place="/")


def broken(request: Call, error: Exception) -> Page:
    """Answer a fault of ours without telling anything of it; the log has its kind and place."""
    fault(error)
    return show(request, "lost.html", status=500, place="/")
