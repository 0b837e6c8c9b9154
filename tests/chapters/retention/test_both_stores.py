"""A sweep over files and over a server: planned, broken off, held, certified (7.2e, 9.4)."""

from collections.abc import Iterator

import pytest

from tests.chapters.people import PRIVACY, PROVED, House
from tests.chapters.people import opened as chapters_of
from tests.chapters.retention.terms import approve, edition, visitor, web_then
from tests.gate.house import Plot, opened
from troth.egress.channels import MemoryChannel
from troth.model.acts import SYSTEM, Collect, Erase, Use
from troth.model.clock import DAY, Moment, SetClock
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId


@pytest.fixture
def house(plot: Plot, at: Moment) -> Iterator[House]:
    """Return a house on either database."""
    clock = SetClock(at)
    with opened(plot.folder, clock, plot.stores) as gate:
        yield chapters_of(gate.troth, clock, MemoryChannel("email"), MemoryChannel("sms"))


def test_a_plan_is_made_approved_and_swept(house: House) -> None:
    subjects = [visitor(house) for _ in range(3)]
    house.clock.forward(days=366)
    assert house.retention.run().values == 0
    plan = house.retention.waiting
    assert plan is not None
    assert [(one.field, one.done, one.subjects) for one in plan.figures] == [
        ("usage.query", "erase", 3),
        ("web.browser", "erase", 3),
    ]
    house.retention.approve(plan.id, by=PRIVACY)
    assert house.retention.run().values == 6
    assert [house.held(subject) for subject in subjects] == [{"contact.email"}] * 3
    email = Use(subject=subjects[0], fields=("contact.email",), purpose="account")
    assert house.gate.perform(email, by=SYSTEM).values["contact.email"].reveal()
    assert all(report.ok for report in house.troth.audit().values())


def test_a_sweep_that_breaks_off_goes_on_where_it_was(house: House) -> None:
    for _ in range(50):
        visitor(house)
    approve(house)
    house.clock.forward(days=366)

    def stop(looked: int, values: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.retention.run(progress=stop)
    left = house.retention.overdue()
    assert 0 < left < 50
    assert house.retention.run().subjects == left
    assert house.retention.overdue() == 0


def test_a_held_field_outlasts_the_sweep_and_goes_with_its_hold(house: House) -> None:
    subject, other = visitor(house), visitor(house)
    until = Moment(house.clock.now() + 500 * DAY)
    house.retention.hold(
        subject, "case-7", law="named case", fields=("web.browser",), until=until, by=PRIVACY
    )
    approve(house)
    house.clock.forward(days=366)
    house.troth.tick()
    assert house.held(subject) == {"contact.email", "web.browser"}
    assert house.held(other) == {"contact.email"}
    house.clock.forward(days=140)
    house.troth.tick()
    assert house.held(subject) == {"contact.email"}


def test_what_changed_since_it_was_worked_out_is_worked_out_again(house: House) -> None:
    subject = visitor(house)
    approve(house)
    house.clock.forward(days=366)
    terms, region = house.retention.sweeping._terms, Region("cn")
    terms.due(region, 10)
    fresh = {"usage.query": Secret("刚才")}
    act = Collect(subject=subject, values=fresh, purpose="security", source="observed")
    house.gate.perform(act, by=SYSTEM)
    # A law holds what came a moment ago; what the sweep had read of it counts no longer.
    asked = Erase(subject=subject, fields=("usage.query",), ground="term_over")
    assert terms.end([asked]).alone == (subject,)
    assert opens(house, subject) == "刚才"
    web = Erase(subject=subject, fields=("web.browser",), ground="term_over")
    assert terms.end([web]).subjects == (subject,)
    assert opens(house, subject) == "刚才"


def opens(house: House, subject: SubjectId) -> str:
    use = Use(subject=subject, fields=("usage.query",), purpose="security")
    return house.gate.perform(use, by=SYSTEM).values["usage.query"].reveal()


def test_keys_that_were_drawn_in_vain_are_left_nowhere(house: House) -> None:
    subject = visitor(house)
    approve(house)
    house.clock.forward(days=366)
    keys = house.gate.regions[Region("cn")].vault.many._keys
    terms = house.retention.sweeping._terms
    terms.due(Region("cn"), 10)
    until = Moment(house.clock.now() + DAY)
    house.retention.hold(
        subject, "case-8", law="named case", fields=("usage",), until=until, by=PRIVACY
    )
    drawn: list[str] = []
    claim = keys.claim_many

    def noted(count: int) -> list[tuple[str, object]]:
        claimed = claim(count)
        drawn.extend(key for key, _ in claimed)
        return claimed  # type: ignore[return-value]  # the very keys

    keys.claim_many = noted  # type: ignore[method-assign,assignment]
    asked = Erase(subject=subject, fields=("usage.query",), ground="term_over")
    assert terms.end([asked]).alone == (subject,)
    assert drawn
    assert keys.missing(drawn) == set(drawn)  # type: ignore[arg-type]  # ids of keys


def test_an_erasure_after_a_sweep_is_certified(house: House) -> None:
    house.troth.publish(edition(web_then("anonymise")))
    subject = visitor(house)
    approve(house)
    house.clock.forward(days=366)
    house.troth.tick()
    certificate = house.rights.erase(subject, by=PROVED)
    assert (certificate.complete, certificate.state) == (True, "complete")


def test_a_sweep_has_a_certificate_of_its_own_without_anybody_in_it(house: House) -> None:
    subjects = [visitor(house, query="一个秘密") for _ in range(40)]
    until = Moment(house.clock.now() + 500 * DAY)
    house.retention.hold(
        subjects[0], "case-7", law="named case", fields=("web.browser",), until=until, by=PRIVACY
    )
    approve(house)
    at = house.clock.forward(days=366)
    told = house.retention.run().certificate
    assert told is not None
    assert (told.subjects, told.values, told.complete, told.refused) == (40, 79, True, 0)
    assert [(one.field, one.subjects) for one in told.gone] == [
        ("usage.query", 40),
        ("web.browser", 39),
    ]
    assert told.gone[0].methods["vault"] == "shred_key"
    assert [(one.law, one.subjects, one.until) for one in told.held] == [("named case", 1, until)]
    assert (told.began, told.ended, bool(told.plan)) == (at, at, True)
    assert house.retention.certificates() == [told]
    assert house.retention.run().certificate is None
    said = str(told.record())
    assert "秘密" not in said
    assert not any(subject in said for subject in subjects)
