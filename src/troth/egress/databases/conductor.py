"""All the controller's databases together: traced, copied, swept, each by itself (policy 9.1, 9.4).

Nobody is told "complete" on a database's word: after an order it is asked again, and what it
answers then is what counts (house decision 9). One that is dead, slow, lying or half done holds up
no other, and is never called clean. Whoever orders keeps the reaches *before* anything is swept: a
sweep that is killed midway finds by them what its first half made unfindable.

    found = trace_all(databases, known, reaches, patience)    # then write the reaches down
    swept = sweep_each([Sweep(...), ...], patience)           # then write each answer down
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final, Literal, TypeVar

import psycopg
from msgspec import Struct

from troth.egress.databases.port import (
    Database,
    Held,
    Known,
    Order,
    Reach,
    Remain,
    Step,
    grown,
)
from troth.model.clock import Moment
from troth.model.errors import TrothError

BROKEN: Final = (sqlite3.Error, psycopg.Error, OSError)
"""What a driver raises for a database that is down, slow, or not as the map says."""
PATIENCE: Final = 30.0
"""Seconds after which a database that says nothing counts as unreachable."""
UNANSWERED: Final = -1
AHEAD: Final = 256
"""Records that a copy reads ahead of whoever writes them down."""
T = TypeVar("T")


class Found(Struct, frozen=True, kw_only=True):
    """What a trace knows of one database; unanswered, leads to it are in its reach all the same."""

    reach: Reach
    answered: bool


class Unanswered(Struct, frozen=True, kw_only=True):
    """A database that gave no answer, or not all of it, in the middle of a copy or a plan."""

    store: str


class Sweep(Struct, frozen=True, kw_only=True):
    """One order for one database. ``known`` finds what was written there since the last trace."""

    database: Database
    order: Order
    reach: Reach
    known: Known


class Swept(Struct, frozen=True, kw_only=True):
    """What one database answered when it was asked again.

    ``clean``: nothing; ``held``: only what a law keeps, ``until`` the last of its days where it has
    one; ``residue``: something else, how much; ``unreachable``: no answer, and ``residue`` is -1.
    ``touched`` counts records; ``reach`` is the grown one; ``leads`` go to other databases.
    """

    name: str
    state: Literal["clean", "held", "residue", "unreachable"]
    touched: int = 0
    residue: int = 0
    remains: tuple[Remain, ...] = ()
    until: Moment | None = None
    reach: Reach = ()
    leads: Reach = ()


# --- tracing -----------------------------------------------------------------------------------


def trace_all(
    databases: Sequence[Database],
    known: Known,
    reaches: Mapping[str, Reach],
    patience: float = PATIENCE,
) -> dict[str, Found]:
    """Follow a subject through all databases, until no lead is new.

    ``reaches`` are those of an earlier trace, by name; ``patience`` (seconds) is for all together.
    A lead to a name that is no database stays under that name, unanswered.
    """
    end = time.monotonic() + patience
    grow: dict[str, Reach] = {each.name: reaches.get(each.name, ()) for each in databases}
    grow |= {name: reach for name, reach in reaches.items() if name not in grow}
    named = {each.name: each for each in databases}
    answered: set[str] = set()
    waiting = list(named)
    while waiting:
        asked = [(named[name], grow[name]) for name in waiting]
        answers = _together([partial(each.trace, known, reach) for each, reach in asked], end)
        told: set[str] = set()
        for name, traced in zip(waiting, answers, strict=True):
            if traced is None:
                answered.discard(name)
                named.pop(name)
                continue
            answered.add(name)
            grow[name] = grown(grow[name], traced.reach)
            for lead in traced.leads:
                before = grow.get(lead.store, ())
                grow[lead.store] = grown(before, (lead,))
                if grow[lead.store] != before:
                    told.add(lead.store)
        waiting = [name for name in named if name in told]
    return {name: Found(reach=reach, answered=name in answered) for name, reach in grow.items()}


# --- copying and planning ----------------------------------------------------------------------


def gather(
    databases: Sequence[Database], reaches: Mapping[str, Reach], patience: float = PATIENCE
) -> Iterator[Held | Unanswered]:
    """Give everything that is held, record by record, one database after the other.

    ``patience`` (seconds) is for each next record. A database that falls silent is told in its
    place as ``Unanswered``; the others go on. Memory stays flat however much is held.
    """
    for database in databases:
        reach = reaches.get(database.name, ())
        yield from _pumped(database, partial(database.export, reach), patience)


def plan_all(sweeps: Sequence[Sweep], patience: float = PATIENCE) -> Iterator[Step | Unanswered]:
    """Say what orders would do, statement by statement; nothing is changed."""
    for each in sweeps:
        said = partial(each.database.plan, each.reach, each.order)
        yield from _pumped(each.database, said, patience)


def _pumped(
    database: Database, source: Callable[[], Iterator[T]], patience: float
) -> Iterator[T | Unanswered]:
    """Hand on what a database gives, read in a thread of its own: it may hang at any record."""
    pipe: queue.Queue[T | Unanswered | None] = queue.Queue(AHEAD)
    over = threading.Event()

    def put(one: T | Unanswered | None) -> bool:
        while not over.is_set():
            try:
                pipe.put(one, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def read() -> None:
        try:
            for one in source():
                if not put(one):
                    return
        except (TrothError, *BROKEN):
            put(Unanswered(store=database.name))
        put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        while (one := _next(pipe, patience, database.name)) is not None:
            yield one
            if isinstance(one, Unanswered):
                return
    finally:
        over.set()


def _next(
    pipe: "queue.Queue[T | Unanswered | None]", patience: float, name: str
) -> T | Unanswered | None:
    try:
        return pipe.get(timeout=patience)
    except queue.Empty:
        return Unanswered(store=name)


# --- sweeping ----------------------------------------------------------------------------------


def sweep(asked: Sweep) -> Swept:
    """Perform an order in one database, then ask it again; believe only the second answer."""
    database, order = asked.database, asked.order
    try:
        touched = database.perform(asked.reach, order)
        traced = database.trace(asked.known, asked.reach)
        reach = grown(asked.reach, traced.reach)
        remains = database.remains(reach, order)
    except (TrothError, *BROKEN):
        return unanswered(asked)
    owed = [each for each in remains if each.why != "held"]
    return Swept(
        name=database.name,
        state="residue" if owed else "held" if remains else "clean",
        touched=touched,
        residue=sum(max(1, each.count) for each in owed),
        remains=remains,
        until=_last(remains) if not owed else None,
        reach=reach,
        leads=traced.leads,
    )


def _last(remains: Sequence[Remain]) -> Moment | None:
    days = [each.until for each in remains]
    return max((day for day in days if day is not None), default=None) if None not in days else None


def unanswered(asked: Sweep) -> Swept:
    """Say that a database did not answer."""
    return Swept(
        name=asked.database.name, state="unreachable", residue=UNANSWERED, reach=asked.reach
    )


def sweep_each(asked: Sequence[Sweep], patience: float = PATIENCE) -> tuple[Swept, ...]:
    """Sweep all at the same time; the late count as unreachable.

    ``patience`` is in seconds, for all of them together. What a late one does afterwards is seen
    at the next sweep.
    """
    end = time.monotonic() + patience
    answers = _together([partial(sweep, each) for each in asked], end)
    return tuple(swept or unanswered(each) for swept, each in zip(answers, asked, strict=True))


def _together(work: Sequence[Callable[[], T]], end: float) -> list[T | None]:
    """Do all at once, each in a thread; ``None`` for what failed or was not done by ``end``."""
    done: dict[int, T] = {}

    def run(place: int, one: Callable[[], T]) -> None:
        try:
            done[place] = one()
        except (TrothError, *BROKEN):
            return

    # Daemons, so that one that never answers does not keep the program from ending.
    threads = [
        threading.Thread(target=run, args=(place, one), daemon=True)
        for place, one in enumerate(work)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return [done.get(place) for place in range(len(work))]
