"""Who was given what, as the ledger remembers it, and has to hear of changes (4.1, 9.2; GDPR 19).

What they are told names nobody: the numbers under which they were given the data are what they know
its subject by.
"""

import secrets
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Final

from msgspec import Struct

from troth.ledger.entry import Entry
from troth.model.acts import Json, Owe
from troth.model.clock import Moment, after
from troth.model.terms import SubjectId

GIVING: Final = ("data.shared", "data.entrusted", "data.transferred", "data.disclosed")
TELL: Final = "tell_recipient"
"""What is owed where somebody who received data has to be told; the recipient's id follows."""
TELL_DAYS: Final = 30
NOT_TOLD: Final = ("public", "authority")
"""Kinds of recipients that nobody can tell, or whom the law bids ask by themselves."""

Picks = Callable[[Entry, set[str]], set[str]]
"""Says which of the fields that an entry gave a change is about."""


class Received(Struct, frozen=True, kw_only=True):
    """What one recipient was given: the fields, and the numbers of the entries that say so."""

    recipient: str
    fields: tuple[str, ...]
    entries: tuple[str, ...]


def received(trail: Iterable[Entry], picks: Picks, deaf: Container[str] = ()) -> list[Received]:
    """Return who was given what a change is about, but those whom nobody tells (``deaf``)."""
    found: dict[str, Received] = {}
    for entry in trail:
        given = entry.what.get("fields")
        name = str(entry.what.get("recipient", ""))
        if entry.kind not in GIVING or not isinstance(given, list) or name in deaf:
            continue
        fields = picks(entry, {str(field) for field in given})
        if fields:
            known = found.get(name, Received(recipient=name, fields=(), entries=()))
            found[name] = Received(
                recipient=name,
                fields=tuple(dict.fromkeys((*known.fields, *sorted(fields)))),
                entries=(*known.entries, entry.id),
            )
    return list(found.values())


def of_fields(
    trail: Iterable[Entry], fields: Iterable[str], deaf: Container[str] = ()
) -> list[Received]:
    """Return who was given any of some fields."""
    wanted = set(fields)
    return received(trail, lambda _, given: given & wanted, deaf)


def owed(
    subject: SubjectId | None,
    to: Iterable[Received],
    at: Moment,
    *,
    event: str,
    told: Mapping[str, Json],
) -> list[Owe]:
    """Return the duties to tell recipients, each with the word for one that has an address.

    Who has none is told by people: the word waits at their desk.
    """
    by = after(at, days=TELL_DAYS)
    return [
        Owe(
            subject=subject,
            duty=f"r-{secrets.token_hex(6)}",
            what=f"{TELL}/{each.recipient}",
            by=by,
            word={
                "event": event,
                "fields": list(each.fields),
                "references": list(each.entries),
                **told,
            },
        )
        for each in to
    ]
