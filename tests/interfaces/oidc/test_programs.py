"""Codes and tokens, program to program: what proves an application, and what is refused how."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from litestar.testing import TestClient

from tests.chapters.shop import verify
from tests.interfaces.oidc.stand import Stand, led
from tests.interfaces.visitor import BASE
from troth.interfaces.api.limits import Pace
from troth.interfaces.oidc.answers import PACE
from troth.interfaces.oidc.signing import half_hash
from troth.interfaces.server import application

ORIGIN = "https://shop.example"


def error(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Return what a program is told, which must be of that status and code."""
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["error"]) == (status, code), told
    assert answer.headers["cache-control"] == "no-store"
    return told


def keys(stand: Stand) -> KeySet:
    return KeySet.import_key_set(stand.client.get("/.well-known/jwks.json").json())


# --- who somebody is ---------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_an_id_token_says_who_for_whom_and_since_when(stand: Stand, algorithm: str) -> None:
    stand.made, stand.secret = stand.enter(algorithm=algorithm)
    who = stand.person()
    told = stand.exchange(stand.code("email")).json()
    token = jwt.decode(told["id_token"], keys(stand), [algorithm])
    now = stand.clock.now() // 1000
    assert token.header["alg"] == algorithm
    assert token.claims == {
        "iss": BASE,
        "sub": stand.troth.applications.name_of(who, stand.made),
        "aud": stand.made.id,
        "iat": now,
        "exp": now + 600,
        "auth_time": now,
        "acr": "urn:troth:signed-in",
        "amr": ["pwd"],
        "nonce": "the nonce",
        "at_hash": half_hash(told["access_token"]),
        "sid": token.claims["sid"],
    }
    assert who not in told["id_token"]


def test_without_a_nonce_there_is_none(stand: Stand) -> None:
    stand.person()
    told = stand.exchange(stand.code("email", nonce="")).json()
    assert "nonce" not in jwt.decode(told["id_token"], keys(stand), ["RS256"]).claims


def test_tokens_are_kept_by_nobody(stand: Stand) -> None:
    stand.person()
    answer = stand.exchange(stand.code("email", "offline_access"))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)
    assert told["scope"] == "openid email offline_access"
    assert told["refresh_token"]


# --- what proves an application ----------------------------------------------------------------


def test_a_secret_comes_in_the_header_or_in_the_form(stand: Stand) -> None:
    stand.person()
    assert stand.secret
    assert stand.exchange(stand.code("email")).status_code == 200
    by_form = {"client_id": stand.made.id, "client_secret": stand.secret.reveal()}
    assert stand.exchange(stand.code(), auth=(), **by_form).status_code == 200


def test_it_comes_in_one_way_only(stand: Stand) -> None:
    assert stand.secret
    error(stand.exchange("c", client_secret=stand.secret.reveal()), 400, "invalid_request")


@pytest.mark.parametrize(
    "auth",
    [
        ("app-unknown", "x"),
        ("", ""),
        "Basic",
        "Basic !!!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Digest abc",
    ],
)
def test_whatever_proves_nothing_is_one_answer(stand: Stand, auth: Any) -> None:
    if isinstance(auth, str):
        answer = stand.exchange("c", auth=(), headers={"authorization": auth})
    else:
        answer = stand.exchange("c", auth=auth)
    error(answer, 401, "invalid_client")
    assert answer.headers["www-authenticate"]


def test_a_wrong_secret_no_secret_and_another_id_are_that_answer_too(stand: Stand) -> None:
    told = [
        error(stand.exchange("c", auth=(stand.made.id, "wrong")), 401, "invalid_client"),
        error(stand.exchange("c", auth=(), client_id=stand.made.id), 401, "invalid_client"),
        error(stand.exchange("c", auth=()), 401, "invalid_client"),
        error(stand.exchange("c", client_id="app-other"), 401, "invalid_client"),
    ]
    assert len({each["error_description"] for each in told}) == 1


def test_an_application_that_keeps_no_secret_is_known_by_its_verifier(stand: Stand) -> None:
    stand.made, stand.secret = stand.enter(public=True)
    stand.person()
    code = stand.code("email", "offline_access")
    told = stand.exchange(code, auth=(), client_id=stand.made.id).json()
    again = stand.refresh(told["refresh_token"], auth=(), client_id=stand.made.id)
    assert again.status_code == 200
    error(
        stand.exchange(stand.code(), auth=(), client_id=stand.made.id, code_verifier="x" * 43),
        400,
        "invalid_grant",
    )


# --- codes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 400, "unsupported_grant_type"),
        ({"code": ""}, 400, "invalid_request"),
        ({"code": "guessed"}, 400, "invalid_grant"),
        ({"redirect_uri": ""}, 400, "invalid_request"),
        ({"redirect_uri": "https://evil.example/back"}, 400, "invalid_grant"),
        ({"code_verifier": ""}, 400, "invalid_request"),
        ({"code_verifier": "y" * 43}, 400, "invalid_grant"),
    ],
)
def test_a_code_is_refused_with_everything_that_is_not_its_own(
    stand: Stand, changed: dict[str, str], status: int, code: str
) -> None:
    stand.person()
    error(stand.exchange(stand.code("email"), **changed), status, code)


