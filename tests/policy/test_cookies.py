"""The register of cookies is checked before it binds: facts, lives, parties, purposes (3)."""

import pytest

from troth.documents.cookies.register import register_of
from troth.policy import packs, reader
from troth.policy.cookies.check import purposes_of
from troth.policy.edition import Edition

TEXT, NAME = packs.source("itnio")
GOOD = (
    "  analytics:\n    {en: Shows us how pages are used, zh: 了解页面的使用情况,"
    " purpose: analytics, essential: false,\n     life: P90D, party: first, clause: 3.1.2}"
)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.level, one.message) for one in reader.read(text, str(NAME))[1]]


def errors(new: str) -> list[str]:
    assert GOOD in TEXT
    told = found(TEXT.replace(GOOD, new))
    return [message for level, message in told if level == "error"]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return reader.load(TEXT, str(NAME))


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (GOOD.replace("  analytics:\n", "  'an alytics':\n", 1), "can be called `an alytics`"),
        (GOOD.replace("  analytics:\n", "  '*':\n", 1), "can be called `*`"),
        (GOOD.replace(", clause: 3.1.2", ""), "no clause gives `analytics`"),
        (GOOD.replace("life: P90D", "life: 90"), "`90` is no duration"),
        (GOOD.replace("life: P90D", "kind: local_storage"), "stay for ever"),
        (GOOD.replace("party: first", "party: third"), "recipient `` is unknown"),
        (GOOD.replace("party: first", "recipient: consultants"), "our own and names a recipient"),
        (GOOD.replace("party: first", "party: second"), "party `second` is unknown"),
        (GOOD.replace("life: P90D", "kind: beacon"), "technology `beacon` is unknown"),
        (GOOD.replace("了解页面的使用情况", "''"), "has no text in `zh`"),
        (GOOD.replace("purpose: analytics,", "purpose: measure,"), "purpose `measure` is unknown"),
    ],
)
def test_an_entry_that_lacks_something_is_an_error(new: str, told: str) -> None:
    assert any(told in message for message in errors(new)), errors(new)


def test_a_third_party_is_one_of_the_recipients() -> None:
    assert errors(GOOD.replace("party: first", "party: third, recipient: consultants")) == []


def test_a_life_longer_than_thirteen_months_is_for_a_person_to_judge() -> None:
    told = found(TEXT.replace(GOOD, GOOD.replace("P90D", "P2Y")))
    assert ("warning", "`analytics` lives longer than 13 months") in told


def test_no_entry_is_for_another_purpose_than_the_two_that_are_printed(edition: Edition) -> None:
    assert purposes_of(edition, "web.cookie", ("3.1.1",)) == ("authenticate",)
    assert purposes_of(edition, "web.cookie", ("3.1.2",)) == ("analytics", "personalise")
    for purpose in set(edition.purposes) - {"analytics", "personalise"}:
        told = errors(GOOD.replace("purpose: analytics,", f"purpose: {purpose},"))
        assert any("which its clause does not let it be for" in message for message in told), (
            purpose
        )


def test_every_entry_has_purpose_category_life_party_and_both_languages(edition: Edition) -> None:
    register = register_of(edition)
    assert {one.name for one in register.technologies} == set(edition.cookies)
    for one in register.technologies:
        assert one.purpose in edition.purposes
        assert one.category == "essential" or one.category in register.purposes
        assert one.days > 0
        assert one.party == "first" or one.who
        assert set(one.words) == {"en", "zh"}
        assert set(one.clause) <= {"3.1.1", "3.1.2"}


def test_what_is_asked_about_is_what_is_not_essential(edition: Edition) -> None:
    register = register_of(edition)
    assert register.optional == ("analytics", "personalise")
    assert register.signalled == {"personalise"}
    assert register.purposes["analytics"]["zh"] == "分析服务使用情况"
