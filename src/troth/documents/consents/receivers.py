"""Who received data and has to hear that something changed (policy 4.1.4, 9.3c; GDPR 19).

What they are told by a machine names nobody: the numbers under which they were given the data are
what they know the subject by.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct

from troth.documents.agreement import Asked
from troth.documents.requests.answer import request_id
from troth.ledger.entry import Entry
from troth.model.acts import Json, Owe
from troth.model.clock import Moment, after
from troth.model.terms import SubjectId
from troth.policy.edition import Edition

GIVING: Final = ("data.shared", "data.entrusted", "data.transferred", "data.disclosed")
TELL: Final = "tell_recipient"
"""What is owed where somebody who received data has to be told; the recipient's id follows."""
TELL_DAYS: Final = 30
NOT_TOLD: Final = ("public", "authority")
"""Kinds of recipients that nobody can tell, or whom the law bids ask by themselves."""


class Received(Struct, frozen=True, kw_only=True):
    """What one recipient was given: the fields, and the numbers of the entries that say so."""

    recipient: str
    fields: tuple[str, ...]
    entries: tuple[str, ...]


def of_fields(trail: Iterable[Entry], fields: Iterable[str], edition: Edition) -> list[Received]:
    """Return who was given any of some fields."""
    wanted = set(fields)

    def of_them(_: Entry, given: set[str]) -> set[str]:
        return given & wanted

    return _received(trail, edition, of_them)


def of_consent(trail: Iterable[Entry], about: Asked, edition: Edition) -> list[Received]:
    """Return who was given anything for the purpose of a consent, or to whom it let data go."""

    def on_it(entry: Entry, given: set[str]) -> set[str]:
        if str(entry.what.get("purpose", "")) != about.purpose:
            return set()
        if about.recipient not in ("", str(entry.what.get("recipient", ""))):
            return set()
        return given & {about.field} if about.field else given

    return _received(trail, edition, on_it)


def _received(
    trail: Iterable[Entry], edition: Edition, of: Callable[[Entry, set[str]], set[str]]
) -> list[Received]:
    found: dict[str, Received] = {}
    for entry in trail:
        given = entry.what.get("fields")
        name = str(entry.what.get("recipient", ""))
        if entry.kind not in GIVING or not isinstance(given, list) or _deaf(name, edition):
            continue
        fields = of(entry, {str(field) for field in given})
        if fields:
            known = found.get(name, Received(recipient=name, fields=(), entries=()))
            found[name] = Received(
                recipient=name,
                fields=tuple(dict.fromkeys((*known.fields, *sorted(fields)))),
                entries=(*known.entries, entry.id),
            )
    return list(found.values())


def _deaf(name: str, edition: Edition) -> bool:
    recipient = edition.recipients.get(name)
    return recipient is not None and recipient.kind in NOT_TOLD


def owed(
    subject: SubjectId,
    received: Iterable[Received],
    at: Moment,
    *,
    event: str,
    told: Mapping[str, Json],
) -> list[Owe]:
    """Return the duties to tell recipients, each with the word for one that has an address.

    Who has none is told by people: the duty waits at the desk.
    """
    by = after(at, days=TELL_DAYS)
    return [
        Owe(
            subject=subject,
            duty=request_id(),
            what=f"{TELL}/{each.recipient}",
            by=by,
            word={
                "event": event,
                "fields": list(each.fields),
                "references": list(each.entries),
                **told,
            },
        )
        for each in received
    ]
