"""Any service that takes OpenDSR 2.0 requests, as a database of the controller's (policy 9.4).

It answers in its own time, perhaps days: until then it counts as unreachable, and is asked about
the same request again. "completed" alone is never believed: after an erasure an *access* request
has to come back with nothing. The map's tables name what its results hold; a column with an
identity is called as OpenDSR calls it (``email``, ``controller_customer_id``).
"""

import base64
import hmac
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from troth.egress.databases.edges import Edge, edges
from troth.egress.databases.finding import Finding
from troth.egress.databases.map import UNKNOWN, DataMap, StoreMap, Table
from troth.egress.databases.port import (
    Held,
    How,
    Known,
    Lead,
    Order,
    Reach,
    Remain,
    Step,
    Task,
    Traced,
    Value,
    grown,
)
from troth.egress.named.asking import sole, unmapped
from troth.egress.named.tally import Tally
from troth.egress.named.trees import Tree, text_of, values
from troth.egress.post import SigningKey
from troth.egress.processors.requesting import Requests, Status, address
from troth.model.clock import Clock, SystemClock
from troth.model.errors import Misconfigured, Unreachable
from troth.model.secret import Secret
from troth.model.terms import matches

SCHEMES: Final = ("https", "http")
TIMEOUT: Final = 10.0
ASKED: Final = "(access)"
"""The table of the lead that keeps the id of a request for a copy."""
KINDS: Final[Mapping[Task, str]] = {
    "erase": "erasure",
    "correct": "rectification",
    "restrict": "restriction",
    "release": "release",
}
DONE: Final = "completed"
MOST_PENDING: Final = 10_000


