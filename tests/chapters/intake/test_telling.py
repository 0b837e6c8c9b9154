"""States are told, signed, where the operator allowed it, and tried again (A6, A16)."""

import json
from base64 import b64decode

import pytest
from nacl.signing import VerifyKey

from tests.chapters.intake.test_controllers import asked
from tests.chapters.intake.world import CONTROLLER, World, signed
from troth.egress.callbacks import Callback
from troth.egress.loopback import HttpSink
from troth.model.clock import HOUR
from troth.model.errors import NotDelivered


def test_an_agent_is_told_of_each_state_once_and_the_signature_is_ours(world: World) -> None:
    with HttpSink() as sink:
        agent = world.agent(f"http://127.0.0.1:{sink.port}")
        asked_for = world.said(status_callback=sink.url)
        told = world.intake.delegates.exercise(agent, signed(asked_for))
        world.intake.tick()
        world.clock.forward(seconds=120)
        world.intake.tick()
        world.intake.delegates.revoke(agent, told.request_id, signed({"reason": ""}))
        world.clock.forward(seconds=120)
        world.intake.tick()
        first, last = sink.posts
    assert json.loads(first.body)["status"] == "in_progress"
    assert json.loads(last.body)["status"] == "revoked"
    word, stamp = last.headers["webhook-id"], last.headers["webhook-timestamp"]
    signature = b64decode(last.headers["webhook-signature"].removeprefix("v1a,"))
    key = VerifyKey(b64decode(world.intake.voice))
    key.verify(f"{word}.{stamp}.".encode() + last.body, signature)


def test_who_does_not_listen_is_told_later(world: World) -> None:
    with HttpSink() as sink:
        sink.status = 503
        agent = world.agent(f"http://127.0.0.1:{sink.port}")
        world.intake.delegates.exercise(agent, signed(world.said(status_callback=sink.url)))
        assert world.intake.tick() == 0
        sink.status = 200
        world.clock.forward(seconds=2 * HOUR / 1000)
        assert world.intake.tick() == 1


def test_a_controller_is_told_its_own_id_and_address(world: World, monkeypatch) -> None:
    posted: list[tuple[str, bytes]] = []
    world.intake.controllers.take(
        asked(status_callback_urls=["https://controller.example/cb"]), by=CONTROLLER
    )
    telling = world.intake._telling
    ground = telling._ground
    monkeypatch.setattr(
        telling,
        "_ground",
        type(ground)(
            **{name: getattr(ground, name) for name in ground.__struct_fields__ if name != "carry"},
            carry=lambda url, body, headers: posted.append((url, body)),
        ),
    )
    assert world.intake.tick() == 1
    ((url, body),) = posted
    told = json.loads(body)
    assert url == told["status_callback_url"] == "https://controller.example/cb"
    assert told["request_status"] == "in_progress"


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "127.0.0.1", "::1", "::ffff:10.0.0.1", "0.0.0.0"]
)
def test_no_name_leads_a_callback_into_our_own_network(address: str) -> None:
    line = Callback("https://agent.example/x", {}, look_up=lambda _host, _port: [address])
    with pytest.raises(NotDelivered) as refused:
        line.post("", b"{}")
    assert refused.value.reason == "http_forbidden"
