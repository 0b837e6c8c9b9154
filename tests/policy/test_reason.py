"""The sentence a person reads."""

import pytest

from tests.policy.small import ADULT, but, edition, judge, said
from troth.model.terms import Operation
from troth.policy.case import CODES
from troth.policy.reason import DONE, REMEDY, WHY, describe

USE = Operation.USE


def test_every_operation_and_outcome_has_its_words():
    assert DONE.keys() == set(Operation)
    assert WHY.keys() == set(CODES) - {"allowed"}
    assert REMEDY.keys() == set(CODES) - {"allowed"}


def test_a_denial_says_what_why_and_by_which_clause():
    stopped = said(ADULT, "marketing", state="withdrawn")
    assert judge(USE, "marketing", "contact.email", of=stopped).reason == {
        "en": "E-mail may not be used for “To send you advertising”:"
        " consent was withdrawn (To send you advertising) (§3).",
        "zh": "不得为“营销”使用电子邮箱：同意已被撤回（营销）（依据第3条）。",
    }


def test_a_sharing_names_who_receives():
    decision = judge(
        Operation.SHARE, "realname", "contact.email", recipient="checker", facts="contract"
    )
    assert "shared with Checker" in decision.reason["en"]
    assert "向核验机构共享" in decision.reason["zh"]


def test_an_unmet_condition_is_told_in_words():
    decision = judge(Operation.EXPORT, "login", "contact.email", to_region="global")
    assert "not established that its impact was assessed" in decision.reason["en"]
    assert "未能确认已完成影响评估" in decision.reason["zh"]


def test_many_fields_are_counted_not_listed():
    many = ("contact.email", "contact.phone", "identity.number", "usage.page", "identity.face")
    decision = judge(USE, "gossip", *many)
    assert "E-mail, Phone, ID number, Pages and 1 more" in decision.reason["en"]
    assert "等5项信息" in decision.reason["zh"]


def test_what_nobody_declared_is_shown_cut_short():
    decision = judge(USE, "x" * 500, "contact.email")
    assert len(decision.reason["en"]) < 400


@pytest.mark.parametrize("life", ["erased", "closed"])
def test_a_clause_that_the_edition_lacks_is_not_quoted(life):
    assert judge(USE, "login", "contact.email", of=but(ADULT, life=life)).clauses == ()


@pytest.mark.parametrize(
    ("key", "en"),
    [
        ("marketing", "To send you advertising"),
        ("realname/identity.number", "To confirm your identity: ID number"),
        ("share/checker/realname", "To confirm your identity: shared with Checker"),
        ("export/global/login", "To sign you in: sent to the region global"),
        ("gossip", "`gossip`"),
    ],
)
def test_a_consent_key_is_told_in_words(key, en):
    told = describe(edition(), key)
    assert told["en"] == en
    assert told["zh"]
