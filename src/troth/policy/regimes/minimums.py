"""Terms that a law sets for keeping data, as dated rows (policy 2.1.4b, 6.4c, 7.2d, 7.5a, 9.4-5).

A policy may promise to keep something for less; where a law binds the subject its term prevails,
and is named. They are engineering input that a lawyer should confirm; what tax law asks of the
operator stands in the operator's own policy.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from troth.policy.words import Dated


class Minimum(Dated, frozen=True, kw_only=True):
    """A law that demands that fields be kept for ``keep`` from an event (``start``) on.

    ``name`` is what its holds are called, ``categories`` are patterns.
    """

    name: str
    categories: tuple[str, ...]
    keep: str
    start: str = "recorded"


MINIMUMS: Final[tuple[Minimum, ...]] = (
    # The law was renumbered by its amendment of 2026; the article is cited as it was made.
    Minimum(
        regime="cn",
        name="law-network-log",
        cite="Cybersecurity Law 21(3)",
        since="2017-06-01",
        categories=("usage",),
        keep="P6M",
    ),
    Minimum(
        regime="cn",
        name="law-transactions",
        cite="E-Commerce Law 31",
        since="2019-01-01",
        categories=("billing",),
        keep="P3Y",
    ),
    Minimum(
        regime="ca",
        name="law-requests",
        cite="11 CCR 7101",
        since="2020-08-14",
        categories=("rights.request", "rights.reply"),
        keep="P24M",
        start="settled",
    ),
)
"""Every legal minimum that the program knows."""


@lru_cache(maxsize=256)
def minimums(regimes: tuple[str, ...], on: str = "") -> tuple[Minimum, ...]:
    """Return the minimums that bind under some regimes, those in force on an ISO date if given.

    >>> [row.cite for row in minimums(("ca", "us"))]
    ['11 CCR 7101']
    """
    return tuple(row for row in MINIMUMS if row.regime in regimes and row.in_force(on))


def named(names: Iterable[str]) -> dict[str, Minimum]:
    """Return the minimums of some names."""
    wanted = set(names)
    return {row.name: row for row in MINIMUMS if row.name in wanted}
