"""The open books over HTTP: the policy, the ledger, the clause board; and how the service is.

Everything here may be read by anybody: it holds no personal data. Tiles, bundles and checkpoints
have the addresses of C2SP tlog-tiles, so outside verifiers and witnesses work unchanged.
"""

from typing import Any, Final

import msgspec
from litestar import Request, Response

from troth.app import Troth
from troth.interfaces.api.pages import MOST, page
from troth.model.clock import iso
from troth.model.errors import BadInput, NotFound
from troth.model.terms import Region

Call = Request[Any, Any, Any]
TEXT: Final = "text/plain; charset=utf-8"
TILE: Final = "application/octet-stream"


def _troth(request: Call) -> Troth:
    troth: Troth = request.app.state.troth
    return troth


def _log(request: Call, region: str) -> Any:
    rooms = _troth(request).gate.regions.get(Region(region))
    if rooms is None:
        raise NotFound(f"this instance has no region `{region}`")
    return rooms.log


def policy(request: Call) -> dict[str, Any]:
    """Return the edition in force, text and meaning, with its hash."""
    edition = _troth(request).gate.policy().edition
    return {"hash": edition.hash, "edition": msgspec.to_builtins(edition)}


def editions(request: Call) -> list[dict[str, Any]]:
    """List the published editions, their hashes and dates of effect."""
    return [msgspec.to_builtins(edition) for edition in _troth(request).gate.editions()]


def clauses(request: Call) -> dict[str, Any]:
    """Return the clause board: which rows are kept, by what, and how that is tested."""
    found: dict[str, Any] = msgspec.to_builtins(_troth(request).evidence.board())
    return found


def checkpoint(request: Call, region: str) -> Response[str]:
    """Return the signed head of a region's ledger (C2SP tlog-checkpoint)."""
    return Response(_log(request, region).latest(), media_type=TEXT)


def entries(request: Call, region: str, limit: int = 100, cursor: str = "") -> dict[str, Any]:
    """Return integrated entries in order, a page at a time."""
    if not 0 < limit <= MOST:
        raise BadInput(f"a page has 1 to {MOST} entries", field="limit")
    pages, log = request.app.state.pages, _log(request, region)
    start = pages.read(cursor, of=f"ledger/{region}") if cursor else 0
    leaves = [msgspec.json.decode(leaf) for leaf in log.entries(start, limit)]
    more = start + len(leaves) < log.size()
    following = pages.after(start + len(leaves), of=f"ledger/{region}") if more else None
    return page(leaves, following)


def proof(request: Call, region: str, entry: str) -> dict[str, Any]:
    """Prove that an entry stands in the ledger (RFC 6962 inclusion proof)."""
    found: dict[str, Any] = msgspec.to_builtins(_troth(request).gate.prove(Region(region), entry))
    return found


def consistency(request: Call, region: str, old: int, new: int) -> list[str]:
    """Prove that an earlier head is a prefix of a later one; hashes in base64."""
    hashes: list[str] = msgspec.to_builtins(_log(request, region).consistency(old, new))
    return hashes


def alive() -> dict[str, str]:
    """Answer as long as the process runs."""
    return {"status": "alive"}


def ready(request: Call) -> Response[dict[str, Any]]:
    """Answer whether every store can be read and a policy is in force."""
    troth = _troth(request)
    stores = {name: bool(rooms.store.query("SELECT 1")) for name, rooms in troth.gate.regions.items()}
    edition = troth.gate.policy().edition.hash
    return Response({"status": "ready", "stores": stores, "edition": edition})


def metrics(request: Call) -> Response[str]:
    """Return figures in Prometheus' text format; none of them is about anybody."""
    troth = _troth(request)
    lines = ["# TYPE troth_ledger_entries gauge"]
    waiting = ["# TYPE troth_outbox_parcels gauge"]
    for region, rooms in troth.gate.regions.items():
        lines.append(f'troth_ledger_entries{{region="{region}"}} {rooms.log.size()}')
        for state, count in rooms.courier.waiting().items():
            waiting.append(f'troth_outbox_parcels{{region="{region}",state="{state}"}} {count}')
    served = ["# TYPE troth_requests_total counter"]
    for (method, status), count in sorted(request.app.state.served.items()):
        served.append(f'troth_requests_total{{method="{method}",status="{status}"}} {count}')
    return Response("\n".join([*lines, *waiting, *served]) + "\n", media_type=TEXT)


def security_txt(request: Call) -> Response[str]:
    """Say whom to write to about a hole (RFC 9116)."""
    troth = _troth(request)
    contact = troth.gate.policy().edition.controller.contact
    expires = iso(troth.in_a_year())
    return Response(f"Contact: mailto:{contact}\nExpires: {expires}\n", media_type=TEXT)
