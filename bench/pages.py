"""Pages over HTTP: how long one takes and weighs, and what a storm of sign-ins does to a reader.

The storm comes from as many networks as clients, told by a proxy that the service trusts; nobody's
sign-in slows another's. A reader asks for one page meanwhile, as it did before the storm.
"""

import re
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from bench import servers
from bench.accounts import PASSWORD, Front
from bench.client import Client
from bench.harness import quantile
from bench.http import UNHURRIED
from bench.plan import Plan
from bench.report import Fact, Findings, Goal, verdict
from troth.model.clock import SystemClock

GROUP: Final = "pages"
OPEN: Final = ("/", "/policy", "/policy/collected", "/clauses")
OWN: Final = ("/me", "/me/trail", "/me/consents")
READER: Final = "/policy/collected"
TRUSTING: Final = {"TROTH_SERVER_TRUSTED_PROXIES": "127.0.0.1"}
CALM: Final = Goal(of="x", bound="<=", limit=2.0)
TOKEN: Final = re.compile(rb'name="form_token" value="([^"]+)"')
COOKIE: Final = re.compile(rb"__Host-csrf=([^;]+)")
READS: Final = 200


def get(path: str, cookie: str = "") -> bytes:
    """Write a request for a page."""
    lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html", "Accept-Language: en"]
    if cookie:
        lines.append(f"Cookie: {cookie}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def send(port: int, path: str, fields: dict[str, str], cookie: str, network: int) -> bytes:
    """Write a form that a page of ours sends, from a network of its own."""
    body = urlencode(fields).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        f"X-Forwarded-For: 10.{network // 250}.{network % 250}.7",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        f"Cookie: {cookie}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def run(plan: Plan, folder: Path) -> Findings:
    """Weigh pages, then let everybody sign in at once."""
    found = Findings(group=GROUP)
    front = Front(folder / "troth")
    people = [front.member() for _ in range(plan.storm)]
    # The server lives by the machine's clock; the people came in by one that was hurried on.
    token = front.troth.proof.sessions.start(people[0][0], at=SystemClock().now())
    own = f"__Host-troth={token.reveal()}"
    front.troth.close()
    port = servers.free_port()
    command = servers.troth(folder / "troth", port)
    with ExitStack() as stack:
        stack.enter_context(servers.serving(command, UNHURRIED | TRUSTING, port))
        client = stack.enter_context(closing(Client(port, 1)))
        for path in (*OPEN, *OWN):
            found.facts += page(client, path, own if path in OWN else "", plan)
        found.facts += storm(client, port, [email for _, email in people])
    return found


def page(client: Client, path: str, cookie: str, plan: Plan) -> list[Fact]:
    """Ask for one page again and again: middle and worst time, and its weight."""
    request = get(path, cookie)
    weight = len(client.ask(request))
    laps = client.one_by_one([request] * max(10, plan.requests // 30))
    return [
        Fact(group=GROUP, operation=f"{path}, p50", value=quantile(laps, 0.5) / 1e6, unit="ms"),
        Fact(group=GROUP, operation=f"{path}, p99", value=quantile(laps, 0.99) / 1e6, unit="ms"),
        Fact(group=GROUP, operation=f"{path}, weight", value=weight / 1024, unit="KiB"),
    ]


def storm(client: Client, port: int, people: Sequence[str]) -> list[Fact]:
    """Let everybody sign in at once, each from a network of their own, while one person reads."""
    head, page = client.whole(get("/sign-in"))
    cookie, token = COOKIE.search(head), TOKEN.search(page)
    if cookie is None or token is None:
        raise RuntimeError("the sign-in page has no form")
    requests = [
        send(
            port,
            "/sign-in",
            {"form_token": token[1].decode(), "identifier": email, "password": PASSWORD},
            f"__Host-csrf={cookie[1].decode()}",
            network,
        )
        for network, email in enumerate(people)
    ]
    idle = client.one_by_one([get(READER)] * READS)
    took: list[float] = []

    def sign_in() -> None:
        with closing(Client(port, len(requests))) as crowd:
            start = time.perf_counter()
            crowd.send(requests)
            took.append(time.perf_counter() - start)

    crowd = threading.Thread(target=sign_in)
    crowd.start()
    busy: list[int] = []
    while crowd.is_alive():
        busy += client.one_by_one([get(READER)])
    crowd.join()
    if not took:
        raise RuntimeError("the storm did not get through")
    calm, rough = (quantile(laps, 0.99) / 1e6 for laps in (idle, busy))
    return [
        Fact(
            group=GROUP,
            operation="storm: sign-ins per second",
            value=len(requests) / took[0],
            unit="/s",
            n=len(requests),
        ),
        Fact(group=GROUP, operation="reader's p99, idle", value=calm, unit="ms"),
        Fact(
            group=GROUP,
            operation="reader's p99, in the storm",
            value=rough,
            unit="ms",
            n=len(busy),
            verdicts=[verdict(CALM, rough / calm)],
        ),
    ]
