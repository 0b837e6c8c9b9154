"""Two editions side by side: what widens is material, what narrows is told, words are shown."""
# ruff: noqa: E501  # a table: one change a line reads best

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.random_policies import cases, moments, rules
from tests.policy.small import ADULT, SMALL, changed, edition
from troth.model.terms import Effect
from troth.policy import packs
from troth.policy.compare import TextChange, compare
from troth.policy.decide import Policy
from troth.policy.edition import Edition
from troth.policy.finding import Findings
from troth.policy.reader import Reader, load
from troth.policy.scan import compose

WIDER = [
    ("category", "  usage.page: {en", '  usage.ip: {en: IP, zh: IP 地址, clause: "2"}\n  usage.page: {en'),
    ("purpose", "  rights: {en: To", '  fun: {en: Fun, zh: 娱乐, clause: "2"}\n  rights: {en: To'),
    ("recipient", "staff:\n", '  pal: {en: Pal, zh: 伙伴, kind: partner, role: controller, country: CN, clause: "4"}\nstaff:\n'),
    ("staff", "rules:\n", '  boss: {en: Boss, zh: 主管, purposes: [rights], clause: "7"}\nrules:\n'),
    ("staff", "shows: [contact]", "shows: [contact, usage]"),
    ("staff", "masked: true", "masked: false"),
    ("retention", "keep: P365D", "keep: P366D"),
    ("retention", "start: recorded, keep: P365D", "start: settled, keep: P365D"),
    ("region", "CN: {region: cn, regimes: [cn]}", "CN: {region: global, regimes: [cn]}"),
    ("region", "country: CN, region: cn, contract", "country: SG, region: cn, contract"),
    ("region", "US-CA: {region: global, regimes: [ca, us]}", "US-CA: {region: global, regimes: [ca]}"),
    ("recipient", "contract: required, ", ""),
    ("rule", "cn: consent, eu: A6-1-a, ca: opt_out", "cn: contract, eu: A6-1-a, ca: opt_out"),
    ("rule", "unless: [minor, objected]", "unless: [minor]"),
    ("rule", "facts: [impact_assessed], any", "any"),
    ("rule", "permit: [collect, use]\n    categories: [usage]", "permit: [collect, use, show]\n    categories: [usage]"),
    ("rule", "categories: [contact.email]\n    purpose: marketing", "categories: [contact]\n    purpose: marketing"),
    ("rule", "purposes_except: [rights]", "purposes_except: [rights, login]"),
    ("rule", "unless: [guardian]", "unless: [guardian, law]"),
    ("rule", '  r-sale: {forbid: sell, categories: ["*"], clause: "4"}\n', ""),
    ("right", "  limit_sensitive: {en: Limit, zh: 限制敏感信息, handler: self_service, clause: \"9\", regimes: [ca]}\n", ""),
    ("purpose", "switch: true, ", ""),
    ("rule", "categories: [usage]\n    purpose: security", "categories: [usage]\n    necessary: true\n    purpose: security"),
    ("right", "self_service, clause: \"9\", regimes: [cn, eu, ca, us]}\n  copy", "self_service, clause: \"9\", regimes: [cn, eu, ca]}\n  copy"),
    ("age", "admit: 18", "admit: 16"),
    ("age", "ages: {admit: 18", "ages: {minors_service: true, admit: 18"),
    ("controller", "legal_name: Small Limited", "legal_name: Large Limited"),
    ("category", "sensitive: {clause: \"2\"}, ", ""),
]  # fmt: skip
"""(what, as it was, as it is): each makes more possible than was promised."""


def edited(old: str, new: str) -> Edition:
    """Return an edition in which a piece reads differently, sound or not."""
    assert old in SMALL
    found = Findings("edited.yaml")
    made = Reader(found).document(compose(SMALL.replace(old, new, 1), found))
    assert made is not None, found.all()
    return made


