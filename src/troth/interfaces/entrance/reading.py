"""Pages that anybody may read before anything is asked of them (policy preamble, 10.3).

The first page, the clause board, and the files that pages are made of.
"""

from typing import Final

from litestar import Response
from litestar.exceptions import NotFoundException
from msgspec import Struct

from troth.interfaces.entrance.editions import shelf
from troth.interfaces.pages.page import Call, Page, house, show
from troth.interfaces.pages.static import served

STATUSES: Final = ("kept", "partial", "open")
BAR: Final = 600
"""How wide the board's bar is drawn."""


class Stretch(Struct, frozen=True, kw_only=True):
    """A part of the drawn bar."""

    status: str
    count: int
    start: float
    width: float


def home(request: Call) -> Page:
    """Show three doors: see, choose, delete; and an edition that is still to come."""
    coming = [slot for slot in shelf(request) if slot.state == "next"]
    return show(request, "entrance/home.html", coming=coming)


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
