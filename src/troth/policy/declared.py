"""What an edition declares, asked by name (P.1, 7.2d, 9.3a)."""

from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import UnknownTerm
from troth.model.terms import Operation
from troth.policy import words
from troth.policy.edition import (
    Category,
    Clause,
    Edition,
    HoldRule,
    Names,
    Purpose,
    Recipient,
    Residence,
    Retention,
    Rule,
    Service,
    Staff,
    Words,
    above,
    region_of,
)
from troth.policy.reason import describe
from troth.policy.regimes import abroad
from troth.policy.regimes.spans import later
from troth.policy.words import BASIS

T = TypeVar("T")
ASKED: Final = ("consent", "separate")
"""Kinds of bases that a consent opens."""


class Offer(Struct, frozen=True, kw_only=True):
    """A consent that a subject can give or take back: what it is about, and its clauses."""

    key: str
    purpose: str
    text: Words
    sensitive: bool = False
    clauses: Names = ()


class Declared:
    """An edition that can be asked what it declares; unknown words raise ``UnknownTerm``."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self._terms: dict[tuple[str, str], Retention] = {}
        self._clauses = {clause.id: clause for clause in edition.clauses}

    def field(self, name: str) -> Category:
        """Return what is declared of a field. Raises ``UnknownTerm``."""
        return _of(self.edition.categories, name, "field")

    def fields(self, *patterns: str) -> Names:
        """Return the fields that are declared and open, those that some patterns cover if named."""
        found = self.edition.fields(patterns or ("*",))
        return tuple(field for field in found if not self.edition.categories[field].closed)

    def purpose(self, name: str) -> Purpose:
        """Return what is declared of a purpose. Raises ``UnknownTerm``."""
        return _of(self.edition.purposes, name, "purpose")

    def recipient(self, name: str) -> Recipient:
        """Return what is declared of a recipient. Raises ``UnknownTerm``."""
        return _of(self.edition.recipients, name, "recipient")

    def role(self, name: str) -> Staff:
        """Return what is declared of a staff role. Raises ``UnknownTerm``."""
        return _of(self.edition.staff, name, "staff role")

    def rule(self, name: str) -> Rule:
        """Return a rule. Raises ``UnknownTerm``."""
        return _of(self.edition.rules, name, "rule")

    def clause(self, name: str) -> Clause:
        """Return a clause of the text. Raises ``UnknownTerm``."""
        return _of(self._clauses, name, "clause")

    def residence(self, code: str) -> Residence:
        """Return where a subject from a country (``CN``, ``DE``, ``US-CA``) is stored and bound."""
        return self.edition.residence(code)[1]

    def services_on(self, host: str) -> tuple[Service, ...]:
        """Return the services that run on a host; none: the policy does not cover it (1.2b)."""
        return tuple(one for one in self.edition.services.values() if host in one.hosts)

    # --- time ----------------------------------------------------------------------------------

    def retention_of(self, field: str, purpose: str = "") -> Retention:
        """Return how long a field is kept: the row whose pattern names it most closely.

        A row for the purpose comes before one for any purpose. Raises ``UnknownTerm``.
        """
        term = self._terms.get((field, purpose))
        if term is None:
            term = self._terms[field, purpose] = self._term(field, purpose)
        return term

    def _term(self, field: str, purpose: str) -> Retention:
        self.field(field)
        rows = [
            (bool(row.purposes), max(map(len, above(field) & set(row.categories))), row)
            for row in self.edition.retention
            if above(field) & set(row.categories) and (not row.purposes or purpose in row.purposes)
        ]
        if not rows:
            raise UnknownTerm(f"field `{field}` has no retention", clause="7.2d")
        return max(rows, key=lambda row: row[:2])[2]

    def kept_until(self, field: str, started: Moment, purpose: str = "") -> Moment:
        """Return when a field is due whose term started at a moment. Raises ``UnknownTerm``."""
        return later(started, self.retention_of(field, purpose).keep)

    def holds_of(self, field: str) -> dict[str, HoldRule]:
        """Return the laws that may forbid erasing a field, by name."""
        return {
            name: hold
            for name, hold in self.edition.holds.items()
            if not above(field).isdisjoint(hold.categories)
        }

    # --- consents ------------------------------------------------------------------------------

    def describe(self, key: str) -> Words:
        """Return what a consent key is about, in every language."""
        return describe(self.edition, key)

    def consent_ends(self, key: str, given: Moment) -> Moment | None:
        """Return when a consent given at a moment ends by the policy's own term; ``None``: never.

        >>> from troth.policy import packs, reader
        >>> Declared(reader.load(*packs.source("itnio"))).consent_ends("account", Moment(0))
        """
        purpose = self.edition.purposes.get(purpose_of(key))
        term = purpose.consent_for if purpose is not None else ""
        return later(given, term) if term else None

    def offers(self, regimes: Names) -> tuple[Offer, ...]:
        """Return every consent that subjects under some regimes can be asked, in rules' order.

        A transfer abroad is among them where a recipient abroad is declared for its purpose.
        """
        found: dict[str, Offer] = {}
        for rule in self.edition.rules.values():
            for key, purpose, sensitive in self._keys(rule, regimes):
                clauses = (*(found[key].clauses if key in found else ()), *rule.clause)
                found[key] = Offer(
                    key=key,
                    purpose=purpose,
                    text=self.describe(key),
                    sensitive=sensitive,
                    clauses=tuple(dict.fromkeys(clauses)),
                )
        return tuple(found.values())

    def _keys(self, rule: Rule, regimes: Names) -> Iterator[tuple[str, str, bool]]:
        """Yield (key, purpose, sensitive) for each consent that a permit asks for."""
        pairs = [(regime, rule.basis.get(regime, "")) for regime in regimes]
        asked = [BASIS[pair] for pair in pairs if pair in BASIS and BASIS[pair].kind in ASKED]
        if rule.verb != "permit" or not asked:
            return
        fields = self.fields(*rule.categories)
        named = any(basis.kind == "separate" or basis.regime == "cn" for basis in asked)
        alone = [one for one in fields if named and self.edition.categories[one].sensitive]
        to = [(one, name) for one in rule.operations for name in self._to(rule, one)]
        here = bool({*rule.operations} - words.GIVING - {Operation.EXPORT})
        crossed = self._crossed(regimes) if Operation.EXPORT in rule.operations else ()
        for purpose in self.edition.covered(rule):
            yield from ((f"{purpose}/{field}", purpose, True) for field in alone if here or to)
            yield from ((f"{one}/{name}/{purpose}", purpose, False) for one, name in to)
            for region in dict.fromkeys(region for region, what in crossed if what == purpose):
                yield f"{Operation.EXPORT}/{region}/{purpose}", purpose, False
            if here and len(alone) < len(fields):
                yield purpose, purpose, False

    def _to(self, rule: Rule, operation: str) -> Names:
        return self.edition.given_to(rule) if operation in words.GIVING else ()

    def _crossed(self, regimes: Names) -> list[tuple[str, str]]:
        """Return (region, purpose) for what recipients abroad may be given under some regimes."""
        edition = self.edition
        places = [
            (regime, name)
            for name, one in edition.residences.items()
            for regime in regimes
            if regime in one.regimes
        ]
        return [
            (region_of(edition.recipients[name]), purpose)
            for rule in edition.rules.values()
            if rule.verb == "permit" and words.GIVING & set(rule.operations)
            for name in edition.given_to(rule)
            if edition.recipients[name].kind not in words.CROSS_BY_OTHER_LAW
            and any(abroad(*place, edition.recipients[name].country) for place in places)
            for purpose in edition.covered(rule)
        ]


def purpose_of(key: str) -> str:
    """Return the purpose that a consent key is about.

    >>> purpose_of("marketing/contact.email"), purpose_of("share/id-authority/realname")
    ('marketing', 'realname')
    """
    first, *rest = key.split("/")
    return rest[-1] if len(rest) == 2 else first


def closed_to_minors(edition: Edition) -> frozenset[str]:
    """Return the purposes that no consent opens for somebody under age (8.3)."""
    return frozenset(
        purpose
        for rule in edition.rules.values()
        if rule.verb == "forbid"
        and "*" in rule.operations
        and "*" in rule.categories
        and set(rule.when.age) >= words.AGE_WORDS
        and not (rule.unless or rule.when.regimes or rule.when.residence)
        for purpose in edition.covered(rule)
    )


def _of(table: Mapping[str, T], name: str, what: str) -> T:
    found = table.get(name)
    if found is None:
        remedy = "use a declared one, or publish an edition that declares it"
        raise UnknownTerm(f"{what} `{name[:60]}` is not declared", clause="P.1", remedy=remedy)
    return found
