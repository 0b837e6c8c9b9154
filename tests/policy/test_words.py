"""The words of law and of rules."""

from datetime import date

import pytest

from troth.model.terms import Operation, Regime
from troth.policy import words
from troth.policy.words import BASES, BASIS, bases


@pytest.mark.clause("10.1")
def test_china_knows_no_legitimate_interest():
    assert "A6-1-f" not in bases("cn")
    assert {"consent", "separate_consent", "contract", "legal_duty"} <= set(bases("cn"))


def test_every_basis_names_its_article_and_both_languages():
    for row in BASES:
        assert row.cite
        assert row.en
        assert row.zh
        assert date.fromisoformat(row.since)


def test_bases_are_unique_and_of_known_regimes():
    assert len(BASIS) == len(BASES)
    assert {row.regime for row in BASES} == set(Regime)


def test_a_basis_is_not_in_force_before_its_law():
    assert bases("cn", "2020-01-01") == ()
    assert bases("cn", "2026-01-01") == bases("cn")


def test_only_duties_and_contracts_outlast_an_objection():
    assert not BASIS["eu", "A6-1-c"].objectable
    assert not BASIS["cn", "contract"].objectable
    assert BASIS["eu", "A6-1-f"].objectable


def test_a_condition_is_either_of_the_standing_or_a_fact():
    assert words.STANDING.isdisjoint(words.FACTS)
    assert words.STANDING.isdisjoint(words.VERIFIED)
    assert words.FACTS.keys() >= words.MECHANISMS


def test_giving_is_what_reaches_a_recipient():
    assert Operation.SELL in words.GIVING
    assert Operation.USE not in words.GIVING
