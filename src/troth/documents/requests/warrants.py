"""Warrants: on what staff and programs end or hand out what is held of somebody (6.3, 9.7).

Either somebody asked, and it was proved who: an open request of that very subject. Or the law has
us erase unasked; then its ground is named, and stands in the ledger. A copy is always asked for.
"""

from collections.abc import Mapping
from typing import Final

from troth.model.errors import Refused

UNASKED: Final[Mapping[str, str]] = {
    "purpose_ended": "7.2",
    "term_ended": "7.2",
    "consent_withdrawn": "9.3",
    "unlawful": "6.3.1",
    "no_consent": "6.3.2",
    "law": "9.4",
    "child": "8.2",
}
"""The grounds on which we erase though nobody asked, and the clause of each (PIPL 47, GDPR 17(1)):
what it was kept for is reached or its time is over; its consent was withdrawn; it was collected
against the law, or without consent; a law demands it; it is a child's without a parent's word."""
FITS: Final[Mapping[str, tuple[str, ...]]] = {
    "erase": ("delete", "cancel"),
    "copy": ("access", "copy", "port"),
}
"""By act: the kinds of request it may rest on."""


def demand_ground(ground: str) -> None:
    """Raise ``Refused`` unless a ground lets us erase though nobody asked.

    >>> demand_ground("purpose_ended")
    """
    if ground not in UNASKED:
        raise Refused(
            "nothing is erased for others without a proved request, or a ground of the law",
            clause="9.7",
            remedy="give the number of the subject's proved request, "
            f"or as ground one of {', '.join(UNASKED)}",
        )


def demand_asked(act: str, kind: str) -> None:
    """Raise ``Refused`` unless an act may rest on a kind of request; empty: on none.

    >>> demand_asked("copy", "access")
    """
    if kind in FITS[act]:
        return
    raise Refused(
        f"`{act}` rests on no request of kind `{kind}`"
        if kind
        else "a copy goes out for a proved request alone",
        clause="9.7",
        remedy=f"give the number of the subject's proved request, of kind {' or '.join(FITS[act])}",
    )
