"""The open book, and how the service is: readable by anybody, about nobody."""

import hashlib

import pytest

from tests.gate.house import CN
from tests.interfaces.api.office import Office, problem
from troth.interfaces.api.web import web
from troth.model.errors import StoreBusy
from troth.model.terms import SubjectId
from troth.policy import packs, reader


@pytest.mark.clause("11.4", "11.5")
def test_the_policy_in_force_is_told_with_its_hash(office: Office) -> None:
    told = office.get("/v1/policy").json()
    assert told["hash"] == office.gate.policy().hash
    assert told["edition"]["policy"]["edition"] == "2023-05-31"
    assert told["edition"]["policy"]["authoritative"] == "zh"
    assert [each["hash"] for each in office.get("/v1/policy/editions").json()] == [told["hash"]]


@pytest.mark.clause("11.4")
def test_an_editions_source_compiles_to_its_hash(office: Office) -> None:
    edition = office.get("/v1/policy/editions").json()[0]["hash"]
    response = office.get(f"/v1/policy/editions/{edition}/source")
    assert response.headers["content-type"] == "application/yaml"
    assert response.text == packs.source("itnio")[0]
    assert reader.load(response.text, "itnio").hash == edition


def test_an_edition_that_was_never_published_is_not_found(office: Office) -> None:
    problem(office.get(f"/v1/policy/editions/{'0' * 64}/source"), 404, "not_found")


def test_the_clause_board_has_every_clause(office: Office) -> None:
    told = office.get("/v1/clauses").json()
    clauses = office.gate.policy().edition.clauses
    assert [row["id"] for row in told["rows"]] == [clause.id for clause in clauses]


def test_a_hole_is_told_to_somebody(office: Office) -> None:
    response = office.get("/.well-known/security.txt")
    told = dict(line.split(": ", 1) for line in response.text.splitlines())
    assert told["Contact"] == "mailto:privacy@itniotech.com"
    assert told["Expires"] == "2027-11-22T12:00:00Z"
    assert response.headers["content-type"].startswith("text/plain")


def test_the_browsers_signal_is_honoured(office: Office) -> None:
    told = office.get("/.well-known/gpc.json")
    assert told.json() == {"gpc": True, "lastUpdate": "2023-05-31"}
    assert told.headers["content-type"] == "application/json"


def test_the_service_says_that_it_runs_and_is_ready(office: Office) -> None:
    assert office.get("/healthz").json() == {"status": "alive"}
    told = office.get("/readyz").json()
    assert (told["status"], told["stores"]) == ("ready", {"cn": "ready", "global": "ready"})


def test_a_store_that_does_not_answer_is_named(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> int:
        raise StoreBusy

    monkeypatch.setattr(office.gate.regions[CN].log, "size", busy)
    response = office.get("/readyz")
    assert response.status_code == 503
    assert response.json()["stores"] == {"cn": "store_busy", "global": "ready"}
    assert office.get("/healthz").status_code == 200


def test_without_a_policy_in_force_the_service_is_not_ready(office: Office) -> None:
    office.house.clock.forward(days=-5000)
    assert office.get("/readyz").status_code == 503
    problem(office.get("/v1/policy"), 404, "not_found")


def test_what_the_scheduler_could_not_do_is_told(office: Office) -> None:
    office.client.app = web(office.troth, failures=lambda: ["store_busy"])
    assert office.get("/readyz").json()["failing"] == ["store_busy"]


def test_figures_are_about_nobody(office: Office, key: str, subject: SubjectId) -> None:
    office.troth.tick()
    office.read(subject, key)
    office.call("PURGE", f"/{subject}", key)
    office.troth.cookies.choose((), signal=False, language="en", surface="centre")
    told = office.get("/metrics", key).text
    assert 'troth_ledger_entries{region="cn"} 3' in told
    assert 'troth_answers_total{method="POST",status="200"} 1' in told
    assert 'troth_answers_total{method="OTHER",status="405"}' in told or "OTHER" in told
    assert 'troth_cookie_choices_total{category="analytics",answer="refused"} 1' in told
    assert subject not in told
    assert "PURGE" not in told
    for line in told.splitlines():
        assert line.startswith("# ") or line.rpartition(" ")[2].isdigit()


def test_every_open_answer_is_the_same_twice(office: Office) -> None:
    for path in ("/v1/policy", "/v1/clauses", "/openapi.json", "/.well-known/gpc.json"):
        first, second = (hashlib.sha256(office.get(path).content).digest() for _ in range(2))
        assert first == second
