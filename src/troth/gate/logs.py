"""The usage log read, held against the ledger, and ended by the day (policy 2.1.4b, 7.2e).

What is read is judged and remembered like any other use. A day's lines go together, for everybody:
one more entry says how many and how. Lines that a law holds of somebody are let stand first.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from msgspec import Struct

from troth.gate.rooms import Outcome, Rooms
from troth.ledger import entry as entries
from troth.ledger import several
from troth.ledger.entry import Entry
from troth.model.acts import SUBJECT, SYSTEM, Actor, Event, Observe, Record, Show
from troth.model.clock import Clock, Moment
from troth.model.errors import Erased, NotFound
from troth.model.standing import Standing
from troth.model.terms import Region, SubjectId
from troth.policy.decide import Policy
from troth.policy.keeping.holds import keeping
from troth.store.sql import Tx
from troth.vault.cells import Doomed
from troth.vault.logs import LOGGED, PAGE, Line, day_of
from troth.vault.records import group_of

CHUNK: Final = 2_000
"""Lines that one transaction takes out: a few milliseconds of the write lock."""
ERASED: Final = "log.erased"
CLAUSES: Final = ("2.1.4b", "7.2e", "9.4-2")


class Checked(Struct, frozen=True, kw_only=True):
    """A subject's log beside their trail: how many lines, which are missing, which are too many."""

    lines: int
    missing: tuple[int, ...]
    extra: tuple[int, ...]

    @property
    def sound(self) -> bool:
        """Whether no line was taken out and none put in."""
        return not self.missing and not self.extra


class Purged(Struct, frozen=True, kw_only=True):
    """What a purge did: lines that are gone, lines that a law held, keys that died."""

    lines: int
    held: int
    keys: int


class Door(Protocol):
    """What is needed of the gate."""

    regions: Mapping[Region, Rooms]
    clock: Clock

    def policy(self, at: Moment | None = None) -> Policy:
        """Return the policy in force at a moment."""
        ...

    def trail(self, subject: SubjectId) -> list[Entry]:
        """Return every entry about a subject."""
        ...

    def perform(self, *acts: Show, by: Actor = SUBJECT) -> Outcome:
        """Judge, do and remember."""
        ...


class UsageLogs:
    """The usage logs of a house, region by region."""

    def __init__(self, gate: Door) -> None:
        self._gate = gate

    def read(
        self, subject: SubjectId, *, purpose: str = "rights", by: Actor = SUBJECT
    ) -> Iterator[Line]:
        """Go through a subject's lines in order, in flat memory; that it was done is remembered.

        Raises what the gate raises for showing the same fields, and ``Sealed`` at a line that was
        changed or moved.
        """
        fields = self._gate.policy().fields(LOGGED)
        self._gate.perform(Show(subject=subject, fields=fields, purpose=purpose), by=by)
        logs, after = self._gate.regions[subject.region].logs, 0
        while page := logs.read(subject, after):
            yield from page
            after = page[-1].nth

    def check(self, subject: SubjectId) -> Checked:
        """Hold a subject's lines against the entries of their trail.

        A line is missing where its entry stands and its day has not come.
        """
        logs, today = self._gate.regions[subject.region].logs, day_of(self._gate.clock.now())
        there = logs.numbers(subject)
        entered = [entry for entry in self._gate.trail(subject) if entry.kind == Observe.kind]
        wanted = {
            entry.nth
            for entry in entered
            if isinstance(ends := entry.what.get("ends"), int) and ends >= today
        }
        return Checked(
            lines=len(there),
            missing=tuple(sorted(wanted.difference(there))),
            extra=tuple(sorted(set(there) - {entry.nth for entry in entered})),
        )

    def purge(self) -> Purged:
        """Take out every line whose day is over, and destroy those days' keys."""
        lines = held = keys = 0
        for rooms in self._gate.regions.values():
            held += self._let_stand(rooms)
            gone, dead = self._purge(rooms)
            lines, keys = lines + gone, keys + dead
        return Purged(lines=lines, held=held, keys=keys)

    def _purge(self, rooms: Rooms) -> tuple[int, int]:
        lines = keys = 0
        while True:
            gone, doomed = rooms.store.transact(lambda tx: self._chunk(tx, rooms), urgent=True)
            rooms.vault.finish(doomed)
            lines, keys = lines + gone, keys + len(doomed.keys)
            if gone < CHUNK:
                return lines, keys

    def _chunk(self, tx: Tx, rooms: Rooms) -> tuple[int, Doomed]:
        at, policy = self._gate.clock.now(), self._gate.policy()
        gone, keys = rooms.logs.purge(tx, at, CHUNK)
        if gone:
            detail: Record = {"lines": gone, "method": "shred_key", "days": len(keys)}
            word = Event(subject=None, name=ERASED, detail=detail | {"before": day_of(at)})
            kept = entries.of(
                word, who="", at=at, by=SYSTEM, edition=policy.hash[:16], clauses=CLAUSES
            )
            rooms.log.record(tx, [kept])
        return gone, rooms.vault.doom(tx, keys) if keys else Doomed()

    def _let_stand(self, rooms: Rooms) -> int:
        """Let lines end later that a law holds of somebody; return how many."""
        at, after, moved = self._gate.clock.now(), "", 0
        while page := rooms.logs.over(at, after, PAGE):
            for subject in page:
                until = self._held_until(rooms, subject, at)
                if until is not None:
                    moved += self._extend(rooms, subject, at, until)
            after = str(page[-1])
        return moved

    def _held_until(self, rooms: Rooms, subject: SubjectId, at: Moment) -> Moment | None:
        try:
            who = rooms.vault.handle(subject).who
        except (NotFound, Erased):
            return None
        standing = several.said(rooms.store, [who]).get(who) or Standing(pseudonym=who)
        if not standing.holds:
            return None
        kept = [
            keeping(field, standing, self._gate.policy().edition, at)
            for field in standing.held
            if group_of(field) == LOGGED
        ]
        # A law of the policy's own counts from each visit, and is in the line's own day already.
        return max((one.until for one in kept if one and one.hold in standing.holds), default=None)

    @staticmethod
    def _extend(rooms: Rooms, subject: SubjectId, at: Moment, until: Moment) -> int:
        return rooms.store.transact(lambda tx: rooms.logs.extend(tx, subject, at, until))
