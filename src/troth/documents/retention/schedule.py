"""The schedule: how long each category is kept, by which law longer, and what then (7.2d, 7.5a).

It is read from the edition in force and the regimes' own tables. ``promised`` reduces it to what a
person approves: an edition that makes any of it shorter has to be approved anew.
"""

from collections.abc import Mapping

from msgspec import Struct

from troth.policy.edition import Edition, Retention, Words, above
from troth.policy.keeping import methods
from troth.policy.regimes.minimums import MINIMUMS
from troth.policy.regimes.spans import in_days

Promised = Mapping[str, str]
"""By field, each of its terms as ``keep from start then ending``, the shortest first."""


class Longer(Struct, frozen=True, kw_only=True):
    """A law that keeps a category longer, or forbids erasing it meanwhile."""

    law: str
    keep: str
    start: str
    regimes: tuple[str, ...]


class Line(Struct, frozen=True, kw_only=True):
    """One row of the schedule: a category, its term, the laws on it, and how stores forget it."""

    field: str
    name: Words
    keep: str
    start: str
    then: str
    purposes: tuple[str, ...]
    laws: tuple[Longer, ...]
    methods: dict[str, str]
    clauses: tuple[str, ...]


def schedule(edition: Edition) -> tuple[Line, ...]:
    """Return every row of every open category, in the order of the document."""
    return tuple(
        Line(
            field=field,
            name=category.words,
            keep=row.keep,
            start=row.start,
            then=row.then,
            purposes=row.purposes,
            laws=laws_on(field, row, edition),
            methods=dict(methods.of(field, edition)),
            clauses=row.clause,
        )
        for field, category in edition.categories.items()
        if not category.closed
        for row in rows_of(field, edition)
    )


def rows_of(field: str, edition: Edition) -> tuple[Retention, ...]:
    """Return the rows that decide for a field: of each purpose, the one that names it closest."""
    covering = [row for row in edition.retention if not above(field).isdisjoint(row.categories)]
    closest: dict[tuple[str, ...], Retention] = {}
    for row in covering:
        known = closest.get(row.purposes)
        if known is None or _depth(field, row) > _depth(field, known):
            closest[row.purposes] = row
    return tuple(closest.values())


def laws_on(field: str, row: Retention, edition: Edition) -> tuple[Longer, ...]:
    """Return what keeps a category longer than its row says, the policy's own holds first."""
    found = [
        Longer(law=rule.law, keep=rule.keep, start=rule.start, regimes=rule.regimes)
        for rule in edition.holds.values()
        if rule.start != "placed" and not above(field).isdisjoint(rule.categories)
    ]
    found += [
        Longer(law=floor.law, keep=floor.keep, start=row.start, regimes=floor.regimes)
        for floor in row.floor
    ]
    found += [
        Longer(law=one.cite, keep=one.keep, start=one.start, regimes=(one.regime,))
        for one in MINIMUMS
        if not above(field).isdisjoint(one.categories)
    ]
    return tuple(found)


def promised(edition: Edition) -> dict[str, str]:
    """Return the terms of an edition as a person approves them."""
    return {
        field: "; ".join(
            f"{row.keep} from {row.start} then {row.then}"
            for row in sorted(rows_of(field, edition), key=lambda row: in_days(row.keep))
        )
        for field, category in edition.categories.items()
        if not category.closed
    }


def shortened(old: Promised, new: Promised) -> tuple[str, ...]:
    """Name the categories of which something goes sooner, or in another way, than was approved.

    A category that is new was collected under the new terms alone.

    >>> shortened({"usage.ip": "P365D from recorded then erase"},
    ...           {"usage.ip": "P200D from recorded then erase"})
    ('usage.ip',)
    """
    return tuple(field for field, terms in new.items() if _sooner(old.get(field, terms), terms))


def _sooner(old: str, new: str) -> bool:
    if old == new:
        return False
    was, now = old.split("; "), new.split("; ")
    return len(was) != len(now) or any(_shorter(a, b) for a, b in zip(was, now, strict=True))


def _shorter(old: str, new: str) -> bool:
    (was, how), (now, so) = old.split(" ", 1), new.split(" ", 1)
    return how != so or in_days(now) < in_days(was)


def _depth(field: str, row: Retention) -> int:
    return max(map(len, above(field) & set(row.categories)))
