"""The addresses of the centre; whatever changes something is bound in one way (reliability A4).

Every address that takes a form goes through ``_takes``: the request must come from a page of ours
and carry the form's token before a line of its own work runs.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final

from litestar import Router, get, post
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body
from litestar.types import Guard

from troth.app import Troth
from troth.interfaces.centre import (
    asking,
    consents,
    correcting,
    desk,
    identity,
    leaving,
    looking,
    mine,
    reading,
    register,
    signing,
)
from troth.interfaces.centre.doors import Stranger, Work
from troth.interfaces.centre.forms import Form, from_our_own_page
from troth.interfaces.centre.page import (
    Call,
    Page,
    binding,
    end_session,
    forms,
    go,
    show,
    wrong,
)
from troth.model.errors import Erased, NotFound, TrothError

Sent = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]

READ: Final[tuple[tuple[str, Callable[[Call], Page]], ...]] = (
    ("/", reading.home),
    ("/policy", reading.policy),
    ("/policy/collected", reading.collected),
    ("/policy/shared", reading.shared),
    ("/policy/changes", reading.changes),
    ("/cookies", reading.cookies),
    ("/clauses", reading.board),
    ("/clauses/{name:str}", reading.clause),
    ("/static/{name:str}", reading.asset),
    ("/register", register.form),
    ("/registration", register.form),
    ("/sign-in", signing.form),
    ("/sign-in/code", signing.code_form),
    ("/recover", signing.recovery_form),
    ("/me", mine.mine),
    ("/me/correct", correcting.form),
    ("/me/contact", correcting.contact_form),
    ("/me/password", signing.password_form),
    ("/me/trail", looking.trail),
    ("/me/consents", consents.consents),
    ("/me/consents/receipt", consents.receipt),
    ("/me/copy", leaving.copy_form),
    ("/me/requests", asking.requests),
    ("/me/realname", identity.form),
    ("/me/cancel", leaving.plan),
    ("/me/sessions", signing.sessions),
    ("/desk", desk.desk),
    ("/desk/sign-in", desk.sign_in_form),
)
CHANGE: Final[tuple[tuple[str, Work], ...]] = (
    ("/register", register.begin),
    ("/register/codes", register.finish),
    ("/sign-in", signing.sign_in),
    ("/sign-in/code", signing.send_code),
    ("/sign-in/enter", signing.sign_in_with_code),
    ("/recover", signing.send_recovery),
    ("/recover/code", signing.recover),
    ("/sign-out", signing.sign_out),
    ("/me/show", mine.show_values),
    ("/me/correct", correcting.correct),
    ("/me/contact", correcting.send_contact_code),
    ("/me/contact/code", correcting.bind),
    ("/me/password", signing.change_password),
    ("/me/consents", consents.say),
    ("/me/copy", leaving.take_copy),
    ("/me/requests", asking.ask),
    ("/me/realname", identity.verify),
    ("/me/cancel", leaving.cancel),
    ("/me/sessions", signing.end_one),
    ("/desk/sign-in", desk.sign_in),
    ("/desk", desk.look),
)

STOP: Final = "/stop/{token:str}"


def centre(troth: Troth) -> list[Router]:
    """Bind every page. What hashes or writes runs in the thread pool, as slow stores do."""
    handlers: list[HTTPRouteHandler] = [
        get(path, sync_to_thread=troth.slow, name=path)(work) for path, work in READ
    ]
    handlers += [
        post(path, sync_to_thread=True, status_code=200)(_takes(work)) for path, work in CHANGE
    ]
    # The one form that mail programs send too: its link is signed, and is all the authority it has.
    by_link = [
        get(STOP, sync_to_thread=troth.slow)(consents.stop_form),
        post(STOP, sync_to_thread=True, status_code=200)(consents.stop),
    ]
    return [_bound(handlers, from_our_own_page), _bound(by_link)]


def _bound(handlers: list[HTTPRouteHandler], *guards: Guard) -> Router:
    return Router(
        "/",
        route_handlers=handlers,
        guards=guards,
        exception_handlers={TrothError: refused, HTTPException: lost, Exception: broken},
        include_in_schema=False,
    )


def _takes(work: Work) -> Callable[..., Page]:
    """Return a handler that reads a form, checks its token, and only then does the work."""

    def handle(request: Call, data: Sent) -> Page:
        form = Form(data)
        forms(request).check(binding(request), form)
        return work(request, form)

    return handle


# --- what went wrong ---------------------------------------------------------------------------


def refused(request: Call, error: TrothError) -> Page:
    """Answer an error of the house as a page; who is not signed in is asked to sign in."""
    path = request.url.path
    if isinstance(error, Stranger | Erased):
        end_session(request)
        if path.startswith("/desk"):
            return go(request, "/desk/sign-in")
        return go(request, f"/sign-in?to={path}" if path in signing.AFTER else "/sign-in")
    return wrong(request, error)


def lost(request: Call, error: HTTPException) -> Page:
    """Answer an address that leads nowhere, or a form that is none."""
    if error.status_code == 404:
        return wrong(request, NotFound())
    return show(request, "lost.html", status=error.status_code, place="/")


def broken(request: Call, error: Exception) -> Page:
    """Answer a fault of ours without telling anything of it; the log has its kind and place."""
    request.logger.error("unexpected %s at %s", type(error).__name__, request.route_handler)
    return show(request, "lost.html", status=500, place="/")
