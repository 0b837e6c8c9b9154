"""Every error is a problem document that names a clause and a remedy and repeats nothing."""

import logging
from typing import Any

import pytest

from tests.interfaces.api.office import Office, problem
from troth.model import errors
from troth.model.errors import TrothError
from troth.model.terms import SubjectId

CANARY = "13988887777"


def family(base: type[TrothError] = TrothError) -> list[type[TrothError]]:
    """Return every class of the house's own family of errors."""
    found = [kind for kind in base.__subclasses__() if kind.__module__ == errors.__name__]
    return [each for kind in found for each in (kind, *family(kind))]


def raising(error: Exception) -> Any:
    """Return a function that raises."""

    def work(*_: object, **__: object) -> None:
        raise error

    return work


@pytest.mark.parametrize("kind", family(), ids=lambda kind: kind.code)
def test_every_error_of_the_house_keeps_its_code_and_status(
    office: Office,
    key: str,
    subject: SubjectId,
    kind: type[TrothError],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(office.gate, "inventory", raising(kind()))
    problem(office.get(f"/v1/subjects/{subject}/inventory", key), kind.status, kind.code)


@pytest.mark.parametrize("error", [KeyError(CANARY), RuntimeError(CANARY), ValueError(CANARY)])
def test_a_fault_of_ours_says_nothing_and_its_log_only_the_kind_and_place(
    office: Office,
    key: str,
    subject: SubjectId,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(office.gate, "inventory", raising(error))
    with caplog.at_level(logging.DEBUG):
        response = office.get(f"/v1/subjects/{subject}/inventory", key)
    problem(response, 500, "error")
    assert CANARY not in response.text
    (told,) = [each.getMessage() for each in caplog.records if each.name.startswith("troth")]
    assert told.startswith(f"unexpected {type(error).__name__} at test_problems.py:")
    assert CANARY not in told


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v1/subjects/x/y", "/v1/acts/", "/v1//acts"])
def test_an_address_that_is_not_declared_is_a_problem(office: Office, key: str, path: str) -> None:
    told = office.get(path, key)
    problem(told, told.status_code, f"http_{told.status_code}")
    assert told.status_code in (404, 405)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "FOO"])
def test_a_method_that_an_address_does_not_take_is_a_problem(
    office: Office, key: str, method: str
) -> None:
    problem(office.call(method, "/v1/acts", key), 405, "http_405")


@pytest.mark.parametrize(
    ("body", "code", "status", "field"),
    [
        (b"", "malformed", 400, None),
        (b"{", "malformed", 400, None),
        (b"\xff\xfe", "malformed", 400, None),
        (b'{"fields": ["\xff"]}', "malformed", 400, None),
        (b"[" * 100_000, "bad_input", 422, None),
        (b'{"fields": ' + b"[" * 100_000, "bad_input", 422, "fields[0]"),
        (b"[]", "bad_input", 422, None),
        (b"null", "bad_input", 422, None),
        (b'{"fields": "contact.email", "purpose": "support"}', "bad_input", 422, "fields"),
        (b'{"fields": [], "purpose": "support"}', "bad_input", 422, "fields"),
        (b'{"fields": ["contact.email"]}', "bad_input", 422, None),
        (b'{"fields": ["contact.email"], "purpose": ""}', "bad_input", 422, "purpose"),
        (b'{"fields": ["contact.email"], "purpose": 13988887777}', "bad_input", 422, "purpose"),
        (b'{"fields": ["contact.email"], "13988887777": 1}', "bad_input", 422, None),
    ],
)
def test_a_body_of_another_shape_is_refused_where_it_is_wrong(
    office: Office,
    key: str,
    subject: SubjectId,
    body: bytes,
    code: str,
    status: int,
    field: str | None,
) -> None:
    response = office.call(
        "POST",
        f"/v1/subjects/{subject}/use",
        key,
        content=body,
        headers={"content-type": "application/json"},
    )
    assert problem(response, status, code).get("field") == field
    assert CANARY not in response.text


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "body",
    [
        b'{"acts": [{"x": ' + DEEP + b', "act": "Use"}]}',
        b'{"acts": [{"act": "Collect", "purpose": "p", "values": {"a": ' + DEEP + b"}}]}",
    ],
    ids=("before the act is known", "where a value stands"),
)
def test_nesting_without_end_is_malformed(office: Office, key: str, body: bytes) -> None:
    response = office.call(
        "POST", "/v1/decide", key, content=body, headers={"content-type": "application/json"}
    )
    problem(response, 400, "malformed")


@pytest.mark.parametrize("media", ["", "text/plain", "application/x-www-form-urlencoded", "x"])
def test_a_body_says_that_it_is_json(office: Office, key: str, media: str) -> None:
    headers = {"content-type": media} if media else {}
    response = office.call("POST", "/v1/decide", key, content=b"{}", headers=headers)
    problem(response, 415, "wrong_media")


def test_without_a_key_the_answer_says_how_to_bring_one(office: Office) -> None:
    response = office.get("/metrics")
    problem(response, 401, "not_proved")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("told", ["Bearer", "Basic YTpi", "Bearer ", "troth_x", "bearer\ttroth_x"])
def test_another_kind_of_credential_is_none(office: Office, told: str) -> None:
    response = office.call("GET", "/metrics", headers={"authorization": told})
    problem(response, 401, "not_proved")
