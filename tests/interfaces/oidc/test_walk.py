"""The whole way over real HTTP, with a client library that is not ours on the other side."""

import http.cookiejar
import re
from html import unescape
from typing import Any

import pytest
import requests
from requests_oauth2client import (
    BearerToken,
    EndpointError,
    InvalidGrant,
    MismatchingIssuer,
    MismatchingState,
    OAuth2Client,
)

from tests.chapters.shop import person
from tests.interfaces.oidc.conftest import Neighbours
from tests.interfaces.oidc.stand import COOKIE
from tests.interfaces.visitor import hidden
from troth.interfaces.oidc.upkeep import Upkeep
from troth.model.terms import SubjectId


class Browser:
    """A browser without scripts: keeps cookies, follows redirects and pages that lead on."""

    def __init__(self, place: Neighbours, who: SubjectId | None = None) -> None:
        self.place = place
        self.http = requests.Session()
        # Browsers take Secure cookies on this machine without TLS; this library does not.
        self.here: dict[str, str] = {}
        self.http.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self.there = ""
        if who is not None:
            at = place.troth.clock.now()
            self.here[COOKIE] = place.troth.proof.sessions.start(who, at=at).reveal()

    def get(self, address: str) -> requests.Response:
        """Open a page and follow where it leads."""
        for _ in range(12):
            answer = self._ask("GET", address)
            if "location" in answer.headers:
                address = requests.compat.urljoin(address, answer.headers["location"])
                continue
            found = re.search(r'id="onward" href="([^"]+)"', answer.text)
            if not found:
                return answer
            address = unescape(found[1])
        raise AssertionError("led in a circle")

    def send(self, page: requests.Response, action: str, **fields: str) -> requests.Response:
        """Fill in a form of a page and send it."""
        form = hidden(page.text, action) | fields
        answer = self._ask("POST", f"{self.place.issuer}{action}", form)
        if "location" in answer.headers:
            return self.get(requests.compat.urljoin(answer.url, answer.headers["location"]))
        found = re.search(r'id="onward" href="([^"]+)"', answer.text)
        return self.get(unescape(found[1])) if found else answer

    def _ask(self, method: str, address: str, form: Any = None) -> requests.Response:
        ours = address.startswith(self.place.issuer)
        cookies = self.here if ours else {"visitor": self.there}
        answer = self.http.request(
            method,
            address,
            data=form,
            headers={
                "accept": "text/html",
                "accept-language": "en",
                "cookie": "; ".join(f"{name}={value}" for name, value in cookies.items() if value),
                **({"origin": self.place.issuer} if method == "POST" else {}),
            },
            allow_redirects=False,
        )
        for name, value in re.findall(
            r"(__Host-\w+|visitor)=\"?([^;\"]*)", answer.headers.get("set-cookie", "")
        ):
            if ours:
                self.here[name] = value
            else:
                self.there = value
        return answer

    def token(self) -> BearerToken:
        """Return what the second application was handed."""
        return self.place.second.people[self.there][0]


@pytest.fixture
def who(neighbours: Neighbours) -> SubjectId:
    """Return somebody who has an account here."""
    return person(neighbours)


def mail_of(who: SubjectId) -> str:
    """Return somebody's address."""
    return f"{who[-8:]}@mail.example"


def entered(neighbours: Neighbours, who: SubjectId, *scopes: str) -> Browser:
    """Sign somebody in to the second application."""
    browser = Browser(neighbours, who)
    page = browser.get(f"{neighbours.second.base}/enter")
    ticked = {f"scope:{scope}": "yes" for scope in scopes}
    landed = browser.send(page, "/authorize/answer", answer="yes", **ticked)
    assert "Welcome" in landed.text, landed.text
    return browser


# --- there and back ----------------------------------------------------------------------------


def test_somebody_signs_in_to_a_second_application(neighbours: Neighbours, who: SubjectId) -> None:
    browser = entered(neighbours, who, "email", "offline_access")
    token = browser.token()
    assert token.id_token
    claims = token.id_token.claims
    assert claims["iss"] == neighbours.issuer
    assert claims["aud"] == neighbours.second.client.client_id
    assert claims["sub"] == neighbours.second.people[browser.there][1]["sub"]
    assert who not in repr(claims)
    assert mail_of(who) in browser.get(f"{neighbours.second.base}/").text


def test_what_was_not_ticked_is_not_told(neighbours: Neighbours, who: SubjectId) -> None:
    browser = entered(neighbours, who)
    told = neighbours.second.people[browser.there][1]
    assert told.keys() == {"sub"}
    assert browser.token().refresh_token is None


def test_the_second_time_nobody_is_asked(neighbours: Neighbours, who: SubjectId) -> None:
    browser = entered(neighbours, who, "email")
    assert "Welcome" in browser.get(f"{neighbours.second.base}/enter").text


