"""Walk 2: messages by purpose; an advertisement can be stopped with one click."""

import re

import pytest

from tests.chapters.people import EMAIL, House, ticks
from troth.model.errors import BadInput, ConsentMissing, NotProved, Refused
from troth.model.terms import SubjectId

BASE = "https://itnio.example/stop/"


@pytest.fixture
def subject(house: House) -> SubjectId:
    return house.register().subject


def advertise(house: House, subject: SubjectId) -> None:
    house.contact.advertise(subject, "新的机房开放了", base=BASE)


@pytest.mark.clause("2.1.2d", "2.2.2")
def test_a_service_notice_needs_no_consent_for_marketing(house: House, subject: SubjectId) -> None:
    house.contact.send(subject, "service_message", {"message": "今晚维护"})
    told = house.last(house.email)
    assert (told.address, told.text.reveal()) == (EMAIL, "今晚维护")


@pytest.mark.clause("2.1.2e")
def test_a_bill_goes_out_under_its_own_purpose(house: House, subject: SubjectId) -> None:
    outcome = house.contact.send(subject, "billing_message", {"message": "十一月账单"})
    assert outcome.decisions[0].purpose == "notify.billing"


@pytest.mark.clause("2.1.2e", "2.2.4")
def test_advertising_waits_for_consent(house: House, subject: SubjectId) -> None:
    with pytest.raises(ConsentMissing):
        advertise(house, subject)
    house.consent.give(subject, ticks("marketing"), shown=house.shown())
    house.deliver()
    advertise(house, subject)
    assert "新的机房开放了" in house.last(house.email).text.reveal()


@pytest.mark.clause("2.1.2e")
def test_one_click_stops_before_the_next_message(house: House, subject: SubjectId) -> None:
    house.consent.give(subject, ticks("marketing"), shown=house.shown())
    house.deliver()
    advertise(house, subject)
    link = re.search(re.escape(BASE) + r"(\S+)", house.last(house.email).text.reveal())
    assert link is not None
    house.contact.stop(link[1])
    with pytest.raises(Refused):
        advertise(house, subject)
    house.contact.stop(link[1])


@pytest.mark.parametrize("token", ["", "x", "eA.eA", "a.b.c"])
def test_another_link_stops_nothing(house: House, subject: SubjectId, token: str) -> None:
    with pytest.raises(NotProved):
        house.contact.stop(token)


def test_consenting_again_lifts_the_objection(house: House, subject: SubjectId) -> None:
    house.contact.refuse(subject)
    house.consent.give(subject, ticks("marketing"), shown=house.shown())
    advertise(house, subject)


@pytest.mark.clause("2.1.2e")
def test_an_advertisement_cannot_go_out_as_another_notice(house: House, subject: SubjectId) -> None:
    with pytest.raises(BadInput):
        house.contact.send(subject, "service_message", {"message": "buy"}, purpose="marketing")


def test_everybody_is_told_by_an_announcement_that_stays(house: House) -> None:
    house.contact.announce("breach", "/notices/2026-11")
    (entry,) = house.recent("notice.announced", "global")
    assert entry.what["reference"] == "/notices/2026-11"


def test_a_notice_names_every_way_to_its_subject(house: House, subject: SubjectId) -> None:
    act = house.contact.send(subject, "service_message", {"message": "今晚维护"})
    assert act.entries
    queued = house.gate.trail(subject)[-1]
    assert queued.what["channels"] == ["email", "sms"]
