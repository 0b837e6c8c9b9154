"""Plans of sweeps: what would go, what a law holds, who has to be warned; approved by people (7.2).

The first sweep of an instance only plans, and so does the first one after an edition that makes a
term shorter. A plan is figures, by category, what is done with it and the law; there is nobody in
it. Once somebody approved it, sweeps go on by themselves until a term is shortened again.
"""

import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Final, Literal

import msgspec
from msgspec import Struct

from troth.documents.retention.schedule import Promised, shortened
from troth.model.clock import Moment
from troth.model.errors import BadInput, NotFound
from troth.store.sql import Row, Store, Tx

Done = Literal["erase", "anonymise", "restrict", "hold", "warn", "cannot_warn"]
"""What a sweep does with a field: ``hold``: a law forbids it, so it is only set aside."""
State = Literal["proposed", "approved", "superseded"]

COLUMNS: Final = "id, made_at, edition, terms, figures, state, decided_at, decided_by"
# A plan is made.
ADD: Final = (
    "INSERT INTO retention_plans (id, made_at, edition, terms, figures, state, decided_at,"
    " decided_by) VALUES (?, ?, ?, ?, ?, 'proposed', NULL, '')"
)
# Another takes its place.
SUPERSEDE: Final = "UPDATE retention_plans SET state = 'superseded' WHERE state = 'proposed'"
# What was approved before counts no longer.
REPLACE: Final = "UPDATE retention_plans SET state = 'superseded' WHERE state = 'approved'"
# Somebody says yes; of two at once, one does.
APPROVE: Final = (
    "UPDATE retention_plans SET state = 'approved', decided_at = ?, decided_by = ?"
    " WHERE id = ? AND state = 'proposed'"
)
# One plan; the newest of a state.
ONE: Final = f"SELECT {COLUMNS} FROM retention_plans WHERE id = ?"
NEWEST: Final = (
    f"SELECT {COLUMNS} FROM retention_plans WHERE state = ? ORDER BY made_at DESC, id DESC LIMIT 1"
)
# All of them, newest first.
ALL_PLANS: Final = f"SELECT {COLUMNS} FROM retention_plans ORDER BY made_at DESC, id DESC LIMIT ?"

_TERMS: Final = msgspec.json.Decoder(dict[str, str])


class Figure(Struct, frozen=True, kw_only=True):
    """One line of a plan: of how many subjects what is done with a category, and by which law."""

    field: str
    done: Done
    law: str = ""
    subjects: int


_FIGURES: Final = msgspec.json.Decoder(tuple[Figure, ...])


class Figures:
    """Figures that are being added up."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Done, str]] = Counter()
        self.subjects = 0

    def add(self, fields: Iterable[str], done: Done, law: str = "") -> None:
        """Count some fields of one subject."""
        self._counts.update((field, done, law) for field in fields)

    def told(self) -> tuple[Figure, ...]:
        """Return the lines, by category."""
        return tuple(
            Figure(field=field, done=done, law=law, subjects=many)
            for (field, done, law), many in sorted(self._counts.items())
        )


class SweepPlan(Struct, frozen=True, kw_only=True):
    """A plan: under which terms it was made, its figures, and who approved it when."""

    id: str
    made: Moment
    edition: str
    terms: dict[str, str]
    figures: tuple[Figure, ...]
    state: State
    decided: Moment | None
    by: str

    @property
    def values(self) -> int:
        """How many values would go."""
        return sum(one.subjects for one in self.figures if one.done in ("erase", "anonymise"))


class Plans:
    """The plans of a house, kept in its home region: they are about nobody."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def propose(
        self, figures: tuple[Figure, ...], terms: Promised, *, edition: str, at: Moment
    ) -> SweepPlan:
        """Keep a plan in place of one that waited; the same figures and terms are the same plan."""
        waiting = self.newest("proposed")
        if waiting and (waiting.figures, waiting.terms) == (figures, dict(terms)):
            return waiting
        plan = secrets.token_hex(6)
        row = (plan, at, edition, *map(_json, (dict(terms), figures)))

        def work(tx: Tx) -> None:
            tx.run(SUPERSEDE)
            tx.run(ADD, row)

        self._store.transact(work)
        return self.get(plan)

    def approve(self, plan: str, *, terms: Promised, by: str, at: Moment) -> SweepPlan:
        """Let sweeps go by a plan from now on.

        Raises ``NotFound``, and ``BadInput`` for one that was decided, or was made under terms that
        were longer than those of now.
        """
        known = self.get(plan)
        if known.state != "proposed" or shortened(known.terms, terms):
            raise BadInput(
                f"plan `{plan}` is no longer the one to approve",
                clause="7.2e",
                remedy="make a plan anew and look at it",
                field="plan",
            )

        def work(tx: Tx) -> None:
            tx.run(REPLACE)
            tx.run(APPROVE, (at, by, plan))

        self._store.transact(work)
        return self.get(plan)

    def covers(self, terms: Promised) -> bool:
        """Tell whether somebody approved terms that are no longer than these."""
        approved = self.newest("approved")
        return approved is not None and not shortened(approved.terms, terms)

    def get(self, plan: str) -> SweepPlan:
        """Return a plan. Raises ``NotFound``."""
        for row in self._store.query(ONE, (plan,)):
            return _plan(row)
        raise NotFound(f"there is no plan `{plan}`")

    def newest(self, state: State) -> SweepPlan | None:
        """Return the newest plan of a state, if there is one."""
        rows = self._store.query(NEWEST, (state,))
        return _plan(rows[0]) if rows else None

    def all(self, limit: int = 20) -> list[SweepPlan]:
        """Return the newest plans."""
        return [_plan(row) for row in self._store.query(ALL_PLANS, (limit,))]


def _json(told: object) -> str:
    return msgspec.json.encode(told, order="sorted").decode()


def _plan(row: Row) -> SweepPlan:
    plan, made, edition, terms, figures, state, decided, by = row
    return SweepPlan(
        id=plan,
        made=Moment(made),
        edition=edition,
        terms=_TERMS.decode(terms),
        figures=_FIGURES.decode(figures),
        state=state,
        decided=None if decided is None else Moment(decided),
        by=by,
    )
