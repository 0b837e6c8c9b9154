"""Acts on everybody's data: published, announced, done by the house itself (policy 7.4, 10.2)."""

from collections.abc import Mapping
from typing import ClassVar

from troth.model.acts.base import Act, Json, Record
from troth.model.clock import Moment


class Publish(Act, frozen=True, kw_only=True):
    """An edition of the policy is published, to take effect at its date.

    ``source`` is the policy document itself; the shelf keeps it, the ledger keeps its hash.
    """

    kind: ClassVar[str] = "policy.published"
    edition: str
    effective: Moment
    source: str

    def record(self) -> Record:
        """State the edition's hash and date of effect."""
        return {"edition": self.edition, "effective": self.effective}


class Announce(Act, frozen=True, kw_only=True):
    """Tell everybody, by a public notice."""

    kind: ClassVar[str] = "notice.announced"
    notice: str
    reference: str

    def record(self) -> Record:
        """State the notice and where it stands."""
        return {"notice": self.notice, "reference": self.reference}


class Event(Act, frozen=True, kw_only=True):
    """Something the house did that holds no personal data: a key rotated, a backup made."""

    name: str
    detail: Mapping[str, Json]

    kind: ClassVar[str] = "house.event"

    def record(self) -> Record:
        """State the event and its figures."""
        return {"event": self.name, **self.detail}
