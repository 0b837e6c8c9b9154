"""The addresses of programs that ask for people, and of the page that stops them (9.7, 11.3b)."""

from collections.abc import Callable
from typing import Any, Final

from litestar import Request, Response, Router, delete, get, post
from litestar.handlers import HTTPRouteHandler

from troth.interfaces.agents import opendsr, stopping
from troth.interfaces.agents import rights_protocol as drp
from troth.interfaces.pages.binding import Addresses
from troth.model.errors import TrothError

Work = Callable[[Request[Any, Any, Any]], Response[Any]]
POWERS: Final = Addresses(by_link=((stopping.PLACE, stopping.stop_form, stopping.stop),))
"""What people see."""


def agents_router() -> Router:
    """Bind the Data Rights Protocol. All of it writes or checks signatures, in the thread pool."""
    return _bound(
        [
            _get(drp.METADATA, drp.metadata),
            _post(drp.PLACE, drp.exercise),
            _get(drp.ONE, drp.status),
            delete(drp.ONE, sync_to_thread=True, status_code=200)(drp.revoke),
            _post(drp.AGENT, drp.pair),
            _get(drp.AGENT, drp.known),
        ],
        drp.declined,
    )


def controllers_router() -> Router:
    """Bind OpenDSR 2.0."""
    return _bound(
        [
            _get(opendsr.DISCOVERY, opendsr.discovery),
            _get(opendsr.CERTIFICATE, opendsr.certificate),
            _post(opendsr.REQUESTS, opendsr.take),
            _get(opendsr.ONE, opendsr.status),
            delete(opendsr.ONE, sync_to_thread=True, status_code=202)(opendsr.cancel),
        ],
        opendsr.declined,
    )


def _get(path: str, work: Work) -> HTTPRouteHandler:
    return get(path, sync_to_thread=True)(work)


def _post(path: str, work: Work) -> HTTPRouteHandler:
    return post(path, sync_to_thread=True, status_code=200)(work)


def _bound(
    handlers: list[HTTPRouteHandler],
    declined: Callable[[Request[Any, Any, Any], TrothError], Response[Any]],
) -> Router:
    return Router(
        "/",
        route_handlers=handlers,
        exception_handlers={TrothError: declined},
        include_in_schema=False,
    )
