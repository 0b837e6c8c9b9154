"""What the policy that ships lets happen with one's own data: the main job, step by step."""

import pytest

from tests.policy.itnio import (
    ADULT,
    AT,
    COLLECT,
    EXPORT,
    ID,
    SEPARATELY,
    SHARE,
    SHOW,
    TO_AUTHORITY,
    USE,
    but,
    judge,
    living_in,
    policy,
    said,
)
from troth.model.clock import DAY
from troth.model.standing import Fact, Restriction, Standing
from troth.model.terms import AgeBand, Operation
from troth.policy.decide import Decision

# --- registering -----------------------------------------------------------------------------


@pytest.mark.clause("2.1.2c")
@pytest.mark.parametrize("field", ["contact.email", "contact.phone"])
def test_a_code_goes_out_before_there_is_an_account(field):
    assert judge(USE, "authenticate", field, of=Standing(pseudonym="p")).allowed


@pytest.mark.clause("P.2", "A.1")
def test_an_account_opens_only_once_the_terms_are_accepted():
    fields = ("account.login", "account.password", "contact.email", "contact.phone")
    assert judge(COLLECT, "register", *fields, of=but(ADULT, accepted=())).code == "not_bound"
    assert judge(COLLECT, "register", *fields).allowed


@pytest.mark.clause("2.1.1b", "2.1.2b")
@pytest.mark.parametrize("field", ["account.password", "contact.email"])
def test_signing_in_uses_the_registered_data(field):
    assert judge(USE, "authenticate", field).allowed


@pytest.mark.clause("8.1a", "8.1b")
@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
def test_nothing_is_collected_from_minors_to_open_an_account(age):
    young = but(ADULT, age=age)
    assert judge(COLLECT, "register", "contact.email", of=young).code in ("minor", "forbidden")
    assert judge(COLLECT, "age", "identity.birth_date", of=young).allowed


@pytest.mark.clause("2.1.1h", "7.2c")
def test_what_is_not_declared_is_refused():
    assert judge(COLLECT, "register", "identity.religion").code == "undeclared"
    assert judge(COLLECT, "realname", "contact.address").code == "undeclared"


# --- real-name authentication ----------------------------------------------------------------


@pytest.mark.clause("2.3b")
def test_an_identity_number_waits_for_a_consent_of_its_own():
    assert judge(COLLECT, "realname", ID).missing == (SEPARATELY,)
    assert not judge(COLLECT, "realname", ID, of=said(ADULT, "realname")).allowed
    assert judge(COLLECT, "realname", "identity.name", ID, of=said(ADULT, SEPARATELY)).allowed


@pytest.mark.clause("2.1.1g", "4.1.1")
def test_an_authority_gets_it_only_with_consent_to_that_recipient():
    def shared(standing: Standing) -> Decision:
        fields = ("identity.name", ID)
        return judge(
            SHARE, "realname", *fields, of=standing, recipient="id-authority", facts="contract"
        )

    assert shared(said(ADULT, SEPARATELY)).missing == (TO_AUTHORITY,)
    assert not shared(said(ADULT, SEPARATELY, "share/partners/realname")).allowed
    assert shared(said(ADULT, SEPARATELY, TO_AUTHORITY)).allowed


@pytest.mark.clause("4.1.4d")
def test_no_authority_gets_anything_without_an_agreement():
    consenting = said(ADULT, SEPARATELY, TO_AUTHORITY)
    refused = judge(SHARE, "realname", ID, of=consenting, recipient="id-authority")
    assert refused.code == "no_contract"


@pytest.mark.clause("2.1.2a")
def test_cloud_services_wait_for_the_real_name():
    verified = but(ADULT, facts={"realname": Fact(result="verified", at=AT, method="PERSON_2")})
    assert policy().service("cloud", ADULT, AT).code == "realname_required"
    assert policy().service("cloud", verified, AT).allowed


@pytest.mark.clause("2.3a", "2.3b")
@pytest.mark.parametrize("purpose", ["marketing", "improve", "support", "register", "security"])
def test_an_identity_number_serves_no_other_purpose(purpose):
    consenting = said(ADULT, purpose, f"{purpose}/{ID}")
    assert not judge(USE, purpose, ID, of=consenting).allowed


@pytest.mark.clause("2.3a")
def test_biometric_features_are_closed():
    consenting = said(ADULT, "realname/identity.biometric")
    assert judge(COLLECT, "realname", "identity.biometric", of=consenting).code == "not_open"


# --- using ------------------------------------------------------------------------------------


@pytest.mark.clause("2.1.2d", "2.2.2")
def test_business_notices_need_no_marketing_consent():
    assert judge(USE, "notify.service", "contact.email", "contact.phone").allowed


@pytest.mark.clause("2.1.2e", "2.2.4", "9.3c")
def test_marketing_asks_then_goes_then_stops():
    def sent(standing: Standing) -> Decision:
        return judge(USE, "marketing", "contact.email", of=standing)

    assert sent(ADULT).missing == ("marketing",)
    assert sent(said(ADULT, "marketing")).allowed
    assert sent(said(ADULT, "marketing", state="withdrawn")).code == "consent_withdrawn"


@pytest.mark.clause("2.2.4")
def test_marketing_follows_the_law_of_the_place():
    def sent(standing: Standing) -> Decision:
        return judge(USE, "marketing", "contact.email", of=standing)

    californian = living_in("US-CA", "ca", "us")
    assert sent(living_in("EEA", "eu")).missing == ("marketing",)
    assert sent(californian).allowed
    assert sent(but(californian, objections={"marketing": AT})).code == "objected"


