"""A visit to a page of the real service, over HTTP on loopback."""

import http.client
import socket
import threading
from http.cookies import SimpleCookie

import uvicorn
from msgspec import Struct

from troth.app import Troth
from troth.interfaces.server import application


class Visited(Struct, frozen=True, kw_only=True):
    """What a browser would get: status, text, and the names of cookies it was asked to keep."""

    status: int
    text: str
    cookies: tuple[str, ...]


def visit(troth: Troth, path: str) -> Visited:
    """Serve the instance on a free loopback port for as long as one request takes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                application(troth), log_level="warning", lifespan="off", access_log=False
            )
        )
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        serving.start()
        try:
            return _get(listening.getsockname()[1], path)
        finally:
            server.should_exit = True
            serving.join(timeout=10)


def _get(port: int, path: str) -> Visited:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    cookies: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_all("set-cookie") or ():
        cookies.load(header)
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return Visited(status=answer.status, text=text, cookies=tuple(cookies))
