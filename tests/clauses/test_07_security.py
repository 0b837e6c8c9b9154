"""Chapter 7: who may look, and what the law keeps."""

import pytest

from tests.chapters.people import PROVED, House
from troth.model.acts import Actor, Collect, Show
from troth.model.clock import DAY
from troth.model.errors import Refused
from troth.model.secret import Secret
from troth.model.terms import matches


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