@pytest.mark.clause("10.2a", "10.2c")
@pytest.mark.parametrize(("what", "old", "new"), WIDER, ids=lambda piece: piece[:40])
def test_what_widens_is_material(what, old, new):
    comparison = compare(edition(), edited(old, new))
    assert comparison.material
    assert what in {change.what for change in comparison.widened}


@pytest.mark.clause("10.2c")
@pytest.mark.parametrize(("what", "old", "new"), WIDER, ids=lambda piece: piece[:40])
def test_the_way_back_narrows(what, old, new):
    if what in ("region", "controller") or "start:" in old:
        return  # a move is a move, whichever way
    comparison = compare(edited(old, new), edition())
    assert what in {change.what for change in comparison.narrowed}
    assert not comparison.material


@pytest.mark.clause("10.2a")
@pytest.mark.parametrize(("what", "old", "new"), WIDER, ids=lambda piece: piece[:40])
def test_each_change_is_told_in_both_languages(what, old, new):
    for change in compare(edition(), edited(old, new)).widened:
        assert change.how["en"]
        assert change.how["zh"]
        assert change.name


def test_an_edition_differs_in_nothing_from_itself():
    comparison = compare(edition(), edition())
    assert (comparison.widened, comparison.narrowed, comparison.texts) == ((), (), ())
    assert not comparison.material


def test_the_shipped_policy_differs_in_nothing_from_itself():
    shipped = load(*packs.source("itnio"))
    comparison = compare(shipped, shipped)
    assert (comparison.widened, comparison.narrowed, comparison.texts) == ((), (), ())


@pytest.mark.clause("10.2c")
def test_words_that_change_are_shown_in_their_language_and_are_not_material():
    comparison = compare(edition(), changed("en: We are Small.", "en: We are small."))
    assert comparison.texts == (
        TextChange(clause="1", language="en", old="We are Small.", new="We are small."),
    )
    assert not comparison.material


def test_a_clause_that_is_new_or_gone_is_shown():
    without = msgspec.structs.replace(edition(), clauses=edition().clauses[1:])
    gone, new = compare(edition(), without).texts, compare(without, edition()).texts
    assert [(one.clause, one.language, one.new) for one in gone] == [
        ("1", "zh", ""),
        ("1", "en", ""),
    ]
    assert [one.old for one in new] == ["", ""]


@pytest.mark.clause("10.2c")
def test_new_data_and_purpose_for_it_are_told_once_each():
    comparison = compare(edition(), edited(*WIDER[0][1:]))
    assert [change.name for change in comparison.widened] == ["usage.ip"]


def test_a_basis_that_is_harder_to_have_narrows():
    comparison = compare(
        edition(), changed("cn: legal_duty, eu: A6-1-f", "cn: consent, eu: A6-1-f")
    )
    assert not comparison.material
    assert [change.name for change in comparison.narrowed] == ["r-usage"]


@st.composite
def older(draw, new):
    """Return a strategy of editions near a new one: rules gone, or others in their place."""
    kept = [rule for rule in new.rules.values() if draw(st.integers(0, 3))]
    other = draw(st.lists(rules("permit") | rules("forbid"), max_size=2))
    near = [msgspec.structs.replace(rule, **draw(st.sampled_from(EDITS))) for rule in kept]
    return msgspec.structs.replace(new, rules={rule.id: rule for rule in (*near, *other)})


EDITS = ({}, {}, {"unless": ("objected",)}, {"necessary": False}, {"purposes": ("login",)})


@pytest.mark.clause("10.2a")
@given(st.data(), cases(), moments)
def test_what_a_new_edition_opens_and_the_old_did_not_is_material(data, case, at):
    new, ask, person = case
    old, person = data.draw(older(new)), msgspec.structs.replace(person, accepted=ADULT.accepted)
    before, after = (Policy(one).decide(ask, person, at).effect for one in (old, new))
    if after is Effect.ALLOW and before is not Effect.ALLOW:
        assert compare(old, new).material
