"""Terms that are over, of many subjects at once (policy 7.2e, 9.4; house decision 45).

The way is that of every erasure: spelled, judged by the one predicate that asks the law, done by
the vault under new keys, remembered on each subject's own trail, asked again. Only the statements
are shared: one transaction takes a chunk of subjects, and one more entry sums it up. Whoever cannot
be ended like that (a law holds something, a letter is to be sent, nothing would be left) is handed
back and goes through the door alone.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from troth.gate import views
from troth.gate.judge import judge, spelled
from troth.gate.ordering import ADDRESSED
from troth.gate.rooms import Rooms
from troth.ledger import entry as entries
from troth.ledger import fold, several
from troth.ledger.entry import Entry
from troth.model.acts import SYSTEM, Actor, Collect, Correct, Erase, Event, Observe
from troth.model.clock import Clock, Moment
from troth.model.errors import Refused
from troth.model.standing import GIVEN, Standing
from troth.model.terms import Fields, KeyId, Region, SubjectId
from troth.policy.decide import Policy
from troth.policy.keeping.methods import together
from troth.store.sql import Tx
from troth.vault.cells import Doomed, Handle, Vault
from troth.vault.ending import anonymous
from troth.vault.ending.many import START, Found, Place, Prepared
from troth.vault.forms import Form
from troth.vault.logs import Logs
from troth.vault.records import Opened

CLAUSES: Final = ("7.2e", "9.4-2")
BATCH: Final = "retention.batch"
"""The entry that sums up what one transaction erased."""

Timer = Callable[[], float]
"""Tells seconds passing."""


class Looked(Struct, frozen=True):
    """Somebody at whom the sweep looks: who is due since when, and what is known of them."""

    subject: SubjectId
    due: Moment
    standing: Standing

    @property
    def place(self) -> Place:
        """Where they stand in the order of who is due."""
        return self.due, str(self.subject)


class Ended(Struct, frozen=True, kw_only=True):
    """What one transaction did: whose fields went, how many, and who has to go alone.

    ``alive`` counts keys that should be dead and are not; ``locked_ms`` is how long others could
    not write.
    """

    subjects: tuple[SubjectId, ...] = ()
    cells: int = 0
    fields: dict[str, int] = {}
    alone: tuple[SubjectId, ...] = ()
    alive: int = 0
    locked_ms: float = 0.0


class Door(Protocol):
    """What is needed of the gate."""

    regions: Mapping[Region, Rooms]
    clock: Clock

    def policy(self, at: Moment | None = None) -> Policy:
        """Return the policy in force at a moment."""
        ...

    def forms(self) -> dict[str, Form]:
        """Return the forms of the fields of the policy in force."""
        ...


class Terms:
    """The sweep's way through the gate. Safe from many threads and processes."""

    def __init__(self, gate: Door, timer: Timer = time.perf_counter) -> None:
        """Take a gate, and what tells seconds passing: how long others had to wait is measured."""
        self._gate = gate
        self._timer = timer
        self._read: several.Read = {}
        self._found: dict[SubjectId, Found] = {}

    # --- looking -------------------------------------------------------------------------------

    def due(self, region: Region, limit: int, after: Place = START) -> list[Looked]:
        """Return the next who are due in a region after a place, longest due first."""
        rooms = self._gate.regions[region]
        self._read = {}
        found = rooms.vault.many.due(self._gate.clock.now(), limit, after)
        self._found = {one.subject: one for one in found}
        return _looked(rooms, found, self._read)

    def page(self, region: Region, limit: int, after: str = "") -> list[Looked]:
        """Return the next subjects of a region in the order of their ids, due or not."""
        rooms = self._gate.regions[region]
        return _looked(rooms, rooms.vault.many.page(after, limit), {})

    def count(self, at: Moment | None = None) -> int:
        """Return how many subjects are due by a moment, now if none is given."""
        moment = self._gate.clock.now() if at is None else at
        return sum(rooms.vault.many.count(moment) for rooms in self._gate.regions.values())

    def ahead(self, until: Moment) -> list[tuple[Moment, int]]:
        """Return how many subjects have to be looked at when, from now until a moment."""
        at = self._gate.clock.now()
        found: Counter[Moment] = Counter()
        for rooms in self._gate.regions.values():
            found.update(dict(rooms.vault.many.between(at, until)))
        return sorted(found.items())

    def look_again(self, looked: Iterable[Looked], *, least: Moment | None = None) -> None:
        """Say anew when these have to be looked at next: nothing of theirs is to be done now.

        ``least`` is for those of whom something is due and cannot be done yet: not before then.
        """
        at, policy = self._gate.clock.now(), self._gate.policy()
        by_region: dict[Region, list[tuple[Moment | None, SubjectId]]] = {}
        for one in looked:
            due = views.next_due(one.standing, policy, at)
            if due is not None and least is not None:
                due = max(due, least)
            by_region.setdefault(one.subject.region, []).append((due, one.subject))
        for region, rows in by_region.items():
            rooms = self._gate.regions[region]
            rooms.store.transact(partial(_mark, rooms, rows))

    # --- ending --------------------------------------------------------------------------------

    def end(self, erasures: Sequence[Erase], *, by: Actor = SYSTEM) -> Ended:
        """Erase some fields of each of many subjects of one region, in one transaction.

        Each is judged by itself; whoever was refused is among ``alone``. The key store is asked
        again afterwards.
        """
        asked = {act.subject: act for act in erasures if act.subject is not None}
        if not asked:
            return Ended()
        rooms = self._gate.regions[next(iter(asked)).region]
        at = self._gate.clock.now()
        prepared = rooms.vault.many.prepare(
            {subject: frozenset(act.fields) for subject, act in asked.items()}, self._found
        )
        work = _Work(self._gate, rooms, by, at, self._read, prepared, self._timer)
        ended, doomed = rooms.store.transact(lambda tx: work.do(tx, asked), urgent=True)
        locked = 1e3 * (self._timer() - work.began)
        rooms.vault.finish(doomed)
        return msgspec.structs.replace(
            ended, alive=rooms.vault.many.alive(doomed), locked_ms=locked
        )

    def anonymised(self) -> list[tuple[str, str, str, int]]:
        """Return what was counted of values that were anonymised, region after region."""
        stores = (rooms.store for rooms in self._gate.regions.values())
        return [row for store in stores for row in anonymous.counts(store)]


