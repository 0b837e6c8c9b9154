"""One edition of a policy as data: its text, its meaning and the hash that binds both (11.5).

The structs below *are* the grammar of a policy document: a key of the document is a field here, a
field without a default must be written, what is not here is an error. Names are ``en`` and ``zh``.
"""

import hashlib
from functools import cached_property, lru_cache
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import UnknownTerm
from troth.policy.regimes import EEA

Words = dict[str, str]
"""One text in every language of the policy: ``{"en": ..., "zh": ...}``."""
Names = tuple[str, ...]

LANGUAGES: Final = ("zh", "en")


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=False):
    """A part of an edition. Defaults are left out of the hash, so the grammar can grow."""


class Named(Part, frozen=True, kw_only=True):
    """A part with a name in English and in Chinese."""

    en: str = ""
    zh: str = ""

    @property
    def words(self) -> Words:
        """The name in every language."""
        return {"en": self.en, "zh": self.zh}


class Head(Part, frozen=True, kw_only=True):
    """Which policy this is, from when it applies and which language prevails (11.4, 11.5)."""

    id: str
    edition: str
    effective: Moment
    authoritative: str = "zh"
    languages: Names = LANGUAGES
    draft: Words = {}
    title: Words = {}


class Controller(Part, frozen=True, kw_only=True):
    """Who answers for the data (11.1)."""

    legal_name: str
    country: str
    contact: str
    address: Words = {}
    cn_representative: str = ""
    eu_representative: str = ""
    officer: str = ""
    clause: Names = ()


class Service(Named, frozen=True, kw_only=True):
    """A function of the service, what it requires and the basic data it needs (1.1, 9.3a)."""

    kind: str
    requires: Names = ()
    needs: Names = ()
    hosts: Names = ()
    clause: Names = ()


class Residence(Part, frozen=True, kw_only=True):
    """Where a subject lives: the region that stores their data and the regimes that bind."""

    regimes: Names
    region: str = "global"
    clause: Names = ()


class Ages(Part, frozen=True, kw_only=True):
    """Ages in years: who is admitted, and who is a child in each regime (8.1, 8.2)."""

    admit: int = 18
    child: dict[str, int] = {}
    minors_service: bool = False
    clause: Names = ()


class Flag(Part, frozen=True, kw_only=True):
    """A property and the clause that gives it."""

    clause: Names = ()


class Category(Named, frozen=True, kw_only=True):
    """A field, one leaf category of personal data; the key in the vault is its name.

    ``closed``: declared, not collected. ``nonpersonal_alone``: personal data while combined only
    (2.1.5). ``owner`` is ``customer`` for business data (5.1).
    """

    same_as: str = ""
    source: str = "provided"
    form: str = "text"
    indexed: bool = False
    unique: bool = False
    mask: str = "all"
    optional: bool = False
    sensitive: Flag | None = None
    closed: bool = False
    nonpersonal_alone: Flag | None = None
    subject: str = "person"
    owner: str = "person"
    clause: Names = ()


class Batch(Part, frozen=True, kw_only=True):
    """How many entries, or how many seconds of them, a fault may lose at most."""

    entries: int = 64
    seconds: int = 1


class Purpose(Named, frozen=True, kw_only=True):
    """What data is used for. ``batched`` unset: every use is recorded before it happens.

    ``consent_for`` is how long a consent to it holds (``P24M``); then it is asked for anew.
    """

    same_as: str = ""
    necessary: bool = False
    batched: Batch | None = None
    switch: bool = False
    consent_for: str = ""
    clause: Names = ()


class Recipient(Named, frozen=True, kw_only=True):
    """Somebody data may go to; ``contract`` required: nothing flows before one is signed."""

    kind: str
    role: str
    country: str
    region: str = ""
    service: str = ""
    contract: bool = False
    url: str = ""
    contact: str = ""
    clause: Names = ()


class Staff(Named, frozen=True, kw_only=True):
    """A role under the controller's authority: its purposes, the fields it sees, masked or not."""

    purposes: Names
    shows: Names = ()
    masked: bool = True
    clause: Names = ()


class Condition(Part, frozen=True, kw_only=True):
    """What must be established: every word of ``all``, one of ``any``, one of ``ground``."""

    all: Names = ()
    any: Names = ()
    ground: Names = ()


class When(Part, frozen=True, kw_only=True):
    """Whom a rule is about; empty means everybody."""

    regimes: Names = ()
    age: Names = ()
    residence: Names = ()


class Rule(Part, frozen=True, kw_only=True):
    """What is permitted, forbidden or required.

    ``categories`` and ``purposes`` are patterns (``contact`` covers ``contact.email``); none: any.
    ``basis`` is one for each regime; a permit that names some permits nothing in the others.
    ``requirement`` and ``region`` belong to ``require``.
    """

    id: str
    verb: Literal["permit", "forbid", "require"]
    operations: Names = ()
    requirement: str = ""
    categories: Names = ()
    purposes: Names = ()
    purposes_except: Names = ()
    to: Names = ()
    to_kind: Names = ()
    to_kind_not: Names = ()
    region: str = ""
    basis: dict[str, str] = {}
    only_if: Condition = Condition()
    unless: Names = ()
    when: When = When()
    necessary: bool = False
    clause: Names = ()


class Floor(Part, frozen=True, kw_only=True):
    """A law's own term, which a retention may not undercut; it binds those under its regimes."""

    law: str
    keep: str
    regimes: Names = ()


