"""Powers of attorney: entered by staff, told to the subject, stopped with one click (11.3b; 9.6).

A paper is looked at by people. What it empowers somebody to is entered with its end; the subject
hears of it at every address we have, and can stop it without signing in.
"""

from collections.abc import Iterable
from typing import Final

from troth.chapters.intake.ground import Ground, demand_desk
from troth.documents.intake.powers import Power
from troth.documents.upload import drawn
from troth.model.acts import SUBJECT, Act, Actor, Collect, Event
from troth.model.clock import Moment, date
from troth.model.errors import NotFound, NotProved
from troth.model.secret import Secret
from troth.model.terms import SubjectId

FIELD: Final = "rights.power_of_attorney"
TOLD: Final = "power_entered"
STOP: Final = "powers"
PLACE: Final = "/powers/"
"""Where the link in the letter leads."""


class Empowered:
    """Enters powers of attorney, and ends them."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gate = ground.gate

    def enter(
        self,
        subject: SubjectId,
        agent: str,
        scope: Iterable[str],
        *,
        until: Moment,
        by: Actor,
        paper: Secret | None = None,
    ) -> Power:
        """Enter what a paper says that staff have looked at; the subject is told.

        ``agent`` is the id of an agent that is entered, or what staff call whoever it names. Raises
        ``BadInput``, ``BadFile`` for a scan that is no picture, ``Refused``, ``NotFound``.
        """
        demand_desk(self._gate, by)
        standing = self._gate.standing(subject)
        scan = drawn(paper, FIELD) if paper else None
        at = self._gate.clock.now()
        made = self._ground.powers.add(subject, agent, scope, until=until, checked_by=by.id, at=at)
        noted = Event(
            subject=subject,
            name="power.entered",
            detail={"power": made.id, "scope": list(made.scope), "until": made.until},
        )
        acts: list[Act] = [noted]
        if scan:
            acts.append(Collect(subject=subject, values={FIELD: scan}, purpose="rights"))
        values: dict[str, str | Secret] = {
            "agent": Secret(agent),
            "scope": ", ".join(made.scope),
            "until": date(made.until),
            "link": self._link(made),
        }
        acts += self._ground.notices.tell(subject, standing, TOLD, values)
        self._gate.perform(*acts, by=by)
        return made

    def of(self, subject: SubjectId) -> list[Power]:
        """List a subject's powers, newest first."""
        return self._ground.powers.of(subject)

    def covers(self, subject: SubjectId, agent: str, kind: str) -> bool:
        """Tell whether an agent may ask for something in a subject's name now."""
        at = self._gate.clock.now()
        return any(one.covers(agent, kind, at) for one in self.of(subject))

    def stop(self, subject: SubjectId, power: str, *, by: Actor = SUBJECT) -> None:
        """Stop a power, as its subject may at any time. Raises ``NotFound`` for none."""
        at = self._gate.clock.now()
        if not self._ground.powers.end(subject, power, "stopped", at=at):
            raise NotFound("no power that stands has this number", clause="11.3")
        noted = Event(subject=subject, name="power.stopped", detail={"power": power})
        self._gate.perform(noted, by=by)

    # --- by the link in the letter ---------------------------------------------------------------

    def read(self, token: str) -> Power:
        """Return the power that a link is about. Raises ``NotProved`` for one that is not ours."""
        subject, what = self._ground.links.read(token)
        kind, _, power = what.partition("/")
        try:
            if kind == STOP:
                return self._ground.powers.one(subject, power)
        except NotFound:
            pass
        raise NotProved("this link is not valid any more", clause="11.3", remedy="write to us")

    def stop_by(self, token: str) -> None:
        """Stop the power that a link is about; one that was stopped stays so."""
        power = self.read(token)
        if power.state == "stands":
            self.stop(power.subject, power.id)

    def _link(self, power: Power) -> str:
        token = self._ground.links.write(power.subject, f"{STOP}/{power.id}")
        return f"{self._ground.terms.base}{PLACE}{token}"
