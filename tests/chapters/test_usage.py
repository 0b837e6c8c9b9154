"""A visit leaves what the policy lists, and what it does not list goes nowhere."""

import pytest

from tests.chapters.people import House
from troth.model.errors import BadInput, ConsentMissing
from troth.model.secret import Secret
from troth.model.terms import SubjectId

SEEN = {
    "query": Secret("云服务器 价格"),
    "ip": Secret("203.0.113.7"),
    "browser": Secret("Firefox"),
    "carrier": Secret("中国电信"),
    "language": Secret("zh-CN"),
    "at": Secret("2026-11-22T12:00:00Z"),
    "pages": Secret("/prices"),
    "fingerprint": Secret("f1f2"),
    "battery": Secret("80%"),
}


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


@pytest.mark.clause("2.1.4a")
def test_the_log_keeps_just_its_declared_fields(house: House, subject: SubjectId) -> None:
    kept = house.usage.record(subject, "usage", SEEN)
    assert kept.dropped == ("fingerprint", "battery")
    assert {f"usage.{name}" for name in SEEN} - house.held(subject) == {
        "usage.fingerprint",
        "usage.battery",
    }


@pytest.mark.clause("2.1.3b")
def test_a_web_visit_keeps_just_its_declared_fields(house: House, subject: SubjectId) -> None:
    seen = {"browser": Secret("Firefox"), "referrer": Secret("https://other.example")}
    assert house.usage.record(subject, "web", seen).dropped == ("referrer",)
    assert house.gate.standing(subject).held["web.browser"].source == "observed"


def test_nothing_declared_keeps_nothing(house: House, subject: SubjectId) -> None:
    assert house.usage.record(subject, "device", {"mood": Secret("good")}).entries == ()


@pytest.mark.clause("2.1.3c", "3.1.2")
def test_analysis_waits_for_consent(house: House, subject: SubjectId) -> None:
    with pytest.raises(ConsentMissing):
        house.usage.record(subject, "usage", SEEN, purpose="analytics")


def test_an_unknown_collector_is_refused(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadInput):
        house.usage.record(subject, "identity", {"name": Secret("x")})  # type: ignore[arg-type]
