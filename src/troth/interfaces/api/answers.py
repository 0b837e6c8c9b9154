"""What programs get back: the shapes of the answers of the HTTP API.

They are a contract of their own: what a room of the house adds to its values does not leak out here
by itself. Moments are whole milliseconds since 1970 in UTC.
"""

import base64
from collections.abc import Iterable, Mapping
from typing import Literal, TypeVar

import msgspec
from msgspec import Struct

from troth.model.acts import Json
from troth.model.clock import Moment
from troth.model.secret import Secret
from troth.model.terms import Effect, Operation, SubjectId

S = TypeVar("S")
Words = dict[str, str]
"""One text in every language of the policy: ``{"en": ..., "zh": ...}``."""


class File(Struct, frozen=True):
    """A value that is a file."""

    base64: str


Value = str | File
Values = dict[str, Value]


class Judged(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision of the policy: may it be, by which rules and clauses, and why.

    ``missing`` are the consent keys that would open the way; ``blocked`` the fields that may not
    be touched.
    """

    effect: Effect
    operation: Operation
    purpose: str
    fields: tuple[str, ...]
    code: str
    reason: Words
    edition: str
    recipient: str | None = None
    rules: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    masked: bool = False
    duties: tuple[str, ...] = ()
    remedy: str = ""


class Replied(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a recipient answered; never a value that it was given."""

    result: str
    reference: str = ""
    code: str = ""
    status: str = ""
    fields: dict[str, bool | None] = {}


class Checked(Struct, frozen=True, kw_only=True):
    """What every store answered when it was asked again after an erasure.

    ``stores`` counts what each still holds (-1: it did not answer); ``complete`` is said only when
    all of them answered zero. By ``irreversible_by`` the last copy of the key is destroyed.
    """

    effective: Moment
    irreversible_by: Moment
    stores: dict[str, int]
    complete: bool


class Done(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was done and what it released. ``replayed``: it had been done under the same key before.

    After a ``dry_run`` only the moment and the decisions are there.
    """

    at: Moment
    entries: tuple[str, ...] = ()
    decisions: tuple[Judged, ...] = ()
    values: Values = {}
    found: tuple[SubjectId, ...] = ()
    replies: dict[str, Replied] = {}
    certificate: Checked | None = None
    replayed: bool = False


class Read(Struct, frozen=True):
    """Values that were opened, and the ledger entry that remembers it."""

    at: Moment
    entries: tuple[str, ...]
    values: Values


class Found(Struct, frozen=True):
    """Who holds a value, and the ledger entry that remembers the search."""

    found: tuple[SubjectId, ...]
    entries: tuple[str, ...]


class Drawn(Struct, frozen=True):
    """An id for somebody new; nothing is kept under it yet."""

    subject: SubjectId


class AcceptedTerms(Struct, frozen=True):
    """Which edition was accepted, when, in which language and by which means."""

    edition: str
    at: Moment
    language: str
    means: str


class ConsentState(Struct, frozen=True, kw_only=True):
    """The last word on one consent, and the entry that holds it."""

    state: Literal[
        "requested",
        "deferred",
        "refused",
        "given",
        "renewed",
        "expired",
        "invalidated",
        "revoked",
        "withdrawn",
    ]
    at: Moment
    expires: Moment | None
    entry: str


class HeldField(Struct, frozen=True):
    """One field that is held: since when, for which purposes, and where it came from."""

    since: Moment
    purposes: tuple[str, ...]
    source: str


class Restricted(Struct, frozen=True):
    """A field that may only be stored and secured, on which ground and until when."""

    ground: str
    until: Moment | None


class OnHold(Struct, frozen=True):
    """A law that forbids erasing some fields until a date."""

    law: str
    fields: tuple[str, ...]
    until: Moment


class Duty(Struct, frozen=True):
    """Something that is owed to a subject, by when, and how far it is."""

    what: str
    since: Moment
    by: Moment
    state: Literal["open", "fulfilled", "denied", "expired", "revoked"]
    code: str


class CheckedFact(Struct, frozen=True):
    """A fact that was checked: its result, when and how."""

    result: str
    at: Moment
    method: str


class StandingNow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a subject has said, what is checked, restricted and held, and what is owed."""

    life: str
    residence: str = ""
    regimes: tuple[str, ...] = ()
    age: str = "unknown"
    guardian: bool = False
    accepted: tuple[AcceptedTerms, ...] = ()
    consents: dict[str, ConsentState] = {}
    objections: dict[str, Moment] = {}
    restrictions: dict[str, Restricted] = {}
    holds: dict[str, OnHold] = {}
    facts: dict[str, CheckedFact] = {}
    held: dict[str, HeldField] = {}
    owed: dict[str, Duty] = {}


class Holding(Struct, frozen=True, kw_only=True):
    """One thing that is held about a subject, told without its value (policy 9.1)."""

    field: str
    name: Words
    since: Moment
    purposes: tuple[str, ...]
    source: str
    sensitive: bool
    until: Moment | None
    hold: str
    restricted: bool
    recipients: tuple[str, ...]


class StillHeld(Struct, frozen=True, kw_only=True):
    """One field that a law holds: stored and secured until then, and used for nothing."""

    field: str
    hold: str
    law: str
    until: Moment | None


class Plan(Struct, frozen=True, kw_only=True):
    """What an erasure takes, and what a law holds and until when (policy 6.4)."""

    gone: tuple[str, ...]
    held: tuple[StillHeld, ...]


class Erased(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An erasure: its plan, and what every store answered once it was done.

    ``entries`` are the ledger's; after a ``dry_run`` only the plan is there.
    """

    plan: Plan
    checked: Checked | None = None
    entries: tuple[str, ...] = ()


class Remembered(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry of the ledger. ``who`` is a random pseudonym, empty for what concerns nobody."""

    id: str
    kind: str
    at: Moment
    by: str
    who: str = ""
    edition: str = ""
    clauses: tuple[str, ...] = ()
    what: dict[str, Json] = {}
    nth: int = 0


class Heard(Struct, frozen=True):
    """Whether a call of an identity authority ended a check; one that was repeated did not."""

    ended: bool


class Entries(Struct, frozen=True):
    """A page of entries; ``next`` is the cursor of the next page, ``null`` on the last."""

    items: tuple[Remembered, ...]
    next: str | None


def shaped(value: object, shape: type[S]) -> S:
    """Return one of the house's values in the shape it leaves by."""
    return msgspec.convert(value, shape, from_attributes=True, dec_hook=_same)


def _same(_: type, value: object) -> object:
    return value


def each(values: Iterable[object], shape: type[S]) -> tuple[S, ...]:
    """Return several values in the shape they leave by."""
    return tuple(shaped(value, shape) for value in values)


def released(values: Mapping[str, Secret]) -> Values:
    """Open what the gate has released: text as it is, a file as base64."""
    return {name: _open(secret.reveal_raw()) for name, secret in values.items()}


def _open(value: str | bytes) -> Value:
    return value if isinstance(value, str) else File(base64.b64encode(value).decode())
