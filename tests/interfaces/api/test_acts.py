"""Acts over HTTP: judged, done once, in nobody's mouth, and never more than was asked for."""

from typing import Any

import pytest

from tests.gate.house import House
from tests.interfaces.api.office import Office, problem
from troth.model.terms import SubjectId

GIVEN = {"act": "ConsentGiven", "to": "marketing"}
USED = {"act": "Use", "fields": ["contact.email"], "purpose": "marketing"}
KEPT = {"act": "Collect", "values": {"contact.email": "new@mail.example"}, "purpose": "account"}
SHARED = {
    "act": "Share",
    "recipient": "partners",
    "fields": ["contact.email"],
    "purpose": "marketing",
}


def wish(subject: SubjectId, *acts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the body that asks for acts on one subject."""
    return {"acts": [{"subject": subject, **act} for act in acts], **more}


def perform(office: Office, key: str, body: dict[str, Any], once: str = "") -> Any:
    """Ask for acts, under an idempotency key where one is given."""
    return office.post("/v1/acts", body, key, headers={"Idempotency-Key": once} if once else {})


# --- judged ------------------------------------------------------------------------------------


@pytest.mark.clause("P.1")
def test_a_question_is_answered_and_nothing_is_done(
    office: Office, key: str, subject: SubjectId
) -> None:
    before = office.house.count()
    (told,) = office.post("/v1/decide", wish(subject, USED), key).json()
    assert (told["effect"], told["missing"]) == ("ask", ["marketing"])
    assert set(told["reason"]) == {"en", "zh"}
    assert office.house.count() == before


@pytest.mark.clause("P.1", "2.1.1h")
@pytest.mark.parametrize(
    "act",
    [
        {**USED, "purpose": "curiosity"},
        {**USED, "fields": ["contact.telegram"]},
        {**SHARED, "recipient": "broker"},
    ],
    ids=("purpose", "field", "recipient"),
)
def test_what_the_policy_does_not_declare_is_refused_and_remembered(
    office: Office, key: str, subject: SubjectId, act: dict[str, Any]
) -> None:
    assert perform(office, key, wish(subject, act)).status_code in (403, 422)
    assert "data.used" not in office.house.kinds(subject)
    assert "data.shared" not in office.house.kinds(subject)


@pytest.mark.clause("9.3c")
def test_consent_opens_the_way_and_its_withdrawal_closes_it_at_the_next_call(
    office: Office, key: str, subject: SubjectId
) -> None:
    problem(perform(office, key, wish(subject, USED)), 403, "consent_missing")
    assert perform(office, key, wish(subject, GIVEN, on_behalf=True)).status_code == 200
    assert "contact.email" in perform(office, key, wish(subject, USED)).json()["values"]
    withdrawn = {"act": "ConsentWithdrawn", "to": "marketing"}
    assert perform(office, key, wish(subject, withdrawn, on_behalf=True)).status_code == 200
    told = problem(perform(office, key, wish(subject, USED)), 403, "refused")
    assert "9.3c" in told["clause"]
    assert office.house.last("use.denied").by.startswith("service:")


def test_of_several_acts_all_are_done_or_none(office: Office, key: str, subject: SubjectId) -> None:
    bad = {**KEPT, "values": {"contact.phone": "12"}}
    told = problem(perform(office, key, wish(subject, KEPT, bad)), 422, "bad_value")
    assert told["field"] == "contact.phone"
    read = office.read(subject, key).json()["values"]["contact.email"]
    assert read != "new@mail.example"


def test_a_dry_run_decides_and_does_nothing(office: Office, key: str, subject: SubjectId) -> None:
    before = office.house.count()
    told = perform(office, key, wish(subject, KEPT, USED, dry_run=True)).json()
    assert [each["effect"] for each in told["decisions"]] == ["allow", "ask"]
    assert set(told) == {"at", "decisions"}
    assert office.house.count() == before


def test_a_value_that_is_taken_is_a_conflict(office: Office, key: str, house: House) -> None:
    first, second = house.admit(), house.admit()
    assert perform(office, key, wish(first, KEPT)).status_code == 200
    problem(perform(office, key, wish(second, KEPT)), 409, "taken")


def test_a_subject_of_another_region_cannot_be_in_the_same_transaction(
    office: Office, key: str, house: House
) -> None:
    body = wish(house.admit("CN"), KEPT)
    body["acts"] += wish(house.admit("EEA"), KEPT)["acts"]
    problem(perform(office, key, body), 422, "bad_input")


# --- done once ---------------------------------------------------------------------------------


def test_asking_twice_under_one_key_does_it_once(
    office: Office, key: str, subject: SubjectId
) -> None:
    body = wish(subject, GIVEN, on_behalf=True)
    first, again = (perform(office, key, body, "k-1").json() for _ in range(2))
    assert first["entries"] == again["entries"]
    assert (first.get("replayed", False), again["replayed"]) == (False, True)
    assert office.house.kinds(subject).count("consent.given") == 1


def test_a_key_that_was_used_for_something_else_is_refused(
    office: Office, key: str, subject: SubjectId
) -> None:
    perform(office, key, wish(subject, GIVEN, on_behalf=True), "k-1")
    problem(perform(office, key, wish(subject, KEPT), "k-1"), 422, "key_reused")


@pytest.mark.parametrize("once", ["x" * 201, "tab\there"])
def test_an_idempotency_key_is_short_and_plain(
    office: Office, key: str, subject: SubjectId, once: str
) -> None:
    told = problem(perform(office, key, wish(subject, KEPT), once), 422, "bad_input")
    assert told["field"] == "Idempotency-Key"


# --- who speaks --------------------------------------------------------------------------------

OWN = (
    {"act": "AcceptTerms", "edition": "x", "language": "zh", "means": "checkbox"},
    GIVEN,
    {"act": "ConsentRefused", "to": "marketing"},
    {"act": "Object", "purpose": "analytics"},
    {"act": "ObjectionLifted", "purpose": "analytics"},
)


@pytest.mark.parametrize("act", OWN, ids=lambda act: act["act"])
def test_a_program_does_not_say_the_persons_own_words(
    office: Office, key: str, subject: SubjectId, act: dict[str, Any]
) -> None:
    told = problem(perform(office, key, wish(subject, act)), 422, "bad_input")
    assert "on_behalf" in told["remedy"]


def test_words_that_were_passed_on_name_the_program_that_passed_them(
    office: Office, key: str, subject: SubjectId
) -> None:
    perform(office, key, wish(subject, GIVEN, on_behalf=True))
    assert office.house.last("consent.given").by == f"subject:{office.troth.access.key(key).id}"


@pytest.mark.clause("7.1d")
@pytest.mark.parametrize(
    "act",
    [
        KEPT,
        USED,
        SHARED,
        GIVEN,
        {"act": "ConsentWithdrawn", "to": "share/partners/marketing"},
        {"act": "Object", "purpose": "analytics"},
    ],
    ids=lambda act: act["act"],
)
@pytest.mark.parametrize("address", ["/v1/acts", "/v1/decide"])
def test_a_key_for_some_purposes_does_not_act_for_others(
    office: Office, subject: SubjectId, act: dict[str, Any], address: str
) -> None:
    key = office.key(purposes=("support",))
    told = problem(office.post(address, wish(subject, act, on_behalf=True), key), 403, "refused")
    assert "may not act for" in told["title"]


@pytest.mark.parametrize(
    ("act", "scope"),
    [
        (USED, "read"),
        ({"act": "Show", "fields": ["contact.email"], "purpose": "support"}, "read"),
        ({"act": "Export"}, "read"),
        ({"act": "Erase"}, "erase"),
    ],
    ids=("Use", "Show", "Export", "Erase"),
)
def test_values_and_erasure_need_their_own_scope_besides(
    office: Office, subject: SubjectId, act: dict[str, Any], scope: str
) -> None:
    told = problem(perform(office, office.key("perform"), wish(subject, act)), 403, "refused")
    assert f"`{scope}`" in told["title"]


# --- never more than was asked -----------------------------------------------------------------


@pytest.mark.clause("4.1.4")
def test_nobody_claims_an_agreement_that_is_not_in_force(
    office: Office, key: str, subject: SubjectId
) -> None:
    claimed = {**SHARED, "facts": ["contract"]}
    bare = perform(office, key, wish(subject, SHARED))
    assert perform(office, key, wish(subject, claimed)).json() == bare.json()
    assert bare.status_code == 403


def test_a_program_does_not_rely_on_a_ground_that_people_establish(
    office: Office, key: str, subject: SubjectId
) -> None:
    told = perform(office, key, wish(subject, {**SHARED, "ground": "4.4.1"}))
    assert problem(told, 422, "bad_input")["field"] == "ground"


@pytest.mark.parametrize("name", ["at", "by", "who", "id", "entry", "kind", "assurance", "role"])
def test_what_the_house_says_itself_is_not_taken_from_a_body(
    office: Office, key: str, subject: SubjectId, name: str
) -> None:
    inside = perform(office, key, wish(subject, {**KEPT, name: "x"}))
    assert problem(inside, 422, "bad_input")["field"] == "acts[0]"
    problem(perform(office, key, wish(subject, KEPT, **{name: "x"})), 422, "bad_input")


@pytest.mark.parametrize("act", ["Publish", "Announce", "Certify", "Event", "Find", "Act", ""])
def test_the_houses_own_acts_are_not_asked_for(
    office: Office, key: str, subject: SubjectId, act: str
) -> None:
    told = perform(office, key, wish(subject, {"act": act}))
    assert problem(told, 422, "bad_input")["field"] == "acts[0].act"


@pytest.mark.parametrize("expires", [-1, 10**14, 10**30, True, "soon"])
def test_a_moment_is_within_reason(
    office: Office, key: str, subject: SubjectId, expires: object
) -> None:
    told = perform(office, key, wish(subject, {**GIVEN, "expires": expires}, on_behalf=True))
    problem(told, 422, "bad_input")


def test_a_file_travels_as_base64(office: Office, key: str, subject: SubjectId) -> None:
    wrong = {**KEPT, "values": {"contact.email": {"base64": "not base64!"}}}
    told = problem(perform(office, key, wish(subject, wrong)), 422, "bad_input")
    assert told["field"] == "acts[0].values[...]"
    file = {**KEPT, "values": {"contact.email": {"base64": "AAEC"}}}
    problem(perform(office, key, wish(subject, file)), 422, "bad_value")
