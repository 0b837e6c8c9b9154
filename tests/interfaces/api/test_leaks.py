"""No personal value stands in an address, a log, a problem or a figure."""

import logging
import re
from typing import Any

import pytest

from tests.gate.house import House
from tests.interfaces.api.office import Office
from tests.interfaces.api.test_matrix import TABLE
from troth.interfaces.api.routes import endpoints
from troth.interfaces.http.schema import PARTS
from troth.model.secret import Secret
from troth.model.terms import SubjectId

EMAIL, PHONE, TEXT = "canary.wang@mail.example", "+8613988887777", "canary told us something"
CANARIES = (EMAIL, PHONE, PHONE[3:], TEXT, "canary")


def misplaced(subject: SubjectId) -> list[tuple[str, dict[str, Any]]]:
    """Return calls that hold canaries where a value belongs, and where it does not."""
    who = f"/v1/subjects/{subject}"
    collect = {"act": "Collect", "subject": subject, "purpose": "account"}
    return [
        ("/v1/acts", {"acts": [{**collect, "values": {"contact.phone": TEXT}}]}),
        ("/v1/acts", {"acts": [{**collect, "values": {"contact.email": EMAIL + "@"}}]}),
        ("/v1/acts", {"acts": [{**collect, "values": {"contact.email": EMAIL}, "source": PHONE}]}),
        ("/v1/acts", {"acts": [{**collect, "values": EMAIL}]}),
        ("/v1/acts", {"acts": [{**collect, "values": {}, PHONE: EMAIL}]}),
        ("/v1/acts", {"acts": [{"act": EMAIL, "subject": subject}]}),
        ("/v1/acts", {"acts": [{**collect, "subject": EMAIL, "values": {}}]}),
        ("/v1/acts", {"acts": EMAIL}),
        (f"{who}/use", {"fields": EMAIL, "purpose": "support"}),
        (f"{who}/use", {"fields": ["contact.email"], "purpose": "support", EMAIL: 1}),
        ("/v1/subjects/find", {"field": "contact.email", "value": EMAIL, "purpose": "marketing"}),
        ("/v1/subjects/find", {"field": "contact.phone", "value": TEXT, "purpose": "support"}),
        ("/v1/subjects/find", {"field": "contact.phone", "value": [TEXT], "purpose": "support"}),
        (f"{who}/erase", {"ground": [TEXT]}),
    ]


def told(caplog: pytest.LogCaptureFixture) -> str:
    """Return what was logged, by anybody but the test's own client."""
    return "\n".join(
        each.getMessage()
        for each in caplog.records
        if not each.name.startswith(("httpx", "httpcore"))
    )


@pytest.mark.clause("7.1c")
def test_a_value_in_the_wrong_place_is_not_repeated(
    office: Office, key: str, subject: SubjectId, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [office.post(path, body, key) for path, body in misplaced(subject)]
    assert {response.status_code for response in answers} <= {200, 403, 422}
    for response in answers:
        assert not [value for value in CANARIES if value in response.text], response.text
    assert not [value for value in CANARIES if value in told(caplog)]


@pytest.mark.clause("7.1b")
def test_a_life_leaves_no_value_in_logs_or_figures(
    office: Office, key: str, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        subject = house.admit(contact_email=Secret(EMAIL), contact_phone=Secret(PHONE))
        assert office.read(subject, key).json()["values"]["contact.email"] == EMAIL
        find = {"field": "contact.email", "value": EMAIL, "purpose": "support"}
        assert office.post("/v1/subjects/find", find, key).json()["found"] == [subject]
        for about in ("", "/consents", "/inventory", "/trail"):
            response = office.get(f"/v1/subjects/{subject}{about}", key)
            assert EMAIL not in response.text
        office.troth.tick()
        figures = office.get("/metrics", key).text
        entries = office.get("/v1/ledger/cn/entries", key).text
    for place in (figures, entries, told(caplog)):
        assert not [value for value in (*CANARIES, key) if value in place]


def test_an_address_holds_random_ids_and_declared_names_only() -> None:
    parts = {part for endpoint in endpoints() for part in re.findall(r"{(\w+)}", endpoint.path)}
    assert parts <= set(PARTS)
    asked = {
        name
        for endpoint in endpoints()
        if endpoint.method == "GET" and endpoint.takes
        for name in endpoint.takes.__struct_fields__
    }
    assert asked == {"limit", "cursor", "old", "new", "to", "entry", "form"}
    assert all("?" in row or "value" not in row for row in TABLE)


def test_a_cursor_tells_nothing_of_its_list(office: Office, key: str, subject: SubjectId) -> None:
    path = f"/v1/subjects/{subject}/trail?limit=1"
    first, second = (office.get(path, key).json()["next"] for _ in range(2))
    assert first != second
    assert subject not in first
