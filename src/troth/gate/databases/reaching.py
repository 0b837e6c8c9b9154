"""What other databases hold is gathered, what an order would do is foreseen, both remembered (9.1).

And what they still owe is looked after: listed, counted, tried at once on demand.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from msgspec import Struct

from troth.egress.databases.conductor import Sweep, Unanswered, gather, plan_all, trace_all
from troth.egress.databases.port import Database, Held, Known, Order, Reach, Step, Task
from troth.egress.errands import SUBJECT as OUR_ID
from troth.egress.errands import Counts, Open, Wish
from troth.gate.ordering import lawful, patterns_of
from troth.gate.rooms import Outcome, Rooms
from troth.model.acts import SUBJECT, Act, Actor, Erase, Event, Export, Kept
from troth.model.clock import Clock, Moment
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.standing import Standing
from troth.model.terms import ALL, Fields, KeyId, Region, SubjectId, matches
from troth.policy.decide import Policy
from troth.policy.keeping.holds import keeping
from troth.store.sql import Tx

GATHERED: Final = "databases.gathered"
FORESEEN: Final = "databases.foreseen"
HURRIED: Final = "errand.hurried"


class Gathered:
    """What other databases hold of a subject, record by record; iterate it once.

    ``stores`` are those that were asked, ``unanswered`` those that did not answer, or not to the
    end: final when the iteration is over.
    """

    def __init__(
        self, stores: Sequence[str], unanswered: Sequence[str], source: Iterator[Held | Unanswered]
    ) -> None:
        self.stores = tuple(stores)
        self.unanswered = list(unanswered)
        self._source = source

    def __iter__(self) -> Iterator[Held]:
        """Give each record as it is read; nothing is kept in memory."""
        for one in self._source:
            if isinstance(one, Unanswered):
                self.unanswered.append(one.store)
            else:
                yield one


class Foreseen(Struct, frozen=True, kw_only=True):
    """What an order would do in one database: its statements with how many records each touches."""

    store: str
    steps: tuple[Step, ...] = ()
    answered: bool = True


class Door(Protocol):
    """What is needed of the gate."""

    regions: Mapping[Region, Rooms]
    clock: Clock

    def policy(self, at: Moment | None = None) -> Policy:
        """Return the policy in force at a moment."""
        ...

    def standing(self, subject: SubjectId) -> Standing:
        """Return what a subject has said."""
        ...

    def perform(self, *acts: Act, by: Actor = SUBJECT, key: str = "") -> Outcome:
        """Judge, do and remember acts."""
        ...


class Databases:
    """The other databases of every region. Safe from many threads."""

    def __init__(self, gate: Door) -> None:
        self._gate = gate

    # --- what they hold ------------------------------------------------------------------------

    def names(self) -> tuple[str, ...]:
        """Name every database that the settings map."""
        found = (each.name for rooms in self._gate.regions.values() for each in _asked(rooms))
        return tuple(dict.fromkeys(found))

    def hold(self, region: Region, fields: Fields = ALL) -> bool:
        """Tell whether any of a region holds something of some categories."""
        return bool(self._rooms(region).errands.holding(fields))

    def gather(
        self, subject: SubjectId, *, by: Actor = SUBJECT, purpose: str = "rights"
    ) -> Gathered:
        """Give what they hold of a subject; an export, judged and remembered first (9.1).

        Raises as ``Gate.perform``.
        """
        rooms = self._rooms(subject.region)
        asked = _asked(rooms)
        if not asked:
            return Gathered((), (), iter(()))
        names = [each.name for each in asked]
        known_by = tuple(sorted(rooms.errands.known_by & self._declared()))
        outcome = self._gate.perform(
            Export(subject=subject, fields=known_by or ALL, purpose=purpose),
            Event(subject=subject, name=GATHERED, detail={"stores": [*names]}),
            by=by,
        )
        reaches, silent = _traced(rooms, asked, subject, outcome.values)
        there = [each for each in asked if each.name not in silent]
        return Gathered(names, silent, gather(there, reaches, rooms.errands.patience))

    def foresee(
        self,
        subject: SubjectId,
        fields: Fields = ALL,
        *,
        task: Task = "erase",
        held: Mapping[str, Kept] | None = None,
        by: Actor = SUBJECT,
    ) -> tuple[Foreseen, ...]:
        """Say for each database what an order would do there, with the very statements (dry run).

        What laws keep is worked out as an erasure would; ``held`` adds to it. That somebody looked
        is remembered. Raises ``NotFound``, ``Erased``.
        """
        rooms = self._rooms(subject.region)
        asked = _asked(rooms)
        if not asked:
            return ()
        standing = self._gate.standing(subject)
        told = Event(subject=subject, name=FORESEEN, detail={"task": task, "fields": [*fields]})
        self._gate.perform(told, by=by)
        handle = rooms.vault.handle(subject)
        values = rooms.vault.open(handle, sorted(rooms.errands.known_by & standing.held.keys()))
        reaches, silent = _traced(rooms, asked, subject, values)
        act = Erase(subject=subject, fields=fields, held=held or {})
        order = self._order(act, task, standing, rooms) if task == "erase" else None
        order = order or Order(id="", task=task, at=self._gate.clock.now(), categories=fields)
        sweeps = [
            Sweep(database=each, order=order, reach=reaches.get(each.name, ()), known={})
            for each in asked
            if each.name not in silent
        ]
        steps: dict[str, list[Step]] = {each.name: [] for each in asked}
        for one in plan_all(sweeps, rooms.errands.patience):
            if isinstance(one, Unanswered):
                silent.append(one.store)
            else:
                steps[one.store].append(one)
        return tuple(
            Foreseen(store=name, steps=tuple(each), answered=name not in silent)
            for name, each in steps.items()
        )

    def _order(self, act: Erase, task: Task, standing: Standing, rooms: Rooms) -> Order:
        at, policy = self._gate.clock.now(), self._gate.policy()
        kept = lawful(act, standing, policy, rooms.errands, at).held
        lasting = {name: each.until for name, each in kept.items()}
        for field in standing.held:
            law = keeping(field, standing, policy.edition, at)
            if law is not None and any(matches(each, field) for each in act.fields):
                lasting[field] = law.until
        return Order(id="", task=task, at=at, categories=patterns_of(act), held=lasting)

    def _declared(self) -> frozenset[str]:
        return frozenset(self._gate.policy().edition.categories)

    # --- what they are owed --------------------------------------------------------------------

    def owed(self, subject: SubjectId) -> list[Open]:
        """Return what is open of one subject, and what each database answered when asked last."""
        return self._rooms(subject.region).errands.open_of(subject, self._gate.clock.now())

    def open(self, limit: int = 100) -> list[Open]:
        """List what is open in every region, the soonest due first."""
        at = self._gate.clock.now()
        found = [one for rooms in self._all() for one in rooms.errands.open(at, limit)]
        return sorted(found, key=lambda one: (one.due_at, one.subject_id, one.id))[:limit]

    def overdue(self, limit: int = 100) -> list[Open]:
        """List what is not done though its term is over, the longest overdue first."""
        at = self._gate.clock.now()
        found = [one for rooms in self._all() for one in rooms.errands.overdue(at, limit)]
        return sorted(found, key=lambda one: (one.due_at, one.subject_id, one.id))[:limit]

    def counts(self) -> dict[Region, Counts]:
        """Count what is open, region by region."""
        at = self._gate.clock.now()
        return {name: rooms.errands.counts(at) for name, rooms in self._gate.regions.items()}

    def hurry(self, subject: SubjectId, order: str, *, by: Actor) -> None:
        """Have an order tried at the next tick; remembered, with whoever asked for it.

        Raises ``NotFound`` for one that is done, or being tried at this moment.
        """
        at, rooms = self._gate.clock.now(), self._rooms(subject.region)
        if not rooms.errands.hurry(subject, order, at):
            raise NotFound("no order waits under this number", remedy="look at the list again")
        told = Event(subject=None, name=HURRIED, detail={"order": order})
        self._gate.perform(told, by=by)

    def replaying(self, region: Region) -> Callable[[Tx, SubjectId], Sequence[KeyId]]:
        """Return how the erasure of somebody who came back from a backup is ordered again (F11).

        Nothing but our id is known of them any more.
        """
        rooms, at = self._rooms(region), self._gate.clock.now()
        covered = tuple(sorted(self._declared()))

        def replay(tx: Tx, subject: SubjectId) -> Sequence[KeyId]:
            wish = Wish(subject=subject, who="", task="erase", covered=covered)
            return rooms.errands.order(tx, wish, at).keys

        return replay

    def _all(self) -> Iterator[Rooms]:
        return iter(self._gate.regions.values())

    def _rooms(self, region: Region) -> Rooms:
        rooms = self._gate.regions.get(region)
        if rooms is None:
            raise NotFound(f"this instance has no region `{region}`")
        return rooms


def _asked(rooms: Rooms) -> tuple[Database, ...]:
    return rooms.errands.databases


def _traced(
    rooms: Rooms, asked: Sequence[Database], subject: SubjectId, values: Mapping[str, Secret]
) -> tuple[dict[str, Reach], list[str]]:
    """Follow a subject; return the reaches, and who did not answer."""
    known: Known = {OUR_ID: (Secret(subject),)} | {name: (one,) for name, one in values.items()}
    found = trace_all(asked, known, {}, rooms.errands.patience)
    silent = [each.name for each in asked if not found[each.name].answered]
    return {name: one.reach for name, one in found.items()}, silent
