"""What is signed is ours stand, and what is read back was signed by us."""

import base64
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey
from msgspec.structs import replace

from tests.interfaces.oidc.stand import Stand
from tests.interfaces.visitor import BASE
from troth.interfaces.oidc.provider import Provider
from troth.interfaces.oidc.signing import Signing


@pytest.fixture
def stand(alone: Stand) -> Stand:
    """Return a house of the test's own: its keys are turned."""
    return alone


@pytest.fixture
def signing(stand: Stand) -> Signing:
    """Return what signs for the stand."""
    return Signing(Provider(stand.troth))


@pytest.fixture
def token(stand: Stand) -> str:
    """Return an ID token."""
    stand.person()
    told: str = stand.exchange(stand.code("email")).json()["id_token"]
    return told


def public(stand: Stand) -> dict[str, Any]:
    keys: dict[str, Any] = stand.client.get("/.well-known/jwks.json").json()
    return keys


def test_an_id_token_is_read_back_however_old(stand: Stand, signing: Signing, token: str) -> None:
    stand.clock.forward(days=30)
    assert signing.hint(token)["iss"] == BASE


@pytest.mark.parametrize("kind", ["none", "secret", "rsa", "ec", "kid", "issuer"])
def test_nothing_that_is_not_ours_is_believed(
    stand: Stand, signing: Signing, token: str, kind: str
) -> None:
    claims = signing.hint(token)
    (known,) = public(stand)["keys"]
    header = {"alg": "RS256", "kid": known["kid"]}
    match kind:
        case "none":
            head, body, _ = token.split(".")
            forged = f"{encoded({'alg': 'none'})}.{body}."
            assert head
        case "secret":
            # The public half, taken for a shared secret: the classic confusion.
            key = OctKey.import_key(json.dumps(known).encode())
            forged = jwt.encode(header | {"alg": "HS256"}, dict(claims), key, ["HS256"])
        case "rsa":
            forged = jwt.encode(header, dict(claims), RSAKey.generate_key(2048), ["RS256"])
        case "ec":
            own = ECKey.generate_key("P-256")
            forged = jwt.encode(header | {"alg": "ES256"}, dict(claims), own, ["ES256"])
        case "kid":
            head, body, tail = token.split(".")
            forged = f"{encoded({'alg': 'RS256', 'kid': 'other'})}.{body}.{tail}"
            assert head
        case _:
            stand.troth.settings = renamed(stand)
            assert Signing(Provider(stand.troth)).hint(token) == {}
            return
    assert signing.hint(forged) == {}


def encoded(header: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")


def renamed(stand: Stand) -> Any:
    settings = stand.troth.settings
    return replace(settings, server=replace(settings.server, origin="https://other.test"))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "...", "e30.e30.e30", "x" * 5000, "é.é.é"])
def test_whatever_is_no_token_says_nothing(signing: Signing, text: str) -> None:
    signing.turn()
    assert signing.hint(text) == {}


def test_a_logout_token_is_no_proof_of_who_somebody_is(
    stand: Stand, signing: Signing, token: str
) -> None:
    assert token
    (mine,) = stand.gate.subjects()
    stand.troth.applications.revoke(mine, stand.made.id)
    ((word, application),) = stand.troth.applications.ending.due()
    told = signing.logout_token(word, application)
    read = jwt.decode(told, KeySet.import_key_set(public(stand)), ["RS256"])
    assert read.header["typ"] == "logout+jwt"
    assert read.claims["sub"] == stand.troth.applications.name_of(mine, stand.made)
    assert read.claims["exp"] - read.claims["iat"] == 120
    assert "nonce" not in read.claims
    assert signing.hint(told) == {}


def test_keys_turn_and_old_tokens_stay_good_meanwhile(
    stand: Stand, signing: Signing, token: str
) -> None:
    assert signing.turn() == 0
    stand.clock.forward(days=90)
    assert signing.turn() == 1
    assert signing.hint(token)
    stand.clock.forward(days=8)
    assert signing.turn() == 1
    assert signing.hint(token) == {}


def test_in_an_emergency_the_old_key_is_believed_no_more(
    stand: Stand, signing: Signing, token: str
) -> None:
    kid = signing.replace("RS256")
    assert [key["kid"] for key in public(stand)["keys"]] == [kid]
    assert signing.hint(token) == {}
    assert stand.exchange(stand.code()).status_code == 200


def test_private_halves_lie_nowhere_in_the_clear(stand: Stand, signing: Signing) -> None:
    signing.turn()
    store = stand.gate.regions[stand.gate.home].store
    rows = store.query("SELECT sealed, public FROM signing_keys")
    assert all(b'"d"' not in bytes(told) for _, told in rows)
    kept = stand.troth.applications.keys.signing("RS256", at=stand.clock.now())
    raw = stand.troth.applications.keys.private(kept).reveal_raw()
    assert isinstance(raw, bytes)
    assert raw not in bytes(rows[0][0])