def test_a_second_use_of_a_code_voids_what_the_first_was_given(stand: Stand) -> None:
    stand.person()
    code = stand.code("email")
    first = stand.exchange(code).json()
    error(stand.exchange(code), 400, "invalid_grant")
    assert stand.learns(first["access_token"]).status_code == 401


def test_a_code_of_one_application_is_nothing_to_another(stand: Stand) -> None:
    stand.person()
    code = stand.code("email")
    made, secret = stand.enter()
    assert secret
    error(stand.exchange(code, auth=(made.id, secret.reveal())), 400, "invalid_grant")
    error(stand.exchange(code), 400, "invalid_grant")


def test_a_code_is_late_after_a_minute(stand: Stand) -> None:
    stand.person()
    code = stand.code("email")
    stand.clock.forward(seconds=60)
    error(stand.exchange(code), 400, "invalid_grant")


# --- refresh tokens ----------------------------------------------------------------------------


def test_a_stolen_refresh_token_ends_it_all(stand: Stand) -> None:
    stand.person()
    first = stand.exchange(stand.code("email", "offline_access")).json()
    second = stand.refresh(first["refresh_token"]).json()
    error(stand.refresh(first["refresh_token"]), 400, "invalid_grant")
    error(stand.refresh(second["refresh_token"]), 400, "invalid_grant")
    assert stand.learns(second["access_token"]).status_code == 401


def test_a_refreshed_id_token_is_of_the_same_person_and_proof(stand: Stand) -> None:
    stand.person()
    first = stand.exchange(stand.code("offline_access")).json()
    stand.clock.forward(days=3)
    second = stand.refresh(first["refresh_token"]).json()
    known = keys(stand)
    before, after = (
        jwt.decode(told["id_token"], known, ["RS256"]).claims for told in (first, second)
    )
    for name in ("iss", "sub", "aud", "auth_time", "sid"):
        assert before[name] == after[name]
    assert after["iat"] > before["iat"]
    assert "nonce" not in after


def test_more_than_was_granted_is_refused_and_the_token_stays_good(stand: Stand) -> None:
    stand.person()
    told = stand.exchange(stand.code("email", "offline_access")).json()
    error(stand.refresh(told["refresh_token"], scope="openid phone"), 400, "invalid_scope")
    narrow = stand.refresh(told["refresh_token"], scope="openid").json()
    assert narrow["scope"] == "openid"
    assert stand.learns(narrow["access_token"]).json().keys() == {"sub"}


# --- what is learned ---------------------------------------------------------------------------


def test_what_was_ticked_is_told_in_the_words_of_the_specification(stand: Stand) -> None:
    who = stand.person(
        contact_email="li@mail.example",
        contact_phone="+8613900007777",
        contact_address="上海市南京路 1 号",
        identity_name="李娜",
    )
    verify(stand, who, "contact.phone")  # type: ignore[arg-type]
    verify(stand, who, "realname", method="bridge/person_2")  # type: ignore[arg-type]
    scopes = ("profile", "email", "phone", "address", "realname")
    code = stand.code(*scopes, scope=f"openid {' '.join(scopes)}")
    told = stand.learns(stand.exchange(code).json()["access_token"]).json()
    assert told.pop("sub") == stand.troth.applications.name_of(who, stand.made)
    assert told == {
        "name": "李娜",
        "email": "li@mail.example",
        "email_verified": False,
        "phone_number": "+8613900007777",
        "phone_number_verified": True,
        "address": {"formatted": "上海市南京路 1 号"},
        "realname": {"verified": True, "level": "bridge/person_2"},
    }


