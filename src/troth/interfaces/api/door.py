"""Who calls: a service key from the ``Authorization`` header, its scope checked at each route."""

from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from troth.app import Troth
from troth.model.acts import Actor
from troth.model.errors import NotProved, Refused

Connection = ASGIConnection[Any, Any, Any, Any]


def scope(name: str) -> Callable[[Connection, BaseRouteHandler], None]:
    """Return a guard that lets in keys that carry a scope. Raises ``NotProved``, ``Refused``."""

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        troth: Troth = connection.app.state.troth
        kind, _, token = connection.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotProved(
                "a service key is needed",
                clause="7.1",
                remedy="send `Authorization: Bearer KEY`; make one with: troth keys make",
            )
        key = troth.access.key(token)
        if name not in key.scopes:
            raise Refused(
                f"this key does not carry the scope `{name}`",
                clause="7.1",
                remedy="make a key with that scope",
            )
        connection.state.actor = key.actor()

    return guard


def actor(connection: Connection) -> Actor:
    """Return who the guard recognised."""
    found: Actor = connection.state.actor
    return found
