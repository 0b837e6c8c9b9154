"""What programs send: the shapes of the bodies and parameters of the HTTP API.

Nothing is taken that is not named here (reliability A8): who asks, when, and what was judged are
the house's to say, never the caller's.
"""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from troth.interfaces.http.pages import MOST
from troth.model import acts as every
from troth.model.secret import Secret
from troth.model.terms import ALL

LONGEST_ADDRESS: Final = 2000
Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
"""A name that the policy declares: a field, a purpose."""

Asked: TypeAlias = (
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


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """Acts to be judged, not done. ``on_behalf``: the person acts through the program."""

    acts: Annotated[list[Asked], Meta(min_length=1, max_length=100)]
    on_behalf: bool = False


class Wish(Struct, frozen=True, forbid_unknown_fields=True):
    """Acts to be done in one transaction, all or none.

    ``on_behalf``: the person acts through the program. ``dry_run``: only say what would be decided.
    """

    acts: Annotated[list[Asked], Meta(min_length=1, max_length=100)]
    on_behalf: bool = False
    dry_run: bool = False


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """Fields to open for a purpose; ``["*"]`` is everything held."""

    fields: Annotated[tuple[str, ...], Meta(min_length=1, max_length=200)]
    purpose: Word


class Sought(Struct, frozen=True, forbid_unknown_fields=True):
    """A value to find somebody by; it stands in the body, never in an address."""

    field: Word
    value: Secret
    purpose: Word


class Newcomer(Struct, frozen=True, forbid_unknown_fields=True):
    """Where somebody lives, as the policy's residences name it: ``CN``, ``EEA``, ``US-CA``."""

    residence: Word


class Answering(Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the proved ``request`` that a copy answers."""

    request: Annotated[str, Meta(max_length=40)] = ""


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    """What to erase, and on what that rests; ``dry_run`` shows the plan and does nothing.

    ``request`` is the number of the subject's own request, which was proved to be theirs. Without
    one the ``ground`` is one on which the law has us erase unasked: ``purpose_ended``,
    ``term_ended``, ``consent_withdrawn``, ``unlawful``, ``no_consent``, ``law`` or ``child``.
    """

    fields: Annotated[tuple[str, ...], Meta(min_length=1, max_length=200)] = ALL
    ground: Word = "request"
    request: Annotated[str, Meta(max_length=40)] = ""
    dry_run: bool = False


class Paging(Struct, frozen=True, forbid_unknown_fields=True):
    """Which page of a list: how many, and the cursor that the page before gave."""

    limit: Annotated[int, Meta(ge=1, le=MOST)] = 100
    cursor: Annotated[str, Meta(max_length=500)] = ""


class Sizes(Struct, frozen=True, forbid_unknown_fields=True):
    """Two sizes of one ledger, the earlier first."""

    old: Annotated[int, Meta(ge=0, le=2**53)]
    new: Annotated[int, Meta(ge=0, le=2**53)]


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters: an address that takes none refuses those that are sent."""
