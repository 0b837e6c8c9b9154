"""The service as one client feels it: acts over HTTP, one connection, one after the other.

The bars were set over a run of databunker 0.8.2 on such a machine (Go, SQLite in WAL mode, audit
on). It cannot be installed from a package registry and so does not run beside us: its figures are
told in the notes and nothing is a ratio here. Ours come with a policy, a ledger and keys apart.
"""

import itertools
import random
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import people, servers
from bench.client import Client, post
from bench.harness import Args, Contender, interleave
from bench.house import House
from bench.http import UNHURRIED
from bench.plan import Plan
from bench.report import OURS, Findings, Goal, rows_of
from troth.model.acts import Act, ConsentGiven
from troth.model.secret import Secret
from troth.model.terms import SubjectId

GROUP: Final = "service"
SCOPES: Final = ("perform", "subjects", "read", "erase")
ACTS: Final = "/v1/acts"
BARS: Final = {
    "create": (600, "databunker 523 to 575/s"),
    "read by id": (1_500, "databunker 1,386 to 1,487/s"),
    "find by e-mail": (1_300, "databunker 1,229 to 1,235/s"),
    "give consent": (900, "databunker 496 to 915/s"),
    "erase": (800, "databunker 704 to 794/s"),
}


class Desk:
    """A client of a running service, with its key and one connection."""

    def __init__(self, client: Client, key: str, subjects: list[SubjectId]) -> None:
        self.client = client
        self.subjects = subjects
        self._headers = {"Authorization": f"Bearer {key}"}
        self._numbers = itertools.count(len(subjects))

    def request(self, path: str, body: dict[str, Any]) -> Args:
        """Write one request, in the form in which ``send`` takes it."""
        return (post(path, msgspec.json.encode(body, enc_hook=_plain), self._headers),)

    def send(self, request: bytes) -> None:
        """Send a request and wait for its answer."""
        self.client.ask(request)

    def create(self, calls: int) -> list[Args]:
        """Admit somebody and keep fifteen fields."""
        return [self._arrival(SubjectId.new(people.REGION)) for _ in range(calls)]

    def _arrival(self, subject: SubjectId) -> Args:
        values = people.secrets(next(self._numbers))
        return self.request(ACTS, {"acts": people.arrival(subject, values)})

    def read(self, calls: int) -> list[Args]:
        """Open one field for a purpose that is recorded in batches."""
        body = {"fields": [people.READ], "purpose": people.BATCHED}
        chosen = random.choices(self.subjects, k=calls)
        return [self.request(f"/v1/subjects/{who}/use", body) for who in chosen]

    def find(self, calls: int) -> list[Args]:
        """Find somebody by their e-mail address."""
        numbers = random.choices(range(len(self.subjects)), k=calls)
        values = [people.profile(number)[people.READ] for number in numbers]
        body = {"field": people.READ, "purpose": people.BATCHED}
        return [self.request("/v1/subjects/find", body | {"value": value}) for value in values]

    def consent(self, calls: int) -> list[Args]:
        """Hand on that somebody agrees to marketing."""
        acts: list[Act] = [
            ConsentGiven(subject=who, to="marketing")
            for who in random.choices(self.subjects, k=calls)
        ]
        return [self.request(ACTS, {"acts": [act], "on_behalf": True}) for act in acts]

    def erase(self, calls: int) -> list[Args]:
        """Erase people who were brought in for it."""
        doomed = [SubjectId.new(people.REGION) for _ in range(calls)]
        for who in doomed:
            self.send(*self._arrival(who))
        return [
            self.request(f"/v1/subjects/{who}/erase", {"ground": "purpose_ended"}) for who in doomed
        ]


def _plain(value: object) -> object:
    return value.reveal() if isinstance(value, Secret) else str(value)


def run(plan: Plan, folder: Path) -> Findings:
    """Serve an instance and do one kind of act after the other."""
    found = Findings(group=GROUP)
    house = House(folder / "troth", plan.sizes[0])
    # Empty: for every purpose, since consents are given and withdrawn here, too.
    key = house.troth.access.make_key("bench", SCOPES, (), people.AT).reveal()
    house.close()
    port = servers.free_port()
    with ExitStack() as stack:
        stack.enter_context(servers.serving(servers.troth(folder / "troth", port), UNHURRIED, port))
        client = stack.enter_context(closing(Client(port, 1)))
        desk = Desk(client, key, house.people)
        acts: dict[str, Callable[[int], list[Args]]] = {
            "create": desk.create,
            "read by id": desk.read,
            "find by e-mail": desk.find,
            "give consent": desk.consent,
            "erase": desk.erase,
        }
        for name, supply in acts.items():
            _time(found, plan, name, Contender(
                name=OURS, n=house.n, call=desk.send, supply=supply, most=200
            ))  # fmt: skip
    return found


def _time(found: Findings, plan: Plan, name: str, contender: Contender) -> None:
    rate, note = BARS[name]
    timed = interleave([contender], plan.pace, "wall")
    goals = (Goal(of="/s", bound=">=", limit=rate),)
    found.rows += rows_of(GROUP, f"{name}, over HTTP", timed, goals, note)
