"""Consents given and taken back over HTTP, beside a row and a leaf that nobody judges (2.2.6, 9.3).

The server runs as it does in production; this process is its clients, on keep-alive connections.
Whoever agrees in a round takes it back in the same round, so that every word has an effect: a
judgement, an entry, a standing folded, a sealed receipt to the person, one durable commit.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import psutil

from bench import people, servers
from bench.client import Client, post
from bench.harness import Slice, Timed, turns
from bench.house import BATCH, House
from bench.http import UNHURRIED
from bench.plan import Plan
from bench.report import OURS, Fact, Findings, Goal, rows_of, verdict
from bench.sketch.http import TABLE
from troth.model.acts import AcceptTerms
from troth.model.terms import SubjectId

Turn = tuple[str, str]

GROUP: Final = "consents"
KEY: Final = "marketing"
CONNECTIONS: Final = 16
SINGLY: Final = 25
"""Words for each round on one connection, for the latencies."""
GOALS: Final = (Goal(of="/s", bound=">=", limit=900),)
RESIDENT: Final = Goal(of="MB", bound="<=", limit=120)
NOTE: Final = f"{CONNECTIONS} keep-alive connections; p99 on one"
WORDS: Final = {"given": "give a consent, over HTTP", "withdrawn": "take a consent back, over HTTP"}


class Target:
    """One server, and how its requests are written."""

    def __init__(self, port: int, pid: int, write: Callable[[str, SubjectId], bytes]) -> None:
        self.pid = pid
        self._port = port
        self._write = write

    def turn(self, word: str, crowd: list[SubjectId]) -> Slice:
        """Let some people say one word, over connections of this turn: idle ones are hung up."""
        requests = [self._write(word, who) for who in crowd]
        with closing(Client(self._port, CONNECTIONS)) as client:
            load = client.burst(requests[SINGLY:], self.pid)
            laps = client.one_by_one(requests[:SINGLY])
        return Slice(load.wall, load.cpu, [float(lap) for lap in laps])


def run(plan: Plan, folder: Path) -> Findings:
    """Serve an instance and its floor, and let people agree and think again, in turns."""
    found = Findings(group=GROUP)
    house = House(folder / "troth", plan.sizes[0])
    # Empty: for every purpose, since the house tells people of their words, too.
    key = house.troth.access.make_key("bench", ("perform",), (), people.AT).reveal()
    accept(house)
    house.close()
    with ExitStack() as stack:
        targets = {
            OURS: _serve(stack, partial(servers.troth, folder / "troth"), {}, _ours(key)),
            "sketch": _serve(
                stack,
                partial(servers.uvicorn, "bench.sketch.consents:app"),
                {TABLE: str(folder / "plain.db")},
                _plain,
            ),
        }
        slices = _in_turns(targets, house, plan)
        memory = psutil.Process(targets[OURS].pid).memory_info().rss / 2**20
    for word, operation in WORDS.items():
        chosen = {(name, house.n): slices[name, word] for name in targets}
        found.rows += rows_of(GROUP, operation, Timed("wall", chosen), GOALS, NOTE)
    found.facts.append(_resident(memory, house.n))
    return found


def accept(house: House) -> None:
    """Let everybody accept the terms, as whoever registers does: then each word is receipted."""
    edition = house.gate.policy().hash
    for start in range(0, house.n, BATCH):
        house.gate.perform(
            *(
                AcceptTerms(subject=who, edition=edition, language="en", means="checkbox")
                for who in house.people[start : start + BATCH]
            )
        )


def _serve(
    stack: ExitStack,
    command: Callable[[int], list[str]],
    env: dict[str, str],
    write: Callable[[str, SubjectId], bytes],
) -> Target:
    port = servers.free_port()
    pid = stack.enter_context(servers.serving(command(port), UNHURRIED | env, port))
    return Target(port, pid, write)


def _ours(key: str) -> Callable[[str, SubjectId], bytes]:
    body, headers = msgspec.json.encode({"to": KEY}), {"Authorization": f"Bearer {key}"}
    ends = {"given": "", "withdrawn": "/withdraw"}

    def write(word: str, who: SubjectId) -> bytes:
        return post(f"/v1/subjects/{who}/consents{ends[word]}", body, headers)

    return write


def _plain(word: str, who: SubjectId) -> bytes:
    return post("/say", msgspec.json.encode({"subject": str(who), "to": KEY, "state": word}))


def _in_turns(targets: dict[str, Target], house: House, plan: Plan) -> dict[Turn, list[Slice]]:
    slices: dict[Turn, list[Slice]] = {(name, word): [] for name in targets for word in WORDS}
    names, size = list(targets), min(house.n, plan.requests // plan.pace.rounds + SINGLY)
    for number in turns(len(names), plan.pace.rounds):
        # Nobody twice in a round: what is taken back was given in it, once.
        crowd = house.chance.sample(house.people, size)
        for word in WORDS:
            slices[names[number], word].append(targets[names[number]].turn(word, crowd))
    return slices


def _resident(memory: float, n: int) -> Fact:
    return Fact(
        group=GROUP,
        operation="server after consents, resident",
        value=memory,
        unit="MB",
        n=n,
        verdicts=[verdict(RESIDENT, memory)],
    )
