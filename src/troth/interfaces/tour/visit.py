"""A visit to a page of the real service, over HTTP on loopback."""

import http.client
import socket
import threading
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Final
from urllib.parse import urlencode

import uvicorn
from msgspec import Struct

from troth.app import Troth
from troth.interfaces.server import application

FORM: Final = "application/x-www-form-urlencoded"


class Visited(Struct, frozen=True, kw_only=True):
    """What a browser would get: status, text, and the cookies it was asked to keep, by name."""

    status: int
    text: str
    cookies: dict[str, str]


def visit(
    troth: Troth,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
) -> Visited:
    """Serve the instance on a free loopback port for as long as one request takes.

    ``headers`` go along; a ``form`` is sent as a page of the service would send it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                application(troth), log_level="warning", lifespan="off", access_log=False
            )
        )
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        serving.start()
        try:
            return _asked(listening.getsockname()[1], path, headers or {}, form)
        finally:
            server.should_exit = True
            serving.join(timeout=10)


def _asked(
    port: int, path: str, headers: Mapping[str, str], form: Mapping[str, str] | None
) -> Visited:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    if form is None:
        connection.request("GET", path, headers=dict(headers))
    else:
        sent = {"origin": f"http://127.0.0.1:{port}", "content-type": FORM, **headers}
        connection.request("POST", path, body=urlencode(form), headers=sent)
    answer = connection.getresponse()
    cookies: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_all("set-cookie") or ():
        cookies.load(header)
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    kept = {name: one.value for name, one in cookies.items()}
    return Visited(status=answer.status, text=text, cookies=kept)