class ServiceDatabase:
    """One service. Safe from many threads."""

    def __init__(
        self,
        mapped: StoreMap,
        url: Secret | str,
        *,
        key: bytes,
        ways: Sequence[Edge] = (),
        timeout: float = TIMEOUT,
        clock: Clock | None = None,
    ) -> None:
        """Take its map and address; nothing is asked yet. Raises ``Misconfigured``.

        The address may carry a token and a signing secret: ``https://{token}:{secret}@host/path``.
        Without a secret, requests are signed by one that ``key`` and the name make.
        """
        where = address(url)
        made = base64.b64encode(hmac.digest(key, f"service {mapped.name}".encode(), "sha256"))
        signing = SigningKey(where.secret or Secret(f"whsec_{made.decode()}"))
        self._map = mapped
        self._key = key
        self._line = Requests(where, signing, mapped.name, timeout=timeout, clock=clock)
        self._clock = clock or SystemClock()
        self._ways = [
            way
            for way in (ways or edges(DataMap(stores=(mapped,))))
            if way.source.store == mapped.name and way.target.store != mapped.name
        ]
        self._types = {
            column.name.rpartition(".")[2]: column.identity
            for table in mapped.tables
            for column in table.columns
            if column.identity
        }
        if not self._types:
            raise Misconfigured(
                f"`{mapped.name}` is told nothing to find people by",
                clause="9.1",
                remedy="give a column an identity, called as OpenDSR calls it",
            )
        self._pending: dict[str, UUID] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name under which a certificate lists it."""
        return self._map.name

    @property
    def known_by(self) -> frozenset[str]:
        """The categories it finds people by."""
        return frozenset(self._types.values())

    @property
    def categories(self) -> frozenset[str]:
        """The categories of what it holds, as its map says."""
        columns = (column for table in self._map.tables for column in table.columns)
        return frozenset(column.category for column in columns if column.category)

    def close(self) -> None:
        """Do nothing: no line stays open."""

    def check(self) -> list[Finding]:
        """Ask what the service can do. Raises ``Unreachable``."""
        hints = {
            "erasure": "erase there by hand, and say so at the desk",
            "access": "without copies nobody can tell whether anything is left: never complete",
        }
        found = [
            Finding(level="error", place=self.name, message=f"takes no `{kind}`", hint=hint)
            for kind, hint in hints.items()
            if not self._line.supports(kind)
        ]
        if self._line.unchecked():
            found.append(
                Finding(
                    level="warning",
                    place=self.name,
                    message="signs its answers, and nobody checks that",
                    hint="add `processor` to its address: the domain that it signs for",
                )
            )
        return found

    # --- finding -------------------------------------------------------------------------------

    def trace(self, known: Known, reach: Reach = ()) -> Traced:
        """Note who is asked about, and under which id a copy is.

        The service is asked only where its results lead to other databases. Raises ``Unreachable``.
        """
        mine: Reach = tuple(
            Lead(self.name, "", (kind,), tuple((each.reveal(),) for each in known[category]))
            for kind, category in self._types.items()
            if known.get(category)
        )
        whole = grown(tuple(each for each in reach if each.store == self.name), mine)
        if any(not lead.table or lead.table in self._tables() for lead in whole):
            whole = grown(whole, () if _copy_of(whole) else (self._copy_lead(),))
        leads: Reach = ()
        if self._ways and self._identities(whole):
            for table, tree in self._asked("leads", whole):
                leads = grown(leads, tuple(self._onward(table, tree)))
        return Traced(reach=whole, leads=leads)

    def _tables(self) -> frozenset[str]:
        return frozenset(table.name for table in self._map.tables)

    def _copy_lead(self) -> Lead:
        return Lead(self.name, ASKED, ("id",), ((str(_new_id()),),))

    def _onward(self, table: Table | None, tree: Tree) -> Iterator[Lead]:
        for way in self._ways:
            if table is not None and way.source.table == table.name:
                told = [values(tree, column) for column in way.columns]
                found: tuple[tuple[Value, ...], ...] = tuple(
                    dict.fromkeys(zip(*told, strict=False))
                )
                if found:
                    how: How = "shared" if way.up else "own"
                    yield Lead(way.target.store, way.target.table, way.to, found, how)

    def _identities(self, reach: Reach) -> Mapping[str, Sequence[Secret]]:
        """Return who is asked about, by OpenDSR's types; leads from elsewhere by their columns."""
        found: dict[str, list[Secret]] = {}
        for lead in reach:
            kind = lead.columns[0].rpartition(".")[2] if len(lead.columns) == 1 else ""
            if lead.store == self.name and lead.how == "own" and kind in self._types:
                for (value,) in lead.values:
                    secret = Secret(str(text_of(value)))
                    if secret not in found.setdefault(kind, []):
                        found[kind].append(secret)
        return found

    # --- showing -------------------------------------------------------------------------------

    def export(self, reach: Reach) -> Iterator[Held]:
        """Give what the service answers to a request for a copy.

        Raises ``Unreachable`` until it has: the id is kept in the reach, so that asking again asks
        about the same request.
        """
        identities = self._identities(reach)
        if not identities:
            return
        copy = _copy_of(reach) or _new_id()
        _, status = self._line.ask(copy, "access", identities, at=self._clock.now())
        for table, tree in self._results(copy, self._finished(status)):
            held = self._held(table, tree)
            if held.values:
                yield held

    def _held(self, table: Table | None, tree: Tree) -> Held:
        told: dict[str, Secret] = {}
        categories: dict[str, str] = {}
        known = table or Table(name="results")
        for column in known.columns:
            found = [text_of(each) for each in values(tree, column.name)]
            if column.category and any(found):
                told[column.name] = Secret(", ".join(str(each) for each in found if each))
                categories[column.name] = column.category
        for place, value in unmapped(known, tree):
            told[place] = Secret(text_of(value))
            categories[place] = UNKNOWN
        return Held(store=self.name, table=known.name, values=told, categories=categories)

    def _finished(self, status: Status | None) -> Status:
        """Return the status of a request that has ended. Raises ``Unreachable`` for any other."""
        if status is None or status.state != DONE:
            raise Unreachable(
                f"`{self.name}` has not finished yet",
                clause="9.4",
                remedy="nothing is to be done: it is asked about the same request again",
            )
        return status

    def _results(self, request_id: UUID, status: Status) -> Iterator[tuple[Table | None, Tree]]:
        """Give the records in the results, each with its table where the map has one."""
        told = self._line.results(request_id, status)
        tables = {table.name: table for table in self._map.tables}
        only = next(iter(tables.values())) if len(tables) == 1 else None
        if isinstance(told, dict) and told.keys() & tables.keys():
            for name, found in told.items():
                for each in found if isinstance(found, list) else [found]:
                    yield tables.get(name), _tree(each)
        elif told:
            for each in told if isinstance(told, list) else [told]:
                yield only, _tree(each)

    def _asked(self, what: str, reach: Reach) -> Iterator[tuple[Table | None, Tree]]:
        """Ask for a copy under an id that is kept until it has come. Raises ``Unreachable``."""
        identities = self._identities(reach)
        named = "\0".join(
            f"{kind}\0{each.reveal()}" for kind, told in identities.items() for each in told
        )
        slot = hmac.new(self._key, f"{what}\0{named}".encode(), "sha256").hexdigest()
        with self._lock:
            if len(self._pending) > MOST_PENDING:
                self._pending.clear()
            request_id = self._pending.setdefault(slot, _new_id())
        _, status = self._line.ask(request_id, "access", identities, at=self._clock.now())
        status = self._finished(status)
        found = list(self._results(request_id, status))
        if status.count and not found:
            raise Unreachable(f"`{self.name}` says that it has results, and gives none")
        with self._lock:
            self._pending.pop(slot, None)
        yield from found

    # --- ending --------------------------------------------------------------------------------

    def plan(self, reach: Reach, order: Order) -> Iterator[Step]:
        """Say what performing an order would send; nothing is sent."""
        identities = self._identities(reach)
        if identities:
            kind = KINDS[order.task]
            yield Step(
                store=self.name,
                table="requests",
                method=kind,
                statement=f"POST requests {kind} of {', '.join(sorted(identities))}",
                records=sum(map(len, identities.values())),
            )

    def perform(self, reach: Reach, order: Order) -> int:
        """Send the order, once for all tries; a new one after the last had left something.

        Raises ``Unreachable``, also while it is not finished.
        """
        identities = self._identities(reach)
        if not identities:
            return 0
        if order.task != "erase" and not self._line.supports(KINDS[order.task]):
            return 0
        request_id = self._order_id(order)
        new, status = self._line.ask(
            request_id,
            KINDS[order.task],
            identities,
            at=order.at,
            changes=self._corrections(order),
        )
        self._finished(status)
        return int(new)

    def _corrections(self, order: Order) -> Mapping[str, Secret]:
        if order.task != "correct":
            return {}
        return {
            column.name: order.values[column.category][0]
            for table in self._map.tables
            for column in table.columns
            if order.values.get(column.category)
        }

    def _order_id(self, order: Order) -> UUID:
        """Return the id of an order's request: the same for all tries that nothing came back from.

        After an erasure that left something, the next try is another request.
        """
        with self._lock:
            again = self._pending.get(f"again\0{order.id}")
        told = f"{order.id}\0{order.task}\0{again or ''}".encode()
        raw = bytearray(hmac.digest(self._key, told, "sha256")[:16])
        raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
        return UUID(bytes=bytes(raw))

    # --- asking again --------------------------------------------------------------------------

    def remains(self, reach: Reach, order: Order) -> tuple[Remain, ...]:
        """Ask for a copy, after the order has ended, and count what is in it.

        Raises ``Unreachable`` until both have ended.
        """
        tally = Tally(self.name)
        if not self._identities(reach):
            return ()
        if order.task != "erase" and not self._line.supports(KINDS[order.task]):
            # By hand: whoever keeps the service is told nothing by us.
            tally.add(KINDS[order.task], "*", "unasked")
            return tally.told()
        self._finished(self._line.status(self._order_id(order)))
        if order.task in ("restrict", "release"):
            return ()
        if not self._line.supports("access"):
            tally.add("access", "*", "unasked")
            return tally.told()
        for table, tree in self._asked(f"verify\0{order.id}", reach):
            self._count(tally, table, tree, order)
        told = tally.told()
        if any(one.why == "left" for one in told):
            with self._lock:
                self._pending[f"again\0{order.id}"] = _new_id()
        return told

    def _count(self, tally: Tally, table: Table | None, tree: Tree, order: Order) -> None:
        if table is None:
            if order.task == "erase":
                tally.add("results", UNKNOWN, "unmapped")
            return
        counted = False
        for column in table.columns:
            found = [each for each in map(text_of, values(tree, column.name)) if each]
            if not column.category or not found:
                continue
            days = [day for held, day in order.held.items() if matches(held, column.category)]
            place = f"{table.name}.{column.name}"
            wanted = order.values.get(column.category, ())
            if order.task == "correct":
                if wanted and any(text != wanted[0].reveal_raw() for text in found):
                    tally.add(place, column.category, "left")
            elif days or column.erase == "keep":
                tally.add(place, column.category, "held", days[0] if days else None)
                counted = True
            elif any(matches(pattern, column.category) for pattern in order.categories):
                tally.add(place, column.category, "left")
                counted = True
        if order.task == "erase" and not counted and order.categories == ("*",):
            tally.add(table.name, sole(table), "left")


def _copy_of(reach: Reach) -> UUID | None:
    told = [lead.values[-1][0] for lead in reach if lead.table == ASKED and lead.values]
    return UUID(str(told[-1])) if told else None


def _new_id() -> UUID:
    return UUID(bytes=secrets.token_bytes(16), version=4)


def _tree(value: object) -> Tree:
    return value if isinstance(value, dict) else {"value": value}
