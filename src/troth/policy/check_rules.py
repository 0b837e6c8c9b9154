"""Finds what contradicts in the rules of an edition (2.3, 2.4b, 4.1.1, 7.2c).

As in ``check``: one function for one thing that must hold.
"""

from collections.abc import Callable, Iterable
from typing import Final

from troth.model.terms import AgeBand, Operation, Regime
from troth.policy import words
from troth.policy.edition import Edition, Names, Rule
from troth.policy.finding import Findings, Path
from troth.policy.regimes import abroad
from troth.policy.words import BASIS, bases

Check = Callable[[Edition, Findings], None]

ABOUT_A_PERSON: Final = frozenset({Operation.COLLECT, Operation.USE, Operation.SHOW})
ASKED: Final = frozenset({"consent", "contract"})
"""Chinese bases that do not open sensitive data: it takes a separate consent (PIPL 29)."""


def rule_words(edition: Edition, found: Findings) -> None:
    """Every word of a rule is declared (P.1, 2.1.1h)."""
    for name, rule in edition.rules.items():
        path = ("rules", name)
        operations = frozenset(Operation) | ({"*"} if rule.verb == "forbid" else set())
        _say(found, (*path, rule.verb), "operation", rule.operations, operations, rule)
        patterns = [one for one in rule.categories if one != "*" and not edition.fields((one,))]
        _say(found, (*path, "categories"), "category", patterns, edition.categories, rule)
        groups = {one.rpartition(".")[0] for one in edition.purposes} - {""}
        known = edition.purposes.keys() | groups
        _say(found, (*path, "purposes"), "purpose", rule.purposes, known, rule)
        _say(found, (*path, "purposes_except"), "purpose", rule.purposes_except, known, rule)
        _say(found, (*path, "to"), "recipient", rule.to, edition.recipients, rule)
        kinds = (*rule.to_kind, *rule.to_kind_not)
        _say(found, (*path, "to_kind"), "recipient kind", kinds, words.RECIPIENT_KINDS, rule)
        if rule.verb == "require":
            required = (rule.requirement,)
            _say(found, (*path, "require"), "requirement", required, words.REQUIREMENTS, rule)


def conditions(edition: Edition, found: Findings) -> None:
    """Conditions use known words: a misspelt one would open or close a rule for ever."""
    facts = {*words.STANDING, *words.FACTS, *words.VERIFIED, *edition.facts}
    grounds = {clause.id for clause in edition.clauses}
    for name, rule in edition.rules.items():
        path = ("rules", name)
        only = rule.only_if
        _say(found, (*path, "only_if"), "condition", (*only.all, *only.any), facts, rule)
        _say(found, (*path, "only_if"), "clause", only.ground if grounds else (), grounds, rule)
        _say(found, (*path, "unless"), "condition", rule.unless, facts, rule)
        when = rule.when
        _say(found, (*path, "when"), "regime", when.regimes, frozenset(Regime), rule)
        _say(found, (*path, "when"), "age band", when.age, frozenset(AgeBand), rule)
        _say(found, (*path, "when"), "residence", when.residence, edition.residences, rule)


def safe_conditions(edition: Edition, found: Findings) -> None:
    """No rule closes by giving a consent, so that taking one back opens none (9.3c)."""
    for name, rule in edition.rules.items():
        only = rule.only_if
        asked = rule.unless if rule.verb == "permit" else (*only.all, *only.any)
        for word in words.CONSENT_WORDS & set(asked) if rule.verb != "require" else ():
            message = f"`{name}` would be opened by withdrawing consent (`{word}`)"
            remedy = "turn it round: a permit needs consent, a forbid yields to it"
            found.error(("rules", name), message, clause="9.3c", remedy=remedy)


def _say(
    found: Findings, path: Path, what: str, asked: Iterable[str], known: Iterable[str], rule: Rule
) -> None:
    found.unknown(path, what, asked, known, rule.clause)


def completeness(edition: Edition, found: Findings) -> None:
    """Each rule says what it is about and which clause gives it."""
    for name, rule in edition.rules.items():
        giving = words.GIVING & set(rule.operations)
        wants = {
            "clause": not rule.clause,
            "categories": not rule.categories,
            "purpose": rule.verb == "permit"
            and not rule.purposes
            and bool(ABOUT_A_PERSON & set(rule.operations)),
            "to": rule.verb == "permit" and bool(giving) and not (rule.to or rule.to_kind),
        }
        for key in (key for key, lacks in wants.items() if lacks):
            message = f"`{name}` lacks `{key}`"
            first = "".join(rule.clause[:1])
            found.error(("rules", name), message, clause=first, remedy=f"add `{key}` to the rule")


def basis_of_regime(edition: Edition, found: Findings) -> None:
    """Bases are of their regime; a permit serves every regime that binds somebody."""
    bound = {regime for place in edition.residences.values() for regime in place.regimes}
    for name, rule in edition.rules.items():
        path, clause = ("rules", name, "basis"), "".join(rule.clause[:1])
        _say(found, path, "regime", rule.basis, frozenset(Regime), rule)
        for regime, basis in rule.basis.items():
            if regime in frozenset(Regime) and (regime, basis) not in BASIS:
                message = f"`{basis}` is no basis under `{regime}`"
                remedy = "use one of: " + ", ".join(bases(regime))
                found.error(path, message, clause=clause, remedy=remedy)
        missing = sorted(bound - rule.basis.keys()) if rule.basis and not rule.when.regimes else []
        if rule.verb == "permit" and missing:
            message = f"`{name}` permits nothing under " + ", ".join(f"`{one}`" for one in missing)
            remedy = "add a basis for it, or `when: {regimes: [...]}` to say that it is meant"
            found.warn(path, message, clause=clause, remedy=remedy)


