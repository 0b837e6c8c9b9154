"""Work on a request: taken, looked for in every store, reviewed, proposed to a second (9.1, 9.7).

What is to be handed over is looked at before it goes: fields and entries can be left out, each with
a reason that is recorded, and the preview is the very package. Grave acts take two members of
staff: one proposes, another confirms.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from troth.chapters.rights.ground import Found, Ground, Ordered
from troth.chapters.rights.timeline import (
    ASSIGNED,
    DISCOVERED,
    LEFT_OUT,
    PACKED,
    PROPOSED,
    REVIEWED,
    SENT_BACK,
    TAKEN,
)
from troth.documents.requests.register import Matter
from troth.documents.requests.states import moved
from troth.gate import Outcome
from troth.model.acts import Actor
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotProved
from troth.model.standing import Standing
from troth.model.terms import SubjectId

WHY: Final = ("others_at_risk", "security", "trade_secret", "held_by_law", "not_obtainable")
"""Why a part of a package is left out: others are in it, it would open a door, it is a secret of
business, a law keeps it, it cannot be had (6.1c, 9.5b, GDPR 15(4))."""
PACKAGES: Final = ("access", "copy", "port")
"""Kinds that end with a package."""
ENDING: Final = ("delete", "cancel")
"""Kinds that end what is held: always for two."""


class Working:
    """What staff do about a request before it is decided."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate

    # --- whose work ----------------------------------------------------------------------------

    def take(self, subject: SubjectId, number: str, *, by: Actor) -> Outcome:
        """Take a request up; who asked is told. See ``Desk.take``."""
        self._ground.demand_desk(by, subject)
        matter = self._ground.live(subject, number)
        standing = self._gate.standing(subject)
        proved = self._ground.proved(standing, number)
        state = moved(matter.state, "take", proved=proved)
        told = self._ground.tell(matter, standing, "request_taken", {"request": number})
        event = self._ground.event(matter, TAKEN)
        outcome = self._gate.perform(event, *told, by=by)
        self._ground.register.change(matter, at=self._ground.now, state=state, assignee=by.id)
        return outcome

    def assign(self, subject: SubjectId, number: str, to: str, *, by: Actor) -> Outcome:
        """Give a request to a member of staff, by their random id; empty: to nobody."""
        self._ground.demand_desk(by, subject)
        matter = self._ground.live(subject, number)
        outcome = self._gate.perform(self._ground.event(matter, ASSIGNED, to=to), by=by)
        self._ground.register.change(matter, at=self._ground.now, assignee=to)
        return outcome

    # --- what there is -------------------------------------------------------------------------

    def discover(self, subject: SubjectId, number: str, *, by: Actor) -> Sequence[Found]:
        """Ask every store what it holds of who asks, by names alone; it is recorded.

        Raises ``NotProved`` before it is known who asks: there is nothing to look for.
        """
        matter = self._proved(subject, number, by)
        found = self._ground.ways.discover(subject)
        stores = {one.store: f"{one.state}/{one.rows}" for one in found}
        event = self._ground.event(matter, DISCOVERED, stores=" ".join(sorted(stores)))
        self._gate.perform(event, by=by)
        self._ground.register.change(matter, at=self._ground.now, stores=stores)
        return found

    def leave_out(
        self, subject: SubjectId, number: str, parts: Mapping[str, str], *, by: Actor
    ) -> Matter:
        """Say which fields and entries the package leaves out, and why; all of them anew.

        Raises ``BadInput`` for a reason that is none, or a part that is not held.
        """
        matter = self._proved(subject, number, by)
        held = self._gate.standing(subject).held
        for part, why in parts.items():
            if why not in WHY or not (part in held or _elsewhere(part, matter)):
                raise BadInput(
                    "a part of the package is left out for one of the reasons there are",
                    clause="9.5",
                    remedy=f"use one of {', '.join(WHY)}, for what is held",
                    field="why",
                )
        told = " ".join(f"{part}={why}" for part, why in sorted(parts.items()))
        self._gate.perform(self._ground.event(matter, LEFT_OUT, parts=told), by=by)
        # What was proposed was another package: it begins anew.
        after = self._ground.register.change(
            matter, at=self._ground.now, left_out=dict(parts), reviewed=None, **_unproposed(matter)
        )
        if matter.said.prepared:
            self._ground.ways.prepare(self.ordered(after))
        return after

    def prepare(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Have the package packed, for people to look at before it goes."""
        matter = self._packable(subject, number, by)
        self._gate.perform(self._ground.event(matter, PACKED), by=by)
        self._ground.ways.prepare(self.ordered(matter))
        return self._ground.register.change(matter, at=self._ground.now, prepared=True)

    def preview(self, subject: SubjectId, number: str, *, by: Actor) -> object:
        """Say exactly what the packed package holds; it is recorded that it was reviewed."""
        matter = self._packable(subject, number, by)
        seen = self._ground.ways.preview(subject, number)
        self._gate.perform(self._ground.event(matter, REVIEWED), by=by)
        self._ground.register.change(matter, at=self._ground.now, reviewed=self._ground.now)
        return seen

    def _packable(self, subject: SubjectId, number: str, by: Actor) -> Matter:
        matter = self._proved(subject, number, by)
        if matter.kind not in PACKAGES:
            raise BadInput("nothing is handed over for this request", clause="9.1", field="do")
        return matter

    def ordered(self, matter: Matter) -> Ordered:
        """Return what is handed over for a request."""
        return Ordered(
            subject=matter.subject,
            number=matter.number,
            language=matter.said.language,
            left_out=matter.said.left_out,
        )

    # --- two of them ---------------------------------------------------------------------------

    def takes_two(self, matter: Matter, standing: Standing) -> bool:
        """Tell whether handing it over takes two: an end, or much that a mistake would give away.

        Everything of somebody goes out only with two where something sensitive is in it, or where
        it was not a sign-in that proved who asks.
        """
        if matter.kind in ENDING:
            return True
        if matter.kind not in PACKAGES:
            return False
        sensitive = any(self._ground.sensitive(field) for field in standing.held)
        return sensitive or self._method(matter, standing) != "signed_in"

    def _method(self, matter: Matter, standing: Standing) -> str:
        fact = standing.facts.get(f"request/{matter.number}")
        return fact.method if fact is not None else ""

    def propose(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Propose to hand over what was asked for, as the first of two."""
        matter = self._ground.to_decide(subject, number, by)
        standing = self._gate.standing(subject)
        moved(
            matter.state,
            "fulfil",
            proved=self._ground.proved(standing, number),
            waits=matter.said.reason,
        )
        self._gate.perform(self._ground.event(matter, PROPOSED, first=str(by)), by=by)
        return self._ground.register.change(
            matter,
            at=self._ground.now,
            state="in_progress",
            reason="signing_off",
            first=by.id,
        )

    def send_back(self, subject: SubjectId, number: str, *, by: Actor) -> Matter:
        """Let a colleague's proposal fall. Raises ``BadInput`` where there is none."""
        matter = self._ground.to_decide(subject, number, by)
        if not matter.said.first:
            raise BadInput("nobody proposed anything", clause="9.7", field="do")
        self._gate.perform(self._ground.event(matter, SENT_BACK), by=by)
        return self._ground.register.change(matter, at=self._ground.now, **_unproposed(matter))

    def demand_second(self, matter: Matter, standing: Standing, by: Actor) -> None:
        """Raise ``BadInput`` unless another member of staff proposed what takes two."""
        if not self.takes_two(matter, standing):
            return
        if not matter.said.first or matter.said.first == by.id:
            raise BadInput(
                "this takes two different members of staff, one after the other",
                clause="6.3.3",
                remedy="propose it, and have a colleague confirm it",
                field="do",
            )

    def demand_cooled(self, matter: Matter) -> None:
        """Raise ``BadInput`` while whoever has the account may still object to a proof (A21)."""
        ends = self.cools_until(matter)
        if ends is not None and self._ground.now < ends:
            raise BadInput(
                "this waits until who has the account could object",
                clause="6.3.3",
                remedy="hand it over after the days of reflection",
                field="do",
            )

    def cools_until(self, matter: Matter) -> Moment | None:
        """Return until when a grave request waits after a proof without sign-in."""
        grave = matter.kind in (*ENDING, *PACKAGES)
        proved = matter.said.verified
        if not grave or proved is None or matter.said.method in ("", "signed_in"):
            return None
        return Moment(proved + self._ground.rules.cooling_days * DAY)

    def _proved(self, subject: SubjectId, number: str, by: Actor) -> Matter:
        self._ground.demand_desk(by, subject)
        matter = self._ground.live(subject, number)
        if not self._ground.proved(self._gate.standing(subject), number):
            raise NotProved(
                "it was not proved who asks", clause="9.7", remedy="prove it for this request"
            )
        return matter


def _elsewhere(part: str, matter: Matter) -> bool:
    """Tell whether a part names a table of a database that was asked, as ``shop.orders``."""
    store, _, rest = part.partition(".")
    return bool(rest) and store in matter.said.stores


def _unproposed(matter: Matter) -> dict[str, str]:
    """Return the changes that let a proposal fall, if there is one."""
    waits = matter.said.reason == "signing_off"
    return {"first": ""} | ({"reason": ""} if waits else {})
