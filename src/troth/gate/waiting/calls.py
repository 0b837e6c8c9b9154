"""Calls: messages that staff read out by telephone, taken one by one (policy 2.1.2, 7.1d, 7.4).

Who may call is the policy's to say: a role that is shown telephone numbers for this purpose. Taking
a call shows a number, so it is judged and remembered like any look at a subject's data, before
anything is shown; what came of it is remembered as every delivery is.
"""

from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.egress.courier import Delivery
from troth.egress.sheet import Laid, Sheet
from troth.gate import after
from troth.gate.door import Gate
from troth.gate.judge import judge, stranger
from troth.gate.rooms import Rooms
from troth.model.acts import Act, Actor, Record, Show, Use
from troth.model.clock import Moment
from troth.model.errors import NotFound, Refused
from troth.model.secret import Secret
from troth.policy.decide import Decision, Policy
from troth.vault import masks

CHANNEL: Final = "phone"
FIELD: Final = "contact.phone"
PURPOSE: Final = "call"
NOT_REACHED: Final = "not_reached"

Reached = Literal["reached", "not_reached"]


class Call(Struct, frozen=True, kw_only=True):
    """A call that waits: the end of its number, what it is about, since when and until when.

    ``taken``: somebody has it in hand.
    """

    id: str
    number: Secret
    notice: str
    since: Moment
    until: Moment | None
    taken: bool


class CallSheet(Struct, frozen=True, kw_only=True):
    """A call that was taken: whom to ring up and what to read out, until when it is one's own."""

    id: str
    number: Secret
    text: Secret
    language: str
    until: Moment


class Calls:
    """The calls of every region that a member of staff may see. Safe from many threads."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def waiting(self, by: Actor) -> list[Call]:
        """List the calls that wait where somebody works, the most pressing first.

        Raises ``Refused`` for whoever the policy does not let call; that is remembered.
        """
        at, found = self._gate.clock.now(), []
        for rooms in self._near(by):
            policy = self._gate.policy(at)
            self._judge(rooms, None, "", by, policy, at)
            found += [
                _call(laid, sheet)
                for laid, sheet in rooms.courier.laid_out(at)
                if sheet.channel == CHANNEL
            ]
        return sorted(found, key=lambda call: (call.until or call.since, call.id))

    def open(self, call: str, by: Actor) -> CallSheet:
        """Take a call, remember that its number is looked at, and show it.

        It is one's own for a quarter of an hour. Raises ``NotFound`` where it is gone or another's,
        ``Refused``.
        """
        at = self._gate.clock.now()
        policy = self._gate.policy(at)
        for rooms in self._near(by):
            # Judged before it is taken: whoever may not call must not keep others from it.
            self._judge(rooms, None, call, by, policy, at)
            try:
                sheet = rooms.courier.take(call, str(by), at)
            except NotFound:
                continue
            decision = self._judge(rooms, sheet, call, by, policy, at)
            after.remember(
                rooms,
                sheet.who,
                _look(sheet, call),
                by=by,
                at=at,
                edition=policy.hash[:16],
                clauses=decision.clauses,
            )
            return _shown(sheet, call, masked=decision.masked)
        raise not_there()

    def report(self, call: str, outcome: Reached, by: Actor) -> None:
        """Say what came of a call one has in hand.

        ``not_reached`` goes on to the message's next channel, or gives it up. Raises ``NotFound``
        for a call that is not, or no longer, in one's hands.
        """
        at = self._gate.clock.now()
        edition = self._gate.policy(at).hash[:16]
        for rooms in self._near(by):
            try:
                sheet = rooms.courier.in_hand(call, str(by), at)
            except NotFound:
                continue
            reached = outcome == "reached"
            delivery = Delivery(
                parcel=sheet.parcel,
                channel=sheet.channel,
                who=sheet.who,
                ok=reached,
                permanent=True,
                error_code="" if reached else NOT_REACHED,
            )
            after.settle(rooms, delivery, at, edition=edition, by=by)
            return
        raise not_there()

    def _near(self, by: Actor) -> list[Rooms]:
        """Return the regions somebody may read: their own, or all for who has none."""
        regions = self._gate.regions
        return [rooms for name, rooms in regions.items() if by.region in (None, name)]

    def _judge(
        self,
        rooms: Rooms,
        sheet: Sheet | None,
        call: str,
        by: Actor,
        policy: Policy,
        at: Moment,
    ) -> Decision:
        """Ask the policy, of somebody or of nobody yet; remember a refusal."""
        who = sheet.who if sheet else ""
        known = rooms.standings.read(who) if who else stranger(rooms.region, policy)
        # Whoever is not staff is judged as staff of no role, who are shown nothing.
        caller = by if by.kind == "staff" else msgspec.structs.replace(by, kind="staff", role="")
        try:
            return judge(_asked(sheet, call), caller, known, policy, at)[0]
        except Refused as refusal:
            clauses = (refusal.clause,)
            after.remember(
                rooms,
                who,
                _denied(refusal),
                by=by,
                at=at,
                edition=policy.hash[:16],
                clauses=clauses,
            )
            raise


def not_there() -> NotFound:
    """Return the one answer to a call that is gone, another's, or late."""
    return NotFound(
        "this call is not yours to make",
        clause="2.1.2",
        remedy="look at the list again: it was taken, made, or is too late",
    )


def _denied(refusal: Refused) -> after.Denied:
    detail: Record = {
        "acts": [Show.kind],
        "purpose": PURPOSE,
        "fields": [FIELD],
        "code": refusal.code,
    }
    return after.Denied(subject=None, name="refused", detail=detail)


def _look(sheet: Sheet | None, call: str) -> Show:
    subject = sheet.parcel.subject if sheet and sheet.who else None
    return Show(subject=subject, fields=(FIELD,), purpose=PURPOSE, ticket=call)


def _asked(sheet: Sheet | None, call: str) -> Act:
    """Return what the policy is asked: to show a number, or to use one that somebody just entered.

    Who has no file yet asked for the call as a first step towards one.
    """
    if sheet is not None and sheet.who:
        return _look(sheet, call)
    return Use(subject=None, fields=(FIELD,), purpose=PURPOSE)


def _call(laid: Laid, sheet: Sheet) -> Call:
    return Call(
        id=laid.parcel.id,
        number=masks.masked(sheet.address, "phone"),
        notice=laid.parcel.notice,
        since=laid.since,
        until=laid.parcel.until,
        taken=laid.taken,
    )


def _shown(sheet: Sheet, call: str, *, masked: bool) -> CallSheet:
    return CallSheet(
        id=call,
        number=masks.masked(sheet.address, "phone") if masked else sheet.address,
        text=sheet.text,
        language=sheet.language,
        until=sheet.until,
    )
