"""May this act be: one person, one question, and the sentence that answers it."""

import pytest

from tests.policy.small import ADULT, AT, but, changed, edition, judge, policy, said
from troth.model.clock import DAY, Moment
from troth.model.errors import UnknownTerm
from troth.model.standing import Fact, Restriction, Standing
from troth.model.terms import AgeBand, Effect, Operation
from troth.policy.case import Ask
from troth.policy.decide import Policy

COLLECT, USE, SHOW = Operation.COLLECT, Operation.USE, Operation.SHOW
SHARE, EXPORT = Operation.SHARE, Operation.EXPORT
ID = "identity.number"
MARKETING = Ask(operation=USE, purpose="marketing", fields=("contact.email",))
CROSSING = "impact_assessed standard_contract"


# --- allowed -----------------------------------------------------------------------------------


def test_an_allowed_act_quotes_rule_clause_basis_and_edition():
    decision = judge(USE, "login", "contact.phone")
    assert decision.allowed
    assert (decision.rules, decision.clauses, decision.bases) == (
        ("r-login",),
        ("2",),
        ("cn:contract",),
    )
    assert decision.edition == edition().hash
    assert decision.reason == {
        "en": "Phone may be used for “To sign you in” (§2).",
        "zh": "可以为“登录”使用手机号码（依据第2条）。",
    }


def test_a_requirement_comes_with_the_permission():
    assert judge(COLLECT, "security", "usage.page").duties == ()
    joined = judge(COLLECT, "security", "usage.page", facts="combined")
    assert joined.duties == ("treat_as_personal",)


@pytest.mark.clause("P.1", "3.3", "4.1")
@pytest.mark.parametrize(
    ("operation", "purpose", "fields", "more"),
    [
        (USE, "marketing", ("usage.page",), {}),
        (USE, "login", ("contact.fax",), {}),
        (USE, "gossip", ("contact.email",), {}),
        (USE, "", ("contact.email",), {}),
        (USE, "login", (), {}),
        (SHARE, "login", ("contact.email",), {"recipient": "checker"}),
        (SHARE, "realname", ("contact.email",), {}),
        (SHARE, "realname", ("contact.email",), {"recipient": "stranger"}),
        (EXPORT, "login", ("contact.email",), {"to_region": "mars"}),
        (Operation.RELEASE, "login", ("contact.email",), {}),
        (SHOW, "login", ("contact.email",), {"role": "spy"}),
    ],
)
def test_what_is_not_declared_is_denied(operation, purpose, fields, more):
    decision = judge(operation, purpose, *fields, facts="contract", **more)
    assert (decision.effect, decision.code) == (Effect.DENY, "undeclared")


def test_a_denial_names_the_word_nobody_declared():
    decision = judge(USE, "login", "contact.fax")
    assert "does not declare `contact.fax`" in decision.reason["en"]
    assert "未声明 `contact.fax`" in decision.reason["zh"]
    assert decision.blocked == ("contact.fax",)


def test_one_field_too_many_denies_the_act_and_is_named():
    decision = judge(USE, "login", "contact.email", "usage.page")
    assert not decision.allowed
    assert decision.blocked == ("usage.page",)
    assert decision.reason["en"].startswith("Pages may not be used")


def test_a_closed_category_is_shut_whatever_the_rules_say():
    assert (
        judge(COLLECT, "realname", "identity.face", of=said(ADULT, "realname")).code == "not_open"
    )


# --- consent -----------------------------------------------------------------------------------


@pytest.mark.clause("2.1.2e", "9.3b")
def test_a_missing_consent_is_asked_for():
    decision = judge(USE, "marketing", "contact.email")
    assert (decision.effect, decision.code) == (Effect.ASK, "consent_missing")
    assert decision.missing == ("marketing",)
    assert "consent has not been given (To send you advertising)" in decision.reason["en"]


@pytest.mark.clause("9.3b")
def test_a_consent_given_opens():
    assert judge(USE, "marketing", "contact.email", of=said(ADULT, "marketing")).allowed


