"""A subject's standing: what they have said, what we owe them, what is held (house decision 1).

A standing is *folded from ledger entries* (``ledger/fold``) and can be rebuilt from them at any
time. It knows its subject only by a pseudonym and holds no collected value. Structs here are
frozen: the fold makes a new standing for every entry.
"""

from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.terms import AgeBand

ConsentState = Literal["given", "refused", "withdrawn"]
ConsentHow = Literal["", "renewed", "revoked", "invalidated"]

GUARDIAN_COLLECTS: Final = "guardian/collect"
GUARDIAN_DISCLOSES: Final = "guardian/disclose"
"""What a guardian is asked for a minor, each apart: to let us collect and use; to let data go to
third parties (policy 8.3, COPPA 312.5(a)(2))."""
GIVEN: Final = "given"
"""The mark of somebody of whose data a recipient was given some, since when (GDPR 19)."""
BY_CLOCK: Final = "clock/"
"""How the name of a duty begins that the house does by itself when its moment has come."""


class Consent(Struct, frozen=True, array_like=True):
    """The last word on one consent key (DPV consent states; ``expired`` follows from the date).

    ``how`` tells given anew from given first, and taken back by another or found to be void from
    taken back by the subject.
    """

    state: ConsentState
    at: Moment
    expires: Moment | None = None
    entry: str = ""
    how: ConsentHow = ""


class Asked(Struct, frozen=True, array_like=True):
    """A consent the subject was asked for and has not answered: put off, or not even that."""

    state: Literal["requested", "deferred"]
    at: Moment
    entry: str = ""


class Acceptance(Struct, frozen=True, array_like=True):
    """Which edition was accepted, when, in which language and by which means."""

    edition: str
    at: Moment
    language: str
    means: str


class Held(Struct, frozen=True, array_like=True):
    """One field that lies in the vault: since when and for which purposes it was collected.

    ``latest`` is when it was kept again last, 0 where it was kept once.
    """

    since: Moment
    purposes: tuple[str, ...]
    source: str
    latest: Moment = Moment(0)


class Restriction(Struct, frozen=True, array_like=True):
    """A field that may only be stored and secured."""

    ground: str
    until: Moment | None


class HoldOn(Struct, frozen=True, array_like=True):
    """A law that forbids erasing some fields until a date."""

    law: str
    fields: tuple[str, ...]
    until: Moment


class Owed(Struct, frozen=True, array_like=True):
    """Something we owe, by when, how far it is, and when it ended."""

    what: str
    since: Moment
    by: Moment
    state: Literal["open", "fulfilled", "denied", "expired", "revoked"] = "open"
    code: str = ""
    ended: Moment | None = None

    @property
    def by_clock(self) -> bool:
        """Whether it is open, and the house itself settles it when its moment has come."""
        return self.state == "open" and self.what.startswith(BY_CLOCK)


class Fact(Struct, frozen=True, array_like=True):
    """A fact that was checked (``contact.email``, ``realname``): result, when, how."""

    result: str
    at: Moment
    method: str


class Standing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything the gate must know of one subject to judge an act. ``life`` starts ``unknown``.

    ``marks`` are moments from which terms are counted (``closed``, ``active``, ``purpose/...``),
    and since when others were given something (``given``).
    """

    pseudonym: str
    life: Literal["unknown", "active", "closed", "erased"] = "unknown"
    residence: str = ""
    regimes: tuple[str, ...] = ()
    age: AgeBand = AgeBand.UNKNOWN
    guardian: bool = False
    accepted: tuple[Acceptance, ...] = ()
    consents: dict[str, Consent] = {}
    asked: dict[str, Asked] = {}
    objections: dict[str, Moment] = {}
    restrictions: dict[str, Restriction] = {}
    holds: dict[str, HoldOn] = {}
    facts: dict[str, Fact] = {}
    held: dict[str, Held] = {}
    owed: dict[str, Owed] = {}
    marks: dict[str, Moment] = {}
    entries: int = 0

    def consents_to(self, key: str, at: Moment) -> bool:
        """Tell whether consent ``key`` stands at a moment: given, and not expired."""
        consent = self.consents.get(key)
        return (
            consent is not None
            and consent.state == "given"
            and (consent.expires is None or at < consent.expires)
        )

    def holding(self, field: str, at: Moment) -> tuple[str, HoldOn] | None:
        """Return the hold that forbids erasing a field at a moment, longest first, if any."""
        standing = [
            (name, hold)
            for name, hold in self.holds.items()
            if at < hold.until and (field in hold.fields or "*" in hold.fields)
        ]
        return max(standing, key=lambda pair: pair[1].until, default=None)
