"""Subjects over HTTP: recorded before released, found by a body, never read across a border."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.gate.house import ADDRESS, House
from tests.interfaces.api.office import Office, problem
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


@pytest.mark.clause("9.1c")
def test_a_copy_is_a_zip_of_what_is_held_and_is_remembered(
    office: Office, key: str, subject: SubjectId
) -> None:
    response = office.call("POST", f"/v1/subjects/{subject}/export", key)
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
    done = office.post(path, {}, key).json()
    assert done["plan"] == shown["plan"]
    assert (done["checked"]["complete"], set(done["checked"]["stores"].values())) == (True, {0})
    for response in (office.read(subject, key), office.post(path, {}, key)):
        problem(response, 410, "erased")


def test_some_fields_are_erased_and_the_others_stay(office: Office, key: str, house: House) -> None:
    subject = house.admit(contact_email=Secret("a@mail.example"), contact_address=ADDRESS)
    office.post(f"/v1/subjects/{subject}/erase", {"fields": ["contact.address"]}, key)
    assert set(house.gate.standing(subject).held) == {"contact.email"}
    assert office.read(subject, key).is_success