@pytest.mark.clause("2.2.4", "8.3-1")
def test_minors_are_never_advertised_to():
    minor = said(but(ADULT, age=AgeBand.MINOR), "guardian/collect", "marketing")
    assert not judge(USE, "marketing", "contact.email", of=minor).allowed


@pytest.mark.clause("8.1c", "8.3-1")
def test_a_guardian_opens_what_the_service_needs():
    minor = but(ADULT, age=AgeBand.MINOR)
    assert not judge(COLLECT, "register", "contact.email", of=minor).allowed
    assert judge(COLLECT, "register", "contact.email", of=said(minor, "guardian/collect")).allowed


@pytest.mark.clause("2.1.3c", "3.1.2")
@pytest.mark.parametrize("purpose", ["improve", "analytics", "personalise"])
def test_usage_improves_nothing_without_consent(purpose):
    assert judge(USE, purpose, "usage.pages").missing == (purpose,)
    assert judge(USE, purpose, "usage.pages", of=said(ADULT, purpose)).allowed


@pytest.mark.clause("2.1.4a")
def test_the_network_log_needs_no_consent():
    fields = tuple(f"usage.{name}" for name in ("query", "ip", "browser", "carrier", "at"))
    assert judge(COLLECT, "security", *fields).allowed


def test_joined_data_is_personal_and_made_anonymous():
    joined = judge(USE, "security", "usage.ip", facts="combined")
    assert {"treat_as_personal", "anonymise"} <= set(joined.duties)
    allowed = judge(USE, "security", "usage.ip", facts="combined authorised")
    assert "anonymise" not in allowed.duties


@pytest.mark.clause("2.1.6b", "7.3")
@pytest.mark.parametrize("field", ["support.question", "web.cookie", "telemetry.crash"])
def test_what_has_one_use_serves_no_other(field):
    consenting = said(ADULT, "marketing", "approved", "publish")
    for purpose in ("marketing", "approved", "publish", "notify.billing"):
        assert not judge(USE, purpose, field, of=consenting).allowed


def test_statistics_go_out_only_anonymous():
    fields = ("usage.pages",)
    assert not judge(Operation.RELEASE, "research.stats", *fields).allowed
    assert not judge(Operation.RELEASE, "research.stats", *fields, facts="anonymised").allowed
    proved = judge(Operation.RELEASE, "research.stats", *fields, facts="anonymised min_cell")
    assert proved.allowed


@pytest.mark.clause("2.2.6")
def test_another_use_needs_exactly_its_own_consent():
    assert judge(USE, "approved", "contact.email").missing == ("approved",)
    narrow = said(ADULT, "approved/contact.email")
    assert judge(USE, "approved", "contact.email", of=narrow).allowed
    assert not judge(USE, "approved", "contact.phone", of=narrow).allowed


# --- staff ------------------------------------------------------------------------------------


@pytest.mark.clause("7.1d")
def test_support_sees_contacts_masked_and_no_bank():
    seen = judge(SHOW, "support", "contact.email", "contact.phone", role="support")
    assert seen.allowed
    assert seen.masked
    consenting = said(ADULT, "realname/bank.number")
    assert judge(SHOW, "realname", "bank.number", of=consenting, role="identity").allowed
    assert judge(SHOW, "realname", "bank.number", of=consenting, role="support").code == "role"
    assert not judge(SHOW, "marketing", "contact.email", role="support").allowed


@pytest.mark.clause("7.1d")
def test_every_role_can_do_something_of_its_own():
    for name, role in policy().edition.staff.items():
        consenting = said(ADULT, *(f"realname/{field}" for field in policy().fields(*role.shows)))
        shown = [
            judge(SHOW, purpose, field, of=consenting, role=name).allowed
            for purpose in role.purposes
            for field in policy().fields(*role.shows)
        ]
        assert any(shown) or not role.shows, name


# --- rights -----------------------------------------------------------------------------------


@pytest.mark.clause("6.1a", "9.1a", "9.2")
def test_a_person_sees_copies_and_corrects():
    assert judge(SHOW, "rights", "contact.address", ID, "bank.number").allowed
    assert judge(EXPORT, "rights", "contact.email", ID, "usage.pages", "support.chat").allowed
    assert judge(USE, "rights", "contact.address").allowed


@pytest.mark.clause("9.1a", "9.1c")
def test_every_field_about_a_person_can_be_seen_and_copied():
    withheld = {"account.id", "account.password", "business.data"}
    withheld |= {"enterprise.legal_rep_ref", "enterprise.handler_ref"}
    withheld |= {"account.totp", "account.recovery_codes"}
    for operation in (SHOW, EXPORT):
        shut = {
            field for field in policy().fields() if not judge(operation, "rights", field).allowed
        }
        assert shut == withheld


@pytest.mark.clause("6.1c")
def test_the_account_id_is_not_given_out():
    refused = judge(EXPORT, "rights", "account.id")
    assert refused.code == "forbidden"
    assert "6.1c" in refused.clauses


@pytest.mark.clause("6.2")
def test_a_confirmed_identity_is_not_corrected_as_a_right():
    assert not judge(USE, "rights", "identity.name").allowed
    assert judge(USE, "realname", "identity.name").allowed


@pytest.mark.clause("6.4a", "9.4-5")
@pytest.mark.parametrize(
    "change", [{"life": "closed"}, {"restrictions": {"*": Restriction("request", AT + DAY)}}]
)
def test_what_is_closed_or_restricted_keeps_only_its_rights(change):
    ended = but(ADULT, **change)
    assert not judge(USE, "authenticate", "account.password", of=ended).allowed
    assert not judge(USE, "notify.service", "contact.email", of=ended).allowed
    assert judge(EXPORT, "rights", "contact.email", of=ended).allowed
    assert judge(USE, "rights", "contact.email", of=ended).allowed


# --- others ---
