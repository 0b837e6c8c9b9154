"""Cookies over HTTP: the register, who may choose from where, what a receipt proves."""

from typing import Any

import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from tests.gate.house import House
from tests.interfaces.api.office import Office
from troth.interfaces.server import application
from troth.model.cookies import COOKIE, choose, read

SITE = "https://www.shop.example"
CHOICE = "/v1/cookies/choice"


@pytest.fixture
def client(house: House) -> TestClient[Any]:
    """Return somebody without a key, at a house that one site of ours asks."""
    settings = house.troth.settings
    house.troth.settings = replace(settings, cookies=replace(settings.cookies, origins=(SITE,)))
    return TestClient(application(house.troth), base_url="https://house.example")


def post(client: TestClient[Any], given: tuple[str, ...] = (), **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(CHOICE, json={"given": list(given)}, headers=named)


def test_anybody_may_read_the_register(client: TestClient[Any], house: House) -> None:
    answer = client.get("/v1/cookies")
    assert answer.headers["access-control-allow-origin"] == "*"
    names = [one["name"] for one in answer.json()["technologies"]]
    assert names == list(house.gate.policy().edition.cookies)


def test_a_page_of_a_site_of_ours_may_choose_and_read_the_answer(client: TestClient[Any]) -> None:
    answer = post(client, ("analytics",), origin=SITE)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["vary"] == "Origin"
    told = answer.json()
    choice = read(told["value"])
    assert choice is not None
    assert choice.given == ("analytics",)
    assert told["allowed"] == ["analytics", "essential"]
    assert told["consent_mode"]["analytics_storage"] == "granted"
    assert told["consent_mode"]["ad_storage"] == "denied"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://www.shop.example.evil", ""]
)
def test_no_other_site_may(origin: str, client: TestClient[Any], house: House) -> None:
    before = house.count("global")
    answer = post(client, ("analytics",), **({"origin": origin} if origin else {}))
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert house.count("global") == before


def test_a_browser_is_told_beforehand_what_it_may(client: TestClient[Any]) -> None:
    ours = client.options(CHOICE, headers={"origin": SITE})
    assert ours.status_code == 204
    assert ours.headers["access-control-allow-origin"] == SITE
    assert "POST" in ours.headers["access-control-allow-methods"]
    theirs = client.options(CHOICE, headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in theirs.headers


def test_a_script_may_send_the_banners_form(client: TestClient[Any]) -> None:
    fields = {"answer": "some", "give.personalise": "on", "signal": "1", "language": "en"}
    answer = client.post(CHOICE, data=fields, headers={"origin": SITE})
    told = answer.json()
    choice = read(told["value"])
    assert choice is not None
    assert (choice.given, choice.signal) == (("personalise",), True)
    assert "cookie-banner" in told["html"]
    assert client.post(CHOICE, data={"x": "y"}, headers={"origin": SITE}).status_code == 422


def test_a_sites_own_server_chooses_with_its_key(office: Office, house: House) -> None:
    key, other = office.key("cookies"), office.key("read")
    body = {"given": ["analytics"], "surface": "shop", "language": "en", "signal": False}
    told = office.call("POST", CHOICE, key=key, json=body)
    assert told.status_code == 200
    assert office.call("POST", CHOICE, key=other, json=body).status_code == 403
    receipt = told.json()["receipt"]
    proof = office.call("GET", f"/v1/cookies/receipts/{receipt}").json()
    assert (proof["surface"], proof["language"]) == ("shop", "en")
    house.troth.checkpoints()
    place = f"/v1/ledger/{proof['region']}/entries/{proof['entry']}/proof"
    assert office.call("GET", place).status_code == 200


def test_a_script_cannot_say_that_it_is_another_site(client: TestClient[Any]) -> None:
    body = {"given": [], "surface": "another"}
    told = client.post(CHOICE, json=body, headers={"origin": SITE}).json()
    assert client.get(f"/v1/cookies/receipts/{told['receipt']}").json()["surface"] == SITE


@pytest.mark.parametrize(
    "body",
    [
        {"given": ["everything"]},
        {"given": "analytics"},
        {},
        {"given": [], "who": "me"},
        [],
    ],
)
def test_what_is_no_choice_is_refused(body: object, client: TestClient[Any]) -> None:
    assert client.post(CHOICE, json=body, headers={"origin": SITE}).status_code == 422


def test_what_may_be_set_is_told_by_cookie_and_signal(
    client: TestClient[Any], house: House
) -> None:
    register, at = house.troth.cookies.register(), house.clock.now()
    value = choose(register, register.optional, signal=False, at=at).written()
    sent = {"cookie": f"{COOKIE}={value}"}
    assert client.get(CHOICE, headers=sent).json()["allowed"] == [
        "analytics",
        "essential",
        "personalise",
    ]
    told = client.get(CHOICE, headers={**sent, "sec-gpc": "1"}).json()
    assert told["allowed"] == ["analytics", "essential"]
    assert told["honoured"] == ["personalise"]
    assert client.get(CHOICE).json()["ask"]


@pytest.mark.parametrize("number", ["0" * 32, "x", "0" * 31])
def test_a_receipt_that_is_not_ours_is_not_found(number: str, client: TestClient[Any]) -> None:
    assert client.get(f"/v1/cookies/receipts/{number}").status_code == 404
