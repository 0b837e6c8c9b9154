"""What taking a consent back does: what goes, what a law holds, what stays and why (9.4-3)."""

from collections.abc import Sequence

from msgspec import Struct

from troth.documents import ending
from troth.documents.agreement import Asked, asked
from troth.documents.certificate import StillHeld
from troth.documents.consents import receivers
from troth.gate import Gate
from troth.model.acts import Act, Owe, Use
from troth.model.clock import Moment
from troth.model.standing import Standing
from troth.model.terms import SubjectId


class Stays(Struct, frozen=True, kw_only=True):
    """Why a field stays: the purpose that keeps it and the clauses that allow that."""

    purpose: str
    clauses: tuple[str, ...]


class Effect(Struct, frozen=True, kw_only=True):
    """What taking a consent back does to the data that was collected for it.

    ``gone`` rested on it alone and is erased; ``held`` would be, but a law holds it until a date;
    ``stays`` is kept for another purpose.
    """

    gone: tuple[str, ...] = ()
    held: tuple[StillHeld, ...] = ()
    stays: dict[str, Stays] = {}


class Effects:
    """Works out what follows when a consent ends."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def of(self, subject: SubjectId, standing: Standing, key: str, at: Moment) -> Effect:
        """Say what the end of a consent does, before anything happens."""
        about = asked(key)
        rested = _rested(standing, about)
        kept = {field: self._kept_for(subject, standing, field, about) for field in rested}
        stays = {field: why for field, why in kept.items() if why is not None}
        alone = tuple(field for field in rested if field not in stays)
        if not alone:
            return Effect(stays=stays)
        what = ending.plan(standing, alone, self._gate.policy().edition, at)
        return Effect(gone=what.gone, held=what.held, stays=stays)

    def _kept_for(
        self, subject: SubjectId, standing: Standing, field: str, about: Asked
    ) -> Stays | None:
        """Return the other purpose that keeps a field, if one does, with its clauses."""
        others = [name for name in standing.held[field].purposes if name != about.purpose]
        for purpose in others:
            (decision,) = self._gate.ask(Use(subject=subject, fields=(field,), purpose=purpose))
            if decision.allowed:
                return Stays(purpose=purpose, clauses=decision.clauses)
        return None

    @staticmethod
    def acts(subject: SubjectId, standing: Standing, effect: Effect) -> Sequence[Act]:
        """Return the acts that erase what rested on a consent alone, and set aside what is held."""
        if not effect.gone and not effect.held:
            return ()
        what = ending.Plan(gone=effect.gone, held=effect.held)
        return ending.acts(subject, what, ground="consent_withdrawn", placed=standing.holds)

    def owed(self, subject: SubjectId, key: str, at: Moment) -> list[Owe]:
        """Return what is owed to whoever received data on a consent: that it ended."""
        received = receivers.of_consent(
            self._gate.trail(subject), asked(key), self._gate.policy().edition
        )
        return receivers.owed(subject, received, at, event="consent.withdrawn", told={"to": key})


def _rested(standing: Standing, about: Asked) -> list[str]:
    """List held fields that were collected for the purpose whose consent ends."""
    if about.operation != "use":
        return []
    return [
        field
        for field, held in standing.held.items()
        if about.purpose in held.purposes and about.field in ("", field)
    ]
