"""How long nobody is asked again after a no, as dated rows (policy 9.3, 9.6; PIPL 15, 16).

A consent that was refused, or taken back, is not asked for until the pause is over; whoever changes
their mind finds the switch in the privacy centre all the same. Where regimes differ the longest
pause binds.
"""

from collections.abc import Iterable
from typing import Final, Literal

from troth.model.clock import Moment, date
from troth.policy.regimes.clocks import later_by_months
from troth.policy.words import Dated

Said = Literal["refused", "withdrawn", "objected", "requested", "deferred"]
"""What was said last: a no, a consent taken back, an opt-out; or nothing yet to a question."""


class Quiet(Dated, frozen=True, kw_only=True):
    """After one of some words nobody is asked again for ``months``.

    ``by_law`` is false where the law forbids asking over and over and names no number; then the
    number is the house's own.
    """

    after: tuple[Said, ...]
    months: int
    by_law: bool


_NO: Final[tuple[Said, ...]] = ("refused", "withdrawn", "objected")
_OPEN: Final[tuple[Said, ...]] = ("requested", "deferred")

QUIET: Final[tuple[Quiet, ...]] = (
    Quiet(regime="cn", cite="PIPL 15, 16", since="2021-11-01", after=_NO, months=6, by_law=False),
    Quiet(regime="cn", cite="PIPL 16", since="2021-11-01", after=_OPEN, months=1, by_law=False),
    Quiet(
        regime="eu", cite="GDPR 7(3), 7(4)", since="2018-05-25", after=_NO, months=6, by_law=False
    ),
    Quiet(regime="eu", cite="GDPR 7(4)", since="2018-05-25", after=_OPEN, months=1, by_law=False),
    Quiet(
        regime="ca", cite="CCPA 1798.135(c)(4)", since="2020-01-01", after=_NO, months=12,
        by_law=True,
    ),
    Quiet(
        regime="ca", cite="CCPA 1798.135(c)(4)", since="2020-01-01", after=_OPEN, months=1,
        by_law=False,
    ),
    Quiet(regime="us", cite="COPPA 312.7", since="2013-07-01", after=_NO, months=6, by_law=False),
)  # fmt: skip
"""Every pause that the program keeps."""


def ask_from(said: str, at: Moment, regimes: Iterable[str]) -> tuple[Moment, Quiet] | None:
    """Return from when somebody may be asked again who said something at a moment, and why.

    ``None``: at once.

    >>> from troth.model.clock import iso, moment
    >>> iso(ask_from("objected", moment("2026-11-22"), ["ca", "us"])[0])
    '2027-11-22T00:00:00Z'
    >>> ask_from("given", moment("2026-11-22"), ["ca"])
    """
    bound, on = set(regimes), date(at)
    ends = [
        (later_by_months(at, quiet.months), quiet)
        for quiet in QUIET
        if quiet.regime in bound and said in quiet.after and quiet.in_force(on)
    ]
    return max(ends, key=lambda end: end[0], default=None)
