"""Alarms: in good time, once each, and never again because a clock was set back (policy 9.1b, F6).

Receipt to be confirmed; our own day reached; the legal day near; the legal day over. One that rang
stays rung: the order of the stages counts, not the time of day.
"""

from typing import Final

from troth.documents.requests.register import Matter
from troth.model.clock import DAY, Moment, after

STAGES: Final = ("acknowledge", "internal", "near", "late")
"""The alarms of a request, in their order."""
ACKNOWLEDGE_DAYS: Final = 2
"""How long before receipt must be confirmed an alarm rings."""


def moments(matter: Matter, near_days: int) -> dict[str, Moment]:
    """Return when each alarm of a request rings; what does not concern it is left out."""
    said = matter.said
    found = {"near": Moment(matter.due - near_days * DAY), "late": matter.due}
    if said.internal is not None:
        found["internal"] = said.internal
    if said.acknowledge is not None and said.acknowledged is None:
        found["acknowledge"] = after(said.acknowledge, days=-ACKNOWLEDGE_DAYS)
    return found


def next_alarm(matter: Matter, near_days: int) -> tuple[str, Moment] | None:
    """Return the next alarm of a request and when it rings; ``None`` after the last.

    Alarms that should have rung earlier are passed over for the latest of them.
    """
    rung = STAGES.index(matter.said.alarm) if matter.said.alarm else -1
    rings = moments(matter, near_days)
    ahead = [(rings[stage], stage) for stage in STAGES[rung + 1 :] if stage in rings]
    if not ahead:
        return None
    first, stage = min(ahead, key=lambda one: (one[0], STAGES.index(one[1])))
    return stage, first


def ringing(matter: Matter, near_days: int, now: Moment) -> str:
    """Return the most pressing alarm that has come and has not rung yet; empty: none."""
    rung = STAGES.index(matter.said.alarm) if matter.said.alarm else -1
    rings = moments(matter, near_days)
    come = [stage for stage in STAGES[rung + 1 :] if stage in rings and rings[stage] <= now]
    return come[-1] if come else ""
