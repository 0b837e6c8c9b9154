"""What programs read first: complete, true, and what the specifications demand of it."""

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata
from litestar.testing import TestClient
from msgspec.structs import replace

from tests.interfaces.oidc.stand import Stand
from tests.interfaces.visitor import BASE
from troth import app
from troth.interfaces.server import application
from troth.model.clock import Moment, SetClock

METADATA = "/.well-known/openid-configuration"
KEYS = "/.well-known/jwks.json"


def test_the_metadata_is_what_the_specifications_demand(stand: Stand) -> None:
    told = stand.client.get(METADATA).json()
    OpenIDProviderMetadata(told).validate()
    AuthorizationServerMetadata(told).validate()
    assert told["issuer"] == BASE
    assert stand.client.get("/.well-known/oauth-authorization-server").json() == told


def test_the_metadata_promises_nothing_that_is_weaker(stand: Stand) -> None:
    told = stand.client.get(METADATA).json()
    assert told["response_types_supported"] == ["code"]
    assert told["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["subject_types_supported"] == ["pairwise"]
    assert told["id_token_signing_alg_values_supported"] == ["RS256", "ES256"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert not told["request_uri_parameter_supported"]


def test_every_address_that_is_named_is_there(stand: Stand) -> None:
    told = stand.client.get(METADATA).json()
    named_there = [text for key, text in told.items() if key.endswith(("_endpoint", "_uri"))]
    assert len(named_there) == 7
    for address in named_there:
        status = stand.client.get(address.removeprefix(BASE), follow_redirects=False).status_code
        # A code is asked for by POST; every other address answers a reader one way or another.
        assert status != 404, address


def test_anybody_may_read_and_keep_it_for_an_hour(stand: Stand) -> None:
    for path in (METADATA, KEYS):
        headers = stand.client.get(path).headers
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cache-control"] == "public, max-age=3600"
        assert headers["content-type"] == "application/json"


def test_only_public_halves_are_told(alone: Stand) -> None:
    (key,) = alone.client.get(KEYS).json()["keys"]
    assert key.keys() == {"kty", "n", "e", "kid", "alg", "use"}
    assert (key["alg"], key["use"], key["kty"]) == ("RS256", "sig", "RSA")


def test_an_application_that_wants_another_algorithm_gets_a_key_for_it(alone: Stand) -> None:
    alone.enter(algorithm="ES256")
    found = {key["alg"]: key for key in alone.client.get(KEYS).json()["keys"]}
    assert found.keys() == {"RS256", "ES256"}
    assert found["ES256"]["crv"] == "P-256"


def test_the_next_key_is_told_before_it_signs(alone: Stand) -> None:
    first = [key["kid"] for key in alone.client.get(KEYS).json()["keys"]]
    alone.clock.forward(days=90)
    both = [key["kid"] for key in alone.client.get(KEYS).json()["keys"]]
    assert both[:1] == first
    assert len(both) == 2
    alone.clock.forward(days=8)
    assert [key["kid"] for key in alone.client.get(KEYS).json()["keys"]] == both[1:]


@pytest.mark.parametrize("path", [METADATA, KEYS, "/authorize", "/end-session", "/userinfo"])
def test_a_house_that_is_not_known_by_an_address_signs_nobody_in_elsewhere(
    at: Moment, path: str
) -> None:
    with app.memory(clock=SetClock(at)) as troth:
        server = replace(troth.settings.server, host="0.0.0.0")
        troth.settings = replace(troth.settings, server=server)
        client = TestClient(application(troth), base_url=BASE)
        assert client.get(path).status_code == 404
