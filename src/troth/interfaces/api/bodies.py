"""What programs send and get back: the shapes of the HTTP API."""

from typing import Any

from msgspec import Struct

from troth.model import acts as every
from troth.model.secret import Secret
from troth.model.terms import ALL

Asked = (
    every.AcceptTerms
    | every.Admit
    | every.Close
    | every.Collect
    | every.ConsentGiven
    | every.ConsentRefused
    | every.ConsentWithdrawn
    | every.Correct
    | every.Disclose
    | every.Entrust
    | every.Erase
    | every.Export
    | every.Hold
    | every.HoldLifted
    | every.Notify
    | every.Object
    | every.ObjectionLifted
    | every.Owe
    | every.Release
    | every.Restrict
    | every.Settle
    | every.Share
    | every.Show
    | every.Transfer
    | every.Use
    | every.Verified
)
"""What a program may ask for. Publishing, announcing and certifying are the house's own."""


class Question(Struct, frozen=True):
    """Acts to be judged, not done. ``on_behalf``: the person acts through the program."""

    acts: list[Asked]
    on_behalf: bool = False


class Wish(Struct, frozen=True):
    """Acts to be done, all or none. ``on_behalf``: the person acts through the program."""

    acts: list[Asked]
    on_behalf: bool = False


class Reading(Struct, frozen=True):
    """Fields to open for a purpose."""

    fields: tuple[str, ...]
    purpose: str


class Sought(Struct, frozen=True):
    """A value to find somebody by; it stands in the body, never in an address."""

    field: str
    value: Secret
    purpose: str


class Newcomer(Struct, frozen=True):
    """Where somebody lives, as the policy's residences name it: ``CN``, ``EEA``, ``US-CA``."""

    residence: str


class Ending(Struct, frozen=True):
    """What to erase and on which ground; ``dry_run`` shows the plan and does nothing."""

    fields: tuple[str, ...] = ALL
    ground: str = "request"
    dry_run: bool = False


class Told(Struct, frozen=True):
    """An outcome, with what it released."""

    at: int
    entries: tuple[str, ...]
    values: dict[str, str] = {}
    found: tuple[str, ...] = ()
    replies: dict[str, Any] = {}
    certificate: Any = None
    replayed: bool = False
