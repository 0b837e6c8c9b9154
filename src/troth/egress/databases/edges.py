"""Which way a trace goes: references become edges, from a subject's records to others (9.1).

An edge that goes down (a customer's orders) leads to records that belong to what they hang on. One
that goes up (an order's address) leads to a record that others may use as well. A reference of
which nobody said which it is goes away from the identities, as one would walk it.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from troth.egress.databases.map import DataMap, Reference, Table


class Place(NamedTuple):
    """One table of one database."""

    store: str
    table: str


class Edge(Struct, frozen=True, kw_only=True):
    """From records of one table to those of another whose ``to`` equal their ``columns``.

    ``up``: the records it leads to may be used by others, too.
    """

    source: Place
    columns: tuple[str, ...]
    target: Place
    to: tuple[str, ...]
    up: bool


def edges(data: DataMap) -> tuple[Edge, ...]:
    """Return every edge of a data map, in the map's order.

    >>> from troth.egress.databases.map import Column, StoreMap
    >>> orders = Table(name="orders", references=(
    ...     Reference(columns=("buyer",), store="shop", table="people", to=("id",), way="in"),))
    >>> people = Table(name="people", columns=(Column(name="mail", identity="contact.email"),))
    >>> (edge,) = edges(DataMap(stores=(StoreMap(name="shop", tables=(orders, people)),)))
    >>> edge.source.table, edge.target.table, edge.up
    ('people', 'orders', False)
    """
    depth = depths(data)
    return tuple(
        edge
        for place, reference in _references(data)
        for edge in _oriented(place, reference, depth)
    )


def depths(data: DataMap) -> Mapping[Place, int]:
    """Return how many references lie between each table and the nearest identity.

    A table that no path reaches is not in it.
    """
    ways: dict[Place, list[Place]] = {}
    for place, reference in _references(data):
        other = Place(reference.store, reference.table)
        if reference.way in ("out", "both"):
            ways.setdefault(place, []).append(other)
        if reference.way in ("in", "both"):
            ways.setdefault(other, []).append(place)
    found = {place: 0 for place, table in places(data) if is_root(table)}
    waiting = deque(found)
    while waiting:
        place = waiting.popleft()
        for other in ways.get(place, ()):
            if other not in found:
                found[other] = found[place] + 1
                waiting.append(other)
    return found


def places(data: DataMap) -> Iterator[tuple[Place, Table]]:
    """Yield every table with its place."""
    for store in data.stores:
        for table in store.tables:
            yield Place(store.name, table.name), table


def is_root(table: Table) -> bool:
    """Tell whether a subject is found in a table directly."""
    return any(column.identity for column in table.columns)


def _references(data: DataMap) -> Iterator[tuple[Place, Reference]]:
    for place, table in places(data):
        for reference in table.references:
            yield place, reference


def _oriented(place: Place, reference: Reference, depth: Mapping[Place, int]) -> Iterator[Edge]:
    other = Place(reference.store, reference.table)
    here, there = depth.get(place, -1), depth.get(other, -1)
    # A table's reference to itself joins people (who brought whom): it is walked only if asked.
    if place == other and reference.way == "both":
        return
    if reference.way == "in" or (reference.way == "both" and there <= here):
        yield Edge(source=other, columns=reference.to, target=place, to=reference.columns, up=False)
    if reference.way == "out" or (reference.way == "both" and here <= there):
        yield Edge(source=place, columns=reference.columns, target=other, to=reference.to, up=True)