def test_a_no_is_told_and_nobody_is_signed_in(neighbours: Neighbours, who: SubjectId) -> None:
    browser = Browser(neighbours, who)
    page = browser.get(f"{neighbours.second.base}/enter")
    landed = browser.send(page, "/authorize/answer", answer="no")
    assert "access_denied" in landed.text
    assert browser.there not in neighbours.second.people
    assert neighbours.troth.applications.mine(who) == []


def test_whoever_is_not_signed_in_signs_in_first_and_is_led_on(neighbours: Neighbours) -> None:
    browser = Browser(neighbours)
    page = browser.get(f"{neighbours.second.base}/enter")
    assert page.url.startswith(f"{neighbours.issuer}/sign-in?to=%2Fauthorize%3F")
    assert "/authorize?" in hidden(page.text, "/sign-in")["to"]


# --- tokens ------------------------------------------------------------------------------------


def test_tokens_are_refreshed_and_a_stolen_one_ends_it_all(
    neighbours: Neighbours, who: SubjectId
) -> None:
    client = neighbours.second.client
    first = entered(neighbours, who, "email", "offline_access").token()
    second = client.refresh_token(first)
    assert second.refresh_token != first.refresh_token
    assert client.userinfo(second)["email"] == mail_of(who)
    with pytest.raises(InvalidGrant):
        client.refresh_token(first)
    with pytest.raises(InvalidGrant):
        client.refresh_token(second)
    assert (
        client.session.get(
            f"{neighbours.issuer}/userinfo", headers={"authorization": f"Bearer {second}"}
        ).status_code
        == 401
    )


def test_a_revoked_token_is_void(neighbours: Neighbours, who: SubjectId) -> None:
    client = neighbours.second.client
    token = entered(neighbours, who, "offline_access").token()
    assert client.revoke_refresh_token(token)
    with pytest.raises(InvalidGrant):
        client.refresh_token(token)


def test_another_application_cannot_use_what_was_handed_to_this_one(
    neighbours: Neighbours, who: SubjectId
) -> None:
    token = entered(neighbours, who, "offline_access").token()
    made, secret = neighbours.troth.applications.add(
        neighbours.troth.applications.one(str(neighbours.second.client.client_id))
    )
    assert secret
    other = OAuth2Client.from_discovery_endpoint(
        issuer=neighbours.issuer, client_id=made.id, client_secret=secret.reveal(), testing=True
    )
    with pytest.raises(InvalidGrant):
        other.refresh_token(token)


def test_a_wrong_secret_proves_nothing(neighbours: Neighbours, who: SubjectId) -> None:
    token = entered(neighbours, who, "offline_access").token()
    client = OAuth2Client.from_discovery_endpoint(
        issuer=neighbours.issuer,
        client_id=str(neighbours.second.client.client_id),
        client_secret="guessed",
        testing=True,
    )
    with pytest.raises(EndpointError) as refused:
        client.refresh_token(token)
    assert refused.value.error == "invalid_client"


# --- what the client would notice --------------------------------------------------------------


def test_a_client_notices_an_answer_that_was_tampered_with(
    neighbours: Neighbours, who: SubjectId
) -> None:
    asked = neighbours.second.client.authorization_request(scope="openid")
    base = f"{neighbours.second.base}/back?code=c&iss={neighbours.issuer}"
    with pytest.raises(MismatchingState):
        asked.validate_callback(f"{base}&state=forged")
    with pytest.raises(MismatchingIssuer):
        asked.validate_callback(
            f"{neighbours.second.base}/back?code=c&state={asked.state}&iss=https://evil.example"
        )


# --- leaving -----------------------------------------------------------------------------------


def test_leaving_there_signs_out_here_and_comes_back(
    neighbours: Neighbours, who: SubjectId
) -> None:
    browser = entered(neighbours, who, "email")
    landed = browser.get(f"{neighbours.second.base}/leave")
    assert "You left" in landed.text
    assert browser.here[COOKIE] == ""
    assert neighbours.troth.proof.sessions.of(who, at=neighbours.troth.clock.now()) == ()


def test_the_application_hears_when_somebody_disconnects_it(
    neighbours: Neighbours, who: SubjectId
) -> None:
    browser = entered(neighbours, who, "email", "offline_access")
    sub = neighbours.second.people[browser.there][1]["sub"]
    applications = neighbours.troth.applications
    Upkeep(neighbours.troth).tick()
    applications.revoke(who, str(neighbours.second.client.client_id))
    assert Upkeep(neighbours.troth).tick()["told"] == 1
    assert [heard["sub"] for heard in neighbours.second.heard][-1] == sub
    assert browser.there not in neighbours.second.people
    assert "Nobody is here" in browser.get(f"{neighbours.second.base}/").text