@pytest.mark.clause("9.3c", "2.2.4")
def test_a_withdrawal_denies_and_says_so():
    decision = judge(
        USE, "marketing", "contact.email", of=said(ADULT, "marketing", state="withdrawn")
    )
    assert (decision.effect, decision.code) == (Effect.DENY, "consent_withdrawn")
    assert "consent was withdrawn" in decision.reason["en"]
    assert "同意已被撤回" in decision.reason["zh"]
    assert decision.clauses == ("3",)
    assert decision.missing == ("marketing",)


def test_a_refusal_denies_and_is_not_asked_again():
    decision = judge(
        USE, "marketing", "contact.email", of=said(ADULT, "marketing", state="refused")
    )
    assert (decision.effect, decision.code) == (Effect.DENY, "consent_refused")


def test_a_consent_ends_at_its_date_and_not_before():
    until = said(ADULT, "marketing", expires=Moment(AT + DAY))
    at = [policy().decide(MARKETING, until, Moment(AT + step)).code for step in (DAY - 1, DAY, 0)]
    assert at == ["allowed", "consent_missing", "allowed"]


@pytest.mark.clause("2.3b")
def test_a_sensitive_field_has_a_consent_of_its_own():
    assert judge(COLLECT, "realname", ID).missing == (f"realname/{ID}",)
    assert not judge(COLLECT, "realname", ID, of=said(ADULT, "realname")).allowed
    assert judge(COLLECT, "realname", ID, of=said(ADULT, f"realname/{ID}")).allowed


@pytest.mark.clause("2.2.6")
def test_a_consent_for_one_field_opens_that_field_only():
    narrow = said(ADULT, "marketing/contact.email")
    assert judge(USE, "marketing", "contact.email", of=narrow).allowed
    assert judge(USE, "marketing", "contact.phone", of=narrow).missing == ("marketing",)


def test_one_field_can_be_taken_out_of_a_consent():
    without = said(said(ADULT, "marketing"), "marketing/contact.phone", state="withdrawn")
    assert judge(USE, "marketing", "contact.email", of=without).allowed
    assert judge(USE, "marketing", "contact.phone", of=without).code == "consent_withdrawn"


@pytest.mark.clause("9.3c")
def test_withdrawing_a_purpose_ends_the_consents_for_its_fields():
    given = said(ADULT, "marketing/contact.email", at=Moment(AT - 2))
    stopped = said(given, "marketing", state="withdrawn", at=Moment(AT - 1))
    assert judge(USE, "marketing", "contact.email", of=stopped).code == "consent_withdrawn"
    again = said(stopped, "marketing/contact.email", at=AT)
    assert judge(USE, "marketing", "contact.email", of=again).allowed


@pytest.mark.clause("4.1.1")
def test_a_consent_to_one_recipient_opens_no_other():
    other = said(ADULT, "share/friend/realname", f"realname/{ID}")
    asked = judge(SHARE, "realname", ID, of=other, recipient="checker", facts="contract")
    assert asked.missing == ("share/checker/realname",)


@pytest.mark.clause("4.1.1", "9.3c")
def test_withdrawing_the_sensitive_consent_closes_its_sharing_too():
    both = said(ADULT, "share/checker/realname", f"realname/{ID}")
    share = {"recipient": "checker", "facts": "contract"}
    assert judge(SHARE, "realname", ID, of=both, **share).allowed
    stopped = said(both, f"realname/{ID}", state="withdrawn")
    assert judge(SHARE, "realname", ID, of=stopped, **share).code == "consent_withdrawn"


# --- terms, contracts, conditions --------------------------------------------------------------


@pytest.mark.clause("P.2", "A.2")
def test_a_contract_needs_accepted_terms():
    stranger = but(ADULT, accepted=())
    decision = judge(USE, "login", "contact.email", of=stranger)
    assert (decision.code, decision.effect) == ("not_bound", Effect.DENY)


@pytest.mark.clause("A.2")
def test_accepted_terms_are_no_consent():
    assert judge(USE, "marketing", "contact.email").effect is Effect.ASK


def test_a_first_step_that_a_stranger_asked_for_needs_no_contract_yet():
    nobody = Standing(pseudonym="")
    assert judge(USE, "login", "contact.email", of=nobody).allowed
    assert judge(COLLECT, "login", "contact.email", of=nobody).code == "not_bound"


def test_who_acts_for_a_company_is_served_under_its_contract():
    handler = but(ADULT, accepted=())
    assert judge(COLLECT, "login", "contact.email", of=handler, facts="on_behalf").allowed


