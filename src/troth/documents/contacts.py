"""Contacts: how long each has been a subject's, and which may prove a grave request (9.7; A21).

Whoever gets into an account binds a contact of their own first. What asks for everything (a copy,
an erasure) without a sign-in is therefore proved and answered only where the subject could be
reached before: at a contact bound for thirty days, or at one they opened the account with.
"""

from typing import Final

from troth.documents.notice import CHANNEL_OF
from troth.model.clock import DAY, Moment
from troth.model.standing import Standing

SEASONED_DAYS: Final = 30


def bound_at(standing: Standing, field: str) -> Moment | None:
    """Return since when a contact has been the subject's; ``None`` for one that is not held.

    A replaced contact counts from its own proof, not from that of the one before.
    """
    held, fact = standing.held.get(field), standing.facts.get(field)
    if held is None:
        return None
    return fact.at if fact is not None and fact.result == "verified" else held.since


def contact_age(standing: Standing, field: str, at: Moment) -> int | None:
    """Return for how many milliseconds a contact has been the subject's; ``None``: not held."""
    since = bound_at(standing, field)
    return None if since is None else max(0, at - since)


def is_seasoned(standing: Standing, field: str, at: Moment) -> bool:
    """Tell whether a contact may prove a grave request: an old one, or the account's first."""
    since = bound_at(standing, field)
    if since is None:
        return False
    return at - since >= SEASONED_DAYS * DAY or since <= _opened(standing)


def seasoned(standing: Standing, at: Moment) -> tuple[str, ...]:
    """Return the channels to contacts that may prove a grave request, first choice first."""
    reached: dict[str, str] = {}
    for field, way in CHANNEL_OF.items():
        if field in standing.held and way != "letter":
            # Where two fields open one channel, the message goes to the first.
            reached.setdefault(way, field)
    return tuple(way for way, field in reached.items() if is_seasoned(standing, field, at))


def _opened(standing: Standing) -> Moment:
    """Return when the account was opened: when anything was first held or accepted."""
    moments = [each.since for each in standing.held.values()]
    moments += [each.at for each in standing.accepted[:1]]
    return min(moments, default=Moment(0))
