"""In which order tables end, so that no foreign key is broken on the way (policy 9.4).

What refers goes before what it refers to. Where that goes round in a circle, a reference that may
be empty is emptied first.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from troth.egress.databases.map import Table
from troth.egress.sql.schema import Foreign, Live


class Sequel(Struct, frozen=True, kw_only=True):
    """Tables in the order in which they end, and the references to empty before."""

    tables: tuple[str, ...]
    emptied: tuple[Foreign, ...] = ()


def sequel(
    tables: Sequence[Table],
    lives: Mapping[str, Live],
    keys: Iterable[Foreign],
    ways: Iterable[tuple[str, str]] = (),
) -> Sequel:
    """Return the order of some tables of a map; ``ways`` are more pairs of earlier and later.

    >>> sequel([Table(name="people"), Table(name="orders", after=("people",))], {}, []).tables
    ('people', 'orders')
    """
    names = [table.name for table in tables]
    among = [key for key in keys if key.source in names and key.target in names]
    firm = [key for key in among if key.source != key.target]
    emptied = [key for key in among if key.source == key.target and _may_be_empty(key, lives)]
    said = {(name, table.name) for table in tables for name in table.after} | {*ways}
    # What the map says of references holds where no key of the database forbids it.
    wished = {(table.name, each.table) for table in tables for each in table.references}
    done: list[str] = []
    while len(done) < len(names):
        left = [name for name in names if name not in done]
        must = {(key.source, key.target) for key in firm} | said
        free = _free(left, must | wished) or _free(left, must)
        if free:
            done.append(free)
            continue
        loose = _loosest([key for key in firm if not {key.source, key.target} & {*done}], lives)
        if loose is None:
            # Nothing may be emptied: the map's order is as good as any, and the database decides.
            done += left
            break
        emptied.append(loose)
        firm.remove(loose)
    return Sequel(tables=tuple(done), emptied=tuple(emptied))


def _free(left: Sequence[str], pairs: Iterable[tuple[str, str]]) -> str | None:
    """Return the first table before which no other has to end."""
    waiting = {later for earlier, later in pairs if earlier in left and earlier != later}
    return next((name for name in left if name not in waiting), None)


def circles(lives: Mapping[str, Live], keys: Iterable[Foreign]) -> list[tuple[str, ...]]:
    """Return the tables of each circle of foreign keys of which none may be empty."""
    firm = [
        key
        for key in keys
        if key.source in lives
        and key.target in lives
        and key.source != key.target
        and not _may_be_empty(key, lives)
    ]
    found = {
        frozenset(
            {
                key.source,
                *(name for name in _below(key.source, firm) if key.source in _below(name, firm)),
            }
        )
        for key in firm
        if key.source in _below(key.target, firm)
    }
    return [tuple(sorted(names)) for names in found]


def _loosest(keys: Sequence[Foreign], lives: Mapping[str, Live]) -> Foreign | None:
    """Return a reference of a circle that may be empty."""
    for key in keys:
        if _may_be_empty(key, lives) and key.source in _below(key.target, keys):
            return key
    return None


def _below(name: str, keys: Sequence[Foreign]) -> set[str]:
    """Return every table that references lead to from one, over any number of others."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        further = {key.target for key in keys if key.source == here} - found
        found |= further
        waiting += further
    return found


def _may_be_empty(key: Foreign, lives: Mapping[str, Live]) -> bool:
    live = lives.get(key.source)
    # A composite reference is none as soon as one of its columns is empty.
    return live is not None and not live.nullable.isdisjoint(key.columns)