class Retention(Part, frozen=True, kw_only=True):
    """How long fields are kept from an event on, and what then happens (7.2d, 7.2e).

    ``warn`` says how long before the end of unused data its subject is told: twice or more, for
    ``start: last_activity`` only.
    """

    categories: Names
    keep: str
    start: str
    purposes: Names = ()
    floor: tuple[Floor, ...] = ()
    then: str = "erase"
    warn: Names = ("P30D", "P7D")
    clause: Names = ()


class HoldRule(Part, frozen=True, kw_only=True):
    """A law that forbids erasing fields for a time from an event on (6.4c, 9.4-5).

    It binds those under its ``regimes``; one that names none binds everybody.
    """

    law: str
    categories: Names
    keep: str
    start: str = "recorded"
    regimes: Names = ()
    clause: Names = ()


class Cookie(Named, frozen=True, kw_only=True):
    """A cookie or similar technology (3.1). A ``*`` at the end of its name stands for any ending.

    ``field`` is the item of data it holds; without a ``life`` it goes with the browser's window; of
    a third party, ``recipient`` says who.
    """

    purpose: str
    essential: bool = False
    kind: str = "cookie"
    life: str = ""
    party: str = "first"
    recipient: str = ""
    field: str = "web.cookie"
    clause: Names = ()


class RightRule(Named, frozen=True, kw_only=True):
    """A right and who serves it: ``self_service`` or ``desk``."""

    handler: str
    regimes: Names = ()
    clause: Names = ()


class Control(Named, frozen=True, kw_only=True):
    """A part of the program that keeps a clause which no rule can express."""

    room: str
    entry: str = ""


class Clause(Named, frozen=True, kw_only=True):
    """A numbered part of the text and what keeps it. ``kind``: O, R, U, S or D."""

    id: str
    printed: str
    kind: Literal["O", "R", "U", "S", "D"]
    practice: str
    emphasis: bool = False
    rules: Names = ()
    controls: Names = ()
    entry: Names = ()


class Heading(Named, frozen=True, kw_only=True):
    """The title of a section; ``before`` is the clause it stands above."""

    id: str
    before: str = ""


class Edition(Part, frozen=True, kw_only=True, dict=True):
    """One edition of a policy. ``clauses`` stand in printed order."""

    policy: Head
    controller: Controller
    services: dict[str, Service] = {}
    residences: dict[str, Residence] = {}
    ages: Ages = Ages()
    categories: dict[str, Category] = {}
    purposes: dict[str, Purpose] = {}
    recipients: dict[str, Recipient] = {}
    staff: dict[str, Staff] = {}
    facts: dict[str, Named] = {}
    rules: dict[str, Rule] = {}
    retention: tuple[Retention, ...] = ()
    holds: dict[str, HoldRule] = {}
    cookies: dict[str, Cookie] = {}
    rights: dict[str, RightRule] = {}
    controls: dict[str, Control] = {}
    sections: tuple[Heading, ...] = ()
    clauses: tuple[Clause, ...] = ()

    @cached_property
    def hash(self) -> str:
        """SHA-256, in hex, over the canonical content: what acceptances and decisions quote."""
        return hashlib.sha256(content(self)).hexdigest()

    @property
    def effective(self) -> Moment:
        """The moment from which the edition applies."""
        return self.policy.effective

    def fields(self, patterns: Names = ("*",)) -> Names:
        """Return the declared fields that some patterns cover, in the order of the document."""
        return tuple(field for field in self.categories if not above(field).isdisjoint(patterns))

    def covered(self, rule: Rule) -> Names:
        """Return the purposes that a rule covers; a rule that names none covers all."""
        return tuple(
            purpose
            for purpose in self.purposes
            if (not rule.purposes or not above(purpose).isdisjoint(rule.purposes))
            and above(purpose).isdisjoint(rule.purposes_except)
        )

    def given_to(self, rule: Rule) -> Names:
        """Return the recipients that a rule is about; a rule that names none is about all."""
        return tuple(
            name
            for name, recipient in self.recipients.items()
            if (not rule.to or name in rule.to)
            and (not rule.to_kind or recipient.kind in rule.to_kind)
            and recipient.kind not in rule.to_kind_not
        )

    def residence(self, code: str) -> tuple[str, Residence]:
        """Return the declared residence nearest to a code, with its name: ``US-NY`` is in ``US``.

        Members of the EEA are in ``EEA``, the rest in ``*``. Raises ``UnknownTerm`` without that.
        """
        country = code.partition("-")[0]
        for name in (code, country, "EEA" if country in EEA else "*", "*"):
            if name in self.residences:
                return name, self.residences[name]
        raise UnknownTerm(f"the policy names no residence for `{code}`", remedy='declare `"*"`')


@lru_cache(maxsize=4096)
def above(name: str) -> frozenset[str]:
    """Return every pattern that covers a dotted name.

    >>> sorted(above("contact.email"))
    ['*', 'contact', 'contact.email']
    """
    parts = name.split(".")
    return frozenset({"*", *(".".join(parts[:end]) for end in range(1, len(parts) + 1))})


def region_of(recipient: Recipient) -> str:
    """Return the region in which a recipient reads: its own, or its country's code."""
    return recipient.region or recipient.country.lower()


def content(edition: Edition) -> bytes:
    """Return the canonical JSON of an edition (RFC 8785): sorted keys, no spaces, UTF-8."""
    return msgspec.json.encode(edition, order="sorted")


def from_content(raw: bytes) -> Edition:
    """Read an edition back from its canonical JSON. Raises ``msgspec.ValidationError``."""
    return msgspec.json.decode(raw, type=Edition)
