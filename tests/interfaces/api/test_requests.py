"""Requests over HTTP: taken, followed, proved by a code, taken back; nobody is told apart (9.7)."""

import pytest

from tests.gate.house import EMAIL
from tests.interfaces.api.office import Office
from troth.model.terms import SubjectId

ASK = {"kind": "explain", "text": "why?"}


@pytest.fixture
def subject(office: Office) -> SubjectId:
    return office.house.admit("CN", contact_email=EMAIL)


def test_a_request_is_taken_followed_and_taken_back(office: Office, subject: SubjectId) -> None:
    key, who = office.key(), f"/v1/subjects/{subject}/requests"
    taken = office.post(who, {**ASK, "on_behalf": True}, key).json()
    assert (taken["state"], taken["reason"]) == ("open", "")
    number = taken["number"]
    assert office.get(f"/v1/requests/{number}", key).json() == taken
    assert [one["number"] for one in office.get(who, key).json()] == [number]
    assert office.post(f"{who}/{number}/messages", {"text": "and?"}, key).status_code == 200
    steps = [step["stage"] for step in office.get(f"{who}/{number}", key).json()["steps"]]
    assert steps == ["received", "proved", "written"]
    assert office.post(f"{who}/{number}/revoke", {}, key).json()["state"] == "revoked"
    assert office.post(f"{who}/{number}/revoke", {}, key).status_code == 404


@pytest.mark.parametrize("on_behalf", [True, False])
def test_a_programs_word_is_no_proof_for_a_grave_act(
    office: Office, subject: SubjectId, *, on_behalf: bool
) -> None:
    key, who = office.key(), f"/v1/subjects/{subject}/requests"
    body = {"kind": "delete", "ground": "unlawful", "on_behalf": on_behalf}
    taken = office.post(who, body, key).json()
    assert (taken["state"], taken["reason"]) == ("in_progress", "need_user_verification")
    number = taken["number"]
    challenge = office.post(f"{who}/{number}/code", {}, key).json()["challenge"]
    wrong = office.post(f"{who}/{number}/verify", {"challenge": challenge, "code": "0"}, key)
    assert wrong.status_code in (401, 403, 422)
    office.troth.tick()
    text = office.house.sent()[-1]
    code = next(
        word.strip("。，.,") for word in text.replace("：", " ").split() if word[:6].isdigit()
    )
    body = {"challenge": challenge, "code": code[:6]}
    assert office.post(f"{who}/{number}/verify", body, key).json()["reason"] == ""


def test_a_claim_learns_nothing_and_a_company_hears_what_it_lacks(office: Office) -> None:
    key = office.key()
    body = {
        "kind": "access",
        "claim": {"contact.email": "a@b.example"},
        "reply": {"email": "a@b.example"},
        "residence": "CN",
    }
    came = office.post("/v1/requests", body, key).json()
    assert came["lacks"] == []
    told = office.get(f"/v1/requests/{came['number']}", key).json()
    assert told["reason"] == "need_user_verification"
    company = {**body, "company": {"name": "Haifeng"}}
    lacks = office.post("/v1/requests", company, key).json()["lacks"]
    assert "rights.power_of_attorney" in lacks
    assert office.post("/v1/requests", {**body, "kind": "all"}, key).status_code == 422


def test_a_key_without_the_scope_takes_no_request(office: Office, subject: SubjectId) -> None:
    key = office.key("read")
    assert office.post(f"/v1/subjects/{subject}/requests", ASK, key).status_code == 403
    assert office.get("/v1/requests/r-000000000000", key).status_code == 403
