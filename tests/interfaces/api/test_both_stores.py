"""The API over a file and over a server: where a store is slow, work waits in the thread pool."""

from collections.abc import Iterator

import pytest

from tests.gate.house import House, Plot, opened
from tests.interfaces.api.office import Office, problem
from tests.interfaces.api.test_gather import read_all
from tests.support.stores import Backend
from troth.model.clock import Moment, SetClock


@pytest.fixture
def house(plot: Plot, at: Moment) -> Iterator[House]:
    """Return a house on either database."""
    with opened(plot.folder, SetClock(at), plot.stores) as house:
        yield house


def test_a_life_over_http(office: Office, key: str, house: House, backend: Backend) -> None:
    assert office.troth.slow == (backend == "postgres")
    subject = house.admit()
    assert office.read(subject, key).json()["values"] == {"contact.email": "person1@mail.example"}
    problem(office.read(subject, key, "marketing"), 403, "consent_missing")
    given = {"act": "ConsentGiven", "subject": subject, "to": "marketing"}
    body = {"acts": [given], "on_behalf": True}
    once = {"Idempotency-Key": "k"}
    first, again = (office.post("/v1/acts", body, key, headers=once).json() for _ in range(2))
    assert (first["entries"], again["replayed"]) == (again["entries"], True)
    assert office.read(subject, key, "marketing").status_code == 200
    assert office.get("/readyz").json()["status"] == "ready"
    ended = office.post(f"/v1/subjects/{subject}/erase", {"ground": "purpose_ended"}, key)
    assert ended.json()["checked"]["complete"]
    problem(office.read(subject, key), 410, "erased")


def test_many_reads_at_once(office: Office, key: str, house: House) -> None:
    people = [house.admit() for _ in range(6)]
    answers = read_all(office, key, [(subject, "support") for subject in people])
    values = [response.json()["values"]["contact.email"] for response in answers]
    assert values == [f"person{n}@mail.example" for n in range(1, 7)]
    assert all(house.kinds(subject)[-1] == "data.used" for subject in people)
