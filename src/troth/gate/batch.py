"""Uses of a purpose that the policy declares ``record: batched``.

Such a use is judged and opened like any other; its record waits in memory with a few others and is
written in one transaction. What may be lost in a crash is stated in the policy: at most so many
records, or so many seconds. Everything else is recorded before it is released (house decision 7).
"""

import threading

from troth.gate.judge import judge
from troth.gate.rooms import Outcome, Rooms
from troth.ledger import entry as entries
from troth.ledger import fold
from troth.ledger.entry import Entry
from troth.model.acts import Actor, Use
from troth.model.clock import SECOND, Moment
from troth.model.errors import TrothError
from troth.policy.decide import Policy
from troth.policy.edition import Batch
from troth.store.sql import Tx
from troth.vault.cells import Handle


class UseBatch:
    """Records of uses that are not yet durable. Safe from many threads."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._lock = threading.Lock()
        self._waiting: list[Entry] = []

    def use(self, act: Use, handle: Handle, by: Actor, policy: Policy, at: Moment) -> Outcome:
        """Judge, open, and note the record; write the notes when the batch is full or old."""
        standing = self._rooms.standings.read(handle.who)
        decisions = judge(act, by, standing, policy, at)
        values = self._rooms.vault.open(handle, act.fields)
        entry = entries.of(
            act,
            who=handle.who,
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
        # Everybody locks standings in one order, so that two writers never wait for each other.
        whos = sorted({entry.who for entry in waiting if entry.who})
        loaded = {who: self._rooms.standings.load(tx, who) for who in whos}
        now = dict(loaded)
        for entry in waiting:
            if entry.who:
                now[entry.who] = fold.after(now[entry.who], entry)
        for standing in now.values():
            self._rooms.standings.save(tx, standing)
        self._rooms.log.record(tx, waiting, onto=list(loaded.values()))
