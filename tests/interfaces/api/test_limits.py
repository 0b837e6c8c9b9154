"""The threshold: size, pace, proxies, encryption, and the headers of every answer (A3, A19)."""

from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from litestar.testing import TestClient

from tests.gate.house import House
from tests.interfaces.api.office import BASE, Office, problem
from troth.interfaces.api.limits import MOST_PEERS, PROGRAM, Pace, TooFast
from troth.interfaces.server import application
from troth.model.clock import Moment, SetClock
from troth.model.errors import Misconfigured
from troth.model.terms import SubjectId

PEER = ("198.51.100.7", 40_000)
FROM = "x-forwarded-for"


def asked(
    office: Office,
    path: str = "/healthz",
    *,
    client: tuple[str, int] = PEER,
    base: str = "http://127.0.0.1",
    method: str = "GET",
    **more: Any,
) -> httpx.Response:
    """Call the application as a peer at an address."""

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(office.client.app, client=client)
        async with httpx.AsyncClient(transport=transport, base_url=base) as http:
            return await http.request(method, path, **more)

    return anyio.run(call)


# --- size --------------------------------------------------------------------------------------


def test_a_declared_body_over_the_limit_is_refused_unread(office: Office, key: str) -> None:
    body = {"residence": "x" * (1 << 20)}
    problem(office.post("/v1/subjects", body, key), 413, "too_large")


def test_a_streamed_body_is_read_no_further_than_the_limit(office: Office, key: str) -> None:
    read = []

    def parts() -> Iterator[bytes]:
        for number in range(64):
            read.append(number)
            yield b"x" * (1 << 16)

    response = asked(
        office,
        "/v1/subjects",
        base="https://api.test",
        method="POST",
        content=_stream(parts()),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    problem(response, 413, "too_large")
    assert len(read) <= 18


async def _stream(parts: Iterator[bytes]) -> Any:
    for part in parts:
        yield part


@pytest.mark.parametrize("length", ["9" * 30, "-1", "x", "1_000"])
def test_a_length_that_is_none_is_refused(office: Office, key: str, length: str) -> None:
    headers = {"content-length": length, "content-type": "application/json"}
    response = office.call("POST", "/v1/subjects", key, content=b"{}", headers=headers)
    problem(response, 413, "too_large")


def test_a_body_may_be_as_large_as_the_setting_says(house: House) -> None:
    office = Office(house, max_body=30)
    key = office.key()
    assert office.post("/v1/subjects", {"residence": "CN"}, key).status_code == 200
    problem(office.post("/v1/subjects", {"residence": "C" * 30}, key), 413, "too_large")


# --- pace --------------------------------------------------------------------------------------


@pytest.mark.clause("7.1c")
def test_a_network_is_slowed_down_and_told_how_long_to_wait(house: House) -> None:
    office = Office(house, requests_per_minute=3)
    assert [asked(office).status_code for _ in range(4)] == [200, 200, 200, 429]
    told = asked(office)
    problem(told, 429, "too_many")
    assert told.headers["retry-after"] == "20"
    house.clock.forward(seconds=20)
    assert asked(office).status_code == 200
    assert asked(office).status_code == 429


@pytest.mark.clause("7.1c")
def test_ten_thousand_forged_addresses_do_not_get_around_it(house: House) -> None:
    office = Office(house, requests_per_minute=3)
    forged = [asked(office, headers={FROM: f"203.0.113.{n}"}).status_code for n in range(6)]
    assert forged == [200, 200, 200, 429, 429, 429]


def test_a_listed_proxy_is_believed_and_no_further_than_its_own_word(house: House) -> None:
    office = Office(house, requests_per_minute=1, trusted_proxies=("198.51.100.0/24",))

    def through(said: str) -> int:
        return asked(office, headers={FROM: said}).status_code

    assert [through("203.0.113.1"), through("203.0.113.1")] == [200, 429]
    assert [through("203.0.113.2"), through("1.1.1.1, 203.0.113.2")] == [200, 429]
    assert [through("203.0.113.3"), through("203.0.113.3, 198.51.100.9")] == [200, 429]
    assert through("nonsense") == 200
    assert through("") == 429


def test_neighbours_in_one_ipv6_network_count_together(house: House) -> None:
    office = Office(house, requests_per_minute=1)
    peers = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]
    assert [asked(office, client=(peer, 1)).status_code for peer in peers] == [200, 429, 200]


def test_an_ipv4_peer_in_ipv6_clothes_is_the_same_peer(house: House) -> None:
    office = Office(house, requests_per_minute=1)
    peers = ["198.51.100.7", "::ffff:198.51.100.7"]
    assert [asked(office, client=(peer, 1)).status_code for peer in peers] == [200, 429]


