"""Errors as ``application/problem+json`` (RFC 9457): what happened, why (the clause), what to do.

Every problem names a clause and a remedy. None repeats a value that was sent. What goes wrong on
our side is told to nobody but the log, and that gets its kind and place, never its message.
"""

import logging
import traceback
from pathlib import PurePath
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from troth.interfaces.http.codec import encode
from troth.model.errors import Refused, TrothError

MEDIA: Final = "application/problem+json"
LOG: Final = logging.getLogger("troth.api")
AGAIN: Final = "try again later; if it stays, tell whoever runs this service"
# For errors that name no clause or remedy of their own. What no address declares is P.1; the
# service's defences and its own faults are 7.1.
CLAUSES: Final = {401: "7.1d", 403: "7.1d", 404: "P.1", 405: "P.1", 422: "7.2c", 429: "7.1c"}
REMEDIES: Final = {
    401: "send a service key: `Authorization: Bearer KEY`; make one with: troth keys make",
    403: "see the clause; what a service key may do is its scopes and purposes",
    404: "see /openapi.json for every address; use an id as it was given",
    405: "see /openapi.json for what this address takes",
    409: "look at what is there, then decide",
    410: "stop asking: an erasure is not undone",
    422: "see /openapi.json for what this address takes",
    429: "wait as long as `Retry-After` says",
    503: "try again in a moment",
    507: "free space on the disk that holds the instance",
}
TITLES: Final = {
    400: "this request is not well formed",
    404: "there is nothing at this address",
    405: "this address does not take that method",
}


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened, the clause that says why, and what to do.

    ``missing`` are the consent keys that would open the way, ``field`` is the place that is wrong,
    ``retry_after`` is in seconds.
    """

    type: str
    title: str
    status: int
    code: str
    clause: str
    remedy: str
    field: str = ""
    missing: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    edition: str = ""
    retry_after: int = 0

    def headers(self) -> dict[str, str]:
        """Return the headers that the answer with this problem carries."""
        told = {"content-type": MEDIA}
        if self.status == 401:
            told["www-authenticate"] = "Bearer"
        if self.retry_after:
            told["retry-after"] = str(self.retry_after)
        return told


def problem(error: TrothError) -> Problem:
    """Return an error of the house as a problem; the log has kind and place of a fault of ours."""
    if error.status >= 500:
        LOG.error("%s at %s", error.code, place(error))
    decision = error.decision if isinstance(error, Refused) else None
    return Problem(
        type=f"urn:troth:problem:{error.code}",
        title=error.message,
        status=error.status,
        code=error.code,
        clause=error.clause or CLAUSES.get(error.status, "7.1"),
        remedy=error.remedy or REMEDIES.get(error.status, AGAIN),
        field=error.field,
        missing=tuple(getattr(decision, "missing", ())),
        rules=tuple(getattr(decision, "rules", ())),
        edition=str(getattr(decision, "edition", "")),
        retry_after=int(getattr(error, "retry_after", 0)),
    )


def fault(error: BaseException) -> Problem:
    """Return a fault of ours as a problem that says nothing of it; the log has kind and place."""
    LOG.error("unexpected %s at %s", type(error).__name__, place(error))
    return FAULT


def place(error: BaseException) -> str:
    """Say where an error was raised, as ``file:line``."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "nowhere"


def _plain(status: int, code: str, title: str) -> Problem:
    return Problem(
        type=f"urn:troth:problem:{code}",
        title=title,
        status=status,
        code=code,
        clause=CLAUSES.get(status, "7.1"),
        remedy=REMEDIES.get(status, AGAIN),
    )


FAULT: Final = _plain(500, "error", "something went wrong on our side")


# --- what the web layer calls ------------------------------------------------------------------


def refused(_: Request[Any, Any, Any], error: TrothError) -> Response[bytes]:
    """Answer an error of the house: its code and status, clause, remedy and field."""
    return _answer(problem(error))


def unroutable(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what leads nowhere: an unknown address, a method that an address does not take."""
    status = error.status_code
    title = TITLES.get(status, "this request cannot be answered")
    given = _answer(_plain(status, f"http_{status}", title))
    for name, value in (error.headers or {}).items():
        if name.lower() == "allow":
            given.headers["allow"] = value
    return given


def unexpected(_: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer a fault of ours."""
    return _answer(fault(error))


def _answer(told: Problem) -> Response[bytes]:
    return Response(encode(told), status_code=told.status, media_type=MEDIA, headers=told.headers())
