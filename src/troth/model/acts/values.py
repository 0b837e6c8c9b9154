"""Touching values: kept, corrected, used, shown, given, told (policy 2, 4, 9.1, 9.2)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from troth.model.acts.base import Act, Record
from troth.model.clock import DAY, Moment
from troth.model.secret import Secret
from troth.model.terms import ALL, Fields, Operation, Region


class Collect(Act, frozen=True, kw_only=True):
    """Keep values. ``source`` is DPV's provided / observed / derived / third_party."""

    kind: ClassVar[str] = "data.collected"
    operation: ClassVar[Operation | None] = Operation.COLLECT
    values: Mapping[str, Secret]
    purpose: str
    source: Literal["provided", "observed", "derived", "third_party"] = "provided"

    def record(self) -> Record:
        """Name the fields, their purpose and source."""
        return {"fields": sorted(self.values), "purpose": self.purpose, "source": self.source}


class Observe(Collect, frozen=True, kw_only=True):
    """Keep what a visit left behind as the newest values and as one more line of the log (2.1.4).

    ``ends`` is when the line goes; the gate works it out.
    """

    kind: ClassVar[str] = "data.logged"
    source: Literal["provided", "observed", "derived", "third_party"] = "observed"
    ends: Moment | None = None

    def record(self) -> Record:
        """Name the fields, their purpose and source, and the day on which the line goes."""
        return Collect.record(self) | {"ends": None if self.ends is None else self.ends // DAY}


class Correct(Act, frozen=True, kw_only=True):
    """Supersede values that were wrong (policy 9.2)."""

    kind: ClassVar[str] = "data.corrected"
    operation: ClassVar[Operation | None] = Operation.USE
    values: Mapping[str, Secret]
    purpose: str = "rights"
    reference: str = ""

    def record(self) -> Record:
        """Name the fields that changed."""
        return {"fields": sorted(self.values), "purpose": self.purpose, "reference": self.reference}


class Use(Act, frozen=True, kw_only=True):
    """Open values for a program of the controller's own."""

    kind: ClassVar[str] = "data.used"
    operation: ClassVar[Operation | None] = Operation.USE
    fields: Fields
    purpose: str

    def record(self) -> Record:
        """Name the fields and the purpose."""
        return {"fields": sorted(self.fields), "purpose": self.purpose}


class Show(Act, frozen=True, kw_only=True):
    """Show values to a person: the subject, or staff with a purpose and a ticket."""

    kind: ClassVar[str] = "data.shown"
    operation: ClassVar[Operation | None] = Operation.SHOW
    fields: Fields
    purpose: str
    ticket: str = ""

    def record(self) -> Record:
        """Name the fields, the purpose and the ticket's number."""
        return {"fields": sorted(self.fields), "purpose": self.purpose, "ticket": self.ticket}


class Export(Act, frozen=True, kw_only=True):
    """Give a copy in a portable format, or read from another region (policy 2.4, 9.1)."""

    kind: ClassVar[str] = "data.exported"
    operation: ClassVar[Operation | None] = Operation.EXPORT
    fields: Fields = ALL
    purpose: str = "rights"
    to_region: Region | None = None
    facts: frozenset[str] = frozenset()

    def record(self) -> Record:
        """Name the fields, the purpose and the destination region."""
        return {"fields": sorted(self.fields), "purpose": self.purpose, "to_region": self.to_region}


class Find(Act, frozen=True, kw_only=True):
    """Find the subject who holds a value, through the blind index."""

    kind: ClassVar[str] = "data.found"
    operation: ClassVar[Operation | None] = Operation.USE
    field: str
    value: Secret
    purpose: str

    def record(self) -> Record:
        """Name the field that was searched."""
        return {"fields": [self.field], "purpose": self.purpose}


class Give(Act, frozen=True, kw_only=True):
    """Let data go to a recipient: entrust, share, transfer or disclose (policy 4).

    ``ground`` is the printed clause relied on when there is no consent; ``facts`` are the
    conditions that were established (``contract``, ``bound_by_policy``, ``anonymised`` ...).
    ``task`` says what a recipient that does several things is asked for (``person_2``, ``face``).
    """

    operation: ClassVar[Operation | None] = Operation.SHARE
    recipient: str
    fields: Fields
    purpose: str
    ground: str = ""
    facts: frozenset[str] = frozenset()
    reference: str = ""
    task: str = ""

    def record(self) -> Record:
        """Name recipient, fields, purpose, ground, the reference of its paper, and the task."""
        told: Record = {
            "recipient": self.recipient,
            "fields": sorted(self.fields),
            "purpose": self.purpose,
            "ground": self.ground,
            "facts": sorted(self.facts),
            "reference": self.reference,
        }
        return told | {"task": self.task} if self.task else told


class Entrust(Give, frozen=True, kw_only=True):
    """Let a processor work on data on our instruction (PIPL 21, GDPR 28)."""

    kind: ClassVar[str] = "data.entrusted"
    operation: ClassVar[Operation | None] = Operation.ENTRUST


class Share(Give, frozen=True, kw_only=True):
    """Provide data to another controller (PIPL 23)."""

    kind: ClassVar[str] = "data.shared"
    operation: ClassVar[Operation | None] = Operation.SHARE


class Transfer(Give, frozen=True, kw_only=True):
    """Pass control to a successor (PIPL 22)."""

    kind: ClassVar[str] = "data.transferred"
    operation: ClassVar[Operation | None] = Operation.TRANSFER


class Disclose(Give, frozen=True, kw_only=True):
    """Make data public (PIPL 25)."""

    kind: ClassVar[str] = "data.disclosed"
    operation: ClassVar[Operation | None] = Operation.DISCLOSE


class Notify(Act, frozen=True, kw_only=True):
    """Tell one subject something, at an address that stays in the vault.

    ``channels`` are tried in order until one delivers: ``email``, ``sms``, ``letter``, ``phone``,
    ``push``. ``to`` carries an address that is not kept, by channel (a code to somebody who has not
    registered yet). The text is personal data. From ``until`` on it is dropped, not delivered:
    a code that opens nothing any more helps nobody. ``upon`` ``complete``: it waits, sealed, beside
    an erasure of the same passage, and goes out only if that was not complete at once and is later.
    """

    kind: ClassVar[str] = "notice.queued"
    operation: ClassVar[Operation | None] = Operation.USE
    notice: str
    purpose: str
    text: Secret
    title: str = ""
    language: str = "zh"
    channels: tuple[str, ...] = ("email",)
    to: Mapping[str, Secret] | None = None
    until: Moment | None = None
    upon: Literal["", "complete"] = ""

    def record(self) -> Record:
        """Name the notice, the purpose and the channels, never the address or the text."""
        told: Record = {
            "notice": self.notice,
            "purpose": self.purpose,
            "channels": list(self.channels),
            "language": self.language,
        }
        return told | {"upon": self.upon} if self.upon else told
