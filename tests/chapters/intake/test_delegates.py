"""Agents: paired by signature, heard once, told how far it is; they prove nobody (9.7a, 11.3b)."""

import pytest
from nacl.signing import SigningKey

from tests.chapters.intake.world import DESK, World, signed
from troth.model.clock import MINUTE
from troth.model.errors import BadInput, KeyReused, NotFound, NotProved, Refused, Taken


def test_an_agent_pairs_by_its_signature_alone(world: World) -> None:
    world.agent()
    token = world.intake.delegates.pair("PERMISSION", signed(world.said()))
    assert world.intake.delegates.known(token.reveal()).id == "PERMISSION"
    forged = signed(world.said(), SigningKey(b"b" * 32))
    for who, message in (("PERMISSION", forged), ("NOBODY", signed(world.said()))):
        with pytest.raises(NotProved):
            world.intake.delegates.pair(who, message)


def test_pairing_again_ends_the_token_before(world: World) -> None:
    world.agent()
    first = world.intake.delegates.pair("PERMISSION", signed(world.said()))
    world.intake.delegates.pair("PERMISSION", signed(world.said()))
    with pytest.raises(NotProved):
        world.intake.delegates.known(first.reveal())


def test_a_request_is_opened_and_the_person_is_asked_not_the_agent(world: World) -> None:
    told = world.intake.delegates.exercise(world.agent(), signed(world.said()))
    assert (told.status, told.reason) == ("in_progress", "")
    assert told.expected_by
    assert world.requests() == {"delete": 1}
    (letter,) = world.letters()
    assert told.request_id in letter
    assert world.channels["email"].sent[0].address.reveal() == "li.na@mail.example"


def test_a_message_that_was_used_is_refused(world: World) -> None:
    agent, message = world.agent(), signed(world.said())
    world.intake.delegates.exercise(agent, message)
    with pytest.raises(Refused):
        world.intake.delegates.exercise(agent, message)
    assert sum(world.requests().values()) == 1


def test_a_message_that_is_over_is_refused(world: World) -> None:
    agent, message = world.agent(), signed(world.said())
    world.clock.forward(seconds=11 * MINUTE / 1000)
    with pytest.raises(NotProved):
        world.intake.delegates.exercise(agent, message)


def test_one_agent_request_id_is_one_request_and_never_another(world: World) -> None:
    agent = world.agent()
    first = world.intake.delegates.exercise(agent, signed(world.said(agent_request_id="a1")))
    world.clock.forward(seconds=1)
    again = world.intake.delegates.exercise(agent, signed(world.said(agent_request_id="a1")))
    assert again.request_id == first.request_id
    assert again.agent_request_id == "a1"
    with pytest.raises(KeyReused):
        world.intake.delegates.exercise(
            agent, signed(world.said(agent_request_id="a1", exercise="access"))
        )


def test_a_callback_goes_only_where_the_operator_entered_it(world: World) -> None:
    agent = world.agent("https://agent.example")
    for wrong in (
        "https://evil.example/x",
        "http://agent.example/x",
        "https://agent.example/x?u=1",
        "https://127.0.0.1/x",
    ):
        with pytest.raises(BadInput):
            world.intake.delegates.exercise(agent, signed(world.said(status_callback=wrong)))


def test_another_agents_request_is_nobodys_business(world: World) -> None:
    told = world.intake.delegates.exercise(world.agent(), signed(world.said()))
    other = world.intake.add_agent("OTHER", "Other", bytes(SigningKey(b"c" * 32).verify_key).hex())
    with pytest.raises(Refused):
        world.intake.delegates.status(other, told.request_id)
    with pytest.raises(Refused):
        world.intake.delegates.status(other, "r-000000000000")


def test_a_request_is_taken_back_and_stays_so(world: World) -> None:
    agent = world.agent()
    told = world.intake.delegates.exercise(agent, signed(world.said()))
    message = signed({"reason": "changed my mind"})
    for _ in range(2):
        assert world.intake.delegates.revoke(agent, told.request_id, message).status == "revoked"
    with pytest.raises(NotProved):
        world.intake.delegates.revoke(
            agent, told.request_id, signed({"reason": ""}, SigningKey(b"b" * 32))
        )


def test_a_refusal_is_told_by_the_protocols_reason(world: World) -> None:
    agent = world.agent()
    told = world.intake.delegates.exercise(agent, signed(world.said()))
    world.desk.deny(world.file_of(told.request_id), told.request_id, "insuf_verification", by=DESK)
    after = world.intake.delegates.status(agent, told.request_id)
    assert (after.status, after.reason) == ("denied", "insuf_verification")


def test_an_ended_agent_is_heard_no_more_and_its_id_is_nobody_elses(world: World) -> None:
    world.agent()
    token = world.intake.delegates.pair("PERMISSION", signed(world.said()))
    world.intake.end_agent("PERMISSION")
    with pytest.raises(NotProved):
        world.intake.delegates.known(token.reveal())
    with pytest.raises(Taken):
        world.agent()


def test_without_an_id_of_ours_no_agent_is_listened_to(world: World) -> None:
    with pytest.raises(NotFound):
        world.intake.end_agent("NOBODY")
