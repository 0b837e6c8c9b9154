"""A read over HTTP: gated, decrypted and recorded, beside a bare handler that does none of it.

What counts is the processor time of the *server process* for each request, under 16 connections;
latencies (p10, p99) are those of one connection. All servers run at once and are asked in turns.
"""

import random
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import msgspec

from bench import people, servers
from bench.client import Client, post
from bench.harness import Slice, Timed, turns
from bench.house import House
from bench.plan import Plan
from bench.report import OURS, Findings, Goal, rows_of
from bench.sketch import http as sketch

GROUP: Final = "http"
FIELDS: Final = ("contact.email", "contact.phone", "contact.address")
CONNECTIONS: Final = 16
SINGLY: Final = 100
"""Requests for each round on one connection, for the latencies."""
APPS: Final = {"sketch": "bench.sketch.http:app", "fastapi": "bench.peer.http:app"}
GOALS: Final = (Goal(of="x", bound="<=", limit=1.0, against="fastapi"),)
NOTE: Final = f"server CPU for each request, {CONNECTIONS} connections; {len(FIELDS)} fields"
UNHURRIED: Final = {"TROTH_SERVER_REQUESTS_PER_MINUTE": "100000000"}


class Target:
    """One server and the requests it is sent."""

    def __init__(self, name: str, pid: int, port: int, requests: list[bytes]) -> None:
        self.name = name
        self._pid = pid
        self._port = port
        self._requests = requests

    def turn(self, calls: int) -> Slice:
        """Connect, send a burst, then some one by one; hang up, as servers soon would."""
        with closing(Client(self._port, CONNECTIONS)) as client:
            client.one_by_one(self._requests[:1])
            load = client.burst(random.choices(self._requests, k=calls), self._pid)
            laps = client.one_by_one(random.choices(self._requests, k=min(calls, SINGLY)))
        return Slice(load.wall, load.cpu, [float(lap) for lap in laps])


def plain_requests(n: int) -> list[bytes]:
    """Return the requests that the bare handlers understand."""
    asked = ({"subject": f"cn-{i}", "fields": FIELDS, "purpose": people.PURPOSE} for i in range(n))
    return [post("/read", msgspec.json.encode(one)) for one in asked]


def gated_requests(house: House, purpose: str, key: str) -> list[bytes]:
    """Return the requests of a service that holds a key with the scope ``read``."""
    body = msgspec.json.encode({"fields": FIELDS, "purpose": purpose})
    headers = {"Authorization": f"Bearer {key}"}
    return [post(f"/v1/subjects/{who}/use", body, headers) for who in house.people]


def service_key(house: House) -> str:
    """Make a key for the two purposes that are read for."""
    purposes = (people.BATCHED, people.PURPOSE)
    return house.troth.access.make_key("bench", ("read",), purposes, people.AT).reveal()


def run(plan: Plan, folder: Path) -> Findings:
    """Start all servers, ask them in turns, and compare."""
    found = Findings(group=GROUP)
    n = plan.sizes[0]
    house = House(folder / "troth", n)
    key = service_key(house)
    gated = {
        "batched": gated_requests(house, people.BATCHED, key),
        "durable": gated_requests(house, people.PURPOSE, key),
    }
    house.close()
    sketch.fill(folder / "plain.db", {f"cn-{i}": people.profile(i) for i in range(n)})
    with ExitStack() as stack:
        targets = [*_bare(stack, folder, n), *_ours(stack, folder, gated)]
        slices = _in_turns(targets, plan)
    for how, operation in (("batched", "in batches"), ("durable", "durably")):
        chosen = {(OURS if who == how else who, n): slices[who] for who in (how, *APPS)}
        timed = Timed("cpu", chosen)
        found.rows += rows_of(GROUP, f"HTTP read, recorded {operation}", timed, GOALS, NOTE)
    return found


def _bare(stack: ExitStack, folder: Path, n: int) -> list[Target]:
    requests = plain_requests(n)
    env = {sketch.TABLE: str(folder / "plain.db")}
    targets = []
    for name, app in APPS.items():
        port = servers.free_port()
        pid = stack.enter_context(servers.serving(servers.uvicorn(app, port), env, port))
        targets.append(Target(name, pid, port, requests))
    return targets


def _ours(stack: ExitStack, folder: Path, gated: dict[str, list[bytes]]) -> list[Target]:
    port = servers.free_port()
    command = servers.troth(folder / "troth", port)
    pid = stack.enter_context(servers.serving(command, UNHURRIED, port))
    return [Target(how, pid, port, requests) for how, requests in gated.items()]


def _in_turns(targets: list[Target], plan: Plan) -> dict[str, list[Slice]]:
    calls = max(CONNECTIONS, plan.requests // plan.pace.rounds // CONNECTIONS * CONNECTIONS)
    slices: dict[str, list[Slice]] = {target.name: [] for target in targets}
    for target in targets:
        target.turn(calls)
    for turn in turns(len(targets), plan.pace.rounds):
        slices[targets[turn].name].append(targets[turn].turn(calls))
    return slices