def sensitive(edition: Edition, found: Findings) -> None:
    """Sensitive data opens in China only by a separate consent or by a law (2.3b, PIPL 29)."""
    for name, rule in edition.rules.items():
        if rule.verb != "permit" or rule.basis.get("cn") not in ASKED:
            continue
        fields = [
            field
            for field in edition.fields(rule.categories)
            if edition.categories[field].sensitive and not edition.categories[field].closed
        ]
        for field in fields:
            flag = edition.categories[field].sensitive
            clause = "".join(flag.clause[:1]) if flag else ""
            message = f"`{name}` opens sensitive `{field}` in China by `{rule.basis['cn']}`"
            remedy = "write `cn: separate_consent`, or give the field a rule of its own"
            found.error(("rules", name, "basis"), message, clause=clause, remedy=remedy)


def recipients_abroad(edition: Edition, found: Findings) -> None:
    """Who is abroad gets data only where an export rule names how it may cross (2.4b)."""
    for name, rule in edition.rules.items():
        if rule.verb != "permit" or not words.GIVING & set(rule.operations):
            continue
        for recipient in edition.given_to(rule):
            for regime in _crosses(edition, rule, recipient):
                _crossing(edition, found, name, recipient, regime)


def _crosses(edition: Edition, rule: Rule, recipient: str) -> Names:
    """Return the regimes under which a rule lets data go abroad to a recipient."""
    one = edition.recipients[recipient]
    return tuple(
        regime
        for regime in ("cn", "eu")
        if one.kind not in words.CROSS_BY_OTHER_LAW
        and (not rule.basis or regime in rule.basis)
        and (not rule.when.regimes or regime in rule.when.regimes)
        and any(
            regime in place.regimes and abroad(regime, where, one.country)
            for where, place in edition.residences.items()
            if not rule.when.residence or where in rule.when.residence
        )
    )


def _crossing(edition: Edition, found: Findings, name: str, recipient: str, regime: str) -> None:
    rule = edition.rules[name]
    exports = [
        one
        for one in edition.rules.values()
        if one.verb == "permit"
        and Operation.EXPORT in one.operations
        and words.MECHANISMS & {*one.only_if.all, *one.only_if.any}
        and (not one.basis or regime in one.basis)
    ]
    purposes = {purpose for one in exports for purpose in edition.covered(one)}
    fields = {field for one in exports for field in edition.fields(one.categories)}
    lost_purposes = set(edition.covered(rule)) - purposes
    lost_fields = set(edition.fields(rule.categories)) - fields
    if not lost_purposes and not lost_fields:
        return
    country = edition.recipients[recipient].country
    note = found.warn if exports or regime != "cn" else found.error
    lost = ", ".join(sorted(lost_purposes or lost_fields))
    note(
        ("rules", name),
        f"`{name}` gives to `{recipient}` in {country} what no export rule covers"
        f" under `{regime}`: {lost}",
        clause="2.4b",
        remedy="permit `export` of it, with the mechanism it needs under `only_if`",
    )


def dead_permits(edition: Edition, found: Findings) -> None:
    """No permit is wholly forbidden: one of the two rules is not meant."""
    forbids = [(other, rule) for other, rule in edition.rules.items() if _always(rule)]
    for name, rule in edition.rules.items():
        for other, forbid in forbids if rule.verb == "permit" else ():
            if _covers(edition, forbid, rule):
                found.warn(
                    ("rules", name),
                    f"`{name}` permits only what `{other}` forbids",
                    clause="".join(rule.clause[:1]),
                    remedy=f"remove `{name}`, or narrow `{other}`",
                )


def _always(rule: Rule) -> bool:
    only, when = rule.only_if, rule.when
    narrowed = (
        *(rule.unless, rule.to, rule.to_kind, rule.to_kind_not),
        *(only.all, only.any, only.ground, when.regimes, when.age, when.residence),
    )
    return rule.verb == "forbid" and not any(narrowed)


def _covers(edition: Edition, forbid: Rule, permit: Rule) -> bool:
    return (
        ("*" in forbid.operations or set(permit.operations) <= set(forbid.operations))
        and set(edition.fields(permit.categories)) <= set(edition.fields(forbid.categories))
        and set(edition.covered(permit)) <= set(edition.covered(forbid))
    )


def unused(edition: Edition, found: Findings) -> None:
    """Purposes and recipients that no rule names are noise, or a rule is missing (7.2c)."""
    permits = [rule for rule in edition.rules.values() if rule.verb == "permit"]
    purposes = {purpose for rule in permits for purpose in edition.covered(rule)}
    giving = [rule for rule in permits if words.GIVING & set(rule.operations)]
    recipients = {name for rule in giving for name in edition.given_to(rule)}
    for section, table, used in (
        ("purposes", edition.purposes, purposes),
        ("recipients", edition.recipients, recipients),
    ):
        for name in table.keys() - used:
            message = f"`{name}` is declared and no rule permits it"
            remedy = "remove it, or write its rule"
            found.warn((section, name), message, clause="7.2c", remedy=remedy)


RULE_CHECKS: Final[tuple[Check, ...]] = (
    rule_words,
    conditions,
    safe_conditions,
    completeness,
    basis_of_regime,
    sensitive,
    recipients_abroad,
    dead_permits,
    unused,
)
