"""Chapter 7: who may look, what secures and nothing else, and what the law keeps."""

import pytest

from tests.chapters.people import EMAIL, PRIVACY, PROVED, House
from tests.chapters.retention.terms import approve, edition, usage_kept, visitor
from tests.policy.itnio import ADULT, judge, policy, said
from troth.chapters.rights.fulfilling import Particulars
from troth.model.acts import Actor, Collect, Show
from troth.model.clock import DAY
from troth.model.errors import Refused
from troth.model.secret import Secret
from troth.model.terms import Operation, matches
from troth.policy.regimes.minimums import MINIMUMS


@pytest.mark.clause("7.1d")
def test_every_role_sees_what_its_purposes_show_and_nothing_else(house: House) -> None:
    subject = house.register().subject
    held = sorted(house.held(subject))
    policy = house.gate.policy()
    for name, role in policy.edition.staff.items():
        by = Actor(kind="staff", id=f"s-{name}", role=name)
        for purpose in policy.edition.purposes:
            for field in held:
                act = Show(subject=subject, fields=(field,), purpose=purpose, ticket="T-1")
                allowed = purpose in role.purposes and any(
                    matches(pattern, field) for pattern in role.shows
                )
                if not allowed:
                    with pytest.raises(Refused):
                        house.gate.perform(act, by=by)
    denied = [entry for entry in house.gate.trail(subject) if entry.kind == "use.denied"]
    assert len({entry.by for entry in denied}) == len(policy.edition.staff)


@pytest.mark.clause("7.5a", "6.4c")
def test_what_the_law_demands_is_kept_for_its_minimum_and_then_goes(house: House) -> None:
    subject = house.register().subject
    house.troth.usage.record(subject, "usage", {"ip": Secret("203.0.113.9")})
    bill = {"billing.transaction": Secret('{"order": 1}')}
    house.gate.perform(Collect(subject=subject, values=bill, purpose="notify.billing"))
    since = house.clock.now()
    certificate = house.rights.erase(subject, by=PROVED)
    until = {each.field: (each.until, each.law) for each in certificate.held}
    assert until["usage.ip"] == (since + 183 * DAY, "Cybersecurity Law, network log rule")
    assert until["billing.transaction"][1] == "E-Commerce Law art. 31"
    assert house.held(subject) == {"usage.ip", "billing.transaction"}
    house.clock.forward(days=184)
    house.troth.tick()
    assert house.held(subject) == {"billing.transaction"}


@pytest.mark.clause("7.5a")
def test_every_minimum_of_every_law_stands_in_the_schedule_of_what_it_covers(house: House) -> None:
    lines = house.retention.schedule()
    for law in MINIMUMS:
        covered = {one.field for one in lines if any(matches(p, one.field) for p in law.categories)}
        assert covered
        for line in lines:
            told = {(one.law, one.keep, one.start, one.regimes) for one in line.laws}
            stands = (law.cite, law.keep, law.start, (law.regime,)) in told
            assert stands == (line.field in covered), (law.name, line.field)


@pytest.mark.clause("7.5a")
def test_a_minimum_of_a_law_binds_though_the_policy_itself_names_no_such_law(house: House) -> None:
    hold = """  network-log:
    {law: "Cybersecurity Law, network log rule", categories: [usage], keep: P183D, from: recorded,
     regimes: [cn], clause: [2.1.4b, 9.4-5]}
"""
    floor = "floor: [{law: network log rule, keep: P183D, regimes: [cn]}], then"
    house.troth.publish(edition(usage_kept("P30D"), (hold, ""), (floor, "then")))
    here, abroad = visitor(house), visitor(house, "EEA")
    approve(house)
    house.clock.forward(days=40)
    house.troth.tick()
    assert ("usage.query" in house.held(here), "usage.query" in house.held(abroad)) == (True, False)
    house.clock.forward(days=150)
    house.troth.tick()
    assert "usage.query" not in house.held(here)


@pytest.mark.clause("7.5a")
def test_california_keeps_what_was_asked_for_two_years_and_then_it_goes(house: House) -> None:
    phone = Secret("+14155550123")
    subject = house.register(email=EMAIL, phone=phone, residence="US-CA").subject
    number = house.rights.desk.request(subject, "explain", text=Secret("why?"), by=PROVED)
    house.rights.desk.answer(subject, number, Particulars(text=Secret("so")), by=PRIVACY)
    certificate = house.rights.erase(subject, by=PROVED)
    laws = {each.field: each.law for each in certificate.held}
    assert {laws[field] for field in ("rights.request", "rights.reply")} == {"11 CCR 7101"}
    house.clock.forward(days=725)
    house.troth.tick()
    assert "rights.request" in house.held(subject)
    house.clock.forward(days=10)
    house.troth.tick()
    rooms = house.gate.regions[subject.region]
    assert set(rooms.vault.residue(subject).values()) == {0}


SECURING = frozenset({"security", "fraud", "rights", "legal"})
"""Risk, authentication and incidents; to answer the person, and the law."""


@pytest.mark.clause("7.3")
def test_each_of_the_eight_inputs_to_security_serves_nothing_else() -> None:
    inputs = [field for field in policy().fields() if matches("telemetry", field)]
    assert inputs == [
        f"telemetry.{name}"
        for name in (
            *("registration", "device", "network_log", "frequency", "crash", "overall"),
            *("performance", "app_source"),
        )
    ]
    agreed = said(ADULT, *[offer.key for offer in policy().offers(("cn",))])
    for field in inputs:
        assert judge(Operation.USE, "security", field).allowed, field
        for purpose in policy().edition.purposes:
            for operation in (Operation.COLLECT, Operation.USE, Operation.SHOW):
                allowed = judge(operation, purpose, field, of=agreed).allowed
                assert not allowed or purpose in SECURING, (field, purpose)