class _Task(Struct):
    """One subject of a chunk: their file, what is erased, and their standing after it."""

    act: Erase
    file: Opened
    was: Standing
    now: Standing


class _Work:
    """What happens to a chunk between BEGIN and COMMIT. It can be run again from its start."""

    def __init__(
        self,
        gate: Door,
        rooms: Rooms,
        by: Actor,
        at: Moment,
        read: several.Read,
        prepared: Prepared,
        timer: Timer,
    ) -> None:
        self._rooms = rooms
        self._policy = gate.policy()
        self._forms = gate.forms()
        self._by = by
        self._at = at
        self._read = read
        self._prepared = prepared
        self._timer = timer
        self._mailed: set[str] = set()
        self.began = 0.0

    def do(self, tx: Tx, asked: Mapping[SubjectId, Erase]) -> tuple[Ended, Doomed]:
        """Judge, erase and remember; return what was done and the keys that have to die."""
        self.began = self._timer()
        files = self._rooms.vault.many.lock(tx, sorted(asked), self._prepared)
        self._mailed = self._rooms.courier.having(tx, list(files))
        whos = {subject: self._who(file) for subject, file in files.items()}
        standings = several.load(tx, list(whos.values()), known=self._read)
        tasks, alone, kept = list[_Task](), list[SubjectId](), list[Entry]()
        for subject, file in files.items():
            was = standings[whos[subject]]
            act = self._judged(asked[subject], was)
            if act is None:
                alone.append(subject)
            elif act.fields:
                entry = self._entry(act, was.pseudonym)
                kept.append(entry)
                tasks.append(_Task(act, file, was, fold.after(was, entry)))
        doomed = self._erase(tx, tasks)
        self._remember(tx, tasks, kept)
        fields = Counter(field for task in tasks for field in task.act.fields)
        return self._summed(tx, tasks, fields, tuple(alone)), doomed

    def _who(self, file: Opened) -> str:
        known = self._prepared.get(file.subject)
        if known is not None and known.file is file:
            return known.who
        return self._rooms.vault.many.who(file)

    def _judged(self, act: Erase, standing: Standing) -> Erase | None:
        """Return the act with its fields named; ``None`` for one that has to go alone."""
        word = spelled(act, standing, self._policy, self._at)
        if not isinstance(word, Erase) or self._reaches_beyond(word):
            return None
        if GIVEN in standing.marks:
            # Who received something has to hear of it.
            return None
        try:
            judge(word, self._by, standing, self._policy, self._at)
        except Refused:
            return None
        return word

    def _reaches_beyond(self, act: Erase) -> bool:
        """Tell whether an erasure concerns other databases, or letters that wait for an address.

        Other databases are told subject by subject.
        """
        rooms, subject = self._rooms, act.subject
        if subject in self._mailed and not ADDRESSED.isdisjoint(act.fields):
            return True
        return bool(rooms.errands.holding(act.fields))

    def _erase(self, tx: Tx, tasks: Sequence[_Task]) -> Doomed:
        many, rooms = self._rooms.vault.many, self._rooms
        files = {task.file.subject: task.file for task in tasks}
        counted = {
            task.file.subject: frozenset(task.act.fields)
            for task in tasks
            if task.act.method == "anonymise"
        }
        if counted:
            anonymous.keep(
                tx, anonymous.tally(many.values(tx, counted, files), self._forms), self._at
            )
        wanted = {task.file.subject: frozenset(task.act.fields) for task in tasks}
        due = {
            task.file.subject: views.next_due(task.now, self._policy, self._at) for task in tasks
        }
        doomed = Doomed()
        if wanted or self._prepared:
            doomed = many.erase(tx, wanted, files, due=due, prepared=self._prepared)
        # A copy that waits for its subject holds what was erased; so does the log of their visits.
        keys = list[KeyId]()
        for subject in rooms.deposits.having(tx, list(wanted)):
            keys += rooms.deposits.recall(tx, subject)
        held = {task.file.subject: task.now.held.keys() for task in tasks}
        for subject in rooms.logs.having(tx, list(wanted)):
            keys += rooms.logs.end(tx, subject, wanted[subject], held[subject])
        return doomed + rooms.vault.doom(tx, keys) if keys else doomed

    def _remember(self, tx: Tx, tasks: Sequence[_Task], kept: Sequence[Entry]) -> None:
        several.save(tx, (task.now for task in tasks))
        self._rooms.log.record(tx, kept, onto=[task.was for task in tasks])

    def _summed(
        self, tx: Tx, tasks: Sequence[_Task], fields: Counter[str], alone: tuple[SubjectId, ...]
    ) -> Ended:
        ended = Ended(
            subjects=tuple(task.file.subject for task in tasks),
            cells=fields.total(),
            fields=dict(sorted(fields.items())),
            alone=alone,
        )
        if tasks:
            word = Event(
                subject=None,
                name=BATCH,
                detail={
                    "subjects": len(tasks),
                    "cells": ended.cells,
                    "fields": {**ended.fields},
                    "methods": {**together(fields, self._policy.edition)},
                },
            )
            self._rooms.log.record(tx, [self._entry(word, "")])
        return ended

    def _entry(self, act: Erase | Event, who: str) -> Entry:
        return entries.of(
            act, who=who, at=self._at, by=self._by, edition=self._policy.hash[:16], clauses=CLAUSES
        )


