"""The HTTP service: the API, the privacy centre and the desk on one address (policy 7.1).

Nothing listens beyond loopback unless told to. Every answer carries headers that forbid framing,
inline script, sniffing and referrers; nothing is cached that could be about a person.
"""

from collections import Counter
from typing import Any, Final

import uvicorn
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin

from troth.app import Troth
from troth.interfaces.api.limits import Limits
from troth.interfaces.api.pages import Pages
from troth.interfaces.api.problems import refused, unexpected, unroutable
from troth.interfaces.api.routes import handlers
from troth.interfaces.centre.forms import Forms
from troth.interfaces.centre.routes import centre, lost
from troth.model.errors import TrothError
from troth.model.secret import Secret
from troth.model.terms import SubjectId

POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self';"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "geolocation=(), camera=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}
HSTS: Final = "max-age=31536000; includeSubDomains"


class Texts(OpenAPISchemaPlugin):
    """Tell OpenAPI that ids and secrets travel as text."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:
        """Say whether a type is one of ours."""
        return value in (Secret, SubjectId)

    def to_openapi_schema(self, field_definition: Any, schema_creator: Any) -> Schema:
        """Describe it as a string."""
        del schema_creator
        secret = field_definition.annotation is Secret
        return Schema(type="string", format="password" if secret else "subject-id")  # type: ignore[arg-type]  # litestar's own enum stands for the same text


def application(troth: Troth) -> Any:
    """Build the ASGI application of one instance."""
    served: Counter[tuple[str, int]] = Counter()

    def after_request(response: Response[Any]) -> Response[Any]:
        response.headers.update(HEADERS)
        response.headers.setdefault("cache-control", "no-store")
        if troth.settings.server.secure:
            response.headers["strict-transport-security"] = HSTS
        return response

    def after_response(request: Request[Any, Any, Any]) -> None:
        served[request.method, request.scope.get("state", {}).get("status", 200)] += 1

    app = Litestar(
        route_handlers=[*handlers(slow=troth.slow), *centre(troth), openapi_json],
        state=State(
            {
                "troth": troth,
                "pages": Pages(troth.token_key),
                "forms": Forms(troth.token_key),
                "served": served,
            }
        ),
        exception_handlers={
            TrothError: refused,
            HTTPException: astray,
            Exception: unexpected,
        },
        after_request=after_request,
        after_response=after_response,
        type_encoders={SubjectId: str, Secret: Secret.reveal_raw},
        type_decoders=[
            (lambda kind: kind is Secret, lambda kind, value: kind(value)),
            (lambda kind: kind is SubjectId, lambda kind, value: kind(value)),
        ],
        plugins=[Texts()],
        openapi_config=OpenAPIConfig(title="Troth", version="1", path="/openapi"),
        request_max_body_size=troth.settings.server.max_body,
        debug=False,
    )
    server = troth.settings.server
    return Limits(
        app,
        clock=troth.clock,
        max_body=server.max_body,
        per_minute=server.requests_per_minute,
        proxies=server.trusted_proxies,
    )


def astray(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer what leads nowhere: a page for a browser, a problem document for a program."""
    browsing = "text/html" in request.headers.get("accept", "")
    if browsing and not request.url.path.startswith("/v1"):
        return lost(request, error)
    return unroutable(request, error)


@get("/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi_json(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Return the API's own description (OpenAPI 3.1)."""
    return request.app.openapi_schema.to_schema()


def serve(troth: Troth, host: str, port: int) -> None:
    """Serve until interrupted, with time limits on idle connections and no access log."""
    uvicorn.run(
        application(troth),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=10,
        h11_max_incomplete_event_size=64 * 1024,
        limit_concurrency=1024,
        server_header=False,
        http="httptools",
        loop="uvloop",
        lifespan="off",
    )
