"""What the policy that ships lets happen: the main job, step by step, and what it never allows."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from troth.model.clock import DAY, Moment, moment
from troth.model.standing import Acceptance, Consent, Fact, Restriction, Standing
from troth.model.terms import AgeBand, Operation
from troth.policy import packs
from troth.policy.case import Ask
from troth.policy.decide import Decision, Policy
from troth.policy.reader import load

AT = moment("2026-11-22")
ACCEPTED = (Acceptance(edition="e", at=AT, language="zh", means="checkbox"),)
ADULT = Standing(
    pseudonym="p",
    life="active",
    residence="CN",
    regimes=("cn",),
    age=AgeBand.ADULT,
    accepted=ACCEPTED,
)
Judge = Callable[..., Decision]

COLLECT, USE, SHOW, EXPORT = Operation.COLLECT, Operation.USE, Operation.SHOW, Operation.EXPORT
SHARE, ENTRUST, TRANSFER = Operation.SHARE, Operation.ENTRUST, Operation.TRANSFER
DISCLOSE = Operation.DISCLOSE


@pytest.fixture(scope="module")
def policy() -> Policy:
    text, path = packs.source("itnio")
    return Policy(load(text, path))


@pytest.fixture
def judge(policy: Policy) -> Judge:
    def judged(
        operation: Operation,
        purpose: str,
        *fields: str,
        of: Standing = ADULT,
        facts: str = "",
        **more: Any,
    ) -> Decision:
        ask = Ask(
            operation=operation,
            purpose=purpose,
            fields=fields,
            facts=frozenset(facts.split()),
            **more,
        )
        return policy.decide(ask, of, AT)

    return judged


def said(standing: Standing, *keys: str, state: str = "given", at: Moment = AT) -> Standing:
    """Return a standing in which the last word on some consent keys is ``state``."""
    consents = {key: Consent(state=state, at=at) for key in keys}
    return msgspec.structs.replace(standing, consents={**standing.consents, **consents})


def with_(standing: Standing, **fields: Any) -> Standing:
    return msgspec.structs.replace(standing, **fields)


def living_in(residence: str, *regimes: str) -> Standing:
    return with_(ADULT, residence=residence, regimes=regimes)


# --- registering -----------------------------------------------------------------------------


@pytest.mark.clause("2.1.2c")
@pytest.mark.parametrize("field", ["contact.email", "contact.phone"])
def test_a_code_goes_out_before_there_is_an_account(judge, field):
    assert judge(USE, "authenticate", field, of=Standing(pseudonym="p")).allowed


@pytest.mark.clause("P.2", "A.1")
def test_an_account_opens_only_once_the_terms_are_accepted(judge):
    fields = ("account.login", "account.password", "contact.email", "contact.phone")
    assert judge(COLLECT, "register", *fields, of=with_(ADULT, accepted=())).code == "not_bound"
    assert judge(COLLECT, "register", *fields).allowed


@pytest.mark.clause("2.1.1b", "2.1.2b")
@pytest.mark.parametrize("field", ["account.password", "contact.email"])
def test_signing_in_uses_the_registered_data(judge, field):
    assert judge(USE, "authenticate", field).allowed


@pytest.mark.clause("8.1a", "8.1b")
@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
def test_nothing_is_collected_from_minors_to_open_an_account(judge, age):
    young = with_(ADULT, age=age)
    assert judge(COLLECT, "register", "contact.email", of=young).code in ("minor", "forbidden")
    assert judge(COLLECT, "age", "identity.birth_date", of=young).allowed


@pytest.mark.clause("2.1.1h", "7.2c")
def test_what_is_not_declared_is_refused(judge):
    assert judge(COLLECT, "register", "identity.religion").code == "undeclared"
    assert judge(COLLECT, "realname", "contact.address").code == "undeclared"


# --- real-name authentication ----------------------------------------------------------------

ID = "identity.id_number"
SEPARATELY = "realname/identity.id_number"
TO_AUTHORITY = "share/id-authority/realname"


@pytest.mark.clause("2.3b")
def test_an_identity_number_waits_for_a_consent_of_its_own(judge):
    assert judge(COLLECT, "realname", ID).missing == (SEPARATELY,)
    assert not judge(COLLECT, "realname", ID, of=said(ADULT, "realname")).allowed
    assert judge(COLLECT, "realname", "identity.name", ID, of=said(ADULT, SEPARATELY)).allowed


@pytest.mark.clause("2.1.1g", "4.1.1")
def test_an_authority_gets_it_only_with_consent_to_that_recipient(judge):
    def shared(standing: Standing) -> Decision:
        fields = ("identity.name", ID)
        return judge(
            SHARE, "realname", *fields, of=standing, recipient="id-authority", facts="contract"
        )

    assert shared(said(ADULT, SEPARATELY)).missing == (TO_AUTHORITY,)
    assert not shared(said(ADULT, SEPARATELY, "share/partners/realname")).allowed
    assert shared(said(ADULT, SEPARATELY, TO_AUTHORITY)).allowed


@pytest.mark.clause("4.1.4d")
def test_no_authority_gets_anything_without_an_agreement(judge):
    consenting = said(ADULT, SEPARATELY, TO_AUTHORITY)
    refused = judge(SHARE, "realname", ID, of=consenting, recipient="id-authority")
    assert refused.code == "no_contract"


@pytest.mark.clause("2.1.2a")
def test_cloud_services_wait_for_the_real_name(policy):
    verified = with_(ADULT, facts={"realname": Fact(result="verified", at=AT, method="PERSON_2")})
    assert policy.service("cloud", ADULT, AT).code == "realname_required"
    assert policy.service("cloud", verified, AT).allowed


@pytest.mark.clause("2.3a", "2.3b")
@pytest.mark.parametrize("purpose", ["marketing", "improve", "support", "register", "security"])
def test_an_identity_number_serves_no_other_purpose(judge, purpose):
    consenting = said(ADULT, purpose, f"{purpose}/{ID}")
    assert not judge(USE, purpose, ID, of=consenting).allowed


@pytest.mark.clause("2.3a")
def test_biometric_features_are_closed(judge):
    consenting = said(ADULT, "realname/identity.biometric")
    assert judge(COLLECT, "realname", "identity.biometric", of=consenting).code == "not_open"


# --- using ------------------------------------------------------------------------------------


@pytest.mark.clause("2.1.2d", "2.2.2")
def test_business_notices_need_no_marketing_consent(judge):
    assert judge(USE, "notify.service", "contact.email", "contact.phone").allowed


@pytest.mark.clause("2.1.2e", "2.2.4", "9.3c")
def test_marketing_asks_then_goes_then_stops(judge):
    def sent(standing: Standing) -> Decision:
        return judge(USE, "marketing", "contact.email", of=standing)

    assert sent(ADULT).missing == ("marketing",)
    assert sent(said(ADULT, "marketing")).allowed
    assert sent(said(ADULT, "marketing", state="withdrawn")).code == "consent_withdrawn"


@pytest.mark.clause("2.2.4")
def test_marketing_follows_the_law_of_the_place(judge):
    def sent(standing: Standing) -> Decision:
        return judge(USE, "marketing", "contact.email", of=standing)

    californian = living_in("US-CA", "ca", "us")
    assert sent(living_in("EEA", "eu")).missing == ("marketing",)
    assert sent(californian).allowed
    assert sent(with_(californian, objections={"marketing": AT})).code == "objected"


@pytest.mark.clause("2.2.4", "8.3-1")
def test_minors_are_never_advertised_to(judge):
    minor = said(with_(ADULT, age=AgeBand.MINOR, guardian=True), "marketing")
    assert not judge(USE, "marketing", "contact.email", of=minor).allowed


@pytest.mark.clause("8.1c", "8.3-1")
def test_a_guardian_opens_what_the_service_needs(judge):
    minor = with_(ADULT, age=AgeBand.MINOR)
    assert not judge(COLLECT, "register", "contact.email", of=minor).allowed
    assert judge(COLLECT, "register", "contact.email", of=with_(minor, guardian=True)).allowed


@pytest.mark.clause("2.1.3c", "3.1.2")
@pytest.mark.parametrize("purpose", ["improve", "analytics", "personalise"])
def test_usage_improves_nothing_without_consent(judge, purpose):
    assert judge(USE, purpose, "usage.pages").missing == (purpose,)
    assert judge(USE, purpose, "usage.pages", of=said(ADULT, purpose)).allowed


@pytest.mark.clause("2.1.4a", "2.2.5a")
def test_the_network_log_needs_no_consent(judge):
    fields = tuple(f"usage.{name}" for name in ("query", "ip", "browser", "carrier", "at"))
    assert judge(COLLECT, "security", *fields).allowed


@pytest.mark.clause("2.1.5b", "2.1.5c")
def test_joined_data_is_personal_and_made_anonymous(judge):
    joined = judge(USE, "security", "usage.ip", facts="combined")
    assert {"treat_as_personal", "anonymise"} <= set(joined.duties)
    allowed = judge(USE, "security", "usage.ip", facts="combined authorised")
    assert "anonymise" not in allowed.duties


@pytest.mark.clause("2.1.6b", "3.3", "7.3")
@pytest.mark.parametrize("field", ["support.question", "web.cookie", "telemetry.crash"])
def test_what_has_one_use_serves_no_other(judge, field):
    consenting = said(ADULT, "marketing", "approved", "publish")
    for purpose in ("marketing", "approved", "publish", "notify.billing"):
        assert not judge(USE, purpose, field, of=consenting).allowed


@pytest.mark.clause("2.2.3b")
def test_statistics_go_out_only_anonymous(judge):
    fields = ("usage.pages",)
    assert not judge(Operation.RELEASE, "research.stats", *fields).allowed
    assert not judge(Operation.RELEASE, "research.stats", *fields, facts="anonymised").allowed
    proved = judge(Operation.RELEASE, "research.stats", *fields, facts="anonymised min_cell")
    assert proved.allowed


@pytest.mark.clause("2.2.6")
def test_another_use_needs_exactly_its_own_consent(judge):
    assert judge(USE, "approved", "contact.email").missing == ("approved",)
    narrow = said(ADULT, "approved/contact.email")
    assert judge(USE, "approved", "contact.email", of=narrow).allowed
    assert not judge(USE, "approved", "contact.phone", of=narrow).allowed


# --- staff ------------------------------------------------------------------------------------


@pytest.mark.clause("7.1d")
def test_support_sees_contacts_masked_and_no_bank(judge):
    seen = judge(SHOW, "support", "contact.email", "contact.phone", role="support")
    assert seen.allowed
    assert seen.masked
    assert judge(SHOW, "support", "bank.number", role="support").code == "role"
    assert judge(SHOW, "marketing", "contact.email", role="support").code == "role"


@pytest.mark.clause("7.1d")
def test_every_role_can_do_something_of_its_own(policy, judge):
    for name, role in policy.edition.staff.items():
        consenting = said(ADULT, *(f"realname/{field}" for field in policy.fields(*role.shows)))
        shown = [
            judge(SHOW, purpose, field, of=consenting, role=name).allowed
            for purpose in role.purposes
            for field in policy.fields(*role.shows)
        ]
        assert any(shown) or not role.shows, name


# --- rights -----------------------------------------------------------------------------------


@pytest.mark.clause("6.1a", "9.1a", "9.2")
def test_a_person_sees_copies_and_corrects(judge):
    assert judge(SHOW, "rights", "contact.address", ID, "bank.number").allowed
    assert judge(EXPORT, "rights", "contact.email", ID, "usage.pages", "support.chat").allowed
    assert judge(USE, "rights", "contact.address").allowed


@pytest.mark.clause("9.1a", "9.1c")
def test_every_field_about_a_person_can_be_seen_and_copied(policy, judge):
    withheld = {"account.id", "account.password", "business.data"}
    for operation in (SHOW, EXPORT):
        shut = {field for field in policy.fields() if not judge(operation, "rights", field).allowed}
        assert shut == withheld


@pytest.mark.clause("6.1c")
def test_the_account_id_is_not_given_out(judge):
    refused = judge(EXPORT, "rights", "account.id")
    assert refused.code == "forbidden"
    assert "6.1c" in refused.clauses


@pytest.mark.clause("6.2")
def test_a_confirmed_identity_is_not_corrected_as_a_right(judge):
    assert not judge(USE, "rights", "identity.name").allowed
    assert judge(USE, "realname", "identity.name").allowed


@pytest.mark.clause("6.4a", "9.4-5")
@pytest.mark.parametrize(
    "change", [{"life": "closed"}, {"restrictions": {"*": Restriction("request", AT + DAY)}}]
)
def test_what_is_closed_or_restricted_keeps_only_its_rights(judge, change):
    ended = with_(ADULT, **change)
    assert not judge(USE, "authenticate", "account.password", of=ended).allowed
    assert not judge(USE, "notify.service", "contact.email", of=ended).allowed
    assert judge(EXPORT, "rights", "contact.email", of=ended).allowed
    assert judge(USE, "rights", "contact.email", of=ended).allowed


# --- others -----------------------------------------------------------------------------------


@pytest.mark.clause("2.4b")
def test_nothing_crosses_the_border_without_consent_and_a_mechanism(judge):
    def read(standing: Standing, facts: str) -> Decision:
        to = {"role": "support", "to_region": "global"}
        return judge(EXPORT, "support", "contact.email", of=standing, facts=facts, **to)

    ready = "business_need impact_assessed standard_contract"
    consenting = said(ADULT, "export/global/support")
    assert read(ADULT, ready).missing == ("export/global/support",)
    assert not read(consenting, "business_need impact_assessed").allowed
    assert read(consenting, ready).allowed


@pytest.mark.clause("2.4b")
def test_a_copy_crosses_no_border_as_a_mere_right(judge):
    assert not judge(EXPORT, "rights", "contact.email", to_region="global").allowed


@pytest.mark.clause("4.1", "4.1.5")
def test_in_china_nobody_else_receives_anything_unasked(judge):
    def shared(standing: Standing) -> Decision:
        return judge(
            SHARE, "provide", "contact.email", of=standing, recipient="partners", facts="contract"
        )

    assert shared(ADULT).missing == ("share/partners/provide",)
    assert shared(said(ADULT, "share/partners/provide")).allowed


@pytest.mark.clause("4.1.3b", "4.1.4b")
@pytest.mark.parametrize("recipient", ["affiliates", "partners", "consultants", "cloud-infra"])
def test_nobody_gets_data_for_advertising(judge, recipient):
    consenting = said(ADULT, "marketing", f"share/{recipient}/marketing")
    for operation in (SHARE, ENTRUST):
        asked = {"recipient": recipient, "facts": "contract"}
        assert not judge(operation, "marketing", "contact.email", of=consenting, **asked).allowed


@pytest.mark.clause("4.1.2", "4.4.1", "4.4.2", "4.4.3", "4.4.6")
@pytest.mark.parametrize("ground", ["4.1.2", "4.4.1", "4.4.2", "4.4.3", "4.4.6"])
def test_an_authority_needs_a_ground_a_paper_and_two_approvals(judge, ground):
    def given(**more: Any) -> Decision:
        return judge(SHARE, "legal", "contact.email", ID, recipient="authority", **more)

    assert given(ground=ground, facts="paper two_approvals").allowed
    assert not given(ground=ground, facts="paper").allowed
    assert given(facts="paper two_approvals").code == "no_ground"


@pytest.mark.clause("4.1.2")
def test_an_authority_abroad_gets_nothing_stored_in_china_unapproved(judge):
    asked = {"recipient": "authority-abroad", "ground": "4.1.2"}
    paper = "paper two_approvals"
    assert judge(SHARE, "legal", "contact.email", facts=paper, **asked).code == "forbidden"
    approved = judge(SHARE, "legal", "contact.email", facts=f"{paper} cn_approval", **asked)
    assert approved.allowed


@pytest.mark.clause("4.4.4")
def test_an_emergency_shares_and_owes_an_explanation(judge):
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


@pytest.mark.clause("4.2.2")
def test_a_successor_signs_this_policy_or_gets_nothing(judge):
    facts = "contract bound_by_policy told business_need impact_assessed standard_contract"
    consenting = said(ADULT, "export/global/provide")
    asked = {"recipient": "successor", "of": consenting}
    assert judge(TRANSFER, "provide", "contact.email", facts=facts, **asked).allowed
    unbound = facts.replace("bound_by_policy ", "")
    assert not judge(TRANSFER, "provide", "contact.email", facts=unbound, **asked).allowed


@pytest.mark.clause("4.3", "4.3.1")
def test_only_the_person_makes_their_profile_public(judge):
    key = "disclose/public/publish"
    asked = {"recipient": "public"}
    assert judge(DISCLOSE, "publish", "profile.work", **asked).missing == (key,)
    assert judge(DISCLOSE, "publish", "profile.work", of=said(ADULT, key), **asked).allowed
    assert not judge(DISCLOSE, "publish", ID, of=said(ADULT, key), **asked).allowed


@pytest.mark.clause("9.6b")
def test_nothing_is_ever_sold(policy, judge):
    for field in policy.fields():
        sold = judge(Operation.SELL, "approved", field, recipient="partners", facts="contract")
        assert not sold.allowed


@pytest.mark.clause("5.1b", "5.1c")
def test_business_data_moves_on_instruction_only(judge):
    assert not judge(Operation.PROCESS, "provide", "business.data").allowed
    assert judge(Operation.PROCESS, "provide", "business.data", facts="instruction").allowed


@pytest.mark.clause("7.6a")
def test_an_ended_service_collects_nothing(judge):
    assert not judge(COLLECT, "account", "contact.address", facts="ceased").allowed
