"""Who received data and has to hear that something changed (policy 4.1.4, 9.3c; GDPR 19).

What they are told by a machine names nobody: the numbers under which they were given the data are
what they know the subject by.
"""

from collections.abc import Iterable

from troth.documents.agreement import Asked
from troth.ledger import given
from troth.ledger.entry import Entry
from troth.ledger.given import NOT_TOLD as NOT_TOLD
from troth.ledger.given import TELL as TELL
from troth.ledger.given import Received as Received
from troth.ledger.given import owed as owed
from troth.policy.edition import Edition


def of_fields(trail: Iterable[Entry], fields: Iterable[str], edition: Edition) -> list[Received]:
    """Return who was given any of some fields."""
    return given.of_fields(trail, fields, deaf(edition))


def of_consent(trail: Iterable[Entry], about: Asked, edition: Edition) -> list[Received]:
    """Return who was given anything for the purpose of a consent, or to whom it let data go."""

    def on_it(entry: Entry, had: set[str]) -> set[str]:
        if str(entry.what.get("purpose", "")) != about.purpose:
            return set()
        if about.recipient not in ("", str(entry.what.get("recipient", ""))):
            return set()
        return had & {about.field} if about.field else had

    return given.received(trail, on_it, deaf(edition))


def deaf(edition: Edition) -> frozenset[str]:
    """Name the recipients whom nobody tells."""
    return frozenset(
        name for name, recipient in edition.recipients.items() if recipient.kind in NOT_TOLD
    )
