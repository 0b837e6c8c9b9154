"""A document is read as it is written, with its lines, and nothing is guessed."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.small import NAME, SMALL, changed, edition, findings, line_of
from troth.model.clock import iso
from troth.model.errors import PolicyBroken
from troth.policy import packs
from troth.policy.edition import Batch, Clause, Edition, Flag, Rule
from troth.policy.finding import Finding, Findings
from troth.policy.reader import keys_of, load, read
from troth.policy.scan import LARGEST


def test_the_head_is_read():
    head = edition().policy
    assert (head.id, head.edition, iso(head.effective)) == (
        "small",
        "2026-01-01",
        "2026-01-01T00:00:00Z",
    )
    assert head.languages == ("zh", "en")


def test_a_time_with_its_zone_is_a_date_too():
    local = changed("effective: 2026-01-01", 'effective: "2026-01-01T00:00:00+08:00"')
    assert iso(local.policy.effective) == "2025-12-31T16:00:00Z"


def test_one_name_is_a_list_of_one():
    assert edition().rules["r-check"].operations == ("share",)
    assert edition().rules["r-check"].clause == ("4",)


def test_a_rule_has_its_name_verb_and_operations():
    rule = edition().rules["r-sale"]
    assert (rule.id, rule.verb, rule.operations) == ("r-sale", "forbid", ("sell",))
    joined = edition().rules["r-joined"]
    assert (joined.verb, joined.requirement) == ("require", "treat_as_personal")


def test_words_that_yaml_would_convert_stay_words():
    norway = changed("country: HK", "country: NO")
    assert norway.recipients["friend"].country == "NO"
    assert changed('id: "3", printed: "3"', 'id: "3", printed: 3.10').clauses[2].printed == "3.10"


def test_a_flag_may_carry_its_clause():
    assert edition().categories["identity.number"].sensitive == Flag(clause=("2",))
    assert edition().categories["identity.face"].sensitive == Flag()
    assert edition().categories["contact.email"].sensitive is None


def test_a_purpose_says_how_its_uses_are_recorded():
    assert edition().purposes["security"].batched == Batch(entries=8, seconds=2)
    assert edition().purposes["login"].batched is None


def test_an_alias_is_read_where_it_stands():
    shared = SMALL.replace(
        "categories: [contact]\n    purpose: login",
        "categories: &c [contact]\n    purpose: login",
        1,
    )
    again = shared.replace(
        "categories: [contact]\n    purpose: marketing", "categories: *c\n    purpose: marketing", 1
    )
    assert load(again, NAME).hash == edition().hash


def test_what_is_empty_counts_as_not_written():
    assert (
        changed('clause: "1"}\nservices', 'clause: "1", cn_representative: null}\nservices').hash
        == edition().hash
    )


def test_load_raises_the_first_error_with_its_line_and_remedy():
    with pytest.raises(PolicyBroken) as broken:
        load(SMALL.replace("form: email,", "forms: email,").replace("to: checker", "to: x"), NAME)
    assert f"`small.yaml` line {line_of('  contact.email: {en')}" in broken.value.message
    assert ", and 1 more" in broken.value.message
    assert broken.value.clause == "2"
    assert broken.value.remedy


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the document is empty"),
        ("# nothing\n", "the document is empty"),
        ("just words", "a policy must be keys with values"),
        ("- a\n- list\n", "a policy must be keys with values"),
        ("troth: 1\n", "a policy lacks `policy`"),
        ("troth: 1\npolicy: [x\n", "no YAML"),
        ("a: 1\n---\nb: 2\n", "no YAML"),
        ("a: *nobody\n", "no YAML"),
        ("a: \x07\n", "no YAML: it holds a character"),
        ("[" * 100_000, "parts nest too deep"),
        ("? [a]\n: b\n", "a key must be text"),
        ("a: &a [*a]\n", "`a` is no key"),
        ("x" * (LARGEST + 1), "the document is too large"),
    ],
)
def test_what_is_no_policy_is_a_finding_and_never_a_fault(text, message):
    made, found = read(text, NAME)
    assert made is None
    assert any(message in one.message for one in found), [str(one) for one in found]


@given(st.text(max_size=300))
def test_any_text_is_answered_with_findings(text):
    made, found = read(text, NAME)
    assert made is None
    assert any(one.level == "error" for one in found)


@given(st.integers(0, len(SMALL) - 1), st.sampled_from("{}[]:,&*\"'#\n\t x-"))
def test_one_wrong_character_is_never_a_fault(place, character):
    made, found = read(SMALL[:place] + character + SMALL[place + 1 :], NAME)
    assert made is not None or any(one.level == "error" for one in found)


@given(st.data())
def test_a_lost_line_is_never_a_fault(data):
    lines = SMALL.splitlines(keepends=True)
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    made, found = read("".join(lines), NAME)
    assert made is not None or all(one.remedy and one.line for one in found)


def test_a_key_that_is_written_otherwise_is_known_by_both_names():
    assert keys_of(Rule)["purpose"].field == "purposes"
    assert "verb" not in keys_of(Rule)
    assert keys_of(Clause)["id"].needed
    assert not keys_of(Edition)["facts"].needed


def test_a_policy_may_declare_facts_of_its_own():
    told = "facts:\n  stamped: {en: it bears our stamp, zh: 已加盖印章}\nrules:\n"
    own = SMALL.replace("rules:\n", told, 1).replace("facts: [combined]", "facts: [stamped]")
    assert load(own, NAME).facts["stamped"].en == "it bears our stamp"


def test_a_finding_prints_where_what_why_and_how():
    finding = Finding(level="error", file="p.yaml", line=3, message="m", clause="2", remedy="r")
    assert str(finding) == "p.yaml:3: error: m (§2)\n  r"


def test_a_part_without_a_line_stands_at_the_part_around_it():
    found = Findings("p.yaml")
    found.lines[("rules", "r")] = 7
    assert found.line(("rules", "r", "basis")) == 7
    assert found.line(("nowhere",)) == 1


def test_an_unknown_key_is_answered_with_the_known_ones():
    (error,) = (one for one in findings("form: phone", "from: phone") if one.level == "error")
    assert "form" in error.remedy
    assert "categories.contact.phone" in error.remedy


def test_the_shipped_policy_reads_fast():
    text, name = packs.source("itnio")
    began = time.perf_counter()
    load(text, name)
    assert time.perf_counter() - began < 2  # about 0.1 s on a quiet machine
