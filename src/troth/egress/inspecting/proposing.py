"""From what was seen to a data map: categories, identities, references, each with its reason."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct

from troth.egress.databases.map import UNKNOWN, Column, DataMap, Reference, StoreMap, Table
from troth.egress.databases.writing import written
from troth.egress.inspecting.judging import Guess, judge
from troth.egress.inspecting.names import is_machine, is_people, meant_table
from troth.egress.inspecting.seen import Holds, SeenColumn, SeenLink, SeenTable
from troth.model.secret import Secret

FOUND_BY: Final = (
    "contact.email",
    "contact.phone",
    "account.login",
    "identity.id_number",
    "identity.hk_id",
    "identity.passport",
)
"""Categories that people can be found by."""
Prober = Callable[[str, str, Sequence[Secret]], Holds]
"""Says how many of some values stand in a column of a table: ``(table, column, values)``."""
LIKELY: Final = 0.9
"""The share of values that have to be found where a name only hints at a reference."""
Way = Literal["in", "out", "both"]


class Proposed(Struct, frozen=True, kw_only=True):
    """One thing that is proposed: where, what, how sure (0 to 1), and why."""

    table: str
    name: str
    what: str
    confidence: float
    reason: str


class Proposal(Struct, frozen=True, kw_only=True):
    """A data map for a person to go through, and the reason for everything in it."""

    data: DataMap
    proposed: tuple[Proposed, ...] = ()

    def text(self) -> str:
        """Write it in our own format, with a reason beside each line."""
        store = self.data.stores[0].name
        notes = {
            (store, one.table, one.name): f"{one.confidence:.0%}: {one.reason}"
            for one in self.proposed
        }
        return written(self.data, notes)


def propose(
    name: str, url: str, tables: Sequence[SeenTable], prober: Prober | None = None
) -> Proposal:
    """Propose a data map for what was seen; ``url`` is written into it as it is.

    ``prober`` confirms references that only a name hints at; without one they stay less sure.
    """
    guesses = {
        table.name: {column.name: judge(table, column) for column in table.columns}
        for table in tables
    }
    links = {table.name: [*_keys(table), *_implied(table, tables, prober)] for table in tables}
    depth = _depths(tables, guesses, links)
    proposed: list[Proposed] = []
    mapped: list[Table] = []
    impersonal: list[str] = []
    for table in tables:
        personal = any(each.category for each in guesses[table.name].values())
        if not personal and not links[table.name]:
            impersonal.append(table.name)
            continue
        mapped.append(_table(table, guesses[table.name], links[table.name], depth, name))
        proposed += _told(table, guesses[table.name], links[table.name], depth)
    store = StoreMap(name=name, url=url, tables=tuple(mapped), impersonal=tuple(impersonal))
    return Proposal(data=DataMap(stores=(store,)), proposed=tuple(proposed))


class _Link(Struct, frozen=True, kw_only=True):
    link: SeenLink
    confidence: float
    reason: str


def _keys(table: SeenTable) -> Iterator[_Link]:
    for link in table.links:
        yield _Link(link=link, confidence=1.0, reason="a foreign key")


def _implied(
    table: SeenTable, tables: Sequence[SeenTable], prober: Prober | None
) -> Iterator[_Link]:
    """Give references that only a name hints at, where nothing speaks against them."""
    told = {name for link in table.links for name in link.columns}
    keyed = {each.name: each for each in tables if len(each.key) == 1}
    for column in table.columns:
        target = keyed.get(meant_table(column.name, list(keyed)))
        if column.name in told or target is None or target.name == table.name:
            continue
        if not _comparable(column, target.column(target.key[0])):
            continue
        link = SeenLink(columns=(column.name,), table=target.name, to=target.key)
        held = prober(target.name, target.key[0], column.samples) if prober else None
        if held is None or not held.asked:
            yield _Link(link=link, confidence=0.5, reason="its name, and nothing more")
        elif held.share >= LIKELY:
            reason = f"its name, and {held.share:.0%} of {held.asked} values are found there"
            yield _Link(link=link, confidence=0.85, reason=reason)


def _comparable(one: SeenColumn, other: SeenColumn | None) -> bool:
    return other is not None and (one.kind == other.kind or "text" in (one.kind, other.kind))


Guesses = Mapping[str, Mapping[str, Guess]]
Links = Mapping[str, Sequence[_Link]]


def _depths(tables: Sequence[SeenTable], guesses: Guesses, links: Links) -> Mapping[str, int]:
    """Return how many references lie between each table and one whose rows are people."""
    ways: dict[str, set[str]] = {}
    for table in tables:
        for each in links[table.name]:
            ways.setdefault(table.name, set()).add(each.link.table)
            ways.setdefault(each.link.table, set()).add(table.name)
    depth = {table.name: 0 for table in tables if _is_root(table, guesses[table.name])}
    waiting = deque(depth)
    while waiting:
        name = waiting.popleft()
        for other in sorted(ways.get(name, ())):
            if other not in depth:
                depth[other] = depth[name] + 1
                waiting.append(other)
    # Who no path leads to is found directly, if there is anything to find them by.
    for table in tables:
        if table.name not in depth and _finds(guesses[table.name].values()):
            depth[table.name] = 0
    return depth


def _is_root(table: SeenTable, guesses: Mapping[str, Guess]) -> bool:
    if is_machine(table.name):
        return False
    found = {name for name, guess in guesses.items() if guess.category in FOUND_BY}
    alone = any(column.name in found and column.unique for column in table.columns)
    named = bool(found & set(table.variables))
    return bool(found) and (is_people(table.name) or alone or named)


def _finds(guesses: Iterable[Guess]) -> bool:
    return any(guess.category in FOUND_BY for guess in guesses)


def _table(
    table: SeenTable,
    guesses: Mapping[str, Guess],
    links: Sequence[_Link],
    depth: Mapping[str, int],
    store: str,
) -> Table:
    root = depth.get(table.name) == 0
    return Table(
        name=table.name,
        key=table.key or table.variables,
        columns=tuple(
            Column(
                name=column.name,
                category=guesses[column.name].category,
                identity=_identity(guesses[column.name], root=root),
                scan=guesses[column.name].reason.startswith("free text"),
            )
            for column in table.columns
        ),
        references=tuple(
            Reference(
                columns=each.link.columns,
                store=store,
                table=each.link.table,
                to=each.link.to,
                way=_way(table.name, each.link.table, depth),
            )
            for each in links
        ),
    )


def _identity(guess: Guess, *, root: bool) -> str:
    return guess.category if root and guess.category in FOUND_BY else ""


def _way(here: str, there: str, depth: Mapping[str, int]) -> Way:
    near, far = depth.get(there), depth.get(here)
    if near is None or far is None or near == far:
        return "both"
    return "in" if near < far else "out"


def _told(
    table: SeenTable,
    guesses: Mapping[str, Guess],
    links: Sequence[_Link],
    depth: Mapping[str, int],
) -> Iterator[Proposed]:
    for name, guess in guesses.items():
        what = guess.category or "nothing"
        yield Proposed(
            table=table.name,
            name=name,
            what="not known" if guess.category == UNKNOWN else what,
            confidence=guess.confidence,
            reason=guess.reason,
        )
    said = {"in": "belongs to", "out": "uses", "both": "joins"}
    for each in links:
        way = said[_way(table.name, each.link.table, depth)]
        yield Proposed(
            table=table.name,
            name=f"-> {', '.join(each.link.columns)}",
            what=f"{way} {each.link.table}({', '.join(each.link.to)})",
            confidence=each.confidence,
            reason=each.reason,
        )
