"""Rights that other databases follow: the person is told when it is done, and only then (F8)."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chapters.people import EMAIL, PHONE, PROVED, House, opened
from tests.chapters.test_rights import log_a_visit
from tests.egress.shops import Shop
from troth.app import Troth, settings
from troth.egress.channels import MemoryChannel
from troth.egress.sheet import ByHand
from troth.model.clock import DAY, Moment, SetClock
from troth.model.terms import SubjectId

COMPLETE = "删除已全部完成"


@pytest.fixture
def shop() -> Shop:
    """Return a shop that knows somebody by their address."""
    return Shop("shop").add(1, contact_email=EMAIL.reveal(), contact_phone=PHONE.reveal())


@pytest.fixture
def house(instance: Path, tmp_path: Path, at: Moment, shop: Shop) -> Iterator[House]:
    """Return a house whose controller has a shop, too."""
    folder = tmp_path / "house"
    shutil.copytree(instance, folder)
    clock, email, sms = SetClock(at), MemoryChannel("email"), MemoryChannel("sms")
    channels = {"email": email, "sms": sms, "phone": ByHand("phone")}
    named = settings.load(folder)
    with Troth(named, clock=clock, channels=channels, databases=(shop,)) as troth:
        yield opened(troth, clock, email, sms)


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def letters(house: House) -> list[str]:
    house.troth.tick()
    return [one.title for one in house.email.sent if one.title == COMPLETE]


def test_who_deletes_their_account_is_told_once_when_the_last_database_is_clean(
    house: House, subject: SubjectId, shop: Shop
) -> None:
    shop.down = 9
    certificate = house.rights.erase(subject, by=PROVED)
    assert (certificate.complete, certificate.state) == (False, "incomplete")
    assert letters(house) == []
    shop.down = 0
    for _ in range(3):
        house.clock.forward(days=1)
        told = letters(house)
    assert (told, shop.people) == ([COMPLETE], {})


def test_the_request_is_fulfilled_only_when_every_database_is(
    house: House, subject: SubjectId, shop: Shop
) -> None:
    who = house.gate.standing(subject).pseudonym
    standings = house.gate.regions[subject.region].standings
    shop.down = 9
    house.rights.erase(subject, by=PROVED)
    assert {one.state for one in standings.read(who).owed.values()} == {"open"}
    shop.down = 0
    house.clock.forward(days=1)
    house.troth.tick()
    assert {one.state for one in standings.read(who).owed.values()} == {"fulfilled"}


@pytest.mark.clause("6.4c", "9.4-5")
def test_what_a_law_holds_here_is_held_there_and_the_rest_leaves(
    house: House, subject: SubjectId, shop: Shop
) -> None:
    log_a_visit(house, subject)
    shop.people[1]["usage.ip"] = "203.0.113.7"
    certificate = house.rights.erase(subject, by=PROVED)
    assert (certificate.complete, certificate.state) == (True, "held")
    [told] = [each for each in certificate.answers if each.store == "shop"]
    [kept] = [one for one in told.remains if one.category == "usage.ip"]
    assert (kept.law, kept.until) == (certificate.held[0].law, certificate.held[0].until)
    assert shop.people == {1: {"usage.ip": "203.0.113.7"}}
    for _ in range(3):
        house.clock.forward(days=100)
        house.troth.tick()
    assert shop.people == {}


def test_some_of_it_is_deleted_elsewhere_though_nothing_of_it_is_held_here(
    house: House, subject: SubjectId, shop: Shop
) -> None:
    shop.people[1]["device.push"] = "token"
    certificate = house.rights.erase(subject, ("device",), by=PROVED)
    assert certificate.complete
    assert "device.push" not in shop.people[1]
    assert house.gate.standing(subject).life == "active"


def test_an_order_is_late_when_the_answer_is_due(
    house: House, subject: SubjectId, shop: Shop
) -> None:
    shop.down = 10**6
    due = house.clock.now() + 30 * DAY
    house.rights.erase(subject, by=PROVED)
    [one] = house.gate.databases.open()
    assert one.due_at <= due