@pytest.mark.clause("4.1.4d")
def test_no_byte_goes_out_before_the_agreement():
    both = said(ADULT, "share/checker/realname")
    decision = judge(SHARE, "realname", "contact.email", of=both, recipient="checker")
    assert decision.code == "no_contract"


@pytest.mark.clause("2.1.2a")
def test_a_service_waits_for_what_it_requires():
    verified = but(ADULT, facts={"realname": Fact("verified", AT, "PERSON_2")})
    failed = but(ADULT, facts={"realname": Fact("failed", AT, "PERSON_2")})
    codes = [policy().service("cloud", one, AT).code for one in (ADULT, failed, verified)]
    assert codes == ["realname_required", "realname_required", "allowed"]


def test_a_service_nobody_declared_is_an_error():
    with pytest.raises(UnknownTerm, match="`spa` is not declared"):
        policy().service("spa", ADULT, AT)


# --- life, age, objection, restriction ---------------------------------------------------------


@pytest.mark.clause("6.4a")
def test_a_closed_account_keeps_rights_and_security_only():
    closed = but(ADULT, life="closed")
    assert judge(USE, "login", "contact.email", of=closed).code == "closed"
    assert judge(EXPORT, "rights", "contact.email", of=closed).allowed
    assert judge(USE, "security", "usage.page", of=closed).allowed


@pytest.mark.clause("6.4b")
def test_of_the_erased_nothing_may_be_done():
    assert judge(EXPORT, "rights", "contact.email", of=but(ADULT, life="erased")).code == "erased"


@pytest.mark.clause("9.4-5")
@pytest.mark.parametrize("field", ["*", "contact.email"])
def test_restricted_data_is_only_stored_secured_and_asked_for(field):
    held = but(ADULT, restrictions={field: Restriction("law", None)})
    assert judge(USE, "login", "contact.email", of=held).code == "restricted"
    assert judge(EXPORT, "rights", "contact.email", of=held).allowed


@pytest.mark.clause("9.4-5")
def test_a_restriction_ends_at_its_date():
    held = but(ADULT, restrictions={"*": Restriction("law", Moment(AT + DAY))})
    login = Ask(operation=USE, purpose="login", fields=("contact.email",))
    codes = [policy().decide(login, held, Moment(AT + step)).code for step in (0, DAY)]
    assert codes == ["restricted", "allowed"]


@pytest.mark.clause("2.2.4", "9.3b")
def test_an_objection_stops_what_needs_no_consent():
    californian = but(ADULT, residence="US-CA", regimes=("ca", "us"))
    assert judge(USE, "marketing", "contact.email", of=californian).allowed
    objecting = but(californian, objections={"marketing": AT})
    assert judge(USE, "marketing", "contact.email", of=objecting).code == "objected"


def test_an_objection_ends_no_duty_of_law():
    objecting = but(ADULT, objections={"security": AT, "rights": AT})
    assert judge(USE, "security", "usage.page", of=objecting).allowed
    assert judge(USE, "rights", "contact.email", of=objecting).allowed


def test_an_objection_ends_a_legitimate_interest():
    european = but(ADULT, residence="EEA", regimes=("eu",), objections={"security": AT})
    assert judge(USE, "security", "usage.page", of=european).code == "objected"


@pytest.mark.clause("8.1b", "8.3-1")
@pytest.mark.parametrize("age", [AgeBand.MINOR, AgeBand.CHILD])
def test_minors_are_served_only_with_a_guardian(age):
    young = but(ADULT, age=age)
    assert judge(USE, "login", "contact.email", of=young).code == "minor"
    assert judge(USE, "login", "contact.email", of=said(young, "guardian/collect")).allowed
    assert judge(USE, "rights", "contact.email", of=young).allowed


@pytest.mark.clause("8.5")
def test_a_parent_decides_for_an_american_child():
    child = but(ADULT, residence="US", regimes=("us",), age=AgeBand.CHILD)
    assert judge(USE, "realname", ID, of=said(child, "guardian/collect")).allowed
    assert judge(USE, "realname", ID, of=child).code == "minor"


# --- regimes and borders -----------------------------------------------------------------------


