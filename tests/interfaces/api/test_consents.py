"""Consents over HTTP: each said by itself, taken back in one request, done once under a key."""

from typing import Any

import pytest

from tests.gate.house import House
from tests.interfaces.api.office import Office, problem
from troth.documents.consents import receipts
from troth.model.terms import SubjectId

MARKETING = {"to": "marketing"}


class Desk:
    """A program that passes on what one person says."""

    def __init__(self, office: Office, key: str, subject: SubjectId) -> None:
        self.office, self.key, self.base = office, key, f"/v1/subjects/{subject}"

    def post(self, path: str, body: object = None, once: str = "") -> Any:
        headers = {"idempotency-key": once} if once else {}
        sent = {} if body is None else body
        return self.office.post(self.base + path, sent, self.key, headers=headers)

    def get(self, path: str) -> Any:
        return self.office.get(self.base + path, self.key)

    def state(self, key: str = "marketing") -> str:
        return str(self.get("/consents").json()[key]["state"])


@pytest.fixture
def desk(office: Office, key: str, subject: SubjectId) -> Desk:
    return Desk(office, key, subject)


@pytest.fixture
def sam(office: Office, key: str, house: House) -> Desk:
    """Return the desk of a Californian."""
    return Desk(office, key, house.admit("US-CA"))


@pytest.mark.clause("9.3b")
def test_giving_and_taking_back_are_one_request_each(desk: Desk, office: Office) -> None:
    given = desk.post("/consents", MARKETING)
    assert given.status_code == 200, given.text
    assert desk.state() == "given"
    taken = desk.post("/consents/withdraw", MARKETING).json()
    assert (taken["gone"], taken["told"]) == ([], [])
    assert desk.state() == "withdrawn"


@pytest.mark.clause("9.3c")
def test_the_next_decision_follows(desk: Desk, office: Office, subject: SubjectId) -> None:
    asked = {"acts": [{"act": "Use", "subject": subject, "fields": ["contact.email"]}]}
    asked["acts"][0]["purpose"] = "marketing"

    def effect() -> str:
        return str(office.post("/v1/decide", asked, desk.key).json()[0]["effect"])

    assert effect() == "ask"
    desk.post("/consents", MARKETING)
    assert effect() == "allow"
    desk.post("/consents/withdraw", MARKETING)
    assert effect() != "allow"


@pytest.mark.clause("2.3b")
@pytest.mark.parametrize(
    "body",
    [
        {"to": ["marketing", "improve"]},
        {"to": "marketing,improve"},
        {"to": "*"},
        {"to": "terms"},
        {"to": "marketing", "pre_ticked": True},
        {"to": "marketing", "means": "continued_use"},
        {"to": "everything"},
        {},
    ],
)
def test_what_is_bundled_pre_ticked_or_unknown_is_no_consent(desk: Desk, body: object) -> None:
    assert desk.post("/consents", body).status_code == 422
    assert desk.get("/consents").json() == {}


def test_a_grant_is_done_once_under_one_key(desk: Desk) -> None:
    first = desk.post("/consents", MARKETING, once="k1").json()
    again = desk.post("/consents", MARKETING, once="k1").json()
    assert (first["replayed"], again["replayed"]) == (False, True)
    problem(desk.post("/consents", {"to": "improve"}, once="k1"), 422, "key_reused")


def test_a_withdrawal_that_is_repeated_late_takes_nothing_back(desk: Desk) -> None:
    desk.post("/consents", MARKETING)
    desk.post("/consents/withdraw", MARKETING, once="k2")
    desk.post("/consents", MARKETING)
    assert desk.post("/consents/withdraw", MARKETING, once="k2").json()["replayed"]
    assert desk.state() == "given"


def test_taking_back_what_was_not_given_is_not_found(desk: Desk) -> None:
    problem(desk.post("/consents/withdraw", MARKETING), 404, "not_found")


def test_a_no_is_remembered_and_nobody_is_asked_again_at_once(desk: Desk) -> None:
    desk.post("/consents/refuse", MARKETING)
    assert desk.state() == "refused"
    problem(desk.post("/consents/ask", MARKETING), 409, "too_soon")


