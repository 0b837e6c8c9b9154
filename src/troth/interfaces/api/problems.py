"""Errors as ``application/problem+json`` (RFC 9457): what happened, why (the clause), what to do."""

from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from troth.model.errors import Refused, TrothError

MEDIA: Final = "application/problem+json"


def problem(status: int, code: str, title: str, **more: object) -> Response[dict[str, Any]]:
    """Build a problem document; empty parts are left out."""
    body = {"type": f"urn:troth:problem:{code}", "title": title, "status": status, "code": code}
    body |= {name: value for name, value in more.items() if value}
    return Response(body, status_code=status, media_type=MEDIA)


def refused(_: Request[Any, Any, Any], error: TrothError) -> Response[dict[str, Any]]:
    """Answer an error of the house: its code and status, clause, remedy and field."""
    decision = error.decision if isinstance(error, Refused) else None
    return problem(
        error.status,
        error.code,
        error.message,
        clause=error.clause,
        remedy=error.remedy,
        field=error.field,
        missing=list(getattr(decision, "missing", ())),
        rules=list(getattr(decision, "rules", ())),
        edition=getattr(decision, "edition", ""),
    )


def malformed(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """Answer what the web layer refused: unknown paths, malformed bodies, missing keys."""
    extra = error.extra if isinstance(error, ValidationException) else None
    return problem(
        error.status_code,
        f"http_{error.status_code}",
        error.detail,
        errors=extra,
        remedy="see /openapi.json for what this address takes",
    )


def unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Answer a fault of ours without telling anything of it; the log has its kind and place."""
    if request.logger:
        request.logger.error("unexpected %s at %s", type(error).__name__, request.route_handler)
    return problem(500, "error", "something went wrong on our side", remedy="try again later")
