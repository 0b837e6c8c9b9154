"""A provider for tests: an instance, an application, and what a browser would do between them."""

import html
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn
from httpx import Response
from litestar.testing import TestClient
from msgspec.structs import replace

from tests.chapters.shop import BACK, CHALLENGE, SAID, VERIFIER, person
from tests.interfaces.visitor import BASE, hidden
from troth.app import Troth
from troth.documents.applications.register import Application
from troth.interfaces.server import application
from troth.model.clock import SetClock
from troth.model.secret import Secret
from troth.model.terms import SubjectId

COOKIE = "__Host-troth"
ELSEWHERE = {"sec-fetch-site": "cross-site", "accept": "text/html"}
"""What a browser says of itself when another site leads it here."""


class Stand:
    """One instance, one application, and a browser."""

    def __init__(self, troth: Troth, clock: SetClock, client: TestClient[Any]) -> None:
        self.troth = troth
        self.gate = troth.gate
        self.clock = clock
        self.made: Application
        self.made, self.secret = troth.applications.add(SAID)
        self.sign(self.made.recipient)
        self.client = client
        self.client.cookies.clear()
        self.client.headers["accept-language"] = "en-GB"

    def sign(self, recipient: str) -> None:
        """Sign an agreement with a recipient."""
        self.troth.agree(
            recipient,
            reference=f"C-{recipient}",
            purposes=("sign_in",),
            fields=("account", "contact", "identity"),
        )

    def enter(self, **changed: Any) -> tuple[Application, Secret | None]:
        """Enter another application."""
        made, secret = self.troth.applications.add(replace(SAID, **changed))
        return made, secret

    # --- people --------------------------------------------------------------------------------

    def person(self, **more: Any) -> SubjectId:
        """Open somebody's file and sign them in here."""
        who = person(self, **more)  # type: ignore[arg-type]  # the gate is all it needs
        self.enters(who)
        return who

    def enters(self, who: SubjectId) -> None:
        """Sign somebody in here: they now have the browser."""
        token = self.troth.proof.sessions.start(who, at=self.clock.now(), means=("pwd",))
        self.client.cookies.clear()
        self.client.cookies.set(COOKIE, token.reveal())

    # --- from an application and back ----------------------------------------------------------

    def asked(self, **changed: str) -> dict[str, str]:
        """Return what an application asks; an empty word is not sent."""
        words = {
            "client_id": self.made.id,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "openid email offline_access",
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: word for name, word in (words | changed).items() if word}

    def authorize(self, headers: dict[str, str] = ELSEWHERE, **changed: str) -> Response:
        """Come from the application."""
        return self.get(f"/authorize?{urlencode(self.asked(**changed))}", headers)

    def get(self, path: str, headers: dict[str, str] = ELSEWHERE) -> Response:
        """Open a page and follow nothing."""
        return self.client.get(path, headers=headers, follow_redirects=False)

    def answer(self, page: Response, *ticked: str, answer: str = "yes") -> Response:
        """Tick boxes on the page that asks, and press a button."""
        fields = hidden(page.text, "/authorize/answer") | dict.fromkeys(ticked, "yes")
        return self.client.post(
            "/authorize/answer",
            data=fields | {"answer": answer},
            headers={"origin": BASE, "accept": "text/html"},
            follow_redirects=False,
        )

    def agrees(self, *scopes: str, **changed: str) -> Response:
        """Come from the application and say yes."""
        page = self.authorize(**changed)
        return self.answer(page, *(f"scope:{scope}" for scope in scopes))

    def code(self, *scopes: str, **changed: str) -> str:
        """Come from the application, say yes where that is asked, and bring a code back."""
        page = self.authorize(**changed)
        if page.status_code == 200:
            page = self.answer(page, *(f"scope:{scope}" for scope in scopes))
        return led(page)["code"]

    # --- what programs do ----------------------------------------------------------------------

    def token(self, *, auth: Any = None, headers: Any = None, **form: str) -> Response:
        """Ask for tokens, with the application's own secret unless told."""
        if auth is None and self.secret is not None:
            auth = (self.made.id, self.secret.reveal())
        return self.client.post("/token", data=form, auth=auth or None, headers=headers)

    def exchange(self, code: str, /, **changed: Any) -> Response:
        """Exchange a code."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }
        return self.token(**(form | changed))

    def refresh(self, token: str, **changed: Any) -> Response:
        """Exchange a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.token(**(form | changed))

    def learns(self, access: str) -> Response:
        """Ask what an access token opens."""
        return self.client.get("/userinfo", headers={"authorization": f"Bearer {access}"})


def browser_of(troth: Troth) -> TestClient[Any]:
    """Return a browser at an instance that is known by an address."""
    named(troth, BASE)
    return TestClient(application(troth), base_url=BASE, raise_server_exceptions=False)


def named(troth: Troth, origin: str) -> None:
    """Let an instance be known by an address."""
    server = replace(troth.settings.server, origin=origin, requests_per_minute=10**6)
    troth.settings = replace(troth.settings, server=server)


def onward(page: Response) -> str:
    """Return where a browser is led, by a redirect or by a page that leads it."""
    if "location" in page.headers:
        return str(page.headers["location"])
    found = re.search(r'id="onward" href="([^"]+)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


def led(page: Response) -> dict[str, str]:
    """Return what an application is told by the address that somebody is led back to."""
    address = onward(page)
    assert address.startswith(f"{BACK}?"), address
    return dict(parse_qsl(urlsplit(address).query))


@contextmanager
def served(troth: Troth) -> Iterator[str]:
    """Serve an instance over HTTP on this machine, known by its own address; return that."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        base = f"http://localhost:{port}"
        named(troth, base)
        config = uvicorn.Config(
            application(troth), log_level="error", lifespan="off", access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [probe]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield base
        server.should_exit = True
        thread.join(timeout=10)