def test_who_is_asked_and_puts_it_off_is_in_that_state(desk: Desk) -> None:
    desk.post("/consents/ask", {"to": "improve"})
    assert desk.state("improve") == "requested"
    desk.post("/consents/later", {"to": "improve"})
    assert desk.state("improve") == "deferred"


def test_the_offers_say_what_may_be_asked_now(desk: Desk) -> None:
    desk.post("/consents/refuse", MARKETING)
    offers = {one["key"]: one for one in desk.get("/consents/offers").json()}
    assert (offers["marketing"]["ask"], offers["improve"]["ask"]) == (False, True)
    assert offers["marketing"]["words"]["zh"]


def test_the_history_tells_every_word(desk: Desk) -> None:
    desk.post("/consents", MARKETING)
    desk.post("/consents", MARKETING)
    desk.post("/consents/withdraw", MARKETING)
    states = [one["state"] for one in desk.get("/consents/history").json()]
    assert states == ["given", "renewed", "withdrawn"]


@pytest.mark.parametrize(
    ("form", "media"), [("json", "application/json"), ("jsonld", "application/ld+json")]
)
def test_a_receipt_verifies_with_the_published_key(
    desk: Desk, office: Office, form: str, media: str
) -> None:
    desk.post("/consents", MARKETING)
    paper = desk.get(f"/consents/receipt?to=marketing&form={form}")
    assert paper.headers["content-type"] == media
    vkey = office.get("/ledger/cn/key").text.strip()
    found = receipts.verify(paper.content, vkey)
    assert (found.state, found.in_ledger) == ("ConsentGiven", True)


def test_a_key_for_one_purpose_passes_on_no_other_consent(office: Office, subject) -> None:
    desk = Desk(office, office.key("perform", "subjects", purposes=("improve",)), subject)
    problem(desk.post("/consents", MARKETING), 403, "refused")
    assert desk.post("/consents", {"to": "improve"}).status_code == 200
    assert desk.post("/consents/withdraw", {"to": "improve"}).status_code == 200


def test_nobody_slips_in_a_proof_from_elsewhere(office: Office, key: str, subject) -> None:
    shop = {"collector": "x", "at": 1, "means": "x", "text": "0" * 64, "reference": "x"}
    act = {"act": "ConsentGiven", "subject": subject, "to": "marketing", "elsewhere": shop}
    body = {"acts": [act], "on_behalf": True}
    problem(office.post("/v1/acts", body, key), 422, "bad_input")


# --- objections, opt-outs ----------------------------------------------------------------------


def test_a_purpose_is_refused_and_allowed_again(desk: Desk) -> None:
    purpose = desk.get("/objections").json()["refusable"][0]["purpose"]
    assert desk.post("/objections", {"purpose": purpose}, once="k3").status_code == 200
    refused = {one["purpose"]: one["since"] for one in desk.get("/objections").json()["refusable"]}
    assert refused[purpose] is not None
    desk.post("/objections/lift", {"purpose": purpose})
    refused = {one["purpose"]: one["since"] for one in desk.get("/objections").json()["refusable"]}
    assert refused[purpose] is None


def test_what_the_service_needs_is_not_refused(desk: Desk) -> None:
    problem(desk.post("/objections", {"purpose": "authenticate"}), 422, "bad_input")


@pytest.mark.clause("9.6b")
def test_a_californian_opts_out_limits_and_undoes_both(sam: Desk) -> None:
    assert sam.post("/opt-out", once="o1").status_code == 200
    assert sam.post("/opt-out", once="o1").json()["replayed"]
    assert sam.post("/limit-sensitive").status_code == 200
    told = sam.get("/objections").json()
    assert (told["opted_out"], told["sensitive_limited"]) == (True, True)
    sam.post("/opt-in")
    sam.post("/release-sensitive")
    told = sam.get("/objections").json()
    assert (told["opted_out"], told["sensitive_limited"]) == (False, False)


def test_where_the_law_has_no_opt_out_there_is_none(desk: Desk) -> None:
    problem(desk.post("/opt-out"), 422, "bad_input")
