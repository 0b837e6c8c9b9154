"""When a request falls due: what its terms are counted from, and what the desk sets itself (9.7).

The laws and the counting stand in ``policy/regimes``; here they meet a request.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from troth.documents.requests.alarms import next_alarm
from troth.documents.requests.answer import course_of
from troth.documents.requests.register import Matter
from troth.model.clock import Moment
from troth.policy.regimes import Calendars as Calendars
from troth.policy.regimes import Course, acknowledge_by, due_by, internal_by, longest_by
from troth.policy.regimes import Pause as Pause
from troth.policy.regimes import Term as Term
from troth.policy.regimes import terms as counted
from troth.policy.regimes.calendar import read as read_calendars
from troth.policy.regimes.calendar import shipped


def calendars(text: str, name: str) -> Calendars:
    """Return the shipped calendars with an operator's own years over them.

    Raises ``Misconfigured`` for a file that is wrong.
    """
    return read_calendars(text, shipped(), name) if text else shipped()


def course(matter: Matter, regimes: Iterable[str]) -> Course:
    """Return what a request's terms are counted from."""
    return replace(
        course_of(matter.kind, regimes, matter.received),
        verified=matter.said.verified,
        pauses=matter.said.pauses,
    )


def terms(
    matter: Matter, regimes: Iterable[str], now: Moment, known: Calendars | None
) -> tuple[Term, ...]:
    """Return every term that binds an answer, the earliest first (9.7b, 11.2)."""
    return counted(course(matter, regimes), now, known)


def due(matter: Matter, regimes: Iterable[str], now: Moment, known: Calendars | None) -> Moment:
    """Return by when a request is due now; never earlier than it was told (F6)."""
    return max(matter.due, due_by(course(matter, regimes), now, known))


def timed(
    matter: Matter, regimes: Iterable[str], known: Calendars | None, *, internal: int, near: int
) -> Matter:
    """Return a request with the days that we set ourselves, and its first alarm."""
    said = replace(
        matter.said,
        internal=internal_by(matter.received, matter.due, internal),
        acknowledge=acknowledge_by(regimes, matter.received, known),
    )
    return alarmed(replace(matter, said=said), near)


def alarmed(matter: Matter, near: int) -> Matter:
    """Return a request with the moment of its next alarm."""
    following = next_alarm(matter, near)
    return replace(matter, alarm=following[1] if following else None)


def longest(regimes: Iterable[str], received: Moment) -> Moment | None:
    """Return the last day to which every law lets an answer be put off; ``None``: not at all."""
    ends = [longest_by(regime, received) for regime in regimes]
    allowed = [end for end in ends if end is not None]
    return min(allowed, default=None)
