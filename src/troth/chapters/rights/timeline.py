"""How far a request is, read from the ledger: received, proved, in hand, longer, answered (9.7)."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.documents.requests.answer import KINDS
from troth.gate import Entry
from troth.model.clock import Moment

TAKEN: Final = "request.taken"
EXTENDED: Final = "request.extended"
REPLIED: Final = "request.replied"
WRITTEN: Final = "request.written"
OPENED: Final = "request.opened"
ACKNOWLEDGED: Final = "request.acknowledged"
ASSIGNED: Final = "request.assigned"
DISCOVERED: Final = "request.discovered"
LEFT_OUT: Final = "request.left_out"
REVIEWED: Final = "request.reviewed"
PROPOSED: Final = "request.proposed"
SENT_BACK: Final = "request.sent_back"
PACKED: Final = "request.packed"
PAUSED: Final = "request.paused"
RESUMED: Final = "request.resumed"
RESIDENCE: Final = "request.residence"
NOT_PROVED: Final = "request.not_proved"
QUOTED: Final = "request.fee_quoted"
ACCEPTED: Final = "request.fee_accepted"
ALARM: Final = "request.alarm"
APPEALED: Final = "request.appealed"
JOINED: Final = "request.joined"
"""Events that the ledger remembers of a request, with its number and no word of it."""
NEGOTIATION: Final = "negotiation"
"""A dispute is a request to negotiate (policy 10.4)."""

LINKED: Final = "linked"
"""Why the duty of a request ends that asks the same as an earlier one, which goes on for both."""

PROVED_BY: Final = "request/"
"""How the fact is called that a request was proved to be its subject's."""

Stage = Literal[
    "received",
    "proved",
    "taken",
    "extended",
    "replied",
    "written",
    "discovered",
    "reviewed",
    "proposed",
    "packed",
    "fee_quoted",
    "fee_accepted",
    "appealed",
    "paused",
    "resumed",
    "settled",
]
STAGES: Final[Mapping[str, Stage]] = {
    TAKEN: "taken",
    REPLIED: "replied",
    WRITTEN: "written",
    DISCOVERED: "discovered",
    REVIEWED: "reviewed",
    PROPOSED: "proposed",
    PACKED: "packed",
    QUOTED: "fee_quoted",
    ACCEPTED: "fee_accepted",
    APPEALED: "appealed",
    PAUSED: "paused",
    RESUMED: "resumed",
}


class Happened(Struct, frozen=True, kw_only=True):
    """One thing that happened to a request.

    ``by`` is the day an answer is due from then on, ``code`` why it takes longer or was refused.
    """

    stage: Stage
    at: Moment
    entry: str
    by: Moment | None = None
    code: str = ""


class Request(Struct, frozen=True, kw_only=True):
    """One request as its subject follows it.

    ``what`` is the kind asked for, ``ground`` that of a deletion; ``state`` one of open, fulfilled,
    denied, expired, revoked; ``by`` the day the answer is due now.
    """

    number: str
    what: str
    ground: str
    received: Moment
    by: Moment
    state: str
    code: str
    steps: tuple[Happened, ...]

    @property
    def proved(self) -> bool:
        """Whether it was proved to be its subject's."""
        return any(step.stage == "proved" for step in self.steps)

    @property
    def ended(self) -> Moment | None:
        """When it was settled; ``None`` while it is open."""
        return next((step.at for step in self.steps if step.stage == "settled"), None)


def requests(trail: Iterable[Entry]) -> list[Request]:
    """Read every request from a subject's trail, newest first."""
    found: dict[str, Request] = {}
    for entry in trail:
        number = str(entry.what.get("duty", ""))
        if entry.kind == "fact.verified":
            number = str(entry.what.get("fact", "")).removeprefix(PROVED_BY)
        if entry.kind == "duty.owed":
            found |= _owed(entry, number, found.get(number))
        elif number in found:
            found[number] = _after(found[number], entry)
    return sorted(found.values(), key=lambda one: (-one.received, one.number))


def same(later: Request, before: Request) -> Request:
    """Return a request that was linked to an earlier one, as far as that one is."""
    own = [step for step in later.steps if step.stage != "settled"]
    ended = [step for step in before.steps if step.stage == "settled"]
    return msgspec.structs.replace(
        later, state=before.state, code=before.code, by=before.by, steps=(*own, *ended)
    )


def _owed(entry: Entry, number: str, known: Request | None) -> dict[str, Request]:
    what, _, ground = str(entry.what.get("what", "")).partition("/")
    by = Moment(int(str(entry.what["by"])))
    if known is not None:
        code = known.code
        longer = Happened(stage="extended", at=entry.at, entry=entry.id, by=by, code=code)
        return {number: _with(known, longer, by=by, code="")}
    if what not in (*KINDS, NEGOTIATION):
        return {}
    steps = [Happened(stage="received", at=entry.at, entry=entry.id, by=by)]
    if entry.by.partition(":")[0] in ("subject", "guardian"):
        # Whoever asks signed in has proved who they are by that.
        steps.append(Happened(stage="proved", at=entry.at, entry=entry.id))
    before = entry.what.get("since")
    asked = Request(
        number=number,
        what=what,
        ground=ground,
        received=Moment(int(str(before))) if before is not None else entry.at,
        by=by,
        state="open",
        code="",
        steps=tuple(steps),
    )
    return {number: asked}


def _after(known: Request, entry: Entry) -> Request:
    if entry.kind == "duty.settled":
        code = str(entry.what.get("code", ""))
        done = Happened(stage="settled", at=entry.at, entry=entry.id, code=code)
        return _with(known, done, state=str(entry.what.get("state", "")), code=code)
    if entry.kind == "fact.verified":
        return _proved(known, entry)
    event = str(entry.what.get("event", ""))
    if event == OPENED and entry.what.get("proved") == "no":
        # Signed in, and not surely enough for what is asked.
        return _without(known, "proved")
    if event == EXTENDED:
        # Why it takes longer is remembered just before the new day it is owed by.
        return _with(known, code=str(entry.what.get("reason", "")))
    stage = STAGES.get(event)
    if stage is None:
        return known
    return _with(known, Happened(stage=stage, at=entry.at, entry=entry.id))


def _proved(known: Request, entry: Entry) -> Request:
    """Note that it was proved who asks; once is enough."""
    if entry.what.get("result") != "verified" or any(s.stage == "proved" for s in known.steps):
        return known
    code = str(entry.what.get("method", ""))
    return _with(known, Happened(stage="proved", at=entry.at, entry=entry.id, code=code))


def _without(known: Request, stage: str) -> Request:
    steps = tuple(step for step in known.steps if step.stage != stage)
    return msgspec.structs.replace(known, steps=steps)


def _with(
    known: Request,
    *steps: Happened,
    by: Moment | None = None,
    state: str = "",
    code: str | None = None,
) -> Request:
    return Request(
        number=known.number,
        what=known.what,
        ground=known.ground,
        received=known.received,
        by=known.by if by is None else by,
        state=state or known.state,
        code=known.code if code is None else code,
        steps=(*known.steps, *steps),
    )
