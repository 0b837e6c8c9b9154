"""Who is at the other end: what a request says of itself counts only from a listed proxy."""

from typing import Any

import pytest
from litestar import Request

from troth.app import Origin
from troth.interfaces.http.peers import PEERS, Peers, device_of, origin_of

AGENTS = [
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
    (
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
        ),
        "Edge, Windows",
    ),
    (
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
        ),
        "Safari, iOS",
    ),
    (
        (
            "Mozilla/5.0 (Linux; Android 15; V2324A) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.60"
        ),
        "WeChat, Android",
    ),
    (
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/140.0.0.0 Safari/537.36 OPR/121.0.0.0"
        ),
        "Opera, macOS",
    ),
    ("python-requests/2.32", ""),
    ("", ""),
    ("<script>alert(1)</script> Firefox", "Firefox"),
    ("x" * 600 + "Firefox", ""),
]


def request_of(headers: dict[str, str], *proxies: str, client: str = "192.0.2.7") -> Request:
    scope: dict[str, Any] = {
        "type": "http",
        "client": (client, 1234),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "state": {PEERS: Peers(proxies)},
    }
    return Request(scope)  # type: ignore[arg-type]  # as much of a scope as is looked at


@pytest.mark.parametrize(("agent", "words"), AGENTS)
def test_a_browser_is_two_words_that_many_share(agent: str, words: str) -> None:
    assert device_of(agent) == words


def test_a_forged_header_is_not_believed() -> None:
    forged = request_of({"x-forwarded-for": "203.0.113.9", "forwarded": "for=203.0.113.9"})
    assert origin_of(forged) == Origin(network="192.0.2.7")


@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "a socket"])
def test_where_all_would_share_one_network_there_is_none(client: str) -> None:
    assert origin_of(request_of({"x-forwarded-for": "203.0.113.9"}, client=client)) == Origin()


def test_a_listed_proxy_is_believed() -> None:
    headers = {"x-forwarded-for": "1.1.1.1, 203.0.113.9", "user-agent": AGENTS[0][0]}
    told = origin_of(request_of(headers, "192.0.2.0/24"))
    assert told == Origin(network="203.0.113.9", device="Firefox, Linux")
    assert told.place == "203.0.113.0/24"
