"""What always holds of a decision, whatever the policy, the person and the question."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.policy import naive, small
from tests.policy.random_policies import FIELDS, cases, editions, moments, people, rules, wild
from troth.model.standing import Consent
from troth.model.terms import Effect, Operation
from troth.policy.case import Ask
from troth.policy.decide import Policy
from troth.policy.edition import content, from_content

OPENNESS = {Effect.DENY: 0, Effect.ASK: 1, Effect.ALLOW: 2}


@settings(max_examples=4 * settings().max_examples)
@given(cases(), moments)
def test_a_decision_is_what_a_plain_reading_of_the_rules_gives(case, at):
    edition, ask, person = case
    decision = Policy(edition).decide(ask, person, at)
    effect, missing = naive.decide(edition, ask, person, at)
    assert decision.effect is effect
    assert effect is not Effect.ASK or missing <= set(decision.missing)


@given(cases(), st.lists(wild, max_size=3), st.lists(moments, min_size=2, max_size=4))
def test_what_was_asked_before_changes_no_answer(case, others, times):
    edition, ask, person = case
    questions = [ask, *others]
    remembering = Policy(edition)
    for at in times:
        for ask in questions:
            fresh = Policy(edition).decide(ask, person, at)
            assert remembering.decide(ask, person, at) == fresh


@pytest.mark.clause("P.1", "4.1")
@given(wild, people, moments)
def test_without_rules_everything_is_denied(ask, person, at):
    bare = Policy(msgspec.structs.replace(small.edition(), rules={}))
    assert bare.decide(ask, person, at).effect is Effect.DENY


@pytest.mark.clause("P.1", "2.1.1h")
@given(cases(), moments)
def test_what_is_not_declared_is_denied(case, at):
    edition, ask, person = case
    policy = Policy(edition)
    for strange in ({"purpose": "gossip"}, {"fields": ("contact.fax",)}, {"recipient": "stranger"}):
        asked = msgspec.structs.replace(ask, **strange)
        assert policy.decide(asked, person, at).effect is Effect.DENY


@given(cases(), rules("forbid"), moments)
def test_one_more_forbid_never_opens(case, forbid, at):
    edition, ask, person = case
    more = msgspec.structs.replace(edition, rules={**edition.rules, forbid.id: forbid})
    before, after = (Policy(one).decide(ask, person, at).effect for one in (edition, more))
    assert OPENNESS[after] <= OPENNESS[before]


@pytest.mark.clause("9.3c")
@given(cases(), moments)
def test_withdrawing_never_opens(case, at):
    edition, ask, person = case
    policy = Policy(edition)
    before = policy.decide(ask, person, at).effect
    for key in person.consents:
        withdrawn = {**person.consents, key: Consent(state="withdrawn", at=at)}
        after = policy.decide(ask, msgspec.structs.replace(person, consents=withdrawn), at).effect
        assert OPENNESS[after] <= OPENNESS[before]


@given(cases(), moments)
def test_giving_what_is_missing_opens(case, at):
    edition, ask, person = case
    policy = Policy(edition)
    for _ in range(4):  # a permit that yields may show that another one asks for more
        decision = policy.decide(ask, person, at)
        if decision.effect is not Effect.ASK:
            break
        given_now = {key: Consent(state="given", at=at) for key in decision.missing}
        person = msgspec.structs.replace(person, consents={**person.consents, **given_now})
    assert decision.effect is not Effect.ASK


@pytest.mark.clause("9.4-5")
@given(cases(), moments)
def test_restricting_never_opens(case, at):
    edition, ask, person = case
    policy = Policy(edition)
    closed = msgspec.structs.replace(person, life="closed")
    before, after = (policy.decide(ask, one, at).effect for one in (person, closed))
    assert person.life in ("erased", "unknown") or OPENNESS[after] <= OPENNESS[before]


@given(cases(), moments)
def test_all_fields_in_one_call_are_the_fields_one_by_one(case, at):
    edition, ask, person = case
    policy = Policy(edition)
    whole = msgspec.structs.replace(ask, fields=("*",))
    singly = {
        field
        for field in policy.fields()
        if policy.decide(msgspec.structs.replace(ask, fields=(field,)), person, at).allowed
    }
    assert set(policy.allowed(whole, person, at)) == singly
    assert set(policy.fields_in(policy.mask(whole, person, at))) == singly


@given(cases(), moments)
def test_a_decision_says_why_in_both_languages(case, at):
    edition, ask, person = case
    decision = Policy(edition).decide(ask, person, at)
    assert decision.reason["en"].endswith(".")
    assert decision.reason["zh"].endswith("。")
    assert "{" not in decision.reason["en"] + decision.reason["zh"]
    assert all(clause in decision.reason["en"] for clause in decision.clauses)
    assert decision.allowed or decision.remedy


@pytest.mark.clause("9.6b")
@given(people, st.sampled_from(FIELDS), moments)
def test_nothing_is_ever_sold(person, field, at):
    facts = frozenset({"contract", "standard_contract", "impact_assessed"})
    ask = Ask(
        operation=Operation.SELL,
        purpose="marketing",
        fields=(field,),
        recipient="friend",
        facts=facts,
    )
    assert not small.policy().decide(ask, person, at).allowed


@given(editions())
def test_an_edition_survives_its_canonical_form(edition):
    again = from_content(content(edition))
    assert again == edition
    assert again.hash == edition.hash
