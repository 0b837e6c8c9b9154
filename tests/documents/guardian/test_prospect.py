"""What a guardian is told comes from the rules that decide, and from nothing else."""

import msgspec
import pytest

from troth.documents.guardian.prospect import (
    in_words,
    method_of,
    methods_at,
    prospect,
)
from troth.model.clock import moment
from troth.model.standing import Acceptance, Consent, Standing
from troth.model.terms import AgeBand, Operation
from troth.policy import packs, reader
from troth.policy.case import Ask
from troth.policy.decide import Policy
from troth.policy.edition import Edition

AT = moment("2026-11-22")


@pytest.fixture(scope="module")
def edition() -> Edition:
    return reader.load(*packs.source("itnio"))


def minor(*keys: str) -> Standing:
    consents = {key: Consent(state="given", at=AT) for key in keys}
    accepted = (Acceptance(edition="e", at=AT, language="zh", means="checkbox"),)
    return Standing(
        pseudonym="p",
        life="active",
        residence="EEA",
        regimes=("eu",),
        age=AgeBand.CHILD,
        accepted=accepted,
        consents=consents,
    )


def test_nothing_is_promised_that_the_gate_would_refuse(edition: Edition) -> None:
    policy = Policy(edition)
    served = minor("guardian/collect", "guardian/disclose")
    for one in prospect(edition).taken:
        (name,) = [key for key, each in edition.purposes.items() if each.words == one.purpose]
        for field in one.fields:
            ask = Ask(operation=Operation.COLLECT, purpose=name, fields=(field,))
            decision = policy.decide(ask, served, AT)
            assert decision.code in ("allowed", "consent_missing", "condition", "no_ground"), field


def test_nothing_that_a_guardians_consent_opens_is_left_out(edition: Edition) -> None:
    policy = Policy(edition)
    told = {
        (name, field)
        for one in prospect(edition).taken
        for name, each in edition.purposes.items()
        if each.words == one.purpose
        for field in one.fields
    }
    own = [
        name
        for name, field in edition.categories.items()
        if (field.subject, field.owner) == ("person", "person")
        and not name.startswith("enterprise")
    ]
    for purpose in ("register", "authenticate", "notify.service", "support", "security"):
        ask = Ask(operation=Operation.COLLECT, purpose=purpose, fields=tuple(own))
        for field in policy.allowed(ask, minor("guardian/collect"), AT):
            assert (purpose, field) in told


def test_what_is_closed_to_minors_is_told_as_never(edition: Edition) -> None:
    assert set(prospect(edition).never) == {"marketing", "personalise", "analytics"}
    told = [one.purpose for one in prospect(edition).taken]
    assert edition.purposes["marketing"].words not in told


def test_who_gets_data_is_told_as_third_party_or_as_our_own_help(edition: Edition) -> None:
    given = prospect(edition).given
    third = {one.name["en"] for one in given if one.third}
    ours = {one.name["en"] for one in given if not one.third}
    assert "Our affiliates" in third
    assert "Hosting in the mainland" in ours
    assert "Courts and authorities in the mainland" not in third | ours


def test_a_recipient_that_takes_no_minors_is_not_told(edition: Edition) -> None:
    closed = {
        name: msgspec.structs.replace(rule, unless=(*rule.unless, "minor"))
        for name, rule in edition.rules.items()
    }
    assert prospect(msgspec.structs.replace(edition, rules=closed)).given == ()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_part_of_a_notice_has_its_words(edition: Edition, language: str) -> None:
    told = in_words(edition, AT, language)
    assert set(told) == {"items", "third_parties", "processors", "keep", "never", "methods"}
    assert all(text.strip() for text in told.values())
    assert all("{" not in text for text in told.values())


def test_a_method_is_offered_from_the_day_the_rule_names(edition: Edition) -> None:
    before, after = moment("2025-06-22"), moment("2025-06-24")
    for name in ("knowledge_questions", "face_match", "text_plus"):
        assert method_of(name, before) is None
        assert method_of(name, after) is not None
    assert method_of("signed_form", before) is not None


def test_those_that_let_data_go_are_told_apart() -> None:
    names = {row.name for row in methods_at(AT)}
    assert names - {row.name for row in methods_at(AT, discloses=True)} == {
        "email_plus",
        "text_plus",
    }
