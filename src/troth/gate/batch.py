"""Uses of a purpose that the policy declares ``record: batched``.

Such a use is judged and opened like any other; its record waits in memory with a few others and is
written in one transaction. What may be lost in a crash is stated in the policy: at most so many
records, or so many seconds. Everything else is recorded before it is released (house decision 7).
"""

import threading

from troth.gate.judge import judge
from troth.gate.rooms import Outcome, Rooms
from troth.ledger import entry as entries
from troth.ledger.entry import Entry
from troth.model.acts import Actor, Use
from troth.model.clock import SECOND, Moment
from troth.model.errors import TrothError
from troth.model.terms import SubjectId
from troth.policy.decide import Policy
from troth.policy.edition import Batch
from troth.store.sql import Tx


class UseBatch:
    """Records of uses that are not yet durable. Safe from many threads."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._lock = threading.Lock()
        self._waiting: list[Entry] = []

    def use(self, act: Use, subject: SubjectId, by: Actor, policy: Policy, at: Moment) -> Outcome:
        """Judge, open, and note the record; write the notes when the batch is full or old.

        Raises as ``judge`` and as the vault's ``draw``.
        """
        drawn = self._rooms.vault.draw(subject, act.fields)
        standing = self._rooms.standings.said(drawn.who)
        decisions = judge(act, by, standing, policy, at)
        values = drawn.open()
        entry = entries.of(
            act,
            who=drawn.who,
            at=at,
            by=by,
            edition=policy.hash[:16],
            clauses=decisions[0].clauses,
        )
        self.note(entry, act.purpose, policy, at)
        return Outcome(at=at, entries=(entry.id,), decisions=decisions, values=values)

    def note(self, entry: Entry, purpose: str, policy: Policy, at: Moment) -> None:
        """Note a record; write all of them when the purpose's window is full or over."""
        window = policy.purpose(purpose).batched or Batch()
        with self._lock:
            self._waiting.append(entry)
            age = at - self._waiting[0].at
            full = len(self._waiting) >= window.entries or age >= window.seconds * SECOND
        if full:
            self.flush()

    def flush(self) -> int:
        """Write every waiting record in one transaction; return how many."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        if waiting:
            try:
                self._rooms.store.transact(lambda tx: self._write(tx, waiting))
            except TrothError:
                with self._lock:
                    self._waiting[:0] = waiting
                raise
        return len(waiting)

    def _write(self, tx: Tx, waiting: list[Entry]) -> None:
        # Uses and searches leave standings as they are: they are held, and neither read nor saved.
        self._rooms.standings.hold(tx, {entry.who for entry in waiting if entry.who})
        self._rooms.log.record(tx, waiting)
