"""Acts, decisions and subjects over HTTP: ask, perform, and what may be known of somebody.

Handlers are plain functions, inline for SQLite (microseconds) and in the thread pool for a server;
``routes`` binds them with the scope a service key needs.
"""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response
from litestar.params import Parameter

from troth.app import Troth
from troth.interfaces.api.bodies import Ending, Newcomer, Question, Reading, Sought, Told, Wish
from troth.interfaces.api.door import actor
from troth.interfaces.api.pages import MOST, page
from troth.model.acts import (
    AcceptTerms,
    Act,
    Actor,
    ConsentGiven,
    ConsentRefused,
    Erase,
    Find,
    Object,
    ObjectionLifted,
    Use,
)
from troth.model.errors import BadInput
from troth.model.terms import SubjectId

Call = Request[Any, Any, Any]
Once = Annotated[str, Parameter(header="Idempotency-Key", max_length=200)]
Limit = Annotated[int, Parameter(ge=1, le=MOST)]

_OWN: Final = (AcceptTerms, ConsentGiven, ConsentRefused, Object, ObjectionLifted)


def _troth(request: Call) -> Troth:
    troth: Troth = request.app.state.troth
    return troth


def _speaking(request: Call, acts: list[Any], *, on_behalf: bool) -> Actor:
    """Tell who speaks: the program, or the person through it."""
    by = actor(request)
    if on_behalf:
        return msgspec.structs.replace(by, kind="subject", assurance=1)
    if any(isinstance(act, _OWN) for act in acts):
        raise BadInput(
            "acceptance, consent and objection are the person's own words",
            clause="9.3",
            remedy="send `on_behalf: true` when the person said so in your program",
        )
    return by


def _done(request: Call, *acts: Act, by: Actor, once: str = "") -> Told:
    outcome = _troth(request).gate.perform(*acts, by=by, key=once)
    return Told(
        at=outcome.at,
        entries=outcome.entries,
        values={name: value.reveal() for name, value in outcome.values.items()},
        found=outcome.found,
        replies=msgspec.to_builtins(outcome.replies),
        certificate=msgspec.to_builtins(outcome.certificate),
        replayed=outcome.replayed,
    )


def decide(request: Call, data: Question) -> list[dict[str, Any]]:
    """Say what the policy would decide; nothing is done and nothing recorded."""
    by = _speaking(request, data.acts, on_behalf=data.on_behalf)
    decisions = _troth(request).gate.ask(*data.acts, by=by)
    return [msgspec.to_builtins(decision) for decision in decisions]


def perform(request: Call, data: Wish, once: Once = "") -> Told:
    """Do acts, all or none. ``Idempotency-Key`` makes asking twice safe."""
    by = _speaking(request, data.acts, on_behalf=data.on_behalf)
    return _done(request, *data.acts, by=by, once=once)


def newcomer(request: Call, data: Newcomer) -> dict[str, str]:
    """Draw an id in the region that keeps people who live there; nothing is kept yet."""
    return {"subject": _troth(request).gate.new_subject(data.residence)}


def find(request: Call, data: Sought) -> Told:
    """Find a subject by a value that stands in the blind index."""
    act = Find(subject=None, field=data.field, value=data.value, purpose=data.purpose)
    return _done(request, act, by=actor(request))


def read(request: Call, subject: str, data: Reading) -> Told:
    """Open fields for a purpose; recorded before they are released."""
    act = Use(subject=SubjectId(subject), fields=data.fields, purpose=data.purpose)
    return _done(request, act, by=actor(request))


def standing(request: Call, subject: str) -> dict[str, Any]:
    """Return what a subject has said, what is restricted and held, and what we owe."""
    found: dict[str, Any] = msgspec.to_builtins(_troth(request).gate.standing(SubjectId(subject)))
    found.pop("pseudonym")
    return found


def consents(request: Call, subject: str) -> dict[str, Any]:
    """Return the last word on each consent."""
    kept = _troth(request).gate.standing(SubjectId(subject)).consents
    return {
        key: {"state": said.state, "at": said.at, "expires": said.expires, "entry": said.entry}
        for key, said in kept.items()
    }


def inventory(request: Call, subject: str) -> list[dict[str, Any]]:
    """Say what is held, why, until when and with whom it is shared; no values."""
    holdings = _troth(request).gate.inventory(SubjectId(subject))
    return [msgspec.to_builtins(holding) for holding in holdings]


def trail(request: Call, subject: str, limit: Limit = 100, cursor: str = "") -> dict[str, Any]:
    """Return who did what with a subject's data, when and under which clauses; oldest first."""
    pages = request.app.state.pages
    start = pages.read(cursor, of=subject) if cursor else 0
    entries = _troth(request).gate.trail(SubjectId(subject))
    items = [msgspec.to_builtins(entry) for entry in entries[start : start + limit]]
    more = start + limit < len(entries)
    return page(items, pages.after(start + limit, of=subject) if more else None)


def export(request: Call, subject: str) -> Response[bytes]:
    """Give a copy in a portable format: zip of JSON, CSV and a manifest with checksums."""
    copy = _troth(request).rights.copy(SubjectId(subject), by=actor(request))
    headers = {"content-disposition": 'attachment; filename="copy.zip"'}
    return Response(copy.archive.reveal_raw(), media_type="application/zip", headers=headers)


def erase(request: Call, subject: str, data: Ending, once: Once = "") -> dict[str, Any]:
    """Show the plan (``dry_run``), or erase what no law holds; returns the certificate."""
    gate = _troth(request).gate
    who = SubjectId(subject)
    plan = gate.erasure_plan(who, data.fields)
    told: dict[str, Any] = {"plan": [msgspec.to_builtins(fate) for fate in plan]}
    if data.dry_run:
        return told
    free = tuple(fate.field for fate in plan if fate.action == "erase")
    everything = data.fields == ("*",) and len(free) == len(plan)
    act = Erase(subject=who, fields=data.fields if everything else free, ground=data.ground)
    return told | msgspec.to_builtins(_done(request, act, by=actor(request), once=once))
