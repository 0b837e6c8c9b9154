"""When a term began: the event it is counted from, as the standing remembers it (policy 7.2d).

======================  =====================================================================
``recorded``            the value was kept last (``collected`` says the same)
``settled``             the last request was answered; while one is open the term waits
                        (thirty days after it was kept, where nothing was asked)
``account_closed``      the account was closed
``purpose_closed``      every purpose it was kept for was closed
``last_activity``       the subject did something last
``contract_ended``      the contract with the subject ended, as the house was told
======================  =====================================================================
"""

from collections.abc import Callable, Mapping
from typing import Final

from troth.model.clock import Moment, after
from troth.model.standing import Held, Standing

CLOSED: Final = "closed"
ACTIVE: Final = "active"
ENDED: Final = "contract_ended"
PURPOSE: Final = "purpose/"
WARNED: Final = "warned/"
"""Names of the moments that a standing keeps; a purpose's and a warning's name follow."""

UNASKED_DAYS: Final = 30
"""How long something waits for the request it was kept for, before its term begins all the same."""

Starts = Callable[[Held, Standing], Moment | None]


def began(start: str, held: Held, standing: Standing) -> Moment | None:
    """Return when a term began that starts with an event; ``None``: not yet.

    >>> began("recorded", Held(Moment(5), ("security",), "observed"), Standing(pseudonym="w"))
    5
    """
    found = _STARTS.get(start)
    return None if found is None else found(held, standing)


def newest(held: Held) -> Moment:
    """Return when a value was kept last."""
    return held.latest or held.since


def active(standing: Standing) -> Moment:
    """Return the subject's last known activity: at the latest what they said or gave last."""
    said = (
        *(one.at for one in standing.accepted),
        *(one.at for one in standing.consents.values()),
        *(held.since for held in standing.held.values() if held.source == "provided"),
    )
    return max((standing.marks.get(ACTIVE, Moment(0)), *said))


def _recorded(held: Held, _: Standing) -> Moment:
    return newest(held)


def _settled(held: Held, standing: Standing) -> Moment | None:
    duties = [owed for owed in standing.owed.values() if not owed.by_clock]
    if any(owed.state == "open" for owed in duties):
        return None
    ended = max((owed.ended for owed in duties if owed.ended is not None), default=Moment(0))
    # Kept after the last answer: what it is for may be asked any moment, but not for ever.
    return ended if ended >= newest(held) else after(newest(held), days=UNASKED_DAYS)


def _closed(_: Held, standing: Standing) -> Moment | None:
    return standing.marks.get(CLOSED)


def _purposes_closed(held: Held, standing: Standing) -> Moment | None:
    moments = [standing.marks.get(PURPOSE + purpose) for purpose in held.purposes]
    known = [moment for moment in moments if moment is not None]
    return max(known, default=None) if len(known) == len(moments) else None


def _active(_: Held, standing: Standing) -> Moment:
    return active(standing)


def _ended(_: Held, standing: Standing) -> Moment | None:
    return standing.marks.get(ENDED)


_STARTS: Final[Mapping[str, Starts]] = {
    "recorded": _recorded,
    "collected": _recorded,
    "settled": _settled,
    "account_closed": _closed,
    "purpose_closed": _purposes_closed,
    "last_activity": _active,
    "contract_ended": _ended,
}