def test_every_regime_that_binds_must_agree():
    both = but(ADULT, regimes=("cn", "ca"))
    assert judge(USE, "marketing", "contact.email", of=both).missing == ("marketing",)


def test_a_person_from_nowhere_is_under_the_regimes_of_anywhere():
    assert judge(USE, "marketing", "contact.email", of=Standing(pseudonym="p")).missing == (
        "marketing",
    )


def test_a_regime_nobody_knows_permits_nothing():
    assert (
        judge(USE, "login", "contact.email", of=but(ADULT, regimes=("mars",))).code == "undeclared"
    )


def test_reading_across_regions_needs_a_mechanism_and_its_own_consent():
    read = {"to_region": "global"}
    assert judge(EXPORT, "login", "contact.email", **read).code == "condition"
    asked = judge(EXPORT, "login", "contact.email", facts=CROSSING, **read)
    assert asked.missing == ("export/global/login",)
    agreed = said(ADULT, "export/global/login")
    assert judge(EXPORT, "login", "contact.email", of=agreed, facts=CROSSING, **read).allowed


@pytest.mark.clause("9.1a")
def test_a_copy_for_oneself_is_no_transfer_abroad():
    assert judge(EXPORT, "rights", "contact.email").allowed
    assert judge(EXPORT, "rights", "contact.email", to_region="cn").allowed
    assert not judge(EXPORT, "rights", "contact.email", to_region="global").allowed


def test_sharing_abroad_is_sharing_and_exporting():
    share = {"recipient": "friend"}
    both = said(ADULT, "share/friend/marketing")
    assert judge(SHARE, "marketing", "contact.email", of=both, **share).code == "condition"
    asked = judge(SHARE, "marketing", "contact.email", of=both, facts=CROSSING, **share)
    assert asked.missing == ("export/global/marketing",)
    hongkonger = but(both, residence="HK")
    assert judge(SHARE, "marketing", "contact.email", of=hongkonger, **share).allowed


# --- staff -------------------------------------------------------------------------------------


@pytest.mark.clause("7.1d")
def test_staff_see_the_fields_of_their_purpose_masked():
    shown = judge(SHOW, "login", "contact.email", role="desk")
    assert shown.allowed
    assert shown.masked


@pytest.mark.clause("7.1d")
def test_staff_see_nothing_for_a_purpose_that_is_not_theirs():
    assert judge(SHOW, "rights", "contact.email", role="desk").code == "role"
    assert judge(SHOW, "rights", "usage.page", role="desk").blocked == ("usage.page",)


# --- speed and memory --------------------------------------------------------------------------


def test_the_same_question_gives_the_same_object():
    assert judge(USE, "login", "contact.phone") is judge(USE, "login", "contact.phone")


def test_all_fields_of_a_purpose_come_in_one_call():
    ask = Ask(operation=USE, purpose="login", fields=("*",))
    assert policy().allowed(ask, ADULT, AT) == ("contact.email", "contact.phone")
    assert policy().fields_in(policy().mask(ask, ADULT, AT)) == ("contact.email", "contact.phone")


def test_judging_bits_is_judging_the_standing():
    bits = policy().state(ADULT, AT).bits
    assert policy().judge(MARKETING, bits) == policy().decide(MARKETING, ADULT, AT)


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("troth.policy.decide.SEEN", 3)
    monkeypatch.setattr("troth.policy.decide.PLANS", 3)
    fresh = Policy(edition())
    for number in range(10):
        ask = Ask(operation=USE, purpose=f"gossip-{number}", fields=("contact.email",))
        fresh.decide(ask, but(ADULT, entries=number), AT)
    assert len(fresh._plans) <= 3
    assert len(fresh._seen) <= 3
    assert len(fresh._answers) <= 3


def test_a_rule_that_names_a_ground_waits_for_it():
    narrow = changed(
        '    necessary: true\n    clause: "9"', '    only_if: {ground: ["9"]}\n    clause: "9"'
    )
    ask = Ask(operation=USE, purpose="rights", fields=("contact.email",))
    grounded = Ask(operation=USE, purpose="rights", fields=("contact.email",), ground="9")
    codes = [Policy(narrow).decide(one, ADULT, AT).code for one in (ask, grounded)]
    assert codes == ["no_ground", "allowed"]
