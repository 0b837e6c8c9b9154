"""Fees: nothing for a reasonable request; what repeated ones cost is told first (policy 9.7).

A fee can be asked only where every law that binds lets it, only beyond the free requests of the
last twelve months, and only after a yes. The first request is free under all of them.
"""

from collections.abc import Iterable
from typing import Final

from troth.model.clock import Moment
from troth.model.errors import BadInput
from troth.model.standing import Owed
from troth.policy.regimes import later_by_months

FREE: Final = {"cn": 2, "eu": 2, "ca": 2}
"""How many requests of one kind a year are free where a law lets more cost something: repeated
without need (GB/T 35273 8.7, GDPR 12(5)), more than two to know in California (1798.130(b))."""
NEVER: Final = ("question", "explain", "human_review", "no_retaliation", "negotiation")
"""What costs nothing, however often."""


def earlier(owed: Iterable[Owed], kind: str, at: Moment) -> int:
    """Count the requests of a kind that were taken within the twelve months before a moment."""
    since = later_by_months(at, -12)
    return sum(
        one.what.partition("/")[0] == kind
        and since < one.since < at
        and one.state not in ("revoked", "denied")
        for one in owed
    )


def may_charge(regimes: Iterable[str], kind: str, before: int) -> bool:
    """Tell whether a request may cost something, with so many of its kind before it in a year.

    >>> may_charge(["ca"], "access", 2), may_charge(["ca"], "access", 1), may_charge([], "copy", 9)
    (True, False, False)
    """
    bound = tuple(regimes)
    free = [FREE[name] for name in bound if name in FREE]
    return bool(free) and kind not in NEVER and before >= max(1, *free)


def demand_chargeable(regimes: Iterable[str], kind: str, before: int) -> None:
    """Raise ``BadInput`` where a request has to be free."""
    if not may_charge(regimes, kind, before):
        raise BadInput(
            "this request is free of charge",
            clause="9.7",
            remedy="answer it; only repeated ones within a year may cost what they cost us",
            field="amount",
        )


def checked(amount: str) -> str:
    """Return an amount with its currency, such as ``35.00 HKD``. Raises ``BadInput``.

    >>> checked(" 35 HKD ")
    '35.00 HKD'
    """
    number, _, currency = " ".join(amount.split()).partition(" ")
    whole, _, cents = number.partition(".")
    if not (whole.isdecimal() and (cents or "0").isdecimal() and len(cents) <= 2):
        raise _no_amount()
    if not (currency.isascii() and currency.isalpha() and len(currency) == 3) or not int(
        whole + cents.ljust(2, "0")
    ):
        raise _no_amount()
    return f"{int(whole)}.{cents.ljust(2, '0')} {currency.upper()}"


def _no_amount() -> BadInput:
    return BadInput(
        "a cost has an amount and a currency",
        clause="9.7",
        remedy="write it as 35.00 HKD",
        field="amount",
    )
