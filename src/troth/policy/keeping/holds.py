"""Which law forbids erasing a field: one predicate for every way something is erased (9.4-5, 6.4c).

The gate asks it of every erasure, and the plan of an erasure asks it before. A hold is about the
fields it names and those alone; a law's own hold is about subjects whom that law protects or binds.
"""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.standing import Held, Standing
from troth.policy.edition import Edition, Names, above
from troth.policy.keeping.remembered import Remembered
from troth.policy.keeping.starts import began, newest
from troth.policy.regimes.minimums import minimums
from troth.policy.regimes.spans import later

Laws = tuple[tuple[str, str, str, str], ...]
"""Laws on a field: what each hold is called, its law, the event it counts from, how long."""
_KNOWN: Final = Remembered[tuple[str, str, Names], Laws]()


class Kept(Struct, frozen=True, kw_only=True):
    """What keeps a field: the hold's name, its law, and until when."""

    hold: str
    law: str
    until: Moment


def keeping(field: str, standing: Standing, edition: Edition, at: Moment) -> Kept | None:
    """Return what forbids erasing a field at a moment; ``None``: nothing does.

    One that was placed comes before the laws' own, and of those the longest counts.
    """
    if standing.holds:
        placed = standing.holding(field, at)
        if placed is not None:
            return Kept(hold=placed[0], law=placed[1].law, until=placed[1].until)
    held = standing.held.get(field)
    rules = binding(field, standing.regimes, edition)
    if held is None or not rules:
        return None
    found, until = None, at
    for rule in rules:
        ends = later(_from(rule[2], held, standing, at), rule[3])
        if ends > until:
            found, until = rule, ends
    return None if found is None else Kept(hold=found[0], law=found[1], until=until)


def laws(
    field: str, held: Held, standing: Standing, edition: Edition, at: Moment
) -> Iterator[Kept]:
    """Give every law that held a field or holds it still: the policy's own, then the regimes'."""
    for name, law, start, keep in binding(field, standing.regimes, edition):
        until = later(_from(start, held, standing, at), keep)
        yield Kept(hold=name, law=law, until=until)


def binding(field: str, regimes: Names, edition: Edition) -> Laws:
    """Return every law on a field that binds under some regimes."""
    key = (edition.hash, field, regimes)
    found = _KNOWN.get(key)
    return _KNOWN.note(key, _bound(field, regimes, edition)) if found is None else found


def _bound(field: str, regimes: Names, edition: Edition) -> Laws:
    rules = [
        (name, rule.law, rule.start, rule.keep)
        for name, rule in edition.holds.items()
        if (not rule.regimes or not set(rule.regimes).isdisjoint(regimes))
        and not above(field).isdisjoint(rule.categories)
        and rule.start != "placed"
    ]
    rules += [
        (row.name, row.cite, row.start, row.keep)
        for row in minimums(regimes)
        if not above(field).isdisjoint(row.categories)
    ]
    return tuple(rules)


def _from(start: str, held: Held, standing: Standing, at: Moment) -> Moment:
    """Return when a law's term began; one that waits for an answer begins now at the earliest."""
    if start == "settled":
        return began(start, held, standing) or at
    return began(start, held, standing) or newest(held)