def add_line(tx: Tx, logs: Logs, act: Collect | Correct, standing: Standing, at: Moment) -> None:
    """Add a visit to the log, under the number that the entry of the same act is about to get."""
    if isinstance(act, Observe) and act.subject is not None:
        ends = at if act.ends is None else act.ends
        logs.add(tx, act.subject, standing.entries + 1, act.values, at=at, ends=ends)


def count(
    tx: Tx,
    vault: Vault,
    act: Erase,
    handle: Handle,
    fields: Fields,
    forms: Mapping[str, Form],
    at: Moment,
) -> None:
    """Count what is anonymised of one subject: alone, nobody shares anything, so it is a heap."""
    if act.method == "anonymise":
        anonymous.keep(tx, anonymous.tally([vault.open(handle, fields, tx)], forms), at)


def _mark(rooms: Rooms, rows: Sequence[tuple[Moment | None, SubjectId]], tx: Tx) -> None:
    rooms.vault.many.mark(tx, rows)


def _looked(rooms: Rooms, found: Sequence[Found], read: several.Read) -> list[Looked]:
    said = several.said(rooms.store, [one.who for one in found], known=read)
    return [
        Looked(one.subject, one.due, said.get(one.who) or Standing(pseudonym=one.who))
        for one in found
    ]
