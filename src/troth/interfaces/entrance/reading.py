"""Pages that anybody may read before anything is asked of them (policy preamble, 3.1, 10.2, 11.4).

The policy by section with its bold passages, the two lists that are made from its rules (what is
collected, who receives it), what the last edition changed, the cookie register, the clause board.
"""

from typing import Any, Final

from litestar import Response
from litestar.exceptions import NotFoundException
from msgspec import Struct

from troth.interfaces.pages.page import Call, Page, document, house, show
from troth.interfaces.pages.static import served
from troth.model.clock import Moment

STATUSES: Final = ("kept", "partial", "open")
BAR: Final = 600
"""How wide the board's bar is drawn."""


class Made(Struct, frozen=True, kw_only=True):
    """A field of the list of collection with every purpose it is collected for."""

    field: str
    sensitive: bool
    optional: bool
    purposes: tuple[Any, ...]


class Stretch(Struct, frozen=True, kw_only=True):
    """A part of the drawn bar."""

    status: str
    count: int
    start: float
    width: float


def home(request: Call) -> Page:
    """Show three doors: see, choose, delete."""
    return show(request, "entrance/home.html")


def policy(request: Call) -> Page:
    """Show the whole text in force, in the language asked for."""
    hosts = tuple(
        host
        for service in house(request).gate.policy().edition.services.values()
        for host in service.hosts
    )
    return show(
        request,
        "entrance/policy.html",
        document=document(request),
        hosts=hosts,
        earlier=_earlier(request),
    )


def collected(request: Call) -> Page:
    """Show the list of collection: what, for which purpose, on which basis."""
    rows: dict[str, list[Any]] = {}
    for row in document(request).collection:
        rows.setdefault(row.field, []).append(row)
    made = [
        Made(
            field=field,
            sensitive=kept[0].sensitive,
            optional=kept[0].optional,
            purposes=tuple(kept),
        )
        for field, kept in rows.items()
    ]
    return show(request, "entrance/collected.html", rows=made)


def shared(request: Call) -> Page:
    """Show the list of sharing: who may receive what, for which purpose."""
    rows: dict[str, list[Any]] = {}
    for row in document(request).sharing:
        rows.setdefault(row.recipient, []).append(row)
    return show(request, "entrance/shared.html", rows=rows)


def changes(request: Call) -> Page:
    """Show what the edition in force changed, in meaning and in words."""
    earlier = _earlier(request)
    changed = house(request).changed(earlier) if earlier is not None else None
    editions = house(request).gate.editions()
    return show(request, "entrance/changes.html", changed=changed, editions=editions)


def _earlier(request: Call) -> Moment | None:
    """Return a moment at which the edition before the present one was in force, if any was."""
    gate = house(request).gate
    now = gate.policy().edition.hash
    before: Moment | None = None
    for slot in gate.editions():
        if slot.hash == now:
            return before
        before = slot.effective
    return None


def cookies(request: Call) -> Page:
    """Show every cookie that is set, with purpose and life; whether it is needed."""
    return show(request, "entrance/cookies.html")


def board(request: Call) -> Page:
    """Show the clause board: which clauses are kept, and by what."""
    found = house(request).evidence.board()
    wanted = request.query_params.get("status", "")
    rows = [row for row in found.rows if wanted not in STATUSES or row.status == wanted]
    return show(
        request,
        "entrance/board.html",
        board=found,
        rows=rows,
        wanted=wanted if wanted in STATUSES else "",
        bar=_bar(found.counts),
        bar_width=BAR,
    )


def _bar(counts: dict[str, int]) -> list[Stretch]:
    scale = BAR / max(1, sum(counts.values()))
    drawn: list[Stretch] = []
    start = 0.0
    for status in STATUSES:
        width = round(counts[status] * scale, 1)
        drawn.append(Stretch(status=status, count=counts[status], start=start, width=width))
        start += width
    return drawn


def clause(request: Call) -> Page:
    """Show one clause: its text, what keeps it, its tests, and ledger entries that prove it."""
    evidence, name = house(request).evidence, str(request.path_params["name"])
    return show(
        request, "entrance/clause.html", row=evidence.row(name), proofs=evidence.proofs(name)
    )


def asset(request: Call) -> Page:
    """Give one of the centre's own files, by its name and nothing else."""
    found = served().get(str(request.path_params["name"]))
    if found is None:
        raise NotFoundException
    headers = {"cache-control": "public, max-age=31536000, immutable", "etag": found.tag}
    return Response(found.data, media_type=found.media, headers=headers)
