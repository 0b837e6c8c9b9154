"""Reads that arrive at once are done together, on a file; each gets its own answer."""

from typing import Any

import anyio
import httpx
import pytest
from httpx import Response

from tests.gate.house import CN, House
from tests.interfaces.api.office import BASE, Office
from troth.interfaces.http import gather
from troth.model.terms import SubjectId


def at_once(office: Office, key: str, asked: list[tuple[str, dict[str, Any]]]) -> list[Response]:
    """Send what is asked to each address at once; return the answers in order."""
    found: dict[int, Response] = {}

    async def one(http: httpx.AsyncClient, place: int) -> None:
        path, body = asked[place]
        headers = {"authorization": f"Bearer {key}"}
        found[place] = await http.post(path, json=body, headers=headers)

    async def go() -> None:
        transport = httpx.ASGITransport(office.client.app, raise_app_exceptions=False)
        async with (
            httpx.AsyncClient(transport=transport, base_url=BASE) as http,
            anyio.create_task_group() as group,
        ):
            for place in range(len(asked)):
                group.start_soon(one, http, place)

    anyio.run(go)
    return [found[place] for place in range(len(asked))]


def read_all(office: Office, key: str, asked: list[tuple[SubjectId, str]]) -> list[Response]:
    """Ask for the address of several people at once, each for a purpose."""
    fields = ["contact.email"]
    wanted = [
        (f"/v1/subjects/{subject}/use", {"fields": fields, "purpose": purpose})
        for subject, purpose in asked
    ]
    return at_once(office, key, wanted)


def test_each_gets_its_own_answer_under_few_commits(
    office: Office, key: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [house.admit() for _ in range(8)]
    store, counted = house.rooms(CN).store, []
    real = store.transact
    monkeypatch.setattr(
        store, "transact", lambda work, **more: counted.append(1) or real(work, **more)
    )
    answers = read_all(office, key, [(subject, "support") for subject in people])
    values = [response.json()["values"]["contact.email"] for response in answers]
    assert values == [f"person{n}@mail.example" for n in range(1, 9)]
    assert 1 <= len(counted) < 8


@pytest.mark.clause("P.1")
def test_a_refusal_of_one_is_no_others(office: Office, key: str, house: House) -> None:
    people = [house.admit() for _ in range(4)]
    asked = [(subject, "marketing" if n == 2 else "support") for n, subject in enumerate(people)]
    assert [each.status_code for each in read_all(office, key, asked)] == [200, 200, 403, 200]
    assert house.last("use.denied").what["purpose"] == "marketing"


def test_a_fault_leaves_nobody_waiting(
    office: Office, key: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [house.admit() for _ in range(3)]

    def broken(*_: object) -> None:
        raise RuntimeError("of ours")

    monkeypatch.setattr(gather, "use_each", broken)
    answers = read_all(office, key, [(subject, "support") for subject in people])
    assert {each.status_code for each in answers} == {500, 503}
    assert {each.headers["content-type"] for each in answers} == {"application/problem+json"}


def say_all(office: Office, key: str, people: list[SubjectId], end: str = "") -> list[int]:
    """Pass on a word of several people at once; return the statuses."""
    said = [(f"/v1/subjects/{subject}/consents{end}", {"to": "marketing"}) for subject in people]
    return [answer.status_code for answer in at_once(office, key, said)]


def test_words_that_arrive_at_once_share_commits_and_hold_at_the_next_decision(
    office: Office, key: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [house.admit() for _ in range(8)]
    store, counted = house.rooms(CN).store, []
    real = store.transact
    monkeypatch.setattr(
        store, "transact", lambda work, **more: counted.append(1) or real(work, **more)
    )
    assert say_all(office, key, people) == [200] * 8
    assert 1 <= len(counted) < 8
    wanted = [(subject, "marketing") for subject in people]
    assert {each.status_code for each in read_all(office, key, wanted)} == {200}
    assert say_all(office, key, people, "/withdraw") == [200] * 8
    assert {each.status_code for each in read_all(office, key, wanted)} == {403}


def test_one_who_takes_back_what_they_never_gave_stops_nobody(
    office: Office, key: str, house: House
) -> None:
    people = [house.admit() for _ in range(4)]
    assert say_all(office, key, people[1:]) == [200] * 3
    assert say_all(office, key, people, "/withdraw") == [404, 200, 200, 200]


def test_the_same_word_twice_at_once_is_said_one_after_the_other(
    office: Office, key: str, house: House
) -> None:
    subject = house.admit()
    assert say_all(office, key, [subject]) == [200]
    assert sorted(say_all(office, key, [subject, subject], "/withdraw")) == [200, 404]
    assert house.kinds(subject).count("consent.withdrawn") == 1
