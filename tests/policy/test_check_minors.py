"""What an edition must have to keep minors out, or to serve them with their guardians."""

import pytest

from tests.policy.small import SMALL
from troth.policy import packs
from troth.policy.reader import read

SHIPPED, _ = packs.source("itnio")
SERVING = SHIPPED.replace("minors_service: false", "minors_service: true")


def findings(source: str, level: str) -> list[tuple[str, str]]:
    return [(one.clause, one.message) for one in read(source, "p.yaml")[1] if one.level == level]


def changed(source: str, old: str, new: str) -> str:
    assert old in source, old
    return source.replace(old, new)


def test_the_shipped_policy_serves_minors_by_one_word() -> None:
    assert findings(SERVING, "error") == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("child: {cn: 14,", "child: {cn: 13,", "`cn` the law protects everybody under 14"),
        ("us: 13, ca: 13}", "us: 12, ca: 13}", "`us` the law protects everybody under 13"),
        ("us: 13, ca: 13}", "us: 13, ca: 13, FR: 14}", "`FR` the law protects everybody under 15"),
        ("us: 13, ca: 13}", "us: 13, ca: 13, XX: 14}", "regime or member state `XX` is unknown"),
        ("eu: 16,", "eu: 15,", "`eu` the law protects everybody under 16"),
    ],
)
def test_no_age_is_under_the_laws(old: str, new: str, told: str) -> None:
    found = findings(changed(SMALL, old, new), "error")
    assert any(told in message and clause == "8" for clause, message in found)


def test_an_age_may_be_higher_than_the_laws() -> None:
    higher = changed(SMALL, "us: 13, ca: 13}", "us: 18, ca: 16, FR: 16, NO: 16}")
    assert findings(higher, "error") == []
    assert findings(higher, "warning") == findings(SMALL, "warning")


def test_an_age_that_was_only_remembered_is_a_warning() -> None:
    followed = changed(SMALL, "us: 13, ca: 13}", "us: 13, ca: 13, NO: 13}")
    (found,) = set(findings(followed, "warning")) - set(findings(SMALL, "warning"))
    assert "from memory" in found[1]


@pytest.mark.parametrize(
    ("old", "new", "clause", "told"),
    [
        (
            "    unless: [guardian, protects_minor, law]",
            "    unless: [protects_minor, law]",
            "8.3-1",
            "no rule forbids to use a minor's data unless `guardian`",
        ),
        (
            "    unless: [guardian_disclosure, protects_minor, law]",
            "    unless: [guardian, protects_minor, law]",
            "8.3-1",
            "no rule forbids to share a minor's data unless `guardian_disclosure`",
        ),
        (
            "    purposes: [marketing, personalise, analytics]\n    when: {age: [minor, child]}",
            "    purposes: [marketing, analytics]\n    when: {age: [minor, child]}",
            "8.3-1",
            "`personalise` is open for minors",
        ),
        (
            "    purposes: [marketing, personalise, analytics]\n    when: {age: [minor, child]}",
            "    purposes: [marketing, personalise, analytics]\n    when: {age: [child]}",
            "8.3-1",
            "`marketing` is open for minors",
        ),
        ("  guardian.request:\n", "  guardian.plea:\n", "8.1c", "needs `guardian.request`"),
        ("  identity.grown:\n", "  identity.of_age:\n", "8.1c", "needs `identity.grown`"),
    ],
)
def test_who_serves_minors_without_their_guardians_is_refused(
    old: str, new: str, clause: str, told: str
) -> None:
    source = changed(SERVING, old, new)
    assert any(clause == one and told in message for one, message in findings(source, "error"))
    quiet = changed(SHIPPED, old, new)
    assert not any(told in message for _, message in findings(quiet, "error"))
