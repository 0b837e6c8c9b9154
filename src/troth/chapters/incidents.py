"""Incidents: found, told to those affected, announced, reported in time (policy 7.4, 7.5).

A breach notice states facts and impact, measures, advice and remedy; one that lacks a part cannot
be built. Each person is told by every way we have to them, tried in turn; who cannot be told by any
is reached by a public announcement (walk 5).
"""

import secrets
from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from troth.documents.notice import Breach, Notices, channels_of, complete, language_of
from troth.documents.report import Draft, drafts, owe
from troth.gate import Gate, Outcome
from troth.model.acts import SYSTEM, Actor, Event, Settle
from troth.model.clock import Moment
from troth.model.errors import BadInput, Erased, NotFound, Refused
from troth.model.terms import SubjectId

Stage = Literal["suspected", "ongoing", "mitigated", "concluded"]
STAGES: Final = ("suspected", "ongoing", "mitigated", "concluded")
NOTICE: Final = "breach"


class Opened(Struct, frozen=True, kw_only=True):
    """An incident that was opened: its number, and what authorities are owed, by when."""

    number: str
    at: Moment
    reports: tuple[Draft, ...]


class Told(Struct, frozen=True, kw_only=True):
    """How telling went: how many letters were queued, and who is reached by announcement alone."""

    queued: int
    unreached: tuple[SubjectId, ...]
    announced: bool


class Incidents:
    """Breaches of personal data, from the first suspicion to the last report."""

    def __init__(self, gate: Gate, notices: Notices) -> None:
        self._gate = gate
        self._notices = notices

    def open(
        self, regimes: Iterable[str], *, circumstances: Iterable[str] = (), by: Actor
    ) -> Opened:
        """Open an incident: from now on the authorities' clocks run (policy 7.5)."""
        at = self._gate.clock.now()
        number = f"i-{secrets.token_hex(4)}"
        reports = drafts(regimes, at, circumstances)
        self._gate.perform(
            _stage(number, "suspected"), *(owe(draft, number) for draft in reports), by=by
        )
        return Opened(number=number, at=at, reports=reports)

    def stage(self, number: str, stage: Stage, *, by: Actor) -> Outcome:
        """Note how far an incident is. Raises ``BadInput`` for an unknown stage."""
        if stage not in STAGES:
            raise BadInput(
                f"`{stage}` is no stage of an incident",
                clause="7.4",
                remedy=f"use one of {', '.join(STAGES)}",
            )
        return self._gate.perform(_stage(number, stage), by=by)

    def tell(
        self,
        number: str,
        told: Breach,
        subjects: Iterable[SubjectId],
        *,
        reference: str,
    ) -> Told:
        """Tell every person affected; announce at ``reference`` where somebody has no way left.

        Raises ``BadInput`` naming the part that is missing: nobody is told anything then.
        """
        complete(told)
        queued, unreached = 0, list[SubjectId]()
        for subject in subjects:
            if self._tell_one(subject, told):
                queued += 1
            else:
                unreached.append(subject)
        if unreached:
            self.announce(number, reference=reference)
        return Told(queued=queued, unreached=tuple(unreached), announced=bool(unreached))

    def _tell_one(self, subject: SubjectId, told: Breach) -> bool:
        try:
            standing = self._gate.standing(subject)
            ways = channels_of(standing, letters=True)
            if not ways:
                return False
            act = self._notices.breach(subject, told, channels=ways, language=language_of(standing))
            self._gate.perform(act, by=SYSTEM)
        except (NotFound, Erased, Refused):
            return False
        return True

    def announce(self, number: str, *, reference: str) -> Outcome:
        """Tell everybody by a public notice that stands at ``reference`` (policy 7.4)."""
        told = self._notices.announce(NOTICE, reference=reference)
        return self._gate.perform(told, _stage(number, "ongoing"), by=SYSTEM)

    def reported(self, number: str, regime: str, *, reference: str, by: Actor) -> Outcome:
        """Note that an authority was told, under the reference it gave (policy 7.5)."""
        detail = {"incident": number, "regime": regime, "reference": reference}
        return self._gate.perform(
            Event(subject=None, name="incident.reported", detail=detail),
            Settle(subject=None, duty=f"{number}/{regime}", state="fulfilled"),
            by=by,
        )


def _stage(number: str, stage: str) -> Event:
    detail = {"incident": number, "stage": stage}
    return Event(subject=None, name="incident", detail=detail)
