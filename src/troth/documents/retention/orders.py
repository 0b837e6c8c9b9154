"""Orders to erase: a purpose closed, a service stopped, a law's demand (9.4-1, 9.4-2, 9.4-4).

An order is about what, never about whom. It is carried out subject by subject in the order of their
ids; where it has got to is written down, so that whoever kills it lets it go on from there.
"""

import secrets
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import Moment
from troth.model.errors import NotFound
from troth.model.standing import Standing
from troth.model.terms import Region, matches
from troth.policy.edition import Edition
from troth.store.sql import Row, Store

Kind = Literal["purpose", "service", "law"]
GROUNDS: Final = {"purpose": "purpose_closed", "service": "service_stopped", "law": "law"}
"""What the entry of an erasure says why."""

COLUMNS: Final = (
    "id, kind, name, law, regimes, categories, at, ordered_by, region, cursor, erased, done_at"
)
# An order is given.
ADD: Final = (
    f"INSERT INTO retention_orders ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', 0, NULL)"
)
ONE: Final = f"SELECT {COLUMNS} FROM retention_orders WHERE id = ?"
# All, newest first.
LIST: Final = f"SELECT {COLUMNS} FROM retention_orders ORDER BY at DESC, id"
# What is not done yet, oldest first.
OPEN: Final = f"SELECT {COLUMNS} FROM retention_orders WHERE done_at IS NULL ORDER BY at, id"
# How far one is.
ADVANCE: Final = (
    "UPDATE retention_orders SET region = ?, cursor = ?, erased = erased + ? WHERE id = ?"
)
DONE: Final = "UPDATE retention_orders SET done_at = ? WHERE id = ?"


class Order(Struct, frozen=True, kw_only=True):
    """An order. ``name`` is the purpose or service, or what the law's demand is called."""

    id: str
    kind: Kind
    name: str
    law: str
    regimes: tuple[str, ...]
    categories: tuple[str, ...]
    at: Moment
    by: str
    region: str
    cursor: str
    erased: int
    done: Moment | None


class Orders:
    """The orders of a house, kept in its home region."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def give(
        self,
        kind: Kind,
        name: str,
        *,
        at: Moment,
        by: str,
        law: str = "",
        regimes: Iterable[str] = (),
        categories: Iterable[str] = (),
    ) -> Order:
        """Write an order down; it is carried out from the first subject on."""
        order = secrets.token_hex(6)
        row = (order, kind, name, law, " ".join(regimes), " ".join(categories), at, by)
        self._store.transact(lambda tx: tx.run(ADD, row))
        return self.get(order)

    def get(self, order: str) -> Order:
        """Return an order. Raises ``NotFound``."""
        for row in self._store.query(ONE, (order,)):
            return _order(row)
        raise NotFound(f"there is no order `{order}`")

    def all(self) -> list[Order]:
        """Return every order, newest first."""
        return [_order(row) for row in self._store.query(LIST)]

    def open(self) -> list[Order]:
        """Return what is not carried out yet, oldest first."""
        return [_order(row) for row in self._store.query(OPEN)]

    def advance(self, order: Order, region: Region, cursor: str, erased: int) -> None:
        """Write down how far an order is."""
        row = (str(region), cursor, erased, order.id)
        self._store.transact(lambda tx: tx.run(ADVANCE, row))

    def finish(self, order: Order, at: Moment) -> None:
        """Write down that an order was carried out."""
        self._store.transact(lambda tx: tx.run(DONE, (at, order.id)))

    def stopped(self) -> frozenset[str]:
        """Return the services that were stopped."""
        return frozenset(one.name for one in self.all() if one.kind == "service")

    def closed(self) -> frozenset[str]:
        """Return the purposes that were closed."""
        return frozenset(one.name for one in self.all() if one.kind == "purpose")


def covered(
    order: Order,
    standing: Standing,
    edition: Edition,
    *,
    closed: frozenset[str],
    stopped: frozenset[str],
) -> tuple[str, ...]:
    """Return the fields of a subject that an order makes due; what a law holds is among them.

    A purpose ends what rests on closed purposes alone; a service what it needed and no other that
    still runs; a law the categories it names, of those whom its regimes protect.
    """
    if order.kind == "law":
        binds = not order.regimes or not set(order.regimes).isdisjoint(standing.regimes)
        return tuple(_matching(order.categories, standing)) if binds else ()
    if order.kind == "service":
        return tuple(_of_service(order.name, standing, edition, stopped))
    return tuple(
        field
        for field, held in standing.held.items()
        if order.name in held.purposes and closed.issuperset(held.purposes)
    )


def _of_service(
    name: str, standing: Standing, edition: Edition, stopped: frozenset[str]
) -> Iterator[str]:
    needed = edition.services[name].needs if name in edition.services else ()
    others = {
        field
        for other, service in edition.services.items()
        if other != name and other not in stopped
        for field in service.needs
    }
    for field, held in standing.held.items():
        own = field in needed and field not in others
        if own or held.purposes == (name,):
            yield field


def _matching(patterns: Iterable[str], standing: Standing) -> Iterator[str]:
    patterns = tuple(patterns)
    return (one for one in standing.held if any(matches(pattern, one) for pattern in patterns))


def _order(row: Row) -> Order:
    order, kind, name, law, regimes, categories, at, by, region, cursor, erased, done = row
    return Order(
        id=order,
        kind=kind,
        name=name,
        law=law,
        regimes=tuple(regimes.split()),
        categories=tuple(categories.split()),
        at=Moment(at),
        by=by,
        region=region,
        cursor=cursor,
        erased=erased,
        done=None if done is None else Moment(done),
    )
