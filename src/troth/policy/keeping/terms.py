"""When a field is due: its term, the law that extends it, and what then happens (7.2d, 7.2e, 9.4).

A field is kept for the longest of the purposes it was collected for, those that were closed left
out. Where a law that binds the subject demands more, that prevails and is named with its citation.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.standing import Held, Standing
from troth.policy.declared import Declared
from troth.policy.edition import Names, Retention, above
from troth.policy.keeping.remembered import Remembered
from troth.policy.keeping.starts import PURPOSE, began, newest
from troth.policy.regimes.minimums import Minimum, minimums
from troth.policy.regimes.spans import later
from troth.policy.words import LAST_ACTIVITY

_KNOWN: Final = Remembered[tuple[str, str, Names], tuple[Retention, ...]]()


class Term(Struct, frozen=True, kw_only=True):
    """How long one field of one subject is kept.

    ``ends`` is nothing while the event that starts the term has not happened. ``law`` names what
    extended the policy's own term; ``warn`` how long before the end its subject is told.
    """

    field: str
    start: str
    keep: str
    ends: Moment | None
    law: str = ""
    then: str = "erase"
    warn: Names = ()


def term(field: str, standing: Standing, policy: Declared) -> Term:
    """Return the term of a held field. Raises ``UnknownTerm`` for one the policy does not know."""
    held = standing.held[field]
    row, ends = _row(field, held, standing, policy)
    law = ""
    if ends is not None:
        for what, until in _floors(field, row, held, standing):
            if until > ends:
                ends, law = until, what
    warn = row.warn if row.start == LAST_ACTIVITY else ()
    return Term(
        field=field, start=row.start, keep=row.keep, ends=ends, law=law, then=row.then, warn=warn
    )


def would_end(
    fields: Iterable[str], purpose: str, standing: Standing, policy: Declared, at: Moment
) -> Moment:
    """Return when what is seen of a visit now is due: the last of its fields' terms."""
    ends = [at]
    for field in fields:
        held = Held(at, (purpose,), "observed")
        row, end = _row(field, held, standing, policy)
        floors = (until for _, until in _floors(field, row, held, standing))
        ends.append(max((end or at, *floors)))
    return max(ends)


def due(field: str, standing: Standing, policy: Declared) -> Moment | None:
    """Return when a held field is due; ``None``: its term waits for an event still to come.

    What an erasure left because a law held it waits for nothing but that law.
    """
    if waits(field, standing):
        return Moment(0)
    return term(field, standing, policy).ends


def waits(field: str, standing: Standing) -> bool:
    """Tell whether a field is only still there because a law held it when the rest was erased."""
    restriction = standing.restrictions.get(field)
    return standing.life == "closed" or (restriction is not None and restriction.until is not None)


def _row(
    field: str, held: Held, standing: Standing, policy: Declared
) -> tuple[Retention, Moment | None]:
    """Return the row of the purpose that keeps a field longest, and the end of its term."""
    purposes = held.purposes
    if standing.marks:
        purposes = tuple(one for one in purposes if PURPOSE + one not in standing.marks)
        if held.purposes and not purposes:
            row = policy.retention_of(field, held.purposes[0])
            return row, max(standing.marks[PURPOSE + one] for one in held.purposes)
    rows = _rows(field, purposes, policy)
    if len(rows) == 1:
        return rows[0], _ends(rows[0], held, standing)
    ends = [(row, _ends(row, held, standing)) for row in rows]
    for row, end in ends:
        if end is None:
            return row, None
    return max(ends, key=lambda pair: pair[1] or 0)


def _rows(field: str, purposes: Names, policy: Declared) -> tuple[Retention, ...]:
    key = (policy.edition.hash, field, purposes)
    found = _KNOWN.get(key)
    if found is None:
        rows = [policy.retention_of(field, purpose) for purpose in purposes or ("",)]
        found = _KNOWN.note(key, tuple({id(row): row for row in rows}.values()))
    return found


def _ends(row: Retention, held: Held, standing: Standing) -> Moment | None:
    start = began(row.start, held, standing)
    return None if start is None else later(start, row.keep)


def _floors(field: str, row: Retention, held: Held, standing: Standing) -> list[tuple[str, Moment]]:
    """Return the laws that set a term of their own, each with its end."""
    laws = demanded(field, standing.regimes)
    if not row.floor and not laws:
        return []
    floors = [
        (floor.law, later(newest(held), floor.keep))
        for floor in row.floor
        if not floor.regimes or not set(floor.regimes).isdisjoint(standing.regimes)
    ]
    for law in laws:
        start = began(law.start, held, standing)
        floors.append((law.cite, later(start or newest(held), law.keep)))
    return floors


@lru_cache(maxsize=8192)
def demanded(field: str, regimes: Names) -> tuple[Minimum, ...]:
    """Return the terms that the laws of some regimes demand for a field."""
    return tuple(law for law in minimums(regimes) if not above(field).isdisjoint(law.categories))
