"""A house with its API, and programs that call it with keys of their own."""

from collections.abc import Sequence
from typing import Any, Final

from httpx import Response
from litestar.testing import TestClient
from msgspec.structs import replace

from tests.gate.house import House
from troth.interfaces.api.web import web
from troth.model.terms import SubjectId

BASE: Final = "https://api.test"
EVERY: Final = ("decide", "perform", "read", "subjects", "erase", "policy", "ledger", "metrics")
MEDIA: Final = "application/problem+json"


class Office:
    """One instance behind its API."""

    def __init__(self, house: House, **server: Any) -> None:
        """``server`` are settings of the server that differ from the defaults."""
        self.house = house
        self.troth = house.troth
        self.gate = house.gate
        told = replace(self.troth.settings.server, **{"requests_per_minute": 10**6, **server})
        self.troth.settings = replace(self.troth.settings, server=told)
        self.client: TestClient[Any] = TestClient(
            web(self.troth), base_url=BASE, raise_server_exceptions=False
        )

    def key(self, *scopes: str, purposes: Sequence[str] = (), region: str = "") -> str:
        """Make a service key; with every scope unless told."""
        made = self.troth.access.make_key(
            "office", scopes or EVERY, purposes, self.house.clock.now(), region
        )
        return made.reveal()

    def call(self, method: str, path: str, key: str = "", **more: Any) -> Response:
        """Call an address; ``key`` is sent as a program sends it."""
        headers = {**more.pop("headers", {})}
        if key:
            headers["authorization"] = f"Bearer {key}"
        return self.client.request(method, path, headers=headers, **more)

    def get(self, path: str, key: str = "", **more: Any) -> Response:
        """Ask."""
        return self.call("GET", path, key, **more)

    def post(self, path: str, body: object, key: str = "", **more: Any) -> Response:
        """Send a body."""
        return self.call("POST", path, key, json=body, **more)

    def read(
        self, subject: SubjectId, key: str, purpose: str = "support", *fields: str
    ) -> Response:
        """Open fields for a purpose; the address of the mail unless told."""
        asked = {"fields": fields or ("contact.email",), "purpose": purpose}
        return self.post(f"/v1/subjects/{subject}/use", asked, key)


def problem(response: Response, status: int, code: str) -> dict[str, Any]:
    """Return a problem, which must be of that status and code and name a clause and a remedy."""
    assert response.headers["content-type"] == MEDIA, response.text
    told: dict[str, Any] = response.json()
    assert (response.status_code, told["status"], told["code"]) == (status, status, code), told
    assert told["clause"]
    assert told["remedy"]
    assert told["type"] == f"urn:troth:problem:{code}"
    return told
