"""Usage: what a visit leaves behind, only what the policy lists (policy 2.1.3, 2.1.4).

A collector hands over everything it has; what the policy in force declares for it is kept, and the
rest is dropped here and goes nowhere. Each field holds the newest visit's value.
"""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from troth.gate import Gate
from troth.model.acts import SYSTEM, Actor, Collect
from troth.model.errors import BadInput
from troth.model.secret import Secret
from troth.model.terms import SubjectId

Collector = Literal["usage", "web", "device", "telemetry"]
COLLECTORS: Final = ("usage", "web", "device", "telemetry")
"""The groups of fields that are observed, each declared field by field in the policy."""


class Kept(Struct, frozen=True, kw_only=True):
    """What of a visit was kept and what was dropped, by name."""

    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    entries: tuple[str, ...]


class Usage:
    """Observed data, kept for security unless another purpose was consented to."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

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
        if collector not in COLLECTORS:
            raise BadInput(f"`{collector}` is no collector of ours", clause="2.1.3")
        declared = set(self._gate.policy().fields(collector))
        values = {
            field: value
            for name, value in seen.items()
            if (field := f"{collector}.{name}") in declared
        }
        dropped = tuple(name for name in seen if f"{collector}.{name}" not in declared)
        if not values:
            return Kept(kept=(), dropped=dropped, entries=())
        act = Collect(subject=subject, values=values, purpose=purpose, source="observed")
        outcome = self._gate.perform(act, by=by)
        return Kept(kept=tuple(values), dropped=dropped, entries=outcome.entries)
