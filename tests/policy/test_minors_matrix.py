"""Clause 8.3 as a table: purpose by operation by age band by ground, in every law we know.

The table is written down here once more, apart from the rules. Each question is one that an adult
of the same place may put, so that what is denied is denied because of age and nothing else.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from tests.policy.itnio import ADULT, AT, but, policy, said
from troth.model.standing import Fact, Standing
from troth.model.terms import AgeBand, Operation
from troth.policy import words
from troth.policy.case import Ask
from troth.policy.edition import Rule

PLACES = {"CN": ("cn",), "EEA": ("eu",), "US-CA": ("ca", "us"), "US": ("us",)}
GROUNDS = ("none", "collect", "collect+disclose", "law", "protection")
NEVER = {"marketing", "personalise", "analytics"}
OURS = {"age", "guardian", "rights"}
BY_LAW = {"legal", "public_safety"}
AWAY = {Operation.SHARE, Operation.TRANSFER, Operation.DISCLOSE}


def opens(operation: Operation, purpose: str, ground: str, *, coppa: bool) -> bool:
    """Tell whether clause 8.3 lets a minor's data be handled; the whole of it is here."""
    if purpose in NEVER or operation is Operation.SELL:
        return False
    consented = ground.startswith("collect")
    if operation is Operation.COLLECT:
        return purpose in OURS or consented
    if operation in AWAY:
        if purpose in BY_LAW or ground == "collect+disclose":
            return True
        return ground in ("law", "protection") and not coppa
    if purpose in OURS | BY_LAW or consented:
        return True
    return ground in ("law", "protection") and not (coppa and operation is Operation.USE)


# --- who and what ------------------------------------------------------------------------------


@cache
def adult(place: str) -> Standing:
    """Return an adult who said yes to everything and whose identity is confirmed."""
    everything = policy().consent_keys() - {"guardian/collect", "guardian/disclose"}
    facts = {"realname": Fact("verified", AT, "m")}
    return but(said(ADULT, *everything), residence=place, regimes=PLACES[place], facts=facts)


def young(place: str, age: AgeBand, ground: str) -> Standing:
    keys = [f"guardian/{word}" for word in ground.split("+") if ground.startswith("collect")]
    return said(but(adult(place), age=age), *keys)


def asks(rule: Rule) -> Iterator[Ask]:
    """Put the questions that a permit is about: its first fields, each purpose and recipient."""
    edition = policy().edition
    fields = [one for one in edition.fields(rule.categories) if not edition.categories[one].closed]
    facts = {*rule.only_if.all, *rule.only_if.any[:1], "contract", *sorted(words.MECHANISMS)[:1]}
    facts |= {"business_need", "impact_assessed", "anonymised"}
    for operation in map(Operation, rule.operations):
        to = edition.given_to(rule) if operation in words.GIVING else (None,)
        for purpose in edition.covered(rule):
            for recipient in to:
                yield Ask(
                    operation=operation,
                    purpose=purpose,
                    fields=tuple(fields[:1]),
                    recipient=recipient,
                    facts=frozenset(facts - {"law", "protects_minor"}),
                    ground=next(iter(rule.only_if.ground), ""),
                )


@cache
def questions(place: str) -> tuple[Ask, ...]:
    """Return every question of the kind that an adult there may put."""
    permits = [rule for rule in policy().edition.rules.values() if rule.verb == "permit"]
    asked = dict.fromkeys(ask for rule in permits for ask in asks(rule))
    return tuple(ask for ask in asked if policy().decide(ask, adult(place), AT).allowed)


def first_of_each_group() -> list[str]:
    """Return one field of every group."""
    groups: dict[str, str] = {}
    for field in policy().edition.fields():
        groups.setdefault(field.partition(".")[0], field)
    return list(groups.values())


def with_ground(ask: Ask, ground: str) -> Ask:
    fact = {"law": "law", "protection": "protects_minor"}.get(ground)
    facts = ask.facts | ({fact} if fact else set())
    return Ask(
        operation=ask.operation,
        purpose=ask.purpose,
        fields=ask.fields,
        recipient=ask.recipient,
        facts=frozenset(facts),
        ground=ask.ground,
    )


# --- the table ---------------------------------------------------------------------------------


@pytest.mark.clause("8.3-1")
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
@pytest.mark.parametrize("place", PLACES)
def test_only_the_three_grounds_open_a_minors_data(place: str, age: AgeBand, ground: str) -> None:
    coppa = age is AgeBand.CHILD and "us" in PLACES[place]
    standing = young(place, age, ground)
    for ask in questions(place):
        decision = policy().decide(with_ground(ask, ground), standing, AT)
        if not opens(ask.operation, ask.purpose, ground, coppa=coppa):
            assert not decision.allowed, ask
        elif not decision.allowed:
            # Only a permit that leaves minors out may be narrower than the table.
            grown = policy().decide(with_ground(ask, ground), adult(place), AT)
            used = [policy().edition.rules[rule] for rule in grown.rules]
            assert any("minor" in rule.unless for rule in used), ask


@pytest.mark.parametrize("purpose", sorted(NEVER))
@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
def test_nobody_is_advertised_to_or_profiled_whatever_was_said(age: AgeBand, purpose: str) -> None:
    asked = 0
    for place in PLACES:
        standing = young(place, age, "collect+disclose")
        for operation in Operation:
            for field in first_of_each_group():
                ask = Ask(
                    operation=operation,
                    purpose=purpose,
                    fields=(field,),
                    recipient="affiliates" if operation in words.GIVING else None,
                    facts=frozenset({"contract", "law", "protects_minor"}),
                )
                assert not policy().decide(ask, standing, AT).allowed
                asked += 1
    assert asked > 500


def test_the_table_asks_about_every_operation_and_most_purposes() -> None:
    found = {place: questions(place) for place in PLACES}
    operations = Counter(ask.operation for asked in found.values() for ask in asked)
    missing = set(Operation) - operations.keys()
    assert missing <= {Operation.SELL, Operation.PROCESS}
    purposes = {ask.purpose for asked in found.values() for ask in asked}
    assert len(purposes) >= len(policy().edition.purposes) - 2


@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
def test_nothing_is_opened_for_a_minor_that_is_closed_to_adults(age: AgeBand) -> None:
    permits = [rule for rule in policy().edition.rules.values() if rule.verb == "permit"]
    for ask in dict.fromkeys(ask for rule in permits for ask in asks(rule)):
        if not policy().decide(ask, adult("CN"), AT).allowed:
            wide = with_ground(with_ground(ask, "law"), "protection")
            grown = policy().decide(wide, adult("CN"), AT)
            minor = policy().decide(wide, young("CN", age, "collect+disclose"), AT)
            assert grown.allowed or not minor.allowed or ask.purpose == "rights"
