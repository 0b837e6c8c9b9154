"""Finds what an edition lacks to keep minors out, or to serve them with their guardians (8, 2.3).

As in ``check``: one function for one thing that must hold.
"""

from collections.abc import Callable, Iterable
from typing import Final

from troth.model.clock import date
from troth.model.terms import Operation, Regime
from troth.policy import words
from troth.policy.declared import closed_to_minors
from troth.policy.edition import Edition, Rule
from troth.policy.finding import Findings
from troth.policy.regimes import STATES, child_age, counted

Check = Callable[[Edition, Findings], None]

UNDER_AGE: Final = words.AGE_WORDS
GIVEN_AWAY: Final = (Operation.SHARE, Operation.TRANSFER, Operation.DISCLOSE)
PROFILING: Final = frozenset(
    {
        *("dpv:Marketing", "dpv:DirectMarketing", "dpv:Advertising", "dpv:TargetedAdvertising"),
        *("dpv:PersonalisedAdvertising", "dpv:Personalisation", "dpv:ServicePersonalisation"),
    }
)
"""What purposes are the same as that no consent opens for a minor (policy 8.3)."""
NEEDED: Final = {
    "purposes": ("age", "guardian", "rights"),
    "categories": (
        *("account.login", "identity.turns", "identity.grown", "guardian.name", "guardian.email"),
        *("guardian.phone", "guardian.relation", "guardian.proof", "guardian.request"),
    ),
}
"""What the program that serves minors calls by name (chapters/minors)."""


def ages_of_law(edition: Edition, found: Findings) -> None:
    """No age is under the law's: of each regime, and of a member state that is named (8.2)."""
    ages, path = edition.ages.child, ("ages", "child")
    clause, on = "".join(edition.ages.clause[:1]), date(edition.effective)
    found.unknown(path, "regime or member state", ages, {*Regime, *STATES}, edition.ages.clause)
    for name in ages.keys() & {*Regime, *STATES}:
        row = child_age("eu", on, state=name) if name in STATES else child_age(name, on)
        if row is not None and ages[name] < row.years:
            message = f"under `{name}` the law protects everybody under {row.years} ({row.cite})"
            found.error(path, message, clause=clause, remedy=f"write {row.years}, or more")
        elif row is not None and row.remembered and ages[name] < counted(ages, "eu"):
            message = f"the age of `{name}` in law was written down from memory"
            remedy = "have it confirmed, or leave the state out: Europe's own age counts then"
            found.warn(path, message, clause=clause, remedy=remedy)


def kept_out(edition: Edition, found: Findings) -> None:
    """Who is not served is not asked, either (8.1b)."""
    if edition.ages.minors_service:
        return
    if not any(_about_minors(rule, Operation.COLLECT) for rule in edition.rules.values()):
        message = "no rule forbids to collect from minors"
        remedy = "forbid `collect` with `when: {age: [minor, child]}`"
        found.warn(("ages",), message, clause="8.1b", remedy=remedy)


def served(edition: Edition, found: Findings) -> None:
    """Who serves minors waits for their guardians, and has what it takes to ask them (8.3)."""
    if not edition.ages.minors_service:
        return
    for operation in (Operation.COLLECT, Operation.USE, *GIVEN_AWAY):
        word = "guardian_disclosure" if operation in GIVEN_AWAY else "guardian"
        if not _yields_to(edition.rules.values(), operation, word):
            message = f"no rule forbids to {operation} a minor's data unless `{word}`"
            remedy = f"forbid `{operation}` with `when: {{age: [minor, child]}}, unless: [{word}]`"
            found.error(("ages", "minors_service"), message, clause="8.3-1", remedy=remedy)
    for section, names in NEEDED.items():
        for name in names:
            if name not in getattr(edition, section):
                message = f"a service for minors needs `{name}` among its {section}"
                remedy = "declare it, as the policy that ships does"
                found.error((section,), message, clause="8.1c", remedy=remedy)


def never_profiled(edition: Edition, found: Findings) -> None:
    """Nobody advertises to a minor or profiles one, whatever was consented to (8.3)."""
    if not edition.ages.minors_service:
        return
    closed = closed_to_minors(edition)
    for name, purpose in edition.purposes.items():
        if purpose.same_as in PROFILING and name not in closed:
            message = f"`{name}` is open for minors"
            remedy = 'forbid "*" for it with `when: {age: [minor, child]}`, without `unless`'
            found.error(("purposes", name), message, clause="8.3-1", remedy=remedy)


def _about_minors(rule: Rule, operation: str) -> bool:
    """Tell whether a rule forbids an operation on anything of everybody under age."""
    return (
        rule.verb == "forbid"
        and bool({operation, "*"} & set(rule.operations))
        and set(rule.when.age) >= UNDER_AGE
        and "*" in rule.categories
    )


def _yields_to(rules: Iterable[Rule], operation: Operation, word: str) -> bool:
    return any(_about_minors(rule, operation) and word in rule.unless for rule in rules)


MINORS_CHECKS: Final[tuple[Check, ...]] = (ages_of_law, kept_out, served, never_profiled)
