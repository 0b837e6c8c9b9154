"""How rules become a verdict: default deny, forbid wins, every regime must agree (P.1, 4.1, 9.3c).

This is the slow and readable half of a decision; ``decide`` remembers its verdicts. For each field
and each regime that binds the subject the rules are tried in turn:

1. a forbid that applies ends it, unless only a consent is missing;
2. the permit that comes closest counts: its conditions, then its basis;
3. what crosses a border needs an export rule that names how (2.4b);
4. the worst verdict over all fields and regimes is the verdict.
"""

from collections.abc import Iterable, Sequence

from troth.model.terms import ALL, Fields, Operation
from troth.policy import state as st
from troth.policy import words
from troth.policy.case import Ask, Case, Ready, Verdict, worst
from troth.policy.edition import Edition, Names, Rule, above, region_of
from troth.policy.regimes import abroad
from troth.policy.state import Alphabet
from troth.policy.words import BASIS


class Judge:
    """Tries the rules of one edition."""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.alphabet = Alphabet(edition, _consents(edition), _facts(edition))
        ready = [self._ready(rule) for rule in edition.rules.values()]
        self._permits = {one: _of(ready, "permit", one) for one in Operation}
        self._forbids = {one: _of(ready, "forbid", one) for one in Operation}
        self._requires = [one for one in ready if one.rule.verb == "require"]
        self.open = tuple(name for name, field in edition.categories.items() if not field.closed)

    def _ready(self, rule: Rule) -> Ready:
        bits = {"minor": st.MINOR, "child": st.CHILD}
        return Ready(
            rule,
            frozenset(self.edition.fields(rule.categories)),
            frozenset(self.edition.covered(rule)),
            frozenset(self.edition.given_to(rule)),
            sum(bits.get(age, 0) for age in set(rule.when.age)),
            sum(self.alphabet.residences[one] for one in set(rule.when.residence)),
            bool(words.MECHANISMS & {*rule.only_if.all, *rule.only_if.any}),
        )

    def leaves(self, fields: Fields) -> Fields:
        """Return the fields asked for; ``*`` stands for every field that is open."""
        return self.open if fields == ALL else fields

    def mask(self, ask: Ask) -> int:
        """Return the bits that can matter for an ask."""
        letters = self.alphabet
        mask = letters.always | sum(letters.facts.values()) | letters.objections.get(ask.purpose, 0)
        fields = self.leaves(ask.fields)
        for field in fields:
            mask |= letters.restrictions.get(field, 0)
        for key in self._askable(ask, fields):
            mask |= 3 << letters.consents[key] if key in letters.consents else 0
        return mask

    def _askable(self, ask: Ask, fields: Fields) -> Iterable[str]:
        yield ask.purpose
        for field in fields:
            yield f"{ask.purpose}/{field}"
        for region in {ask.to_region or "", self._region_of(ask.recipient)} - {""}:
            yield f"{Operation.EXPORT}/{region}/{ask.purpose}"
        yield f"{ask.operation}/{ask.recipient}/{ask.purpose}"

    def _region_of(self, recipient: str | None) -> str:
        one = self.edition.recipients.get(recipient or "")
        return region_of(one) if one else ""

    # --- the verdict ---------------------------------------------------------------------------

    def verdict(self, ask: Ask, bits: int) -> Verdict:
        """Return what the rules say of an ask, for a subject in a state."""
        fields = self.leaves(ask.fields)
        if bits & st.ERASED:
            return Verdict(code="erased", fields=fields)
        unknown = self._undeclared(ask, fields)
        if unknown:
            return Verdict(code="undeclared", fields=fields, unmet=unknown)
        verdicts = list(self._whole(ask, fields, bits))
        regimes = self.alphabet.regimes_of(bits)
        border = self._border(ask, regimes, bits)
        for field in fields:
            verdicts += self._field(ask, field, regimes, border, bits)
        return worst(verdicts)

    def _undeclared(self, ask: Ask, fields: Fields) -> Names:
        edition = self.edition
        asked: list[tuple[str, Iterable[str]]] = [(ask.purpose, edition.purposes)]
        asked += [(field, edition.categories) for field in fields]
        if ask.recipient is not None or ask.operation in words.GIVING:
            asked.append((ask.recipient or "", edition.recipients))
        if ask.role:
            asked.append((ask.role, edition.staff))
        if ask.to_region is not None:
            regions = {place.region for place in edition.residences.values()}
            asked.append((ask.to_region, regions))
        unknown = tuple(word for word, known in asked if word not in known)
        return unknown or (() if fields else ("",))

    def _whole(self, ask: Ask, fields: Fields, bits: int) -> Iterable[Verdict]:
        """Yield what stands against an ask as a whole."""
        protective = not above(ask.purpose).isdisjoint(words.PROTECTIVE)
        if bits & st.CLOSED and not protective:
            yield Verdict(code="closed", fields=fields)
        one = self.edition.recipients.get(ask.recipient or "")
        if one and one.contract and ask.operation in words.GIVING and "contract" not in ask.facts:
            yield Verdict(code="no_contract", fields=fields, clauses=one.clause)
        if ask.role:
            role = self.edition.staff[ask.role]
            shown = self.edition.fields(role.shows)
            hidden = tuple(field for field in fields if field not in shown)
            if ask.purpose not in role.purposes or hidden:
                yield Verdict(code="role", fields=hidden or fields, clauses=role.clause)

    def _border(self, ask: Ask, regimes: Sequence[str], bits: int) -> tuple[str, list[str]]:
        """Return the region that data would cross into and the regimes that mind."""
        home = self.alphabet.residence_of(bits)
        if ask.to_region is not None and ask.to_region != self.edition.residences[home].region:
            return ask.to_region, list(regimes)
        one = self.edition.recipients.get(ask.recipient or "")
        if one is None or ask.operation not in words.GIVING or one.kind in words.CROSS_BY_OTHER_LAW:
            return "", []
        minding = [regime for regime in regimes if abroad(regime, home, one.country)]
        return (self._region_of(ask.recipient), minding) if minding else ("", [])

    def _field(
        self, ask: Ask, field: str, regimes: Sequence[str], border: tuple[str, list[str]], bits: int
    ) -> Iterable[Verdict]:
        category = self.edition.categories[field]
        if category.closed:
            return [Verdict(code="not_open", fields=(field,), clauses=category.clause)]
        kept = st.ALL_RESTRICTED | self.alphabet.restrictions[field]
        if bits & kept and above(ask.purpose).isdisjoint(words.PROTECTIVE):
            return [Verdict(code="restricted", fields=(field,))]
        region, minding = border
        case = Case(self.edition, self.alphabet, ask, field, bits)
        found = list(case.forbidden(self._forbids[ask.operation], regimes))
        if not region or ask.operation is not Operation.EXPORT:
            rules = self._permits[ask.operation]
            found += [case.permitted(rules, regime, ask.operation, "") for regime in regimes]
        if region:
            rules = [one for one in self._permits[Operation.EXPORT] if one.crosses]
            found += [case.permitted(rules, regime, Operation.EXPORT, region) for regime in minding]
        return found

    def duties(self, ask: Ask, bits: int) -> Names:
        """Return what ``require`` rules demand of an act that is allowed."""
        due, regimes = list[str](), self.alphabet.regimes_of(bits)
        for field in self.leaves(ask.fields):
            case = Case(self.edition, self.alphabet, ask, field, bits)
            for one in self._requires:
                lifted = any(case.holds(word) for word in one.rule.unless)
                if case.concerns(one, regimes) and not case.unmet(one.rule) and not lifted:
                    due.append(one.rule.requirement)
        return tuple(dict.fromkeys(due))


