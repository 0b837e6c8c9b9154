"""How applications are answered and refused: the words of OAuth 2.0 and OpenID Connect (RFC 6749).

A program is told an error's code and a sentence; nothing of what it sent is repeated. A person is
led back only to an address that was entered for the application, with the issuer's name beside
every answer, so that an application cannot be fed another provider's (RFC 9207).
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from litestar import Request, Response
from msgspec import json

from troth.interfaces.http.problems import refused
from troth.interfaces.oidc.provider import Provider
from troth.model.errors import BadInput, NotFound, NotProved, TooMany, TrothError

STATE: Final = "provider"
PACE: Final = "applications_pace"
"""Under which names the web layer keeps the provider, and how often an application may call."""
JSON: Final = "application/json"
KEPT_NOWHERE: Final = {"cache-control": "no-store", "pragma": "no-cache"}
ALLOWED: Final = "GET, POST, OPTIONS"
EVERYBODY: Final = {"access-control-allow-origin": "*"}


class ProtocolError(TrothError):
    """the request cannot be served.

    ``error`` is the code that programs know; ``http`` the status where it is told to a program.
    """

    code = "declined"
    status = 400

    def __init__(self, error: str, message: str, *, http: int = 400) -> None:
        super().__init__(message)
        self.error = error
        self.http = http


def invalid(message: str) -> ProtocolError:
    """Return the refusal of a request that is not well formed."""
    return ProtocolError("invalid_request", message)


def unknown_client() -> ProtocolError:
    """Return the refusal of a program that does not prove to be an application."""
    return ProtocolError(
        "invalid_client", "the application is not known, or proved nothing", http=401
    )


# --- to programs -------------------------------------------------------------------------------


def told(
    answer: object, *, status: int = 200, headers: Mapping[str, str] = KEPT_NOWHERE
) -> Response[bytes]:
    """Answer a program with JSON that nobody keeps, unless ``headers`` say otherwise."""
    return Response(json.encode(answer), status_code=status, media_type=JSON, headers={**headers})


def declined(request: Request[Any, Any, Any], error: TrothError) -> Response[Any]:
    """Answer a program with an error it knows; what concerns our own threshold stays a problem."""
    if isinstance(error, TooMany):
        return refused(request, error)
    known = error if isinstance(error, ProtocolError) else _translated(error)
    if known is None:
        return refused(request, error)
    headers = dict(KEPT_NOWHERE)
    if known.http == 401:
        headers["www-authenticate"] = _challenge(request, known)
    answer = {"error": known.error, "error_description": known.message}
    return told(answer, status=known.http, headers=headers)


def _translated(error: TrothError) -> ProtocolError | None:
    if isinstance(error, NotProved):
        return ProtocolError("invalid_grant", error.message)
    if isinstance(error, BadInput):
        code = "invalid_scope" if error.field == "scope" else "invalid_request"
        return ProtocolError(code, error.message)
    return None


def _challenge(request: Request[Any, Any, Any], error: ProtocolError) -> str:
    if error.error == "invalid_token":
        return f'Bearer error="invalid_token", error_description="{error.message}"'
    sent = request.headers.get("authorization", "")
    return 'Basic realm="applications"' if sent.lower().startswith("basic") else "Bearer"


def shared(
    request: Request[Any, Any, Any], answer: Response[Any], origins: frozenset[str]
) -> Response[Any]:
    """Let scripts of some origins read an answer; nothing of it depends on a cookie."""
    origin = request.headers.get("origin", "")
    answer.headers["vary"] = "Origin"
    if origin in origins:
        answer.headers["access-control-allow-origin"] = origin
        answer.headers["access-control-allow-methods"] = ALLOWED
        answer.headers["access-control-allow-headers"] = "authorization, content-type"
        answer.headers["access-control-max-age"] = "600"
    return answer


# --- with a person, back to the application ----------------------------------------------------


def address_with(address: str, **words: str) -> str:
    """Return an address with some words in its query; those that are empty are left out.

    >>> address_with("https://a.example/back?x=1", code="c", state="")
    'https://a.example/back?x=1&code=c'
    """
    query = urlencode({name: word for name, word in words.items() if word})
    if not query:
        return address
    return f"{address}{'&' if urlsplit(address).query else '?'}{query}"


# --- whose they are ----------------------------------------------------------------------------


def provider(request: Request[Any, Any, Any]) -> Provider:
    """Return the provider that serves a request. Raises ``NotFound`` where there is none."""
    found: Provider = getattr(request.app.state, STATE)
    if not found.issuer:
        raise NotFound(
            "there is no sign-in for applications here", remedy="set `origin` under [server]"
        )
    return found
