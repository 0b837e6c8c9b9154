"""Nobody's unused data goes without two warnings on record, and any activity begins anew."""

import pytest

from tests.chapters.people import EMAIL, PASSWORD, PRIVACY, House
from tests.chapters.retention.terms import approve, edition, unused_for
from troth.model.acts import SYSTEM, Erase
from troth.model.terms import SubjectId

TITLE = "您的账号长期未使用，信息即将删除"


@pytest.fixture
def unused(house: House) -> SubjectId:
    """Return somebody under a policy that ends accounts nobody uses for two years."""
    house.troth.publish(edition(unused_for("P730D")))
    subject = house.register().subject
    approve(house)
    return subject


def warnings(house: House) -> int:
    house.deliver()
    return sum(message.title == TITLE for message in house.email.sent)


def day(house: House, days: int) -> None:
    house.clock.forward(days=days)
    house.troth.tick()


@pytest.mark.clause("7.2e")
def test_two_warnings_go_out_before_an_unused_account_is_erased(
    house: House, unused: SubjectId
) -> None:
    day(house, 699)
    assert warnings(house) == 0
    day(house, 2)
    assert warnings(house) == 1
    day(house, 10)
    assert warnings(house) == 1
    day(house, 13)
    assert warnings(house) == 2
    assert "contact.email" in house.held(unused)
    marks = house.gate.standing(unused).marks
    assert {"warned/P30D", "warned/P7D"} <= marks.keys()
    day(house, 8)
    assert "contact.email" not in house.held(unused)
    (entry,) = [one for one in house.gate.trail(unused) if one.kind == "data.erased"]
    assert entry.what["ground"] == "unused"


def test_the_last_warning_leaves_the_time_it_promises_however_late_it_is(
    house: House, unused: SubjectId
) -> None:
    day(house, 1500)
    assert warnings(house) == 1
    day(house, 29)
    assert warnings(house) == 2
    day(house, 6)
    assert "contact.email" in house.held(unused)
    day(house, 2)
    assert "contact.email" not in house.held(unused)


def test_whoever_signs_in_begins_anew(house: House, unused: SubjectId) -> None:
    day(house, 705)
    assert warnings(house) == 1
    house.accounts.sign_in(EMAIL, PASSWORD)
    day(house, 40)
    assert (warnings(house), "contact.email" in house.held(unused)) == (1, True)
    day(house, 640)
    assert (warnings(house), "contact.email" in house.held(unused)) == (1, True)
    day(house, 30)
    assert warnings(house) == 2


def test_whoever_cannot_be_warned_is_not_erased(house: House, unused: SubjectId) -> None:
    acts = Erase(subject=unused, fields=("contact.email", "contact.phone"), ground="request")
    house.gate.perform(acts, by=SYSTEM)
    for _ in range(6):
        day(house, 400)
    assert "account.password" in house.held(unused)
    plan = house.retention.plan()
    assert ("account", "cannot_warn") in {(one.field, one.done) for one in plan.figures} or (
        house.retention.overdue() == 0
    )


@pytest.mark.clause("7.2e")
def test_before_anything_is_approved_nobody_is_warned_or_erased(house: House) -> None:
    house.troth.publish(edition(unused_for("P730D")))
    subject = house.register().subject
    for days in (705, 60, 60):
        day(house, days)
    assert (warnings(house), "contact.email" in house.held(subject)) == (0, True)
    plan = house.retention.waiting
    assert plan is not None
    assert ("account", "warn") in {(one.field, one.done) for one in plan.figures}
    house.retention.approve(plan.id, by=PRIVACY)
    day(house, 0)
    assert (warnings(house), "contact.email" in house.held(subject)) == (1, True)
