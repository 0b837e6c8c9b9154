"""What was made for a subject and waits for them: ordered, worked on, fetched, ended (policy 9.1).

The contents lie in the vault. Whoever fetches them passes here, and it is remembered before they
are handed out; what is over or not there is not found.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from troth.gate.door import Gate
from troth.model.acts import Actor, Event
from troth.model.clock import Moment
from troth.model.errors import NotFound
from troth.model.secret import Secret
from troth.model.terms import SubjectId
from troth.vault.deposits import MOST_TRIES, Deposit
from troth.vault.deposits import Deposits as InRegion

FETCHED: Final = "copy.fetched"
"""The event that the ledger remembers of a fetching."""

__all__ = ["FETCHED", "Deposit", "Deposits"]


class Deposits:
    """The deposits of every region. Safe from many threads and processes."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def order(
        self,
        subject: SubjectId,
        deposit: str,
        *,
        language: str,
        until: Moment,
        reviewed: bool = False,
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        """Note that something is to be made for a subject, and given up at ``until``."""
        self._of(subject).order(
            subject,
            deposit,
            language=language,
            at=self._gate.clock.now(),
            until=until,
            reviewed=reviewed,
            left_out=left_out,
        )

    def due(self) -> list[Deposit]:
        """Take up what is to be made, in every region. Nobody else gets it for two minutes.

        What was tried too often is given up, and shown so: it may be what kills whoever tries.
        """
        at, found = self._gate.clock.now(), list[Deposit]()
        for rooms in self._gate.regions.values():
            for one in rooms.deposits.due(at):
                if one.tries > MOST_TRIES:
                    rooms.deposits.give_up(one)
                else:
                    found.append(one)
        return found

    def advance(self, deposit: Deposit, done: int) -> None:
        """Say how much of a hundred is done."""
        self._of(deposit.subject).advance(deposit, done)

    def fill(
        self, deposit: Deposit, pieces: Iterable[Secret], manifest: Callable[[], bytes]
    ) -> bool:
        """Seal what is made, as it comes; tell whether it was wanted to the end."""
        return self._of(deposit.subject).fill(deposit, pieces, manifest)

    def manifest(self, subject: SubjectId, deposit: str) -> bytes:
        """Return the list of what is in one that is made: names and sizes, no value.

        Raises ``NotFound``, ``Sealed``.
        """
        return self._of(subject).manifest(subject, deposit, at=self._gate.clock.now())

    def release(self, deposit: Deposit, *, until: Moment) -> None:
        """Let it be fetched until then."""
        self._of(deposit.subject).release(deposit, until=until)

    def of(self, subject: SubjectId) -> list[Deposit]:
        """Return what lies here of a subject, newest first, without contents."""
        return self._of(subject).of(subject, at=self._gate.clock.now())

    def fetch(self, subject: SubjectId, deposit: str, *, by: Actor) -> Iterator[Secret]:
        """Hand out the contents of one that is ready, in pieces, remembered first.

        Raises ``NotFound`` for one that is not there, not ready or over; ``Erased``, ``Sealed``.
        """
        at = self._gate.clock.now()
        ready = {one.id for one in self.of(subject) if one.state == "ready"}
        if deposit not in ready:
            raise NotFound("nothing is ready under this number", remedy="order a new one")
        self._gate.perform(Event(subject=subject, name=FETCHED, detail={"deposit": deposit}), by=by)
        return self._of(subject).open(subject, deposit, at=at)

    def drop(self, subject: SubjectId, deposit: str) -> bool:
        """End one before its date, key and all; tell whether there was one."""
        return self._of(subject).drop(subject, deposit)

    def _of(self, subject: SubjectId) -> InRegion:
        rooms = self._gate.regions.get(subject.region)
        if rooms is None:
            raise NotFound(f"this instance has no region `{subject.region}`")
        return rooms.deposits
