"""How far a request is: the states of the Data Rights Protocol 1.0, and no way around a proof.

::

    open ── taken, told to prove ──▶ in_progress ── handed over ──▶ fulfilled
      │                                   │
      └────────── revoked · denied · expired ◀────────┘

Nothing leads to ``fulfilled`` without ``proved``: that this request, of this subject, was proved to
be theirs (policy 6.3.3, 9.7; reliability A21). What has ended stays as it ended.
"""

from collections.abc import Mapping
from typing import Final, Literal

from troth.model.errors import BadInput, NotProved

State = Literal["open", "in_progress", "fulfilled", "revoked", "denied", "expired"]
Reason = Literal[
    "", "need_user_verification", "needs_documents", "fee_quoted", "signing_off", "packing"
]
"""What a request in progress waits for: for who asks to prove it, or a company its papers (11.3);
for a yes to what it costs (9.7); for a second member of staff; for its package to be packed."""
Step = Literal["take", "wait", "fulfil", "revoke", "deny", "expire"]

LIVE: Final = ("open", "in_progress")
ENDED: Final = ("fulfilled", "revoked", "denied", "expired")
MOVES: Final[Mapping[Step, State]] = {
    "take": "in_progress",
    "wait": "in_progress",
    "fulfil": "fulfilled",
    "revoke": "revoked",
    "deny": "denied",
    "expire": "expired",
}
"""Where each step leads from a state in which a request lives."""


def moved(state: str, step: Step, *, proved: bool, waits: str = "") -> State:
    """Return the state after a step.

    ``waits`` is the reason the request is held up by. Raises ``BadInput`` for one that has ended,
    ``NotProved`` where the step hands something over and it was not proved who asks, or the request
    still waits.

    >>> moved("open", "take", proved=False)
    'in_progress'
    >>> moved("in_progress", "fulfil", proved=False)
    Traceback (most recent call last):
        ...
    troth.model.errors.NotProved: it was not proved who asks (§6.3.3): prove it for this request
    """
    if state not in LIVE:
        raise BadInput(
            f"this request is `{state}` and stays so",
            clause="9.7",
            remedy="take a new one",
            field="do",
        )
    if step == "fulfil" and not proved:
        raise NotProved(
            "it was not proved who asks", clause="6.3.3", remedy="prove it for this request"
        )
    if step == "fulfil" and waits in ("needs_documents", "fee_quoted", "packing"):
        raise BadInput(
            f"this request waits: `{waits}`",
            clause="11.3" if waits == "needs_documents" else "9.7",
            remedy="wait for what it needs, or refuse it",
            field="do",
        )
    return MOVES[step]
