"""Chapter 1: what the policy covers, and what it does not."""

import pytest

from tests.chapters.people import House
from troth.model.errors import PolicyBroken, UnknownTerm
from troth.policy import packs

KINDS = {"browsing", "login", "technical"}


@pytest.mark.clause("1.1a")
def test_browsing_login_and_technical_services_are_covered_each_with_its_rules(
    house: House,
) -> None:
    policy = house.gate.policy()
    assert {service.kind for service in policy.edition.services.values()} == KINDS
    permitted = {
        field
        for rule in policy.edition.rules.values()
        if rule.verb == "permit"
        for field in policy.fields(*rule.categories)
    }
    for name, service in policy.edition.services.items():
        assert service.clause, name
        assert set(service.needs) <= permitted, name


@pytest.mark.clause("A.4")
def test_a_service_that_the_policy_does_not_declare_is_not_given(house: House) -> None:
    subject = house.register().subject
    policy, standing = house.gate.policy(), house.gate.standing(subject)
    assert policy.service("account", standing, house.clock.now()).allowed
    with pytest.raises(UnknownTerm):
        house.realname.require(subject, "lottery")


@pytest.mark.clause("A.4")
def test_a_service_without_a_clause_of_the_policy_does_not_compile(house: House) -> None:
    source, _ = packs.source("itnio")
    line = "hosts: [itniotech.com, www.itniotech.com], clause: 1.1a}"
    assert line in source
    with pytest.raises(PolicyBroken, match="clause"):
        house.troth.publish(source.replace(line, line.replace("1.1a", "1.9z")))


@pytest.mark.clause("1.2b")
@pytest.mark.parametrize(
    ("host", "covered"), [("itniotech.com", True), ("elsewhere.example", False), ("", False)]
)
def test_the_policy_says_which_sites_it_covers(house: House, host: str, covered: bool) -> None:
    assert bool(house.gate.policy().services_on(host)) is covered


@pytest.mark.clause("P.2")
def test_an_acceptance_says_which_edition_in_which_language_by_what_means_and_where(
    house: House,
) -> None:
    subject = house.register().subject
    (entry,) = [one for one in house.gate.trail(subject) if one.kind == "terms.accepted"]
    assert entry.what == {
        "edition": house.gate.policy().hash,
        "language": "zh",
        "means": "checkbox",
        "surface": entry.what["surface"],
    }
    assert entry.what["surface"]
    assert entry.at == house.clock.now()
