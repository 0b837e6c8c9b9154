"""A purpose closed, a service stopped, a law's demand: what rests on it alone goes, by itself."""

import pytest

from tests.chapters.people import PRIVACY, PROVED, House, ticks
from tests.chapters.retention.terms import visitor
from troth.model.acts import SUBJECT, SYSTEM, Collect
from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound, UnknownTerm
from troth.model.secret import Secret
from troth.model.terms import SubjectId


@pytest.fixture
def subject(house: House) -> SubjectId:
    """Return somebody whose profile rests on one consent, and whose visits rest on two purposes."""
    found = house.register().subject
    house.consent.give(found, ticks("improve"), shown=house.shown())
    values = {"profile.occupation": Secret("工程师")}
    house.gate.perform(Collect(subject=found, values=values, purpose="improve"), by=SUBJECT)
    for purpose in ("security", "fraud"):
        act = Collect(
            subject=found,
            values={"web.browser": Secret("Firefox")},
            purpose=purpose,
            source="observed",
        )
        house.gate.perform(act, by=SYSTEM)
    return found


@pytest.mark.clause("9.4-1")
def test_what_rested_on_a_closed_purpose_alone_goes_and_the_rest_stays(
    house: House, subject: SubjectId
) -> None:
    would = house.retention.closing.purpose("improve", by=PRIVACY, dry_run=True)
    assert [(one.field, one.done) for one in would.figures] == [("profile.occupation", "erase")]
    assert "profile.occupation" in house.held(subject)
    done = house.retention.closing.purpose("improve", by=PRIVACY)
    assert done.subjects == 1
    assert done.order is not None
    assert done.order.done is not None
    assert "profile.occupation" not in house.held(subject)
    (entry,) = [one for one in house.gate.trail(subject) if one.kind == "data.erased"]
    assert entry.what["ground"] == "purpose_closed"


@pytest.mark.clause("9.4-1")
def test_two_purposes_have_to_be_closed_where_two_keep_something(
    house: House, subject: SubjectId
) -> None:
    house.retention.closing.purpose("security", by=PRIVACY)
    assert "web.browser" in house.held(subject)
    house.retention.closing.purpose("fraud", by=PRIVACY)
    assert "web.browser" not in house.held(subject)


@pytest.mark.clause("9.4-2")
def test_what_only_a_stopped_service_needed_goes(house: House, subject: SubjectId) -> None:
    values = {"support.question": Secret("如何续费")}
    house.gate.perform(Collect(subject=subject, values=values, purpose="support"), by=SUBJECT)
    done = house.retention.closing.service("support", by=PRIVACY)
    assert [(one.field, one.done) for one in done.figures] == [("support.question", "erase")]
    assert "contact.email" in house.held(subject)
    with pytest.raises(NotFound):
        house.retention.closing.service("no such service", by=PRIVACY)


@pytest.mark.clause("9.4-4")
def test_what_a_law_demands_goes_of_those_it_protects(house: House) -> None:
    here, abroad = visitor(house), visitor(house, "EEA")
    done = house.retention.closing.law(
        "order-17",
        law="GDPR 17(1)(e)",
        categories=("web",),
        regimes=("eu",),
        by=PRIVACY,
    )
    assert done.subjects == 1
    assert ("web.browser" in house.held(here), "web.browser" in house.held(abroad)) == (True, False)
    with pytest.raises(BadInput):
        house.retention.closing.law("x", law="", categories=("web",), by=PRIVACY)
    with pytest.raises(UnknownTerm):
        house.retention.closing.law("x", law="a law", categories=("nothing",), by=PRIVACY)


@pytest.mark.clause("9.4-3")
def test_what_rested_on_a_withdrawn_consent_alone_goes_and_the_rest_says_why(
    house: House, subject: SubjectId
) -> None:
    withdrawn = house.consent.withdraw(subject, "improve")
    assert withdrawn.gone == ("profile.occupation",)
    assert "profile.occupation" not in house.held(subject)


@pytest.mark.clause("9.4-5")
def test_what_a_law_holds_of_a_closed_purpose_is_set_aside(house: House) -> None:
    subject = visitor(house)
    done = house.retention.closing.purpose("security", by=PRIVACY)
    assert {(one.field, one.done) for one in done.figures} == {
        ("web.browser", "erase"),
        ("usage.query", "hold"),
    }
    assert "usage.query" in house.gate.standing(subject).restrictions
    house.clock.forward(days=185)
    house.troth.tick()
    assert house.held(subject) == {"contact.email"}


def test_an_order_that_was_killed_goes_on_where_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = [visitor(house) for _ in range(5)]
    monkeypatch.setattr("troth.chapters.retention.closing.PAGE", 2)
    orders = house.retention.closing._orders
    advance, calls = orders.advance, list[str]()

    def once(*args: object) -> None:
        advance(*args)  # type: ignore[arg-type]
        calls.append("page")
        if len(calls) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(orders, "advance", once)
    with pytest.raises(KeyboardInterrupt):
        house.retention.closing.purpose("security", by=PRIVACY)
    assert sum("web.browser" in house.held(subject) for subject in subjects) == 3
    house.troth.tick()
    assert not any("web.browser" in house.held(subject) for subject in subjects)
    assert orders.open() == []


def test_an_order_is_given_by_staff_for_what_is_declared(house: House) -> None:
    with pytest.raises(BadInput):
        house.retention.closing.purpose("security", by=SYSTEM)
    with pytest.raises(UnknownTerm):
        house.retention.closing.purpose("no such purpose", by=PRIVACY)


def test_a_term_that_waits_for_the_end_of_a_contract_begins_with_it(house: House) -> None:
    subject = visitor(house)
    house.retention.contract_ended(subject, since=Moment(house.clock.now() - DAY))
    assert house.gate.standing(subject).marks["contract_ended"] == house.clock.now() - DAY


def test_somebody_erased_meanwhile_is_passed_over(house: House) -> None:
    subject = house.register().subject
    house.rights.erase(subject, by=PROVED)
    assert house.retention.closing.purpose("security", by=PRIVACY).subjects == 0
