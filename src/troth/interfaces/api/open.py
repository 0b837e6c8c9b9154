"""The open book of promises, and how the service is (policy 11.4, 11.5; RFC 9116, GPC).

Everything here may be read by anybody but the figures, which take a key with the scope ``metrics``.
None of it is about a person.
"""

from typing import Final

from msgspec import Struct

from troth.interfaces.api.answers import Words
from troth.interfaces.api.ledger import TEXT
from troth.interfaces.http.codec import encode
from troth.interfaces.http.endpoint import JSON, Call, Raw
from troth.model.acts import Json
from troth.model.clock import Moment, date, iso
from troth.model.errors import TrothError
from troth.model.terms import Region

YAML: Final = "application/yaml"
FIGURES: Final = "text/plain; version=0.0.4"


class Shelved(Struct, frozen=True):
    """One published edition: its hash, its name, when it takes effect, when it was published."""

    hash: str
    edition: str
    effective: Moment
    published: Moment


class InForce(Struct, frozen=True):
    """The edition in force: its hash, and text and meaning in one document."""

    hash: str
    edition: dict[str, Json]


class ClauseRow(Struct, frozen=True, kw_only=True):
    """One clause: what keeps it, how that is tested, which entries prove it, what is lacking."""

    id: str
    printed: str
    kind: str
    status: str
    en: str
    zh: str
    emphasis: bool
    rules: tuple[str, ...]
    controls: tuple[str, ...]
    rooms: tuple[str, ...]
    tests: tuple[str, ...]
    entries: tuple[str, ...]
    lacks: tuple[str, ...]


class ClauseBoard(Struct, frozen=True, kw_only=True):
    """The whole policy, clause by clause, with its counts."""

    policy: str
    edition: str
    rows: tuple[ClauseRow, ...]
    counts: dict[str, int]
    duties: dict[str, int]


class Alive(Struct, frozen=True):
    """The process runs."""

    status: str = "alive"


class Ready(Struct, frozen=True):
    """Whether every store answers and a policy is in force; what does not is named.

    ``failing`` are the codes of what the scheduler could not do lately.
    """

    status: str
    stores: dict[str, str]
    edition: str
    failing: tuple[str, ...] = ()


class Signal(Struct, frozen=True, rename="camel"):
    """Whether the browser signal Global Privacy Control is honoured, and since which edition."""

    gpc: bool
    last_update: str


# --- the policy --------------------------------------------------------------------------------


def policy(call: Call[None]) -> Raw:
    """Give the edition in force, text and meaning, with its hash."""
    found = call.troth.gate.policy()
    return Raw(encode({"hash": found.hash, "edition": found.edition}), JSON)


def editions(call: Call[None]) -> tuple[Shelved, ...]:
    """List the published editions, the one in force latest last."""
    return tuple(
        Shelved(slot.hash, slot.edition, slot.effective, slot.published)
        for slot in call.troth.gate.editions()
    )


def source(call: Call[None]) -> Raw:
    """Give an edition's document as it was written and published."""
    return Raw(call.troth.gate.source(call.path["edition"]).encode(), YAML)


def clauses(call: Call[None]) -> Raw:
    """Give the clause board: which rows are kept, by what, and how that is tested."""
    return Raw(encode(call.troth.evidence.board()), JSON)


def security_txt(call: Call[None]) -> Raw:
    """Say whom to write to about a hole (RFC 9116)."""
    contact = call.troth.gate.policy().edition.controller.contact
    lines = (
        f"Contact: {contact if ':' in contact else f'mailto:{contact}'}",
        f"Expires: {iso(call.troth.in_a_year())}",
        "Preferred-Languages: zh, en",
    )
    return Raw("".join(f"{line}\n" for line in lines).encode(), TEXT)


def gpc(call: Call[None]) -> Signal:
    """Say that Global Privacy Control is honoured."""
    return Signal(gpc=True, last_update=date(call.troth.gate.policy().edition.policy.effective))


# --- how the service is ------------------------------------------------------------------------


def alive(_: Call[None]) -> Alive:
    """Answer as long as the process runs."""
    return Alive()


def ready(call: Call[None]) -> Raw:
    """Answer whether every store can be read and a policy is in force; 503 where not."""
    stores = {str(region): _state(call, region) for region in call.troth.gate.regions}
    try:
        edition = call.troth.gate.policy().hash
    except TrothError:
        edition = ""
    well = bool(edition) and all(state == "ready" for state in stores.values())
    told = Ready("ready" if well else "not ready", stores, edition, tuple(call.house.failures()))
    return Raw(encode(told), JSON, status=200 if well else 503)


def _state(call: Call[None], region: Region) -> str:
    try:
        call.troth.gate.regions[region].log.size()
    except TrothError as error:
        return error.code
    return "ready"


def metrics(call: Call[None]) -> Raw:
    """Give figures in Prometheus' text format; none of them is about anybody."""
    entries, parcels = _head("ledger_entries", "gauge"), _head("outbox_parcels", "gauge")
    for region, rooms in call.troth.gate.regions.items():
        entries.append(f'troth_ledger_entries{{region="{region}"}} {rooms.log.size()}')
        backlog = rooms.courier.waiting()
        for state, count in (("waiting", backlog.waiting), ("dead", backlog.dead)):
            parcels.append(f'troth_outbox_parcels{{region="{region}",state="{state}"}} {count}')
    orders, overdue = _head("database_orders", "gauge"), _head("database_orders_overdue", "gauge")
    for region, counts in call.troth.gate.databases.counts().items():
        for (store, state), count in sorted(counts.waiting.items()):
            labels = f'region="{region}",store="{store}",state="{state}"'
            orders.append(f"troth_database_orders{{{labels}}} {count}")
        overdue.append(f'troth_database_orders_overdue{{region="{region}"}} {counts.overdue}')
    choices = _head("cookie_choices_total", "counter")
    for (category, answer), count in call.troth.cookies.choices().items():
        labels = f'category="{category}",answer="{answer}"'
        choices.append(f"troth_cookie_choices_total{{{labels}}} {count}")
    answers = _head("answers_total", "counter")
    for (method, status), count in sorted(call.house.served.items()):
        answers.append(f'troth_answers_total{{method="{method}",status="{status}"}} {count}')
    lines = [*entries, *parcels, *orders, *overdue, *choices, *answers]
    return Raw(("\n".join(lines) + "\n").encode(), FIGURES)


HELP: Final[Words] = {
    "ledger_entries": "Entries that have a place in a region's ledger.",
    "outbox_parcels": "Notices that wait in a region's outbox, by state.",
    "database_orders": "Orders that wait for another database, by its name and state.",
    "database_orders_overdue": "Orders to other databases whose term is over.",
    "cookie_choices_total": "Choices about cookies since the start, by category and answer.",
    "answers_total": "Answers given since the start, by method and status.",
}


def _head(name: str, kind: str) -> list[str]:
    return [f"# HELP troth_{name} {HELP[name]}", f"# TYPE troth_{name} {kind}"]