@pytest.mark.clause("7.1c")
def test_a_program_is_paced_by_its_key_and_a_guesser_as_a_stranger(house: House) -> None:
    office = Office(house, requests_per_minute=2)
    key = office.key("decide")
    assert {office.get("/healthz", key).status_code for _ in range(2 * PROGRAM)} == {200}
    problem(office.get("/healthz", key), 429, "too_many")
    guesses = [office.get("/metrics", "troth_guess").status_code for _ in range(4)]
    assert guesses == [401, 401, 429, 429]
    assert office.get("/healthz", office.key("decide")).status_code == 200


def test_a_bucket_never_holds_more_than_a_minutes_worth(at: Moment) -> None:
    clock = SetClock(at)
    pace = Pace(clock, 2)
    clock.forward(days=1)
    for _ in range(2):
        pace.take("a")
    with pytest.raises(TooFast):
        pace.take("a")


def test_a_clock_that_is_set_back_gives_nothing(at: Moment) -> None:
    clock = SetClock(at)
    pace = Pace(clock, 1)
    pace.take("a")
    clock.forward(days=-1)
    with pytest.raises(TooFast):
        pace.take("a")


def test_only_so_many_networks_are_remembered(at: Moment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("troth.interfaces.api.limits.MOST_PEERS", 2)
    assert MOST_PEERS > 2
    pace = Pace(SetClock(at), 1)
    for who in "abc":
        pace.take(who)
    pace.take("a")
    with pytest.raises(TooFast):
        pace.take("c")


def test_a_proxy_that_is_no_network_is_a_misconfiguration(house: House) -> None:
    with pytest.raises(Misconfigured):
        Office(house, trusted_proxies=("proxy.example",))


# --- encryption --------------------------------------------------------------------------------


@pytest.mark.clause("2.1.3g", "7.2b")
def test_personal_data_over_a_plain_line_is_refused(
    office: Office, key: str, subject: SubjectId
) -> None:
    headers = {"authorization": f"Bearer {key}"}
    body = {"fields": ["contact.email"], "purpose": "support"}
    path = f"/v1/subjects/{subject}/use"
    plain = asked(office, path, base="http://api.test", method="POST", json=body, headers=headers)
    assert problem(plain, 403, "refused")["clause"] == "2.1.3g"
    assert "data.used" not in office.house.kinds(subject)


@pytest.mark.parametrize(
    ("client", "base", "more", "status"),
    [
        ("127.0.0.1", "http://127.0.0.1:8420", {}, 200),
        ("::1", "http://[::1]:8420", {}, 200),
        ("127.0.0.1", "http://localhost", {}, 200),
        ("127.0.0.1", "http://api.test", {}, 403),
        ("198.51.100.7", "http://127.0.0.1", {}, 403),
        ("127.0.0.1", "http://127.0.0.1", {FROM: "198.51.100.7"}, 403),
        ("198.51.100.7", "https://api.test", {}, 200),
    ],
)
def test_a_plain_line_must_not_leave_this_machine(
    office: Office, key: str, client: str, base: str, more: dict[str, str], status: int
) -> None:
    headers = {"authorization": f"Bearer {key}", **more}
    response = asked(office, "/metrics", client=(client, 1), base=base, headers=headers)
    assert response.status_code == status


@pytest.mark.clause("2.1.3g", "7.2b")
def test_behind_a_proxy_that_ends_tls_the_setting_says_so(house: House) -> None:
    office = Office(house, secure=True)
    headers = {"authorization": f"Bearer {office.key()}"}
    response = asked(office, "/metrics", base="http://api.test", headers=headers)
    assert response.status_code == 200
    assert "max-age=31536000" in response.headers["strict-transport-security"]


# --- what every answer carries -----------------------------------------------------------------


@pytest.mark.clause("7.1c")
@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/metrics", "/openapi.json"])
def test_every_answer_carries_the_headers_that_defend(office: Office, path: str) -> None:
    told = office.get(path).headers
    assert told["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert told["x-content-type-options"] == "nosniff"
    assert told["cache-control"] == "no-store"
    assert "strict-transport-security" not in told
    assert "server" not in told


@pytest.mark.clause("7.1c")
def test_a_page_carries_those_that_defend_people(office: Office) -> None:
    told = TestClient(application(office.troth), base_url=BASE).get("/").headers
    assert "frame-ancestors 'none'" in told["content-security-policy"]
    assert "script-src 'self'" in told["content-security-policy"]
    assert (told["x-frame-options"], told["cache-control"]) == ("DENY", "no-store")
    assert told["cross-origin-opener-policy"] == "same-origin"


def test_what_the_threshold_refuses_carries_them_too(house: House) -> None:
    office = Office(house, requests_per_minute=1)
    told = [asked(office) for _ in range(2)][1]
    problem(told, 429, "too_many")
    assert told.headers["x-content-type-options"] == "nosniff"
