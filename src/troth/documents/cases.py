"""Cases: what one member of staff proposes and another decides, at another moment (policy 6.2).

A case waits, is proposed, is decided. Who proposed cannot decide; who decided an earlier case of
the same subject cannot touch its appeal. Values that change are entered by both: the proposal keeps
a keyed digest of them, and the second entry has to be the same.
"""

import hmac
import secrets
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Final, Literal

from msgspec import Struct

from troth.model.clock import DAY, Moment
from troth.model.errors import BadInput, NotFound
from troth.model.secret import Secret
from troth.model.terms import Region, SubjectId
from troth.store.sql import Row, Store, Tx

Kind = Literal["identity", "bank", "phone", "change"]
"""A review of who somebody is, or of their account or number alone; or a change (6.2)."""
State = Literal["open", "proposed", "decided"]
KEPT_DAYS: Final = 365
"""How long it is remembered who decided, for an appeal."""

# Opens a case.
OPEN: Final = (
    "INSERT INTO cases (subject_id, id, kind, said, state, first, second, proposal, reason, digest,"
    " barred, opened_at, due_at, moved_at) VALUES (?, ?, ?, ?, ?, ?, '', ?, '', ?, ?, ?, ?, ?)"
)
COLUMNS: Final = (
    "subject_id, id, kind, said, state, first, second, proposal, reason, digest, barred, opened_at,"
    " due_at, moved_at"
)
# One case.
ONE: Final = f"SELECT {COLUMNS} FROM cases WHERE subject_id = ? AND id = ?"
# One subject's cases, newest first.
OF_SUBJECT: Final = f"SELECT {COLUMNS} FROM cases WHERE subject_id = ? ORDER BY opened_at DESC, id"
# What waits for somebody, soonest due first.
WAITING: Final = (
    f"SELECT {COLUMNS} FROM cases WHERE state IN ('open', 'proposed')"
    " ORDER BY due_at, subject_id, id LIMIT ?"
)
# The first of the two: of several at once, one gets it.
PROPOSE: Final = (
    "UPDATE cases SET state = 'proposed', first = ?, proposal = ?, reason = ?, moved_at = ?"
    " WHERE subject_id = ? AND id = ? AND state = 'open'"
)
# The second sees it otherwise: it begins anew.
SEND_BACK: Final = (
    "UPDATE cases SET state = 'open', first = '', proposal = '', reason = '', moved_at = ?"
    " WHERE subject_id = ? AND id = ? AND state = 'proposed' AND first <> ?"
)
# It is decided.
DECIDE: Final = (
    "UPDATE cases SET state = 'decided', second = ?, digest = '', moved_at = ?"
    " WHERE subject_id = ? AND id = ? AND state <> 'decided'"
)
# Takes away what no appeal needs any more.
PURGE: Final = "DELETE FROM cases WHERE state = 'decided' AND moved_at <= ?"
FORGET: Final = "DELETE FROM cases WHERE subject_id = ?"
"""What an erasure takes away besides, in its own transaction."""


class Case(Struct, frozen=True, kw_only=True):
    """One case. Staff are named by their random ids.

    ``said`` is what it came from (an authority's word, a ticket), ``barred`` who may not touch it,
    ``moved`` when it last changed.
    """

    subject: SubjectId
    id: str
    kind: Kind
    said: str
    state: State
    first: str
    second: str
    proposal: str
    reason: str
    digest: str
    barred: tuple[str, ...]
    opened: Moment
    due: Moment
    moved: Moment


