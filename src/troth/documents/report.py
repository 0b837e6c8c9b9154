"""Reports: what an authority must be told of an incident, and by when (policy 7.5).

The clocks are the regimes' own, by what the incident is (``relatively_large``, ``critical``,
``high_risk``); several laws may bind at once, and each is owed apart.
"""

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from troth.model.acts import Owe
from troth.model.clock import Moment
from troth.model.errors import BadInput
from troth.policy.regimes import BREACH_NOTICE, Limit, ends_at, limits

Circumstance = Literal["relatively_large", "critical", "high_risk"]
CIRCUMSTANCES: Final = ("relatively_large", "critical", "high_risk")
TO_AUTHORITY: Final = "report_to_authority"
TO_PERSONS: Final = "tell_persons"


class Draft(Struct, frozen=True, kw_only=True):
    """A report to one regime's authority: what it must hold, under which law, by when."""

    regime: str
    cite: str
    by: Moment
    parts: tuple[str, ...]


def drafts(
    regimes: Iterable[str], known_at: Moment, circumstances: Iterable[str] = ()
) -> tuple[Draft, ...]:
    """Return the reports that are owed, the most urgent first; one per regime that asks for one.

    Raises ``BadInput`` for an unknown circumstance.
    """
    told = tuple(circumstances)
    unknown = next((word for word in told if word not in CIRCUMSTANCES), None)
    if unknown is not None:
        raise BadInput(
            f"`{unknown}` is no circumstance of an incident",
            clause="7.5",
            remedy=f"use one of {', '.join(CIRCUMSTANCES)}",
        )
    found = limits(regimes, "breach_authority", known_at, told)
    first: dict[str, Limit] = {}
    for limit in sorted(found, key=lambda each: ends_at(known_at, each)):
        first.setdefault(limit.regime, limit)
    return tuple(_draft(limit, known_at) for limit in first.values())


def _draft(limit: Limit, known_at: Moment) -> Draft:
    return Draft(
        regime=limit.regime,
        cite=limit.cite,
        by=ends_at(known_at, limit),
        parts=BREACH_NOTICE[limit.regime],
    )


def owe(draft: Draft, incident: str) -> Owe:
    """Return the duty to report, as the ledger remembers it."""
    return Owe(
        subject=None,
        duty=f"{incident}/{draft.regime}",
        what=f"{TO_AUTHORITY}/{draft.regime}",
        by=draft.by,
    )
