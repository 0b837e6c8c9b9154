"""A second application, run by somebody else: a website that people enter with an account here.

It knows nothing of this house but what any application would: the provider's address, its own id
and secret. OAuth and OpenID Connect are spoken by a library that is not ours.
"""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from jwskate import JwkSet, SignedJwt
from requests_oauth2client import (
    AuthorizationRequest,
    AuthorizationResponseError,
    BearerToken,
    OAuth2Client,
    requests,
)

SCOPE = "openid email offline_access"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
PAGE = "<!doctype html><html lang=en><title>Second</title><main><h1>{title}</h1>{body}</main>"
Answer = tuple[str, list[tuple[str, str]], str]
Enter = Callable[[str], tuple[str, str]]
"""Enters an application by its own address; returns its id and secret."""


class SecondApp:
    """The website. ``heard`` are the logout tokens it was told at its back channel."""

    def __init__(self, base: str, issuer: str, client: str, secret: str) -> None:
        self.base = base
        self.issuer = issuer
        self.client = OAuth2Client.from_discovery_endpoint(
            issuer=issuer,
            client_id=client,
            client_secret=secret,
            redirect_uri=f"{base}/back",
            testing=True,
        )
        self.leave_at = requests.get(f"{issuer}/.well-known/openid-configuration").json()[
            "end_session_endpoint"
        ]
        self.scope = SCOPE
        self.more: dict[str, str] = {}
        self.begun: dict[str, AuthorizationRequest] = {}
        self.people: dict[str, tuple[BearerToken, dict[str, Any]]] = {}
        self.heard: list[dict[str, Any]] = []

    # --- pages ---------------------------------------------------------------------------------

    def home(self, visitor: str, _: str) -> Answer:
        """Say who is there."""
        if visitor not in self.people:
            return self._page("Nobody is here", '<p><a id="enter" href="/enter">Enter</a></p>')
        _, told = self.people[visitor]
        known = escape(f"{told['sub']} {told.get('email', 'without an address')}")
        return self._page(
            "Welcome", f'<p id="who">{known}</p><a id="leave" href="/leave">Leave</a>'
        )

    def enter(self, visitor: str, _: str) -> Answer:
        """Send somebody to sign in."""
        asked = self.client.authorization_request(scope=self.scope, **self.more)
        self.begun[visitor] = asked
        return self._to(str(asked.uri))

    def back(self, visitor: str, query: str) -> Answer:
        """Take somebody back: check the answer, exchange the code, check who they are."""
        asked = self.begun.pop(visitor)
        try:
            answer = asked.validate_callback(f"{self.base}/back?{query}")
        except AuthorizationResponseError as refused:
            return self._page("Not signed in", f'<p id="why">{escape(refused.error)}</p>')
        token = self.client.authorization_code(answer, validate=True)
        self.people[visitor] = token, self.client.userinfo(token)
        return self._to("/")

    def leave(self, visitor: str, _: str) -> Answer:
        """Sign somebody out, here and there."""
        token, _ = self.people.pop(visitor)
        query = urlencode(
            {
                "id_token_hint": str(token.id_token),
                "post_logout_redirect_uri": f"{self.base}/bye",
                "state": visitor[:6],
            }
        )
        return self._to(f"{self.leave_at}?{query}")

    def bye(self, _: str, __: str) -> Answer:
        """Say that somebody is signed out."""
        return self._page("You left", "")

    # --- what the provider tells ---------------------------------------------------------------

    def out(self, body: str) -> Answer:
        """Hear that somebody is signed out, and forget them."""
        keys = JwkSet(requests.get(f"{self.issuer}/.well-known/jwks.json").json())
        token = SignedJwt(parse_qs(body)["logout_token"][0])
        assert token.verify_signature(keys.get_jwk_by_kid(token.kid), alg=token.alg)
        assert token.headers["typ"] == "logout+jwt"
        claims: dict[str, Any] = token.claims
        assert (claims["iss"], claims["aud"]) == (self.issuer, self.client.client_id)
        assert LOGOUT in claims["events"]
        assert "nonce" not in claims
        self.heard.append(claims)
        self.people = {
            visitor: (token, told)
            for visitor, (token, told) in self.people.items()
            if token.id_token and token.id_token.claims["sid"] != claims["sid"]
        }
        return "200 OK", [("Cache-Control", "no-store")], ""

    # --- the web -------------------------------------------------------------------------------

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        """Answer one request."""
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        jar = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        visitor = jar["visitor"].value if "visitor" in jar else secrets.token_hex(8)
        pages = {
            "/": self.home,
            "/enter": self.enter,
            "/back": self.back,
            "/leave": self.leave,
            "/bye": self.bye,
        }
        if path == "/out":
            length = int(environ.get("CONTENT_LENGTH") or 0)
            status, headers, text = self.out(environ["wsgi.input"].read(length).decode())
        elif path in pages:
            status, headers, text = pages[path](visitor, query)
        else:
            status, headers, text = "404 Not Found", [], ""
        start(status, [*headers, ("Set-Cookie", f"visitor={visitor}; Path=/; HttpOnly")])
        return [text.encode()]

    @staticmethod
    def _page(title: str, body: str) -> Answer:
        page = PAGE.format(title=title, body=body)
        return "200 OK", [("Content-Type", "text/html; charset=utf-8")], page

    @staticmethod
    def _to(address: str) -> Answer:
        return "303 See Other", [("Location", address)], ""


class Quiet(WSGIRequestHandler):
    """Serves without a word."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
        """Say nothing."""


@contextmanager
def running(issuer: str, enter: Enter) -> Iterator[SecondApp]:
    """Run the application on a port that the machine chooses; ``enter`` enters it by address."""
    apps: list[SecondApp] = []

    def answer(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        return apps[0](environ, start)

    server = make_server("127.0.0.1", 0, answer, handler_class=Quiet)
    base = f"http://127.0.0.1:{server.server_port}"
    apps.append(SecondApp(base, issuer, *enter(base)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield apps[0]
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)
