"""Other controllers' requests, by OpenDSR: taken once, theirs alone, not proved (5.1, 9.7)."""

import json
from base64 import b64decode

import pytest

from tests.chapters.intake.world import CONTROLLER, DESK, World
from tests.support.opendsr import ID, request
from troth.model.acts import Actor
from troth.model.clock import iso, moment
from troth.model.errors import BadInput, KeyReused, NotFound, Refused


def asked(**changes: object) -> bytes:
    return json.dumps(request(**changes)).encode()


def test_a_request_is_taken_from_the_day_the_person_asked(world: World) -> None:
    raw = asked()
    told = world.intake.controllers.take(raw, by=CONTROLLER)
    assert told.received_time == iso(moment("2026-11-20T15:00:00+00:00"))
    assert b64decode(told.encoded_request) == raw
    assert world.requests() == {"delete": 1}
    assert world.intake.controllers.status(ID, by=CONTROLLER).request_status == "in_progress"


def test_the_same_id_is_the_same_request_and_never_another(world: World) -> None:
    for _ in range(2):
        world.intake.controllers.take(asked(), by=CONTROLLER)
    assert sum(world.requests().values()) == 1
    with pytest.raises(KeyReused):
        world.intake.controllers.take(asked(subject_request_type="access"), by=CONTROLLER)


def test_two_controllers_may_use_one_id(world: World) -> None:
    other = Actor(kind="service", id="fedcba9876543210")
    world.intake.controllers.take(asked(), by=CONTROLLER)
    with pytest.raises(NotFound):
        world.intake.controllers.status(ID, by=other)
    world.intake.controllers.take(asked(), by=other)
    assert sum(world.requests().values()) == 2


def test_a_request_is_cancelled_and_stays_so(world: World) -> None:
    world.intake.controllers.take(asked(), by=CONTROLLER)
    for _ in range(2):
        world.intake.controllers.cancel(ID, by=CONTROLLER)
    assert world.intake.controllers.status(ID, by=CONTROLLER).request_status == "cancelled"


def test_what_has_ended_otherwise_is_not_cancelled(world: World) -> None:
    world.intake.controllers.take(asked(), by=CONTROLLER)
    (matter,) = world.desk.queue(by=DESK)
    world.desk.deny(matter.subject, matter.number, "insuf_verification", by=DESK)
    with pytest.raises(Refused):
        world.intake.controllers.cancel(ID, by=CONTROLLER)
    assert world.intake.controllers.status(ID, by=CONTROLLER).request_status == "completed"


def test_a_callback_elsewhere_is_refused(world: World) -> None:
    with pytest.raises(BadInput):
        world.intake.controllers.take(
            asked(status_callback_urls=["https://evil.example/cb"]), by=CONTROLLER
        )
    assert not world.requests()


def test_without_a_certificate_nothing_is_signed_and_it_is_said(world: World) -> None:
    assert world.intake.controllers.sign(b"{}").domain == ""
    with pytest.raises(NotFound):
        world.intake.controllers.certificate()
