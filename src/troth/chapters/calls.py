"""Calls: what cannot be sent is read out by telephone, by staff who may (policy 2.1.2, 7.1d, 7.4).

Somebody whom no message reaches asks for a call instead: the same code, for the same flow, paced
like one that is sent. It waits sealed until a member of staff takes it; taking it is a look at a
subject's number and stands in the ledger.
"""

from typing import Final

from troth.gate import Gate
from troth.gate.waiting.calls import Call, CallSheet, Reached
from troth.gate.waiting.calls import Calls as Waiting
from troth.model.acts import Actor
from troth.model.errors import BadInput

OUTCOMES: Final = ("reached", "not_reached")

__all__ = ["Call", "CallSheet", "Calls"]


class Calls:
    """The call sheet, as staff work it."""

    def __init__(self, gate: Gate) -> None:
        self._waiting = Waiting(gate)

    def waiting(self, by: Actor) -> list[Call]:
        """List the calls that wait, the most pressing first, by the end of their numbers.

        Raises ``Refused`` for whoever's role may not call.
        """
        return self._waiting.waiting(by)

    def open(self, call_id: str, by: Actor) -> CallSheet:
        """Take a call for a quarter of an hour: its number, and what to read out.

        Raises ``NotFound`` for one that is gone, late or in a colleague's hands, ``Refused``.
        """
        return self._waiting.open(call_id, by)

    def report(self, call_id: str, outcome: Reached, by: Actor) -> None:
        """Say what came of it. Who was ``not_reached`` is tried by the next way there is, if any.

        Raises ``NotFound`` for a call that is not in one's own hands, ``BadInput``.
        """
        if outcome not in OUTCOMES:
            raise BadInput(
                f"a call was `{'`, or `'.join(OUTCOMES)}`", clause="2.1.2", field="outcome"
            )
        self._waiting.report(call_id, outcome, by)