def test_it_may_be_asked_by_post_too(stand: Stand) -> None:
    stand.person()
    access = stand.exchange(stand.code("email")).json()["access_token"]
    answer = stand.client.post("/userinfo", headers={"authorization": f"Bearer {access}"})
    assert answer.json()["email"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer app_guessed", "Basic abc", "app_guessed"]
)
def test_whatever_is_no_access_token_learns_nothing(stand: Stand, header: str) -> None:
    sent = {"authorization": header} if header else {}
    answer = stand.client.get("/userinfo", headers=sent)
    error(answer, 401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith('Bearer error="invalid_token"')


def test_an_access_token_is_no_key_to_anything_else(stand: Stand) -> None:
    who = stand.person()
    access = stand.exchange(stand.code("email")).json()["access_token"]
    answer = stand.client.get(f"/v1/subjects/{who}", headers={"authorization": f"Bearer {access}"})
    assert answer.status_code == 401


def test_an_id_token_and_a_refresh_token_learn_nothing(stand: Stand) -> None:
    stand.person()
    told = stand.exchange(stand.code("offline_access")).json()
    for token in (told["id_token"], told["refresh_token"]):
        assert stand.learns(token).status_code == 401


# --- giving back -------------------------------------------------------------------------------


def test_a_token_that_is_given_back_is_void(stand: Stand) -> None:
    stand.person()
    told = stand.exchange(stand.code("email", "offline_access")).json()
    assert stand.secret
    auth = (stand.made.id, stand.secret.reveal())
    assert stand.client.post("/revoke", data={"token": "x"}, auth=auth).status_code == 200
    given = stand.client.post("/revoke", data={"token": told["refresh_token"]}, auth=auth)
    assert given.status_code == 200
    error(stand.refresh(told["refresh_token"]), 400, "invalid_grant")
    assert stand.learns(told["access_token"]).status_code == 401
    error(stand.client.post("/revoke", data={}, auth=auth), 400, "invalid_request")
    error(stand.client.post("/revoke", data={"token": "x"}), 401, "invalid_client")


# --- how it is sent ----------------------------------------------------------------------------


def test_a_form_is_a_form(stand: Stand) -> None:
    assert stand.secret
    auth = (stand.made.id, stand.secret.reveal())
    sent: list[dict[str, Any]] = [
        {"json": {"grant_type": "authorization_code"}},
        {"content": b"grant_type=a&grant_type=b", "headers": form_headers()},
        {"content": b"code=\xff\xfe", "headers": form_headers()},
        {"content": b"code=%ff", "headers": form_headers()},
        {"content": b"&".join(b"a%d=1" % n for n in range(40)), "headers": form_headers()},
    ]
    for each in sent:
        error(stand.client.post("/token", auth=auth, **each), 400, "invalid_request")


def form_headers() -> dict[str, str]:
    return {"content-type": "application/x-www-form-urlencoded"}


def test_codes_and_tokens_are_never_asked_for_by_an_address(stand: Stand) -> None:
    for path in ("/token", "/revoke"):
        assert stand.client.get(f"{path}?code=c").status_code == 405


def test_a_plain_line_takes_nothing(stand: Stand) -> None:
    client = type(stand.client)(stand.client.app, base_url="http://centre.test")
    form = {"grant_type": "authorization_code", "client_id": stand.made.id}
    assert client.post("/token", data=form).status_code == 403
    sent = {"authorization": "Bearer app_x"}
    assert client.get("/userinfo", headers=sent).status_code == 403


def test_an_application_is_paced(stand: Stand) -> None:
    app = application(stand.troth)
    app.app.state[PACE] = Pace(stand.clock, 3)  # type: ignore[attr-defined]
    stand.client = TestClient(app, base_url=BASE)
    assert [stand.exchange("c").status_code for _ in range(4)] == [400, 400, 400, 429]
    assert int(stand.exchange("c").headers["retry-after"]) > 0


# --- scripts -----------------------------------------------------------------------------------

Ask = Callable[[Stand, dict[str, str]], Any]
ASKED: dict[str, Ask] = {
    "/token": lambda stand, headers: stand.client.post("/token", headers=headers),
    "/revoke": lambda stand, headers: stand.client.post("/revoke", headers=headers),
    "/userinfo": lambda stand, headers: stand.client.get("/userinfo", headers=headers),
}


@pytest.mark.parametrize("path", ASKED)
def test_scripts_of_entered_applications_may_read_the_answers(stand: Stand, path: str) -> None:
    headers = ASKED[path](stand, {"origin": ORIGIN}).headers
    assert headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in headers
    assert headers["vary"] == "Origin"
    asked = stand.client.options(
        path, headers={"origin": ORIGIN, "access-control-request-method": "POST"}
    )
    assert asked.status_code == 204
    assert "authorization" in asked.headers["access-control-allow-headers"]


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", BASE, f"{ORIGIN}.evil.example"])
def test_no_other_script_does(stand: Stand, path: str, origin: str) -> None:
    assert "access-control-allow-origin" not in ASKED[path](stand, {"origin": origin}).headers
    asked = stand.client.options(path, headers={"origin": origin})
    assert "access-control-allow-origin" not in asked.headers


def test_an_ended_applications_scripts_read_nothing_more(stand: Stand) -> None:
    gone = "https://gone.example"
    made, _ = stand.enter(redirects=(f"{gone}/back",))
    assert "access-control-allow-origin" in ASKED["/token"](stand, {"origin": gone}).headers
    stand.troth.applications.end(made.id)
    headers = ASKED["/token"](stand, {"origin": gone}).headers
    assert "access-control-allow-origin" not in headers


def test_no_page_is_readable_to_scripts(stand: Stand) -> None:
    stand.person()
    page = stand.authorize({"sec-fetch-site": "cross-site", "origin": ORIGIN})
    assert "access-control-allow-origin" not in page.headers
    assert led(stand.answer(page))["code"]
