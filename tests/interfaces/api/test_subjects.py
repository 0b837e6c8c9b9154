"""Subjects over HTTP: recorded before released, found by a body, never read across a border."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.gate.house import ADDRESS, House
from tests.interfaces.api.office import Office, problem
from troth.documents.requests.answer import Kind
from troth.model.acts import Actor
from troth.model.errors import StoreFull
from troth.model.secret import Secret
from troth.model.terms import SubjectId

FOUND = {"field": "contact.email", "value": "wang.fang@mail.example", "purpose": "support"}


# --- reading -----------------------------------------------------------------------------------


@pytest.mark.clause("7.1d", "P.1")
def test_a_read_gives_what_was_asked_for_and_names_its_record(
    office: Office, key: str, subject: SubjectId
) -> None:
    told = office.read(subject, key, "support", "contact.email").json()
    assert told["values"] == {"contact.email": "person1@mail.example"}
    entry = office.house.last("data.used")
    assert told["entries"] == [entry.id]
    assert (entry.by, entry.what["purpose"]) == (
        f"service:{office.troth.access.key(key).id}",
        "support",
    )


@pytest.mark.clause("P.1")
def test_a_read_without_a_basis_gives_nothing_and_is_remembered(
    office: Office, key: str, subject: SubjectId
) -> None:
    told = problem(office.read(subject, key, "marketing"), 403, "consent_missing")
    assert (told["missing"], "2.2.4" in told["clause"]) == (["marketing"], True)
    assert office.house.last("use.denied").what["purpose"] == "marketing"


def test_nothing_is_released_that_could_not_be_recorded(
    office: Office, key: str, subject: SubjectId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreFull

    monkeypatch.setattr(office.house.rooms().log, "record", full)
    response = office.read(subject, key)
    problem(response, 507, "store_full")
    assert "mail.example" not in response.text


def test_a_key_of_another_region_reads_nothing_that_is_not_exported(
    office: Office, house: House
) -> None:
    abroad = office.key(region="global")
    here, there = house.admit("CN"), house.admit("EEA")
    assert "2.4b" in problem(office.read(here, abroad), 403, "refused")["clause"]
    assert office.read(there, abroad).status_code == 200


@pytest.mark.parametrize("about", ["", "/consents", "/inventory", "/trail"])
def test_a_key_of_another_region_is_told_nothing_of_a_subject(
    office: Office, subject: SubjectId, about: str
) -> None:
    abroad = office.key(region="global")
    told = problem(office.get(f"/v1/subjects/{subject}{about}", abroad), 403, "refused")
    assert told["clause"] == "2.4b"
    assert office.get(f"/v1/subjects/{subject}{about}", office.key(region="cn")).is_success


@pytest.mark.parametrize("who", ["cn-nonsense", "x", "cn-" + "a" * 26, "%F0%9F%98%80"])
def test_an_id_that_is_nobodys_is_not_found(office: Office, key: str, who: str) -> None:
    problem(office.get(f"/v1/subjects/{who}", key), 404, "not_found")
    asked = {"fields": ["contact.email"], "purpose": "support"}
    problem(office.post(f"/v1/subjects/{who}/use", asked, key), 404, "not_found")


def test_a_file_is_given_as_base64(
    office: Office, key: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = house.admit()
    opened = {"contact.email": Secret(b"\0\1\2")}
    monkeypatch.setattr(house.rooms().vault, "open", lambda *_, **__: opened)
    told = office.read(subject, key).json()
    assert told["values"] == {"contact.email": {"base64": "AAEC"}}


# --- finding -----------------------------------------------------------------------------------


def test_somebody_is_found_by_a_value_and_the_search_is_remembered(
    office: Office, key: str, house: House
) -> None:
    subject = house.admit(contact_email=Secret(FOUND["value"]))
    told = office.post("/v1/subjects/find", FOUND, key).json()
    assert told["found"] == [subject]
    assert told["entries"] == [house.last("data.found").id]
    assert (
        office.post("/v1/subjects/find", {**FOUND, "value": "no@mail.example"}, key).json()["found"]
        == []
    )


@pytest.mark.parametrize(("residence", "region"), [("CN", "cn"), ("EEA", "global")])
def test_an_id_is_drawn_where_its_owner_is_kept(
    office: Office, key: str, residence: str, region: str
) -> None:
    drawn = office.post("/v1/subjects", {"residence": residence}, key).json()["subject"]
    assert SubjectId(drawn).region == region


# --- what may be known -------------------------------------------------------------------------


@pytest.mark.clause("9.1a")
def test_what_is_held_is_told_without_its_values(
    office: Office, key: str, subject: SubjectId
) -> None:
    response = office.get(f"/v1/subjects/{subject}/inventory", key)
    assert [held["field"] for held in response.json()] == ["contact.email", "contact.phone"]
    assert "mail.example" not in response.text


def test_a_standing_names_nobody_and_says_what_was_said(
    office: Office, key: str, house: House
) -> None:
    subject = house.admit("CN", "marketing")
    response = office.get(f"/v1/subjects/{subject}", key)
    told = response.json()
    assert (told["life"], told["accepted"][0]["language"]) == ("active", "zh")
    assert told["consents"]["marketing"]["state"] == "given"
    assert house.gate.standing(subject).pseudonym not in response.text


def test_a_consent_that_ran_out_is_told_as_expired(
    office: Office, key: str, subject: SubjectId
) -> None:
    soon = office.house.clock.now() + 1000
    given = {"act": "ConsentGiven", "subject": subject, "to": "marketing", "expires": soon}
    office.post("/v1/acts", {"acts": [given], "on_behalf": True}, key)
    office.house.clock.forward(seconds=2)
    for path in ("", "/consents"):
        told = office.get(f"/v1/subjects/{subject}{path}", key).json()
        assert told.get("consents", told)["marketing"]["state"] == "expired"


def pages(office: Office, key: str, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """Follow a list to its end."""
    found, cursor = [], ""
    while True:
        page = office.get(f"{path}?limit={limit}&cursor={cursor}", key).json()
        found.append(page["items"])
        cursor = page["next"]
        if cursor is None:
            return found


def test_a_trail_comes_in_pages_and_each_entry_once(
    office: Office, key: str, subject: SubjectId
) -> None:
    found = pages(office, key, f"/v1/subjects/{subject}/trail", 2)
    assert [len(page) for page in found] == [2, 1]
    assert [entry["kind"] for page in found for entry in page] == office.house.kinds(subject)


def test_a_cursor_of_somebody_elses_trail_or_an_altered_one_is_refused(
    office: Office, key: str, house: House
) -> None:
    one, other = house.admit(), house.admit()
    cursor = office.get(f"/v1/subjects/{one}/trail?limit=1", key).json()["next"]
    turned = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    for who, token in ((other, cursor), (one, turned), (one, "x"), (one, "' OR 1=1"), (one, "é")):
        response = office.get(f"/v1/subjects/{who}/trail", key, params={"cursor": token})
        assert problem(response, 422, "bad_input")["field"] == "cursor"


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "page=2", "limit=1e3"])
def test_a_page_is_asked_for_as_described(
    office: Office, key: str, subject: SubjectId, query: str
) -> None:
    problem(office.get(f"/v1/subjects/{subject}/trail?{query}", key), 422, "bad_input")


# --- a copy, and an end ------------------------------------------------------------------------


def asked(office: Office, subject: SubjectId, kind: Kind = "access") -> str:
    """Have a subject ask for something, by a sign-in that proves it; return the number."""
    by = Actor(kind="subject", assurance=2)
    return office.troth.rights.desk.request(subject, kind, by=by)


@pytest.mark.clause("6.3.3b", "9.7a")
@pytest.mark.parametrize(
    ("way", "body"),
    [
        ("export", {}),
        ("erase", {}),
        ("erase", {"ground": "dislike"}),
        ("acts", {"act": "Erase"}),
        ("acts", {"act": "Erase", "fields": ["contact.email"], "duty": "r-1"}),
        ("acts", {"act": "Export"}),
    ],
)
def test_no_key_erases_or_takes_a_copy_without_a_proved_request(
    office: Office, key: str, subject: SubjectId, way: str, body: dict[str, Any]
) -> None:
    path = "/v1/acts" if way == "acts" else f"/v1/subjects/{subject}/{way}"
    sent = {"acts": [{"subject": subject, **body}]} if way == "acts" else body
    told = problem(office.post(path, sent, key), 403, "refused")
    assert (told["clause"], "proved request" in told["remedy"]) == ("9.7", True)
    assert set(office.gate.standing(subject).held) == {"contact.email", "contact.phone"}


def test_a_program_ends_what_its_person_proved_and_the_request_is_settled(
    office: Office, key: str, subject: SubjectId
) -> None:
    number = asked(office, subject, "cancel")
    done = office.post(f"/v1/subjects/{subject}/erase", {"request": number}, key).json()
    assert done["checked"]["complete"]
    assert office.get(f"/v1/requests/{number}", key).json()["state"] == "fulfilled"


@pytest.mark.clause("9.1c")
def test_a_copy_is_a_zip_of_what_is_held_and_is_remembered(
    office: Office, key: str, subject: SubjectId
) -> None:
    response = office.post(
        f"/v1/subjects/{subject}/export", {"request": asked(office, subject)}, key
    )
    assert response.headers["content-type"] == "application/zip"
    assert response.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(response.content)) as copy:
        data = json.loads(copy.read("data.json"))
    assert "person1@mail.example" in json.dumps(data)
    assert "data.exported" in office.house.kinds(subject)


@pytest.mark.clause("6.4c")
def test_an_erasure_is_shown_first_and_then_checked_store_by_store(
    office: Office, key: str, subject: SubjectId
) -> None:
    path = f"/v1/subjects/{subject}/erase"
    shown = office.post(path, {"dry_run": True}, key).json()
    assert (shown["plan"]["gone"], "checked" in shown) == (
        ["contact.email", "contact.phone"],
        False,
    )
    done = office.post(path, {"ground": "purpose_ended"}, key).json()
    assert done["plan"] == shown["plan"]
    assert (done["checked"]["complete"], set(done["checked"]["stores"].values())) == (True, {0})
    again = office.post(path, {"ground": "purpose_ended"}, key)
    for response in (office.read(subject, key), again):
        problem(response, 410, "erased")


def test_some_fields_are_erased_and_the_others_stay(office: Office, key: str, house: House) -> None:
    subject = house.admit(contact_email=Secret("a@mail.example"), contact_address=ADDRESS)
    body = {"fields": ["contact.address"], "ground": "term_ended"}
    office.post(f"/v1/subjects/{subject}/erase", body, key)
    assert set(house.gate.standing(subject).held) == {"contact.email"}
    assert office.read(subject, key).is_success
