"""The Data Rights Protocol over HTTP: every address, every refusal (9.7a, 11.3b; A16)."""

from typing import Any

import pytest
from httpx import Response
from litestar.testing import TestClient
from nacl.signing import SigningKey

from tests.chapters.intake.world import KEY, signed
from troth.app import Troth
from troth.model.clock import MINUTE, Moment, SetClock, iso

TEXT = {"content-type": "text/plain"}


class Agent:
    """An agent with a key of its own."""

    def __init__(self, troth: Troth, client: TestClient[Any], clock: SetClock) -> None:
        self.client, self.clock = client, clock
        if not troth.intake.agents():
            troth.intake.add_agent("PERMISSION", "Permission", bytes(KEY.verify_key).hex())
        self.token = self.pair().json()["token"]

    def said(self, **changes: object) -> dict[str, object]:
        self.clock.forward(seconds=1)
        now = self.clock.now()
        told: dict[str, object] = {
            "agent-id": "PERMISSION",
            "business-id": "TROTH",
            "issued-at": iso(now),
            "expires-at": iso(Moment(now + 10 * MINUTE)),
            "drp.version": "1.0",
            "exercise": "deletion",
            "regime": "gdpr",
            "name": "Li Na",
            "email": "li.na@mail.example",
        }
        return told | {name.replace("_", "-"): value for name, value in changes.items()}

    def pair(self, key: SigningKey = KEY, agent: str = "PERMISSION") -> Response:
        return self.client.post(
            f"/v1/agent/{agent}", content=signed(self.said(), key), headers=TEXT
        )

    def call(self, method: str, path: str, message: bytes = b"", token: str = "") -> Response:
        headers = {**TEXT, "authorization": f"Bearer {token or self.token}"}
        return self.client.request(method, path, content=message, headers=headers)

    def ask(self, **changes: object) -> Response:
        return self.call("POST", "/v1/data-rights-request", signed(self.said(**changes)))


@pytest.fixture
def agent(troth: Troth, client: TestClient[Any], clock: SetClock) -> Agent:
    return Agent(troth, client, clock)


def test_what_may_be_asked_is_found_where_agents_look(client: TestClient[Any]) -> None:
    told = client.get("/.well-known/data-rights.json").json()
    assert told["id"] == "TROTH"
    assert told["api_base"] == "https://troth.example"
    assert "deletion" in told["supported_actions"]
    assert told["callback_verify_key"]


def test_an_agent_pairs_asks_looks_and_takes_back(agent: Agent) -> None:
    assert agent.call("GET", "/v1/agent/PERMISSION").json() == {}
    asked = agent.ask(agent_request_id="mine")
    told = asked.json()
    assert asked.status_code == 200
    assert (told["status"], told["agent_request_id"]) == ("in_progress", "mine")
    place = f"/v1/data-rights-request/{told['request_id']}"
    assert agent.call("GET", place).json() == told
    revoked = agent.call("DELETE", place, signed({"reason": "no"}))
    assert (revoked.status_code, revoked.json()["status"]) == (200, "revoked")


def test_a_pairing_that_fails_says_nothing(agent: Agent) -> None:
    for failed in (agent.pair(SigningKey(b"b" * 32)), agent.pair(agent="NOBODY")):
        assert (failed.status_code, failed.content) == (403, b"")


@pytest.mark.parametrize("token", ["drp_none", "troth_none", "app_none", "x"])
def test_without_an_agents_token_nothing_is_told(agent: Agent, token: str) -> None:
    told = agent.call("GET", "/v1/data-rights-request/r-1", token=token)
    assert told.status_code in (401, 403)


def test_replayed_forged_and_altered_messages_are_refused(agent: Agent) -> None:
    message = signed(agent.said())
    assert agent.call("POST", "/v1/data-rights-request", message).status_code == 200
    replayed = agent.call("POST", "/v1/data-rights-request", message)
    assert replayed.status_code == 403
    assert replayed.json()["fatal"] is True
    forged = signed(agent.said(), SigningKey(b"b" * 32))
    altered = message[:50] + b"A" + message[51:]
    for wrong in (forged, altered, b"nothing", b"e30="):
        assert agent.call("POST", "/v1/data-rights-request", wrong).status_code == 403


def test_a_message_that_is_over_is_refused(agent: Agent, clock: SetClock) -> None:
    message = signed(agent.said())
    clock.forward(seconds=601)
    assert agent.call("POST", "/v1/data-rights-request", message).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"exercise": "sale:opt_in"}, "exercise"), ({"regime": "none"}, "regime")],
)
def test_what_is_wrong_is_told_by_code_and_field(
    agent: Agent, changes: dict[str, object], field: str
) -> None:
    told = agent.ask(**changes)
    assert told.status_code == 422
    assert (told.json()["code"], told.json()["field"]) == ("422", field)


def test_anothers_request_is_forbidden(agent: Agent) -> None:
    told = agent.call("GET", "/v1/data-rights-request/r-000000000000")
    assert told.status_code == 403


def test_a_form_or_an_empty_body_is_no_message(agent: Agent) -> None:
    headers = {"authorization": f"Bearer {agent.token}", "content-type": "text/html"}
    assert agent.client.post("/v1/data-rights-request", headers=headers).status_code == 415
    assert agent.call("POST", "/v1/data-rights-request").status_code == 422


def test_over_a_plain_line_nothing_is_taken(troth: Troth, agent: Agent) -> None:
    plain = {"authorization": f"Bearer {agent.token}", **TEXT, "x-forwarded-for": "198.51.100.7"}
    client = TestClient(agent.client.app, base_url="http://troth.example")
    told = client.post("/v1/data-rights-request", content=b"x", headers=plain)
    assert told.status_code == 403
