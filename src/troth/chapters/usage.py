"""Usage: what a visit leaves behind, only what the policy lists (policy 2.1.3, 2.1.4).

A collector hands over everything it has; what the policy in force declares for it is kept, and the
rest is dropped here and goes nowhere. Each field holds the newest visit's value. Of usage itself
every visit is one more line of a log that nobody can change or thin out unseen, and each line goes
on its day.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.gate import Checked, Gate, LogLine, Purged, UsageLogs
from troth.model.acts import SUBJECT, SYSTEM, Actor, Collect, Observe
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Collector = Literal["usage", "web", "device", "telemetry"]
COLLECTORS: Final = ("usage", "web", "device", "telemetry")
"""The groups of fields that are observed, each declared field by field in the policy."""
LOGGED: Final = "usage"
"""The collector whose every visit is kept."""


class Kept(Struct, frozen=True, kw_only=True):
    """What of a visit was kept and what was dropped, by name."""

    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    entries: tuple[str, ...]


class Visit(Struct, frozen=True, kw_only=True):
    """What one collector saw of one visit, by names without the group."""

    subject: SubjectId
    collector: Collector
    seen: Mapping[str, Secret]


class Usage:
    """Observed data, kept for security unless another purpose was consented to."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._logs = UsageLogs(gate)

    # --- keeping -------------------------------------------------------------------------------

    def record(
        self,
        subject: SubjectId,
        collector: Collector,
        seen: Mapping[str, Secret],
        *,
        purpose: str = "security",
        by: Actor = SYSTEM,
    ) -> Kept:
        """Keep what a collector saw, field by field, by their names without the group.

        Undeclared names are dropped. Raises ``BadInput`` for an unknown collector and what the
        gate raises: a purpose that needs consent asks for it.
        """
        visit = Visit(subject=subject, collector=collector, seen=seen)
        act, dropped = self._act(visit, purpose)
        if act is None:
            return Kept(kept=(), dropped=dropped, entries=())
        outcome = self._gate.perform(act, by=by)
        return Kept(kept=tuple(act.values), dropped=dropped, entries=outcome.entries)

    def record_many(
        self, visits: Iterable[Visit], *, purpose: str = "security", by: Actor = SYSTEM
    ) -> int:
        """Keep many visits of one region in one transaction; return how many left something.

        For collectors that hand over what they gathered in a second: a commit costs about as much
        for one visit as for fifty. Raises as ``record``, and then none of them was kept.
        """
        acts = [act for visit in visits for act in (self._act(visit, purpose)[0],) if act]
        if acts:
            self._gate.perform(*acts, by=by)
        return len(acts)

    def _act(self, visit: Visit, purpose: str) -> tuple[Collect | None, tuple[str, ...]]:
        if visit.collector not in COLLECTORS:
            raise BadInput(f"`{visit.collector}` is no collector of ours", clause="2.1.3")
        declared = set(self._gate.policy().fields(visit.collector))
        values = {
            field: value
            for name, value in visit.seen.items()
            if (field := f"{visit.collector}.{name}") in declared
        }
        dropped = tuple(name for name in visit.seen if f"{visit.collector}.{name}" not in declared)
        if not values:
            return None, dropped
        kind = Observe if visit.collector == LOGGED else Collect
        act = kind(subject=visit.subject, values=values, purpose=purpose, source="observed")
        return act, dropped

    # --- the log -------------------------------------------------------------------------------

    def log(
        self, subject: SubjectId, *, purpose: str = "rights", by: Actor = SUBJECT
    ) -> Iterator[LogLine]:
        """Go through the visits of a subject, oldest first; that it was done is remembered.

        Raises ``Sealed`` at a line that was changed or moved.
        """
        return self._logs.read(subject, purpose=purpose, by=by)

    def check(self, subject: SubjectId) -> Checked:
        """Hold a subject's log against their trail: whether a line was taken out, or put in."""
        return self._logs.check(subject)

    def purge(self) -> Purged:
        """Take out every line whose day is over; the scheduler does."""
        return self._logs.purge()
