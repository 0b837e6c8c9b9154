"""What an edition declares, asked by name."""

import msgspec
import pytest

from tests.policy.small import AT, changed, edition, policy
from troth.model.clock import DAY
from troth.model.errors import UnknownTerm
from troth.policy.decide import Policy


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("field", "contact.email"),
        ("purpose", "login"),
        ("recipient", "checker"),
        ("role", "desk"),
        ("rule", "r-login"),
        ("clause", "9"),
    ],
)
def test_what_is_declared_is_found_and_the_rest_is_an_error(what, name):
    ask = getattr(policy(), what)
    assert ask(name)
    with pytest.raises(UnknownTerm, match="`stranger` is not declared"):
        ask("stranger")


def test_fields_are_those_that_are_open():
    assert policy().fields("identity") == ("identity.number",)
    assert "identity.face" not in policy().fields()


@pytest.mark.clause("1.2b")
def test_a_host_that_is_no_service_is_not_covered():
    assert [one.en for one in policy().services_on("small.example")] == ["Cloud"]
    assert policy().services_on("elsewhere.example") == ()


def test_a_residence_says_region_and_regimes():
    assert policy().residence("DE").regimes == ("eu",)
    assert policy().residence("CN").region == "cn"


@pytest.mark.clause("7.2d")
def test_the_closest_row_says_how_long_a_field_is_kept():
    row = "  - {categories: [contact.email], start: recorded, keep: P10D, purpose: marketing}"
    own = Policy(changed("holds:\n", f"{row}\nholds:\n"))
    assert own.retention_of("contact.email").keep == "P0D"
    assert own.retention_of("contact.email", "marketing").keep == "P10D"
    assert own.retention_of("contact.phone", "marketing").keep == "P0D"
    assert own.kept_until("usage.page", AT) == AT + 365 * DAY


@pytest.mark.clause("7.2d")
def test_a_field_without_retention_is_an_error():
    bare = Policy(msgspec.structs.replace(edition(), retention=()))
    with pytest.raises(UnknownTerm, match="has no retention"):
        bare.retention_of("usage.page")


@pytest.mark.clause("6.4c", "9.4-5")
def test_the_laws_that_hold_a_field_are_named():
    assert list(policy().holds_of("usage.page")) == ["log"]
    assert policy().holds_of("contact.email") == {}


@pytest.mark.clause("9.3b")
def test_what_can_be_consented_to_depends_on_the_regime():
    china = [offer.key for offer in policy().offers(("cn",))]
    assert china == [
        "marketing",
        "realname/identity.number",
        "share/checker/realname",
        "share/friend/marketing",
        "export/global/marketing",
    ]
    europe = [offer.key for offer in policy().offers(("eu",))]
    assert "realname/identity.number" not in europe
    assert policy().offers(("us",)) == ()


def test_an_offer_is_told_in_words_with_its_clauses():
    offer = next(one for one in policy().offers(("cn",)) if one.sensitive)
    assert offer.key == "realname/identity.number"
    assert offer.text["zh"] == "实名认证：身份证号码"
    assert offer.clauses == ("2", "4")


def test_every_offer_is_a_key_that_a_rule_asks_for():
    offered = {
        offer.key for regime in ("cn", "eu", "ca", "us") for offer in policy().offers((regime,))
    }
    assert offered <= policy().consent_keys()
    assert "marketing/contact.email" in policy().consent_keys()
    assert "gossip" not in policy().consent_keys()


@pytest.mark.parametrize(
    ("key", "ends"),
    [
        ("marketing", 30),
        ("marketing/contact.email", 30),
        ("share/checker/marketing", 30),
        ("login", None),
        ("guardian/collect", None),
    ],
)
def test_a_consent_ends_by_the_term_of_its_purpose(key, ends):
    edition = changed("zh: 营销, switch: true", "zh: 营销, switch: true, consent_for: P30D")
    assert Policy(edition).consent_ends(key, AT) == (None if ends is None else AT + ends * DAY)
    assert policy().consent_ends(key, AT) is None
