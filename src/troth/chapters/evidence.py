"""Evidence: the clause board, and the ledger entries that prove a clause (policy, every chapter).

A row is ``kept`` only when a rule or a control that is really here keeps it, *and* a test marked
with its id passed, *and*, for duties and rights, a kind of ledger entry proves it. One of these
makes it ``partial``, none ``open``. Nothing here is claimed by hand.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Final, Literal

from msgspec import Struct

from troth.gate import Gate
from troth.model.acts import Act, Disclose, Entrust, Share, Transfer
from troth.model.clock import Moment

Status = Literal["kept", "partial", "open"]
PROVEN_BY_ENTRY: Final = ("O", "R")
"""The kinds of clause that need an entry: duties and rights."""
GIVING: Final = tuple(kind.kind for kind in (Entrust, Share, Transfer, Disclose))
"""The kinds of entry that name who was given data."""
FROM_THE_GATE: Final = ("use.denied", "notice.delivered", "notice.failed")
"""Kinds of entry that the gate writes by itself."""


class Row(Struct, frozen=True, kw_only=True):
    """One clause: what keeps it, how that is tested, and which entries prove it.

    ``lacks`` says in words what is missing for ``kept``.
    """

    id: str
    printed: str
    kind: str
    status: Status
    en: str
    zh: str
    emphasis: bool
    rules: tuple[str, ...]
    controls: tuple[str, ...]
    rooms: tuple[str, ...]
    tests: tuple[str, ...]
    entries: tuple[str, ...]
    lacks: tuple[str, ...]


class Board(Struct, frozen=True, kw_only=True):
    """The whole policy, clause by clause, with its counts; ``duties`` counts duties and rights."""

    policy: str
    edition: str
    rows: tuple[Row, ...]
    counts: dict[str, int]
    duties: dict[str, int]


class Proof(Struct, frozen=True, kw_only=True):
    """One ledger entry that proves a clause was kept; ``quotes``: the entry names the clause."""

    region: str
    entry: str
    kind: str
    at: Moment
    by: str
    quotes: bool


class Evidence:
    """What shows that the policy is kept.

    ``tested`` names, for each clause, the tests that passed; it is written by the test run and
    shipped, never typed.
    """

    def __init__(self, gate: Gate, tested: Mapping[str, Sequence[str]]) -> None:
        self._gate = gate
        self._tested = tested

    def board(self) -> Board:
        """Return every clause of the policy in force with its status."""
        edition = self._gate.policy().edition
        rows = tuple(self.row(clause.id) for clause in edition.clauses)
        return Board(
            policy=edition.policy.id,
            edition=edition.policy.edition,
            rows=rows,
            counts=_counted(rows),
            duties=_counted(row for row in rows if row.kind in PROVEN_BY_ENTRY),
        )

    def row(self, clause_id: str) -> Row:
        """Return one clause with its status. Raises ``UnknownTerm``."""
        policy = self._gate.policy()
        clause = policy.clause(clause_id)
        rules = tuple(name for name in clause.rules if name in policy.edition.rules)
        controls = tuple(
            name
            for name in clause.controls
            if name in policy.edition.controls and is_here(policy.edition.controls[name].room)
        )
        tests = tuple(self._tested.get(clause_id, ()))
        entries = tuple(kind for kind in clause.entry if kind in entry_kinds())
        lacks = tuple(_lacks(clause.kind, (*rules, *controls), tests, entries))
        return Row(
            id=clause.id,
            printed=clause.printed,
            kind=clause.kind,
            status=_status(lacks, (*rules, *controls), tests),
            en=clause.en,
            zh=clause.zh,
            emphasis=clause.emphasis,
            rules=rules,
            controls=controls,
            rooms=tuple(policy.edition.controls[name].room for name in controls),
            tests=tests,
            entries=entries,
            lacks=lacks,
        )

    def proofs(self, clause_id: str, *, limit: int = 20) -> list[Proof]:
        """Return the newest ledger entries that prove a clause, those that quote it first.

        Raises ``UnknownTerm``.
        """
        clause = self._gate.policy().clause(clause_id)
        found = [proof for kind in clause.entry for proof in self._of_kind(kind, clause_id, limit)]
        return sorted(found, key=lambda proof: (not proof.quotes, -proof.at))[:limit]

    def given(self, since: Moment, *, most: int = 5000) -> dict[str, int]:
        """Count for each recipient how often data was given to it since a moment (policy 4).

        Nothing in it is about anybody. No more than ``most`` entries of a kind and region are read.
        """
        found: Counter[str] = Counter()
        for kind in GIVING:
            for rooms in self._gate.regions.values():
                for entry in rooms.log.recent(kind, most):
                    if entry.at < since:
                        break
                    found[str(entry.what["recipient"])] += 1
        return dict(found)

    def _of_kind(self, kind: str, clause_id: str, limit: int) -> Iterator[Proof]:
        for region, rooms in self._gate.regions.items():
            for entry in rooms.log.recent(kind, limit):
                yield Proof(
                    region=region,
                    entry=entry.id,
                    kind=kind,
                    at=entry.at,
                    by=entry.by,
                    quotes=clause_id in entry.clauses,
                )


def entry_kinds() -> frozenset[str]:
    """Return every kind of entry that the program can write."""
    return frozenset({act.kind for act in _kinds_of(Act)}) | set(FROM_THE_GATE)


def _kinds_of(base: type[Act]) -> Iterator[type[Act]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds_of(kind)


def is_here(room: str) -> bool:
    """Tell whether a room that a control names is part of this program.

    >>> is_here("chapters/rights"), is_here("documents/proof"), is_here("chapters/nowhere")
    (True, True, False)
    """
    path = resources.files("troth").joinpath(room)
    return path.is_dir() or resources.files("troth").joinpath(f"{room}.py").is_file()


def _lacks(
    kind: str, kept_by: Sequence[str], tests: Sequence[str], entries: Sequence[str]
) -> Iterator[str]:
    if not kept_by:
        yield "a rule or control"
    if not tests:
        yield "a test that passes"
    if kind in PROVEN_BY_ENTRY and not entries:
        yield "an entry that proves it"


def _status(lacks: Sequence[str], kept_by: Sequence[str], tests: Sequence[str]) -> Status:
    if not lacks:
        return "kept"
    return "partial" if kept_by or tests else "open"


def _counted(rows: Iterable[Row]) -> dict[str, int]:
    found = {"kept": 0, "partial": 0, "open": 0}
    for row in rows:
        found[row.status] += 1
    return found
