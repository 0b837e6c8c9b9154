"""OpenDSR 2.0 over HTTP: signed answers, service keys, clear problems (5.1, 9.7; A16)."""

import json
from base64 import b64decode
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from httpx import Response
from litestar.testing import TestClient

from tests.support.opendsr import request
from troth.app import Troth


class Controller:
    """Another controller, by its service key."""

    def __init__(self, troth: Troth, client: TestClient[Any], *scopes: str) -> None:
        self.client = client
        made = troth.access.make_key("controller", scopes or ("intake",), (), troth.clock.now())
        self.key = made.reveal()

    def call(self, method: str, path: str, body: object = None) -> Response:
        headers = {"authorization": f"Bearer {self.key}"}
        return self.client.request(method, f"/opendsr/v2{path}", headers=headers, json=body or None)

    def ask(self, **changes: object) -> Response:
        told = request(**{"subject_request_id": str(uuid4()), **changes})
        return self.call("POST", "/requests", told)


@pytest.fixture
def controller(troth: Troth, client: TestClient[Any]) -> Controller:
    return Controller(troth, client)


def demand_signed(client: TestClient[Any], answer: Response) -> None:
    """Check a signature as a controller would: with the certificate that discovery names."""
    told = client.get("/opendsr/v2/discovery").json()
    found = client.get(told["processor_certificate"].removeprefix("https://troth.example"))
    public = x509.load_pem_x509_certificate(found.content).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert answer.headers["x-opendsr-processor-domain"] == "troth.example"
    signature = b64decode(answer.headers["x-opendsr-signature"])
    public.verify(signature, answer.content, padding.PKCS1v15(), hashes.SHA256())


def test_what_is_taken_is_found_first(client: TestClient[Any]) -> None:
    told = client.get("/opendsr/v2/discovery").json()
    assert told["api_version"] == "2.0"
    assert {"identity_type": "email", "identity_format": "sha256"} in told["supported_identities"]
    assert "erasure" in told["supported_subject_request_types"]


def test_a_request_is_taken_looked_at_and_cancelled_each_answer_signed(
    controller: Controller, client: TestClient[Any]
) -> None:
    asked = controller.ask()
    told = asked.json()
    assert asked.status_code == 201
    demand_signed(client, asked)
    assert json.loads(b64decode(told["encoded_request"]))["regulation"] == "gdpr"
    place = f"/requests/{told['subject_request_id']}"
    status = controller.call("GET", place)
    demand_signed(client, status)
    assert status.json()["request_status"] == "in_progress"
    cancelled = controller.call("DELETE", place)
    assert cancelled.status_code == 202
    demand_signed(client, cancelled)
    assert controller.call("GET", place).json()["request_status"] == "cancelled"


def test_the_same_request_again_is_the_same_and_another_under_its_id_is_not(
    controller: Controller,
) -> None:
    reference = str(uuid4())
    first = controller.ask(subject_request_id=reference)
    again = controller.ask(subject_request_id=reference)
    assert first.json()["expected_completion_time"] == again.json()["expected_completion_time"]
    other = controller.ask(subject_request_id=reference, subject_request_type="access")
    assert other.status_code == 400
    assert other.json()["code"] == "key_reused"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"subject_request_id": "1"}, "subject_request_id"),
        ({"subject_request_type": "x"}, "subject_request_type"),
        ({"subject_identities": []}, "subject_identities"),
        ({"status_callback_urls": ["https://evil.example"]}, "status_callback"),
    ],
)
def test_what_is_wrong_is_a_problem_that_names_it(
    controller: Controller, changes: dict[str, object], field: str
) -> None:
    told = controller.ask(**changes)
    assert told.status_code == 400
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json()["field"] == field
    assert told.json()["remedy"]


def test_another_key_sees_nothing_of_it(
    troth: Troth, client: TestClient[Any], controller: Controller
) -> None:
    reference = controller.ask().json()["subject_request_id"]
    other = Controller(troth, client)
    assert other.call("GET", f"/requests/{reference}").status_code == 404
    assert other.call("DELETE", f"/requests/{reference}").status_code == 404


def test_a_key_without_the_scope_and_a_stranger_are_refused(
    troth: Troth, client: TestClient[Any]
) -> None:
    assert Controller(troth, client, "read").ask().status_code == 403
    assert client.post("/opendsr/v2/requests", json={}).status_code == 401