class Cases:
    """The cases of a house, each in the store of its subject's region; ``key`` keys the digests."""

    def __init__(self, stores: Mapping[Region, Store], key: bytes) -> None:
        self._stores = stores
        self._key = key

    def open(
        self,
        subject: SubjectId,
        case: str,
        *,
        kind: Kind,
        said: str,
        at: Moment,
        due: Moment,
        barred: str = "",
    ) -> Case:
        """Open a review under an id, unless one of its kind waits; return the one that waits."""

        def work(tx: Tx) -> Case:
            for row in tx.run(OF_SUBJECT, (subject,)):
                waits = _case(row)
                if waits.kind == kind and waits.state != "decided":
                    return waits
            tx.run(OPEN, (subject, case, kind, said, "open", "", "", "", barred, at, due, at))
            return _case(tx.run(ONE, (subject, case))[0])

        return self._store(subject).transact(work)

    def propose_change(
        self,
        subject: SubjectId,
        values: Mapping[str, Secret],
        *,
        ticket: str,
        first: str,
        at: Moment,
        due: Moment,
    ) -> Case:
        """Open a change as its first person entered it; only a digest of the values is kept."""
        case = f"c-{secrets.token_hex(6)}"
        named = " ".join(sorted(values))
        seen = self._digest(case, values)
        row = (subject, case, "change", ticket, "proposed", first, named, seen, "", at, due, at)
        self._store(subject).transact(lambda tx: tx.run(OPEN, row))
        return self.one(subject, case)

    def same(self, case: Case, values: Mapping[str, Secret]) -> bool:
        """Tell, in constant time, whether both persons entered the same values."""
        return hmac.compare_digest(self._digest(case.id, values), case.digest)

    def _digest(self, case: str, values: Mapping[str, Secret]) -> str:
        parts = [f"{name}={values[name].fingerprint(self._key)}" for name in sorted(values)]
        told = "\x1f".join(("case", case, *parts))
        return hmac.new(self._key, told.encode(), sha256).hexdigest()

    def one(self, subject: SubjectId, case: str) -> Case:
        """Return one case. Raises ``NotFound``."""
        rows = self._store(subject).query(ONE, (subject, case))
        if not rows:
            raise NotFound(f"no case has the number `{case}`")
        return _case(rows[0])

    def of(self, subject: SubjectId) -> list[Case]:
        """List a subject's cases, newest first."""
        return [_case(row) for row in self._store(subject).query(OF_SUBJECT, (subject,))]

    def waiting(self, limit: int = 200) -> list[Case]:
        """List what waits in every region, soonest due first."""
        found = [
            _case(row) for store in self._stores.values() for row in store.query(WAITING, (limit,))
        ]
        return sorted(found, key=lambda case: (case.due, case.id))[:limit]

    def propose(self, case: Case, result: str, reason: str, *, first: str, at: Moment) -> None:
        """Note what the first person proposes. Raises ``BadInput`` where somebody else has."""
        demand_may(case, first)
        row = (first, result, reason, at, case.subject, case.id)
        if not self._change(case, PROPOSE, row):
            raise not_open()

    def send_back(self, case: Case, *, second: str, at: Moment) -> None:
        """Let a proposal fall, by somebody else than who made it. Raises ``BadInput``."""
        demand_may(case, second)
        if not self._change(case, SEND_BACK, (at, case.subject, case.id, second)):
            raise another_person()

    def decided(self, case: Case, *, second: str, at: Moment) -> None:
        """Note that a case is over; ``second`` is empty where it was overtaken by events."""
        self._change(case, DECIDE, (second, at, case.subject, case.id))

    def purge(self, at: Moment) -> int:
        """Delete cases that were decided a year ago; return how many."""
        last = at - KEPT_DAYS * DAY
        return sum(
            store.transact(lambda tx: tx.change(PURGE, (last,))) for store in self._stores.values()
        )

    def _change(self, case: Case, sql: str, row: tuple[object, ...]) -> bool:
        return self._store(case.subject).transact(lambda tx: tx.change(sql, row)) == 1

    def _store(self, subject: SubjectId) -> Store:
        try:
            return self._stores[subject.region]
        except KeyError:
            raise NotFound(f"this instance has no region `{subject.region}`") from None


def demand_may(case: Case, who: str) -> None:
    """Raise ``BadInput`` for a member of staff who decided this subject's case before."""
    demand_second_mind(case.barred, who)


def demand_second_mind(barred: Collection[str], who: str) -> None:
    """Raise ``BadInput`` for whoever decided what is appealed against."""
    if who in barred:
        raise BadInput(
            "who decided before does not decide the appeal",
            clause="2.2.5",
            remedy="leave it to a colleague",
        )


def not_open() -> BadInput:
    """Return the refusal of a step that the case is past."""
    return BadInput(
        "this case is not open", clause="6.2", remedy="see in the queue what waits, and for what"
    )


def another_person() -> BadInput:
    """Return the refusal of a second step by who made the first."""
    return BadInput(
        "this takes two different members of staff, one after the other",
        clause="6.2",
        remedy="have a colleague confirm it",
    )


def _case(row: Row) -> Case:
    subject, case, kind, said, state, first, second, proposal, reason, seen, barred, *times = row
    opened, due, moved = (Moment(time) for time in times)
    return Case(
        subject=SubjectId(subject),
        id=case,
        kind=kind,
        said=said,
        state=state,
        first=first,
        second=second,
        proposal=proposal,
        reason=reason,
        digest=seen,
        barred=tuple(barred.split()),
        opened=opened,
        due=due,
        moved=moved,
    )