def _of(rules: Iterable[Ready], verb: str, operation: Operation) -> list[Ready]:
    return [
        ready
        for ready in rules
        if ready.rule.verb == verb and not {operation, "*"}.isdisjoint(ready.rule.operations)
    ]


def _facts(edition: Edition) -> set[str]:
    """Return the words that only a checked fact in the standing, or the asker, can answer."""
    asked = {
        word
        for rule in edition.rules.values()
        for word in (*rule.only_if.all, *rule.only_if.any, *rule.unless)
    }
    return asked - words.STANDING | words.VERIFIED.keys()


def _consents(edition: Edition) -> list[str]:
    """Return every consent key that a rule of the edition can ask for, in a fixed order."""
    keys = dict[str, None]()
    for rule in filter(_takes_consent, edition.rules.values()):
        given = set(Operation) if "*" in rule.operations else set(rule.operations)
        to = [
            (one, name) for one in sorted(words.GIVING & given) for name in edition.given_to(rule)
        ]
        if Operation.EXPORT in given:
            to += [(Operation.EXPORT, region) for region in _regions(edition)]
        whole = bool(given - words.GIVING)
        own = [
            field
            for field in edition.fields(rule.categories)
            if whole or edition.categories[field].sensitive
        ]
        for purpose in edition.covered(rule):
            keys |= dict.fromkeys([purpose] if whole else [])
            keys |= dict.fromkeys(f"{purpose}/{field}" for field in own)
            keys |= dict.fromkeys(f"{operation}/{one}/{purpose}" for operation, one in to)
    return [*keys, *_guardians(edition)]


def _guardians(edition: Edition) -> list[str]:
    """Return what the rules ask a minor's guardian."""
    asked = set[str]()
    for rule in edition.rules.values():
        asked |= {*rule.unless, *rule.only_if.all, *rule.only_if.any}
        parental = [pair for pair in rule.basis.items() if pair in BASIS]
        if any(BASIS[pair].kind == "parental" for pair in parental):
            asked.add("guardian")
    return [key for word, key in words.GUARDIAN.items() if word in asked]


def _takes_consent(rule: Rule) -> bool:
    kinds = {BASIS[pair].kind for pair in rule.basis.items() if pair in BASIS}
    asked = {*rule.unless, *rule.only_if.all, *rule.only_if.any}
    return bool(kinds & {"consent", "separate", "opt_in_minor"} or asked & words.CONSENT_WORDS)


def _regions(edition: Edition) -> list[str]:
    own = [place.region for place in edition.residences.values()]
    return list(dict.fromkeys([*own, *map(region_of, edition.recipients.values())]))
