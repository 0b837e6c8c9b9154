"""What the policy that ships lets leave the house: abroad, to partners, authorities, the public."""

from typing import Any

import pytest

from tests.policy.itnio import (
    ADULT,
    COLLECT,
    DISCLOSE,
    ENTRUST,
    EXPORT,
    ID,
    SHARE,
    TRANSFER,
    judge,
    policy,
    said,
)
from troth.model.standing import Standing
from troth.model.terms import Operation
from troth.policy.decide import Decision


def test_nothing_crosses_the_border_without_consent_and_a_mechanism():
    def read(standing: Standing, facts: str) -> Decision:
        to = {"role": "support", "to_region": "global"}
        return judge(EXPORT, "support", "contact.email", of=standing, facts=facts, **to)

    ready = "business_need impact_assessed standard_contract"
    consenting = said(ADULT, "export/global/support")
    assert read(ADULT, ready).missing == ("export/global/support",)
    assert not read(consenting, "business_need impact_assessed").allowed
    assert read(consenting, ready).allowed


def test_a_copy_crosses_no_border_as_a_mere_right():
    assert not judge(EXPORT, "rights", "contact.email", to_region="global").allowed


@pytest.mark.clause("4.1")
def test_in_china_nobody_else_receives_anything_unasked():
    def shared(standing: Standing) -> Decision:
        return judge(
            SHARE, "provide", "contact.email", of=standing, recipient="partners", facts="contract"
        )

    assert shared(ADULT).missing == ("share/partners/provide",)
    assert shared(said(ADULT, "share/partners/provide")).allowed


@pytest.mark.clause("9.6b")
@pytest.mark.parametrize("recipient", ["affiliates", "partners", "consultants", "cloud-infra"])
def test_nobody_gets_data_for_advertising(recipient):
    consenting = said(ADULT, "marketing", f"share/{recipient}/marketing")
    for operation in (SHARE, ENTRUST):
        asked = {"recipient": recipient, "facts": "contract"}
        assert not judge(operation, "marketing", "contact.email", of=consenting, **asked).allowed


@pytest.mark.clause("4.4.1", "4.4.2", "4.4.6")
@pytest.mark.parametrize("ground", ["4.1.2", "4.4.1", "4.4.2", "4.4.3", "4.4.6"])
def test_an_authority_needs_a_ground_a_paper_and_two_approvals(ground):
    def given(**more: Any) -> Decision:
        return judge(SHARE, "legal", "contact.email", ID, recipient="authority", **more)

    assert given(ground=ground, facts="paper two_approvals").allowed
    assert not given(ground=ground, facts="paper").allowed
    assert given(facts="paper two_approvals").code == "no_ground"


def test_an_authority_abroad_gets_nothing_stored_in_china_unapproved():
    asked = {"recipient": "authority-abroad", "ground": "4.1.2"}
    paper = "paper two_approvals"
    assert judge(SHARE, "legal", "contact.email", facts=paper, **asked).code == "forbidden"
    approved = judge(SHARE, "legal", "contact.email", facts=f"{paper} cn_approval", **asked)
    assert approved.allowed


@pytest.mark.clause("4.4.4")
def test_an_emergency_shares_and_owes_an_explanation():
    shared = judge(
        SHARE,
        "public_safety",
        "contact.phone",
        recipient="authority",
        ground="4.4.4",
        facts="consent_out_of_reach",
    )
    assert shared.allowed
    assert "tell_afterwards" in shared.duties


def test_a_successor_signs_this_policy_or_gets_nothing():
    facts = "contract bound_by_policy told business_need impact_assessed standard_contract"
    consenting = said(ADULT, "export/global/provide")
    asked = {"recipient": "successor", "of": consenting}
    assert judge(TRANSFER, "provide", "contact.email", facts=facts, **asked).allowed
    unbound = facts.replace("bound_by_policy ", "")
    assert not judge(TRANSFER, "provide", "contact.email", facts=unbound, **asked).allowed


@pytest.mark.clause("4.3", "4.3.1")
def test_only_the_person_makes_their_profile_public():
    key = "disclose/public/publish"
    asked = {"recipient": "public"}
    assert judge(DISCLOSE, "publish", "profile.work", **asked).missing == (key,)
    assert judge(DISCLOSE, "publish", "profile.work", of=said(ADULT, key), **asked).allowed
    assert not judge(DISCLOSE, "publish", ID, of=said(ADULT, key), **asked).allowed


@pytest.mark.clause("9.6b")
def test_nothing_is_ever_sold():
    for field in policy().fields():
        sold = judge(Operation.SELL, "approved", field, recipient="partners", facts="contract")
        assert not sold.allowed


def test_business_data_moves_on_instruction_only():
    assert not judge(Operation.PROCESS, "provide", "business.data").allowed
    assert judge(Operation.PROCESS, "provide", "business.data", facts="instruction").allowed


def test_an_ended_service_collects_nothing():
    assert not judge(COLLECT, "account", "contact.address", facts="ceased").allowed
